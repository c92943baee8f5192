#include "controllers/retention.h"

namespace bootstrap {
namespace {

// Nothing else: this operator may not know yet that the workflow was resumed since.
bool is_on_record(const Draft& draft, const JobView& job) {
  const auto attempt = attempt_of(job.meta);
  const StepRecord* record =
      attempt ? find_step(draft.observed().workflow.status, attempt->step) : nullptr;
  return job.meta.controller_uid == draft.meta().uid && record != nullptr &&
         attempt->attempt <= record->attempts;
}

// False: not yet.
bool are_jobs_deleted(Draft& draft) {
  bool all = true;
  for (const auto& job : draft.observed().work.jobs)
    if (is_on_record(draft, *job) && !job->meta.deletion &&
        !draft.remove({Made::Job, job->meta.name, job->meta.uid}))
      all = false;
  return all;
}

bool are_plans_deleted(Draft& draft) {
  const auto* plans = draft.look_up(StoredPlans{});
  if (plans == nullptr) return false;
  const Status& status = draft.status();
  const int last = status.state == WorkflowState::Failed ? status.run - 1 : status.run;
  bool all = true;
  for (const PlanView& plan : *plans)
    if (plan.run <= last && !draft.remove({Made::Plan, plan.meta.name, plan.meta.uid})) all = false;
  return all;
}

}  // namespace

void clean_up(Draft& draft) {
  Status& status = draft.status();
  if (status.run == 0 || status.cleanup || !status.completion) return;
  const TimePoint due = *status.completion + draft.observed().workflow.steering.job_retention;
  if (draft.now() < due) return draft.wake(due);
  const bool jobs = are_jobs_deleted(draft), plans = are_plans_deleted(draft);
  if (jobs && plans) status.cleanup = draft.now();
}

}  // namespace bootstrap
