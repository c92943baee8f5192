#include "controllers/obedience.h"

#include <fmt/format.h>

#include "controllers/step_machine.h"

namespace bootstrap {
namespace {

struct Cause {
  const char* reason;
  std::string message;
};

Cause cause_of(const Plan& plan, const Standing& standing, PhaseIndex phase) {
  if (auto passed = standing.passed_timeout(phase)) return {passed->reason, passed->message};
  const RunsOn runs_on = plan.phases[phase].runs_on;
  const auto failed = standing.first_failure(runs_on);
  if (failed)
    return {reasons::kNotRetried,
            fmt::format("not tried again because {} has failed", to_text(plan.steps[*failed].ref))};
  const auto other = standing.passed_timeout(runs_on);
  return {reasons::kNotRetried,
          fmt::format("not tried again because {}", other ? other->message : "the run has failed")};
}

}  // namespace

void obey(Draft& draft, const Standing& standing, StepIndex index) {
  const PlanStep& step = draft.plan().steps[index];
  const StepState state = standing.record(index).state;
  if (state != StepState::Backoff && !is_launched(state)) return;
  const Intent intent = standing.intent(step.phase);
  if (intent != Intent::NoNew && intent != Intent::End) return;
  StepRecord& record = *find_step(draft.status(), step.ref);
  if (state == StepState::Backoff) {
    const Cause cause = cause_of(draft.plan(), standing, step.phase);
    record = given_up(std::move(record), cause.reason, cause.message, draft.now());
  } else if (intent == Intent::End && state != StepState::Ending) {
    Cause cause = cause_of(draft.plan(), standing, step.phase);
    if (is_gate(step))
      cause.message += ": " + to_text(step.ref) + " still waited for people";
    else if (!has_job(step))
      cause.message += ": " + record.message;  // what it still waits for
    record = to_be_stopped(std::move(record), cause.reason, cause.message);
    draft.stop_work_of(record);
  }
}

}  // namespace bootstrap
