#include "controllers/adoption.h"

#include <algorithm>

#include "controllers/step_machine.h"

namespace bootstrap {
namespace {

struct UnknownJob {
  const JobView* job = nullptr;
  AttemptRef attempt;
  StepRecord* record = nullptr;
};

// Ours by owner and by name, and not recorded.
std::vector<UnknownJob> unknown_jobs(Draft& draft) {
  const ObjectMeta& meta = draft.meta();
  std::vector<UnknownJob> unknown;
  for (const auto& job : draft.observed().work.jobs) {
    const auto ref = attempt_of(job->meta);
    if (!ref || job->meta.controller_uid != meta.uid ||
        job->meta.name != job_name(meta.name, meta.uid, ref->step, ref->attempt))
      continue;
    StepRecord* record = find_step(draft.status(), ref->step);
    if (record != nullptr && record->attempts < ref->attempt)
      unknown.push_back({job.get(), *ref, record});
  }
  // The newest attempt of a step counts, should there be several.
  std::ranges::sort(unknown, {}, [](const UnknownJob& u) { return u.attempt.attempt; });
  return unknown;
}

bool may_run(const Plan& plan, const Standing& standing, const StepRef& ref) {
  const auto step = std::ranges::find(plan.steps, ref, &PlanStep::ref);
  if (step == plan.steps.end()) return false;
  const Intent intent = standing.intent(step->phase);
  return intent == Intent::Go || intent == Intent::Hold;
}

}  // namespace

void adopt(Draft& draft, const Standing& standing) {
  for (auto& [job, attempt, record] : unknown_jobs(draft)) {
    const bool goes_on = may_run(draft.plan(), standing, attempt.step);
    *record = launched(std::move(*record), attempt.attempt, job->meta.name, job->meta.uid,
                       draft.plan().name, job->meta.creation.value_or(draft.now()));
    if (goes_on) continue;
    record->state = StepState::Ending;
    record->reason = reasons::kJobSuspended;
    record->message = "its Job was found after a failure and is stopped";
  }
}

void retire_unknown_jobs(Draft& draft) {
  for (const auto& [job, attempt, record] : unknown_jobs(draft)) {
    record->attempts = attempt.attempt;  // its name must never be met again
    draft.stop(*job, reasons::kJobSuspended);
  }
}

}  // namespace bootstrap
