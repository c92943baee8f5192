#include "controllers/obedience.h"

#include "controllers/step_machine.h"

namespace bootstrap {
namespace {

struct Cause {
  const char* reason;
  std::string message;
};

// Of a phase in which nothing new starts.
Cause cause_of(const Plan& plan, const Standing& standing, PhaseIndex phase) {
  if (standing.is_cancelled() && plan.phases[phase].runs_on == RunsOn::Success)
    return {reasons::kCancelled, "the workflow was cancelled"};
  if (auto passed = standing.passed_timeout(phase)) return {passed->reason, passed->message};
  std::string why = "the run has failed";
  if (const auto failed = standing.first_failure(phase)) {
    why = to_text(plan.steps[*failed].ref) + " has failed";
  } else {
    for (const PhaseIndex before : plan.phases[phase].rests_on)
      if (const auto passed = standing.passed_timeout(before)) why = passed->message;
  }
  return {reasons::kNotRetried, "not tried again because " + why};
}

}  // namespace

void obey(Draft& draft, const Standing& standing, StepIndex index) {
  const PlanStep& step = draft.plan().steps[index];
  const StepState state = standing.record(index).state;
  if (is_final(state)) return;
  const Intent intent = standing.intent(step.phase);
  if (intent != Intent::NoNew && intent != Intent::End) return;
  StepRecord& record = *find_step(draft.status(), step.ref);
  Cause cause = cause_of(draft.plan(), standing, step.phase);
  if (!is_launched(state)) {
    if (std::string_view(cause.reason) == reasons::kCancelled)
      record = cancelled(std::move(record), draft.now());
    else if (state == StepState::Backoff)
      record = given_up(std::move(record), cause.reason, cause.message, draft.now());
  } else if (intent == Intent::End && state != StepState::Ending) {
    if (is_gate(step))
      cause.message += ": " + to_text(step.ref) + " still waited for people";
    else if (!has_job(step))
      cause.message += ": " + record.message;  // what it still waits for
    record = to_be_stopped(std::move(record), cause.reason, cause.message);
    draft.stop_work_of(record);
  }
}

}  // namespace bootstrap
