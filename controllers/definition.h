#pragma once
// What the user wrote: the definition of a workflow, as the CRD has it, typed.
//
// Read once before a run (validation) and once from the pinned plan. The CRD's schema has already
// refused most nonsense at apply; reading is still strict about types and durations, because the
// same text also comes from files that no API server has seen.
//
// Pure values; no promise about threads is needed.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "controllers/node_load.h"
#include "controllers/outputs.h"
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

// One entry of `when` or `requiredWhen`. All entries of a list must hold (when.h).
enum class Operator { In, NotIn, Exists, DoesNotExist };
struct ParameterCondition {  // of a parameter's value
  std::string param;
  Operator op = Operator::In;
  std::vector<std::string> values;  // of In and NotIn
  bool operator==(const ParameterCondition&) const = default;
};
struct PhaseCondition {  // of what came of a phase before
  std::string phase;
  std::vector<std::string> states;
  bool operator==(const PhaseCondition&) const = default;
};
struct OutputCondition {  // of what a step before has given
  OutputRef output;
  Operator op = Operator::In;
  std::vector<std::string> values;  // of In and NotIn
  bool operator==(const OutputCondition&) const = default;
};
struct ResultCondition {  // of what came of the run; in finally only
  std::string result;     // "Succeeded", "Failed", "Cancelled"
  bool operator==(const ResultCondition&) const = default;
};
struct ResourceCondition {  // of what is in the cluster when it is looked at
  ResourceQuery query;
  std::string account;  // whose right to read it counts; empty: default
  bool operator==(const ResourceCondition&) const = default;
};
using WhenEntry = std::variant<ParameterCondition, PhaseCondition, OutputCondition,
                               ResourceCondition, ResultCondition>;
using When = std::vector<WhenEntry>;

struct Parameter {
  std::string name;
  std::optional<std::string> value;
  std::optional<std::string> default_value;
  std::vector<std::string> allowed;  // empty: anything
  std::string pattern;               // RE2, of the whole value; empty: anything
  bool required = false;
  std::vector<ParameterCondition> required_when;  // required when all hold; empty: not so
  std::string description{};                      // read of those that a step asks for
};

// A repository that each step gets a fresh clone of.
struct GitSource {
  std::string repository;
  std::string revision;  // branch, tag or commit; "HEAD": the default branch
  std::string image;     // that has git; empty: the step's
  std::string secret;    // with the credentials; empty: none are needed
  bool credentials_for_steps = false;
  bool operator==(const GitSource&) const = default;
};

// As whom a step runs. What is not given the operator or the cluster chooses.
struct SecuritySettings {
  std::optional<int> user;
  std::optional<int> group;
  std::optional<int> fs_group;
  bool read_only_root = false;
  bool operator==(const SecuritySettings&) const = default;
};

// Where tools come from and how their pods run. The JSON members are parts of a pod's spec that
// the operator hands over as they are: null when absent. Of their types only what the operator
// looks at is checked (entries are objects; names, mount paths and values of variables are
// strings).
struct Tools {
  std::string image;
  std::string path;
  std::string working_dir;
  std::string source_config_map;  // at most one of these two
  std::optional<GitSource> source_git;
  std::string service_account;
  std::optional<SecuritySettings> security;
  nlohmann::json env;  // array of EnvVar
  nlohmann::json env_from;
  nlohmann::json resources;
  nlohmann::json node_selector;
  nlohmann::json tolerations;
  nlohmann::json volumes;
  nlohmann::json volume_mounts;
  nlohmann::json image_pull_secrets;

