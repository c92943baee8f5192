#include "controllers/decide.h"

#include <algorithm>

#include "controllers/adoption.h"
#include "controllers/begin_run.h"
#include "controllers/draft.h"
#include "controllers/launch.h"
#include "controllers/resource_query_spec.h"
#include "controllers/status_summary.h"
#include "controllers/step_machine.h"
#include "controllers/wait_attempt.h"

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

bool is_wait(const PlanStep& step) {
  return std::holds_alternative<WaitWork>(step.definition.work);
}

AttemptView view_of(Draft& draft, const PlanStep& step, const StepRecord& record) {
  if (const auto* wait = std::get_if<WaitWork>(&step.definition.work)) {
    const Plan& plan = draft.plan();
    // That every reference has a value was seen to before the run.
    const auto query = resolved(wait->query, lookup_of(plan.run, plan.parameters));
    const auto& progress = draft.observed().workflow.status.progress;
    return wait_attempt(step, query.value_or(wait->query), record,
                        progress ? progress->at : std::nullopt, draft.ask(), draft.now());
  }
  return job_attempt(step, record, draft.observed().work, draft.ask(), draft.now());
}

void advance_step(Draft& draft, const PlanStep& step) {
  StepRecord& record = *find_step(draft.status(), step.ref);
  if (!is_launched(record.state)) return;
  const Work& work = draft.observed().work;
  const AttemptView view = view_of(draft, step, record);
  StepMove move = advance(step, std::move(record), view, draft.now());
  record = std::move(move.record);
  if (move.wake) draft.wake(*move.wake);
  if (!move.stop) return;
  for (const auto& job : work.jobs)
    if (job->meta.uid == record.job_uid) draft.stop(*job, record.reason);
}

bool has_failure(const Status& status) {
  return std::ranges::any_of(status.phases, [](const PhaseRecord& phase) {
    return std::ranges::any_of(phase.steps,
                               [](const StepRecord& s) { return s.state == StepState::Failed; });
  });
}

// Not launched, everything before it has succeeded, and nothing has failed.
bool is_ready(Draft& draft, const PlanStep& step) {
  const Status& status = draft.status();
  if (find_step(status, step.ref)->state != StepState::Pending || has_failure(status)) return false;
  return std::ranges::all_of(step.after, [&](StepIndex before) {
    return find_step(status, draft.plan().steps[before].ref)->state == StepState::Succeeded;
  });
}

void consider(Draft& draft) {
  if (draft.meta().deletion) return;
  if (is_restored(draft)) return;
  Status& status = draft.status();
  if (status.state && is_final(*status.state)) return consider_final(draft);
  status.uid = draft.meta().uid;
  status.observed_generation = draft.meta().generation;
  if (draft.observed().plan == nullptr)
    return status.run == 0 ? begin_run(draft) : fetch_plan(draft);
  take_plan(draft);
  adopt(draft);
  for (const PlanStep& step : draft.plan().steps) advance_step(draft, step);
  for (const PlanStep& step : draft.plan().steps) {
    if (!is_ready(draft, step)) continue;
    launch(draft, step);
    if (is_wait(step)) advance_step(draft, step);  // what it waits for may be there already
  }
  summarize(status, draft.plan(), draft.now());
  note_definition(draft);
}

}  // namespace

Decision decide(const Observed& observed, TimePoint now) {
  Draft draft(observed, now);
  consider(draft);
  return draft.finish();
}

}  // namespace bootstrap
