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

bool has_failure(const Status& status) {
  return std::ranges::any_of(status.phases, [](const PhaseRecord& phase) {
    return std::ranges::any_of(phase.steps,
                               [](const StepRecord& s) { return s.state == StepState::Failed; });
  });
}

}  // namespace

void adopt(Draft& draft) {
  for (const auto& [job, attempt, record] : unknown_jobs(draft)) {
    *record = launched(std::move(*record), attempt.attempt, job->meta.name, job->meta.uid,
                       draft.plan().name, job->meta.creation.value_or(draft.now()));
    if (!has_failure(draft.status())) continue;
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
