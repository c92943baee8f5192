#include "cli/steering_changes.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/near_match.h"
#include "cli/short_message.h"
#include "controllers/attempt.h"
#include "controllers/step_machine.h"

namespace bootstrap::cli {
namespace {

using nlohmann::json;

const std::string& name_of(const SeenWorkflow& workflow) {
  return workflow.meta.name;
}

bool is_over(const SeenWorkflow& workflow) {
  return workflow.status.state && is_final(*workflow.status.state);
}

// Children do what their parents do.
Result<void> not_of_a_child(const SeenWorkflow& workflow, const char* command) {
  const auto parent = parent_of(workflow);
  if (!parent) return {};
  return refused(fmt::format(
      "is run by step {} of workflow {}, and does what that does: kubectl "
      "bootstrap {} {} -n {}",
      to_text(parent->step), parent->workflow, command, parent->workflow, workflow.meta.ns));
}

bool continues_on_failure(const StepRef& ref, const json& definition) {
  if (!definition.is_object()) return false;
  for (const json& phase : definition.value("phases", json::array()))
    for (const json& step : phase.value("steps", json::array()))
      if (phase.value("name", "") == ref.phase && step.value("name", "") == ref.step)
        return step.value("continueOnFailure", false);
  return false;
}

// A failure that its definition tolerates is kept.
bool is_repeated(const StepRef& ref, const StepRecord& step, const json& definition) {
  if (step.state == StepState::Cancelled || step.state == StepState::Backoff) return true;
  if (step.state != StepState::Failed) return false;
  const bool had_its_end = !was_ended(step) && step.reason != reasons::kNotRetried;
  return !had_its_end || !continues_on_failure(ref, definition);
}

// Of what a resume runs again.
std::string first_to_repeat(const Status& status, const json& definition) {
  for (const PhaseRecord& phase : status.phases)
    for (const StepRecord& step : phase.steps)
      if (is_repeated({phase.name, step.name}, step, definition))
        return to_text(StepRef{phase.name, step.name});
  return "";
}

bool has_new_definition(const Status& status) {
  const Condition* said = find_condition(status, "PlanCurrent");
  return said != nullptr && said->status == "False";
}

struct Places {
  std::vector<std::string> phases;
  std::vector<std::string> steps;  // "phase/step"
};

Places places_in(const json& definition) {
  Places places;
  for (const json& phase : definition.value("phases", json::array())) {
    const std::string name = phase.value("name", "");
    places.phases.push_back(name);
    for (const json& step : phase.value("steps", json::array()))
      places.steps.push_back(to_text(StepRef{name, step.value("name", "")}));
  }
  return places;
}

Result<void> check_from(const std::string& from, const json& definition) {
  if (from.empty() || !definition.is_object()) return {};
  const Places places = places_in(definition);
  const bool is_step = from.find('/') != std::string::npos;
  const auto& known = is_step ? places.steps : places.phases;
  if (std::ranges::find(known, from) != known.end()) return {};
  const std::string near = nearest(from, known);
  const std::string instead = near.empty() ? fmt::format("there are {}", fmt::join(known, ", "))
                                           : "did you mean " + near + "?";
  return refused(
      fmt::format("--from {}: there is no such {}; {}", from, is_step ? "step" : "phase", instead));
}

// Why there is nothing to go on with; it is not suspended.
tl::unexpected<Failure> nothing_to_resume(const SeenWorkflow& workflow) {
  const Status& status = workflow.status;
  const std::string message =
      with_short_command(status.message, workflow.meta.ns, workflow.meta.name);
  if (!status.state) return refused("has not begun: the operator has not seen it yet");
  switch (*status.state) {
    case WorkflowState::Succeeded:
      return refused(
          "is complete, so there is nothing to resume; --from PHASE or --from PHASE/STEP "
          "runs that again, and what depends on it");
    case WorkflowState::Invalid:
      return refused("is Invalid and has not begun: it starts by itself when it is mended: " +
                     message);
    case WorkflowState::Pending:
      return refused("has not begun, so there is nothing to resume: " + message);
    default:
      return refused(fmt::format("is {}, and nothing has failed, so there is nothing to resume: {}",
                                 to_text(*status.state), message));
  }
}

bool needs_another_run(const SeenWorkflow& workflow, const json& definition) {
  const Status& status = workflow.status;
  if (status.reason == kRestored) return true;
  if (!status.state || *status.state == WorkflowState::Invalid ||
      *status.state == WorkflowState::Succeeded)
    return false;
  if (is_final(*status.state)) return true;
  return !first_to_repeat(status, definition).empty() ||
         (has_new_definition(status) && status.run > 0 && !workflow.steering.suspend);
}

Change another_run(const SeenWorkflow& workflow, const std::string& from, const json& definition) {
  const int run = workflow.status.run + 1;
  json resume{{"run", run}};
  if (!from.empty()) resume["from"] = from;
  Change change;
  const ResumeRequest& asked = workflow.steering.resume;
  if (asked.run != run || asked.from != from) change.spec["resume"] = resume;
  // Merging would keep an old one.
  if (from.empty() && !asked.from.empty()) change.spec["resume"]["from"] = nullptr;
  if (workflow.steering.suspend) change.spec["suspend"] = nullptr;
  if (workflow.steering.cancel) change.spec["cancel"] = nullptr;
  change.message = fmt::format("goes on as run {}", run);
  if (!from.empty()) {
    change.message += ", from " + from;
  } else if (const std::string first = first_to_repeat(workflow.status, definition);
             !first.empty()) {
    change.message += ", from " + first;
  }
  if (workflow.steering.suspend) change.message += "; it is suspended no more";
  if (workflow.steering.cancel) change.message += "; cancel is taken out";
  return change;
}

}  // namespace

Result<Change> resume_change(const SeenWorkflow& workflow, const std::string& from,
                             const json& definition) {
  if (const auto own = not_of_a_child(workflow, "resume"); !own) return tl::unexpected(own.error());
  if (const auto known = check_from(from, definition); !known) return tl::unexpected(known.error());
  const Status& status = workflow.status;
  if (!from.empty() && status.run == 0 && status.reason != kRestored)
    return nothing_to_resume(workflow);
  if (from.empty() && !needs_another_run(workflow, definition)) {
    if (!workflow.steering.suspend || is_over(workflow)) return nothing_to_resume(workflow);
    return Change{{{"suspend", nullptr}},
                  status.run == 0
                      ? "is suspended no more, and begins"
                      : fmt::format("is suspended no more: run {} goes on", status.run)};
  }
  Change change = another_run(workflow, from, definition);
  if (!change.spec.empty()) return change;
  const Condition* said = find_condition(status, kResumeAccepted);
  if (said != nullptr && said->status == "False")
    return refused(fmt::format("run {} was asked for already, and is refused: {}",
                               workflow.steering.resume.run, said->message));
  change.message = fmt::format("run {} was asked for already{}", workflow.steering.resume.run,
                               said == nullptr ? "" : ": " + said->message);
  return change;
}

Result<Change> suspend_change(const SeenWorkflow& workflow) {
  if (const auto own = not_of_a_child(workflow, "suspend"); !own)
    return tl::unexpected(own.error());
  if (is_over(workflow) && has_ended(workflow))
    return refused(
        fmt::format("is over ({}), so there is nothing to suspend", state_text(workflow.status)));
  if (workflow.steering.cancel) return refused("is being cancelled, which wins over suspend");
  if (workflow.steering.suspend) return Change{{}, "is suspended already"};
  return Change{{{"suspend", true}},
                fmt::format("is suspended: nothing new starts, what runs goes on to its end; to go "
                            "on: kubectl bootstrap resume {} -n {}",
                            name_of(workflow), workflow.meta.ns)};
}

Result<Change> cancel_change(const SeenWorkflow& workflow) {
  if (is_over(workflow) && has_ended(workflow))
    return refused(
        fmt::format("is over ({}), so there is nothing to cancel", state_text(workflow.status)));
  if (workflow.steering.cancel) return Change{{}, "is being cancelled already"};
  return Change{{{"cancel", true}},
                "is being cancelled: what runs is ended, nothing new starts, finally runs"};
}

}  // namespace bootstrap::cli
