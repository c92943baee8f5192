#include "controllers/readiness.h"

#include <algorithm>

#include <fmt/format.h>

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

// Skips all of the phase when it does not hold.
Kind decide_phase(Draft& draft, const Standing& standing, PhaseIndex phase) {
  const Plan& plan = draft.plan();
  if (plan.phases[phase].when.empty() || has_begun(plan, standing, phase)) return Kind::Holds;
  const WhenResult result = evaluate(plan.phases[phase].when, {plan.parameters, standing});
  if (result.kind == Kind::DoesNot)
    for (StepIndex i = 0; i < plan.steps.size(); ++i)
      if (plan.steps[i].phase == phase) skip(draft, i, "its phase was skipped: " + result.why);
  return result.kind;
}

}  // namespace

bool may_start(Draft& draft, const Standing& standing, StepIndex step) {
  const Plan& plan = draft.plan();
  const StepRecord& record = standing.record(step);
  if (record.state == StepState::Backoff)
    return standing.intent(plan.steps[step].phase) == Intent::Go && is_due(draft, record);
  if (!standing.is_ready(step)) return false;
  if (decide_phase(draft, standing, plan.steps[step].phase) != Kind::Holds) return false;
  const WhenResult own = evaluate(plan.steps[step].definition.when, {plan.parameters, standing});
  if (own.kind == Kind::DoesNot) skip(draft, step, own.why);
  return own.kind == Kind::Holds;
}

}  // namespace bootstrap