  bool has_source() const { return !source_config_map.empty() || source_git.has_value(); }
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
struct ChildWork {  // no Job: a template is run as a workflow of its own
  std::string template_name;
  std::map<std::string, std::string> parameters;  // their values may hold references
};
struct AskWork {  // no Job: it is done when people have answered
  std::vector<Parameter>
      parameters;  // without values; required, unless it is said or has a default
};
struct ApproveWork {                   // no Job: it is done when people have approved
  std::string message;                 // what they approve; may hold references
  std::vector<std::string> approvers;  // their user names; empty: anybody who may
  int count = 1;                       // of them
};
using StepWork =
    std::variant<ToolWork, CommandWork, ScriptWork, WaitWork, AskWork, ApproveWork, ChildWork>;

// What the operator does when an attempt fails. The rules are in retry.h.
struct Retry {
  int attempts = 3;                   // in all, the first one included
  Duration delay{5'000};              // before the second
  int factor = 2;                     // by which the delay grows with each failure
  Duration max_delay{360'000};        // it grows up to here
  int jitter = 0;                     // percent of the delay, added at random
  std::vector<int> fatal_exit_codes;  // end the step at once
  bool operator==(const Retry&) const = default;
};

struct StepDefinition {
  std::string name;
  std::string title;
  StepWork work;
  std::vector<std::string> args;
  std::optional<std::string> input;  // what the tool reads from stdin; none: nothing
  Tools tools;                       // the workflow's, with the step's own over them
  Duration timeout;
  Duration start_timeout;
  std::optional<Duration> estimate;  // what it will take, for the ETA
  std::optional<Retry> retry;        // none: the first failure is final
  bool continue_on_failure = false;  // its failure is recorded, and the run goes on
  When when;                         // all must hold, else it is skipped
};

struct PhaseDefinition {
  std::string name;
  std::string title;
  std::vector<std::string> depends_on;  // with Order::Graph: phases listed before
  When when;                            // all must hold, else all of it is skipped
  bool parallel = false;                // its steps at once
  std::optional<Duration> timeout;      // from its first launch to the end of its last step
  std::vector<StepDefinition> steps;
};

// The volume all steps share. Either a claim that is there, or what a new one is to be.
struct Workspace {
  std::string claim;
  std::string size;
  std::string access_mode;
  std::optional<std::string> storage_class;  // none: the cluster's default; "": none at all
  bool operator==(const Workspace&) const = default;
};

enum class Order { Sequential, Graph };

// How the nodes on which steps run are looked at meanwhile; see monitoring.h.
struct Monitoring {
  bool disabled = false;
  Duration interval{30'000};
  LoadLimits limits{};
};

struct Notes {
  std::string success;
  std::string failure;
};

struct Definition {
  std::vector<Parameter> parameters;
  Notes notes;
  std::optional<Workspace> workspace;
  std::string lock;  // may hold references; empty: none
  Monitoring monitoring;
  Order order = Order::Sequential;
  std::optional<Duration> timeout;  // of all phases but those of finally
  std::vector<PhaseDefinition> phases;
  std::vector<PhaseDefinition> finally;  // at the end of the run, whatever came of it
};

// The values of the parameters of one run.
using ParameterValues = std::map<std::string, std::string>;

// An entry of spec.answers. They are no part of a definition: they come while the run goes on.
struct GivenAnswer {
  std::string name;
  std::string value;
  bool operator==(const GivenAnswer&) const = default;
};
using GivenAnswers = std::vector<GivenAnswer>;  // as listed

// An entry of spec.approvals, likewise.
struct Approval {
  std::string step;      // "phase/step"
  std::int64_t run = 0;  // for which it was given
  bool approves = false;
  std::string by;  // a user name
  std::string comment;
  bool operator==(const Approval&) const = default;
};

// Reads a spec (an object as the API has it). On failure: every problem, not the first one only.
tl::expected<Definition, Problems> read_definition(const nlohmann::json& spec);

// "phases[infra].steps[a]": how problems and messages name a step of a definition. `list` is
// "phases" or "finally".
std::string step_path(const PhaseDefinition&, const StepDefinition&,
                      std::string_view list = "phases");

const char* to_text(Operator);

}  // namespace bootstrap
