#include "controllers/readiness.h"

#include <vector>

#include "controllers/adoption.h"
#include "controllers/answers.h"
#include "controllers/launch.h"
#include "controllers/step_machine.h"
#include "controllers/when.h"

namespace bootstrap {
namespace {

using Kind = WhenResult::Kind;

// The time of its next attempt has come; else it is waited for.
bool is_due(Draft& draft, const StepRecord& record) {
  if (!record.next_retry || *record.next_retry <= draft.now()) return true;
  draft.wake(*record.next_retry);
  return false;
}

void skip(Draft& draft, StepIndex step, const std::string& why) {
  StepRecord& record = *find_step(draft.status(), draft.plan().steps[step].ref);
  record = skipped(std::move(record), why);
}

bool has_begun(const Plan& plan, const Standing& standing, PhaseIndex phase) {
  for (StepIndex i = 0; i < plan.steps.size(); ++i)
    if (plan.steps[i].phase == phase && standing.record(i).state != StepState::Pending) return true;
  return false;
}

void fail(Draft& draft, StepIndex step, const WhenResult& result) {
  StepRecord& record = *find_step(draft.status(), draft.plan().steps[step].ref);
  record = never_launched(std::move(record), result.reason, result.why, draft.now());
}

// With what this step knows; of a phase it is the first.
WhenResult look_at(Draft& draft, const Standing& standing, const When& when, const PlanStep& step) {
  if (when.empty()) return {};
  const Plan& plan = draft.plan();
  const ParameterValues known = known_parameters(step, plan, draft.status());
  const Lookup lookup =
      with_result(lookup_of(plan.run, known), result_for(plan, standing, step.phase));
  return evaluate(when, {known, standing, draft.status(), draft.meta().ns, lookup, draft.ask()});
}

// What `step` is told when its turn has come and nothing can be decided. The cluster answers within
// moments, so it is told only that it must wait for somebody, or for long.
void hold_back(Draft& draft, StepIndex step, const WhenResult& result) {
  StepRecord& record = *find_step(draft.status(), draft.plan().steps[step].ref);
  if (*result.reason != '\0') return wait_to_launch(draft, record, result.reason, result.why);
  if (looks_at_waiting(draft).due && record.reason.empty())
    return wait_to_launch(draft, record, reasons::kConditionUnknown, result.why);
  draft.wake(looks_at_waiting(draft).next);
}

// The steps of a phase, in order.
std::vector<StepIndex> steps_of(const Plan& plan, PhaseIndex phase) {
  std::vector<StepIndex> steps;
  for (StepIndex i = 0; i < plan.steps.size(); ++i)
    if (plan.steps[i].phase == phase) steps.push_back(i);
  return steps;
}

// Steps that are about to be skipped may have been launched while their `when` still held, by a
// request whose answer was lost.
bool were_never_launched(Draft& draft, const Standing& standing, const WhenResult& result,
                         const std::vector<StepIndex>& steps) {
  return !result.may_change || adopt_lost_launches_of(draft, standing, steps) == LostLaunches::None;
}

// Skips all of the phase when it does not hold, and fails all of it when that can never be known.
Kind decide_phase(Draft& draft, const Standing& standing, PhaseIndex phase) {
  const Plan& plan = draft.plan();
  if (plan.phases[phase].when.empty() || has_begun(plan, standing, phase)) return Kind::Holds;
  const std::vector<StepIndex> steps = steps_of(plan, phase);
  const WhenResult result =
      look_at(draft, standing, plan.phases[phase].when, plan.steps[steps.front()]);
  switch (result.kind) {
    case Kind::NotKnownYet:
      hold_back(draft, steps.front(), result);  // said once
      break;
    case Kind::Never:
      for (const StepIndex i : steps) fail(draft, i, result);
      break;
    case Kind::DoesNot:
      if (!were_never_launched(draft, standing, result, steps)) return Kind::NotKnownYet;
      for (const StepIndex i : steps) skip(draft, i, "its phase was skipped: " + result.why);
      break;
    case Kind::Holds:
      break;
  }
  return result.kind;
}

bool decide_step(Draft& draft, const Standing& standing, StepIndex step) {
  const PlanStep& planned = draft.plan().steps[step];
  const WhenResult result = look_at(draft, standing, planned.definition.when, planned);
  switch (result.kind) {
    case Kind::NotKnownYet:
      hold_back(draft, step, result);
      break;
    case Kind::Never:
      fail(draft, step, result);
      break;
    case Kind::DoesNot:
      if (were_never_launched(draft, standing, result, {step})) skip(draft, step, result.why);
      break;
    case Kind::Holds:
      return true;
  }
  return false;
}

}  // namespace

bool may_start(Draft& draft, const Standing& standing, StepIndex step) {
  const Plan& plan = draft.plan();
  const StepRecord& record = standing.record(step);
  if (record.state == StepState::Backoff)
    return standing.intent(plan.steps[step].phase) == Intent::Go && is_due(draft, record);
  if (!standing.is_ready(step)) return false;
  return decide_phase(draft, standing, plan.steps[step].phase) == Kind::Holds &&
         decide_step(draft, standing, step);
}

}  // namespace bootstrap
