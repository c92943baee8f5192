#pragma once
// What the user wrote: the definition of a workflow, as the CRD has it, typed.
//
// Read once before a run (validation) and once from the pinned plan. The CRD's schema has already
// refused most nonsense at apply; reading is still strict about types and durations, because the
// same text also comes from files that no API server has seen.
//
// Pure values; no promise about threads is needed.

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "controllers/resource_query.h"
#include "controllers/time.h"

namespace bootstrap {

// Something wrong with a definition: where, as a path from spec ("phases[infra].steps[a].timeout"),
// and what is allowed instead.
struct Problem {
  std::string field;
  std::string message;
  bool operator==(const Problem&) const = default;
};
using Problems = std::vector<Problem>;

struct Parameter {
  std::string name;
  std::optional<std::string> value;
  std::optional<std::string> default_value;
  std::vector<std::string> allowed;  // empty: anything
  bool required = false;
};

// Where tools come from and how their pods run. The JSON members are parts of a pod's spec that
// the operator hands over as they are: null when absent. Of their types only what the operator
// looks at is checked (entries are objects; names, mount paths and values of variables are
// strings).
struct Tools {
  std::string image;
  std::string path;
  std::string working_dir;
  std::string source_config_map;
  std::string service_account;
  nlohmann::json env;  // array of EnvVar
  nlohmann::json env_from;
  nlohmann::json resources;
  nlohmann::json node_selector;
  nlohmann::json tolerations;
  nlohmann::json volumes;
  nlohmann::json volume_mounts;
  nlohmann::json image_pull_secrets;
};

// Exactly one of these is what a step does.
struct ToolWork {
  std::string tool;  // a file below tools.path
};
struct CommandWork {
  std::vector<std::string> command;
};
struct ScriptWork {
  std::string script;
};
struct WaitWork {  // no Job: it is done when the test holds
  ResourceQuery query;
};
using StepWork = std::variant<ToolWork, CommandWork, ScriptWork, WaitWork>;

struct StepDefinition {
  std::string name;
  std::string title;
  StepWork work;
  std::vector<std::string> args;
  Tools tools;  // the workflow's, with the step's own over them
  Duration timeout;
  Duration start_timeout;
};

struct PhaseDefinition {
  std::string name;
  std::string title;
  std::vector<StepDefinition> steps;
};

struct Notes {
  std::string success;
  std::string failure;
};

struct Definition {
  std::vector<Parameter> parameters;
  Notes notes;
  std::vector<PhaseDefinition> phases;
};

// The values of the parameters of one run.
using ParameterValues = std::map<std::string, std::string>;

// Reads a spec (an object as the API has it). On failure: every problem, not the first one only.
tl::expected<Definition, Problems> read_definition(const nlohmann::json& spec);

// "phases[infra].steps[a]": how problems and messages name a step of a definition.
std::string step_path(const PhaseDefinition&, const StepDefinition&);

}  // namespace bootstrap
