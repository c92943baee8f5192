#include "controllers/decide.h"

#include <algorithm>

#include <fmt/format.h>

#include "controllers/adoption.h"
#include "controllers/advance_step.h"
#include "controllers/begin_run.h"
#include "controllers/child_steering.h"
#include "controllers/child_workflow.h"
#include "controllers/draft.h"
#include "controllers/launch.h"
#include "controllers/live_definition.h"
#include "controllers/lock.h"
#include "controllers/obedience.h"
#include "controllers/readiness.h"
#include "controllers/resume_request.h"
#include "controllers/retention.h"
#include "controllers/status_summary.h"

namespace bootstrap {
namespace {

// What that run did is not known here, so nothing is launched. A number that was in the backup
// already asks for nothing.
void stand_still(Draft& draft) {
  Status& status = draft.status();
  status.observed_generation = draft.meta().generation;
  if (lost_its_status(draft)) {
    status.uid = draft.meta().uid;
    status.run = draft.observed().workflow.steering.resume.run;
  }
  hold(
      status,
      {WorkflowState::Suspended, kRestored,
       fmt::format("this object comes from a backup, or is a copy, so nothing is started; to go on "
                   "from its status, set spec.resume.run to {}",
                   std::max(status.run, draft.observed().workflow.steering.resume.run) + 1)},
      draft.meta().generation, draft.now());
}

// Nothing is launched any more, whatever is found.
void consider_final(Draft& draft) {
  retire_unknown_jobs(draft);
  clean_up(draft);
  Status& status = draft.status();
  if (status.observed_generation == draft.meta().generation) return;
  if (status.run == 0) {
    status.observed_generation = draft.meta().generation;
    return;
  }
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
  steer_children(draft, standing);
  for (StepIndex i = 0; i < plan.steps.size(); ++i) {
    const bool comes_after_an_end = !plan.steps[i].after_end.empty();
    if (comes_after_an_end && standing.is_ready(i) && !launches_are_known(draft, standing))
      return false;
    if (may_start(draft, standing, i)) launch(draft, standing, plan.steps[i]);
  }
  return launches_are_known(draft, standing);
}

void run_steps(Draft& draft, const Orders& orders) {
  const Standing standing(draft.plan(), draft.status(), draft.now(), orders);
  if (move_steps(draft, standing)) {
    summarize(draft.status(), draft.plan(), draft.now(), orders);
    if (const auto deadline = standing.next_deadline()) draft.wake(*deadline);
  } else {
    summarize_so_far(draft.status(), draft.plan(), standing, draft.now());
  }
  keep_newest_log_tails(draft.status(), draft.plan(), standing);
}

// A step has taken that for its result: mending anything must not start it behind its back.
bool is_refused_child(const Draft& draft) {
  return is_child(draft.meta()) && is_over(draft.observed().workflow) &&
         draft.observed().workflow.status.run == 0;
}

// Nothing but a resume makes it go on.
bool is_over(const Draft& draft) {
  const Workflow& workflow = draft.observed().workflow;
  const Status& status = workflow.status;
  if (!status.state || !is_final(*status.state)) return false;
  if (status.run == 0 && draft.observed().plan != nullptr) return false;  // its run has begun
  return status.run > 0 || workflow.steering.resume.run == 0 || workflow.steering.cancel;
}

// Whoever has stored the plan has seen a newer version of this object than is known here: perhaps
// it is not cancelled any more. The news of that wakes it.
bool is_older_than_its_plan(const Draft& draft) {
  return draft.observed().plan != nullptr && draft.plan().generation > draft.meta().generation;
}

void go_on(Draft& draft, Resuming resuming) {
  Status& status = draft.status();
  const Steering& steering = draft.observed().workflow.steering;
  status.uid = draft.meta().uid;
  status.observed_generation = draft.meta().generation;
  if (draft.observed().plan == nullptr)
    return status.run == 0 ? begin_run(draft) : fetch_plan(draft);
  if (status.run == 0 && !begins_under_lock(draft)) return;
  take_plan(draft);
  run_steps(draft, {steering.suspend, steering.cancel, resuming == Resuming::Waits});
  note_definition(draft);
}

void consider(Draft& draft) {
  if (draft.meta().deletion) return;
  if (is_older_than_its_plan(draft)) return draft.keep_lock();
  if (is_refused_child(draft)) {
    draft.status().observed_generation = draft.meta().generation;
    return;
  }
  const Workflow& workflow = draft.observed().workflow;
  if (lost_its_status(draft)) return stand_still(draft);
  const Resuming resuming = consider_resume(draft);
  if (resuming == Resuming::Stores) return;
  if (resuming != Resuming::Begins) {
    const bool begins_anew = workflow.status.run == 0 && workflow.steering.resume.run > 0;
    if (is_restored(draft) && !begins_anew) return stand_still(draft);
    if (is_over(draft)) return consider_final(draft);
  }
  go_on(draft, resuming);
}

}  // namespace

Decision decide(const Observed& observed, TimePoint now) {
  Draft draft(observed, now);
  consider(draft);
  if (!draft.meta().deletion) give_up_unneeded_locks(draft);
  return draft.finish();
}

}  // namespace bootstrap
