#pragma once
// The pinned plan: what one run does, fixed before its first Job.
//
// A PlanRecord is the run's commit record, stored as a ControllerRevision: whoever continues the
// run, after whatever crash, reads back the same definition, values and start time. A Plan is its
// compiled form: a flat graph of steps; order, parallel, dependsOn and finally are compiled away
// into its edges. Later edits of the workflow change neither.
//
// Pure values and functions.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "controllers/definition.h"
#include "controllers/names.h"
#include "controllers/object_meta.h"
#include "controllers/run_values.h"

namespace bootstrap {

// Which version of which template a definition was taken from.
struct TemplatePin {
  std::string name;
  std::string uid;
  std::int64_t generation = 0;
  bool operator==(const TemplatePin&) const = default;
};

struct PlanRecord {
  int run = 1;
  TimePoint start;
  std::int64_t generation = 0;  // of the workflow when it was pinned
  nlohmann::json definition;    // the spec without its live fields, or the template's with values
  ParameterValues parameters;
  std::optional<TemplatePin> pin = {};  // of that template
  std::string from = {};                // of a resume: what it repeats, see resume.h
};

using StepIndex = std::size_t;

using PhaseIndex = std::size_t;

// When steps may run: while nothing has failed, or at the end in any case (finally).
enum class RunsOn { Success, Always };

struct PlanPhase {
  std::string name;
  RunsOn runs_on = RunsOn::Success;
  std::optional<Duration> timeout;
  When when;
  std::set<PhaseIndex> rests_on{};  // itself, and all whose success it needs
};

struct PlanStep {
  StepRef ref;
  StepDefinition definition;
  std::vector<StepIndex> after;  // all must be done: succeeded, skipped, or failed and tolerated
  std::vector<StepIndex> after_end;  // all must be over, whatever came of them
  PhaseIndex phase = 0;
  std::vector<StepIndex> asks{};  // of all before it those that ask: it knows their answers
};

struct Plan {
  std::string name;  // of the ControllerRevision
  RunIdentity run;
  bool is_child = false;  // a step of another workflow runs it
  std::int64_t generation = 0;
  nlohmann::json definition;
  std::optional<TemplatePin> pin;
  std::string from;
  ParameterValues parameters;
  Notes notes;
  std::optional<Duration> timeout;  // of the phases that run on success
  std::optional<Workspace> workspace;
  std::string lock;  // see lock_of()
  Monitoring monitoring;
  std::vector<PlanPhase> phases;  // in the order of the definition, those of finally last
  std::vector<PlanStep> steps;    // likewise; `after` and `after_end` point backwards only
};

// The steps of a definition with their order, as all of them are listed in it.
std::vector<PlanStep> flatten(const Definition&);

// For each step all that must be over before it: the closure of `after` and `after_end`.
std::vector<std::set<StepIndex>> steps_before(const std::vector<PlanStep>&);

// Whether its attempts are Jobs; a step that waits or runs a template has none.
bool has_job(const PlanStep&);
bool has_child(const PlanStep&);
// Whether it waits for people.
bool is_gate(const PlanStep&);

// What of a spec is pinned: everything but the live fields.
nlohmann::json pinned_part(const nlohmann::json& spec);

// The object to create: owned by the workflow, so that it goes with it.
nlohmann::json to_revision(const ObjectMeta& workflow, const PlanRecord&);
// Error: not one of ours, or of a version that this one cannot read.
tl::expected<PlanRecord, std::string> read_revision(const nlohmann::json& revision);

// Error: the stored definition is not valid for this version.
tl::expected<Plan, std::string> compile(const ObjectMeta& workflow, const PlanRecord&);

// The lock under which that run stands, with its references replaced. Empty: none.
std::string lock_of(const ObjectMeta& workflow, const PlanRecord&);

// The owner reference of everything that the operator creates for a workflow.
nlohmann::json owner_reference(const ObjectMeta& workflow);

}  // namespace bootstrap
