#include "controllers/decide.h"

#include "controllers/adoption.h"
#include "controllers/advance_step.h"
#include "controllers/begin_run.h"
#include "controllers/child_workflow.h"
#include "controllers/draft.h"
#include "controllers/launch.h"
#include "controllers/live_definition.h"
#include "controllers/obedience.h"
#include "controllers/readiness.h"
#include "controllers/status_summary.h"

namespace bootstrap {
namespace {

// A status that belongs to another object: this one was restored from a backup or copied. What
// that run did is not known here, so nothing is launched.
bool is_restored(Draft& draft) {
  Status& status = draft.status();
  if (status.uid.empty() || status.uid == draft.meta().uid) return false;
  hold(status,
       {WorkflowState::Suspended, "Restored",
        "this object has the status of another one (a restored backup?), so nothing is started; "
        "to run it, delete it and create it anew"},
       draft.meta().generation, draft.now());
  return true;
}

// Nothing is launched any more, whatever is found.
void consider_final(Draft& draft) {
  retire_unknown_jobs(draft);
  Status& status = draft.status();
  if (status.observed_generation == draft.meta().generation) return;
  if (draft.observed().plan == nullptr && draft.observed().plan_problem.empty())
    return fetch_plan(draft);
  status.observed_generation = draft.meta().generation;
  if (draft.observed().plan != nullptr) note_definition(draft);
}

// What this very round has begun, or has tried to, is not on record yet: nothing that comes after
// its end may start, and the run is not over, before that is known.
bool launches_are_known(Draft& draft, const Standing& standing) {
  return draft.actions().empty() && adopt_lost_launches(draft, standing);
}

// What has happened to each step, what that means for all, and what starts now. False: what is
// asked must be known before the whole can be told.
bool move_steps(Draft& draft, const Standing& standing) {
  const Plan& plan = draft.plan();
  adopt(draft, standing);
  for (const PlanStep& step : plan.steps) advance_step(draft, standing, step);
  if (!adopt_lost_launches(draft, standing)) return false;
  for (StepIndex i = 0; i < plan.steps.size(); ++i) obey(draft, standing, i);
  for (const PlanStep& step : plan.steps) end_wait(draft, standing, step);
  for (StepIndex i = 0; i < plan.steps.size(); ++i) {
    const bool comes_after_an_end = !plan.steps[i].after_end.empty();
    if (comes_after_an_end && standing.is_ready(i) && !launches_are_known(draft, standing))
      return false;
    if (may_start(draft, standing, i)) launch(draft, standing, plan.steps[i]);
  }
  return launches_are_known(draft, standing);
}

void run_steps(Draft& draft) {
  const Standing standing(draft.plan(), draft.status(), draft.now());
  if (move_steps(draft, standing)) {
    summarize(draft.status(), draft.plan(), draft.now());
    if (const auto deadline = standing.next_deadline()) draft.wake(*deadline);
  }
  keep_newest_log_tails(draft.status(), draft.plan(), standing);
}

// A step has taken that for its result: mending anything must not start it behind its back.
bool is_refused_child(const Draft& draft) {
  return is_child(draft.meta()) && is_over(draft.observed().workflow) &&
         draft.observed().workflow.status.run == 0;
}

void consider(Draft& draft) {
  if (draft.meta().deletion) return;
  if (is_restored(draft)) return;
  if (is_refused_child(draft)) return;
  Status& status = draft.status();
  if (status.state && is_final(*status.state)) return consider_final(draft);
  status.uid = draft.meta().uid;
  status.observed_generation = draft.meta().generation;
  if (draft.observed().plan == nullptr)
    return status.run == 0 ? begin_run(draft) : fetch_plan(draft);
  take_plan(draft);
  run_steps(draft);
  note_definition(draft);
}

}  // namespace

Decision decide(const Observed& observed, TimePoint now) {
  Draft draft(observed, now);
  consider(draft);
  return draft.finish();
}

}  // namespace bootstrap
