#include "controllers/source_turn.h"

#include <algorithm>

#include <fmt/format.h>

#include "controllers/git_source.h"
#include "controllers/launch.h"
#include "controllers/limits.h"
#include "controllers/texts.h"

namespace bootstrap {
namespace {

// It runs, or nobody knows that it does not.
bool may_run(const Outcome* launch) {
  return launch != nullptr &&
         (std::holds_alternative<Done>(*launch) || std::holds_alternative<NotKnown>(*launch));
}

// It will be launched as soon as nothing keeps it.
bool is_next(const Plan& plan, const Standing& standing, StepIndex step) {
  return standing.is_ready(step) || (standing.record(step).state == StepState::Backoff &&
                                     standing.intent(plan.steps[step].phase) == Intent::Go);
}

// Null: nobody but the one who asks.
const PlanStep* who_finds_out(Draft& draft, const Standing& standing, const GitSource& git) {
  const Plan& plan = draft.plan();
  if (const PlanStep* launched = resolving_step(git, plan, draft.status())) return launched;
  for (const PlanStep& step : plan.steps)
    if (has_same_source(step, git, plan) && may_run(fresh_launch(draft, step))) return &step;
  for (StepIndex i = 0; i < plan.steps.size(); ++i)
    if (has_same_source(plan.steps[i], git, plan) && is_next(plan, standing, i))
      return &plan.steps[i];
  return nullptr;
}

}  // namespace

bool finds_out_its_commit(Draft& draft, const Standing& standing, const PlanStep& step) {
  const auto& git = step.definition.tools.source_git;
  if (!git) return true;
  if (fresh_launch(draft, step) != nullptr) return true;  // it was the one; what came of it counts
  const PlanStep* other = who_finds_out(draft, standing, *git);
  if (other == nullptr || other->ref == step.ref) return true;
  StepRecord& record = *find_step(draft.status(), step.ref);
  record.reason = reasons::kWaitingForSource;
  record.message = cut(fmt::format("waits until {} knows which commit {} of {} is",
                                   to_text(other->ref), git->revision, git->repository),
                       limits::kMessage);
  return false;
}

}  // namespace bootstrap
