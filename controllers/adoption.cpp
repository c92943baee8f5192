#include "controllers/adoption.h"

#include <algorithm>
#include <optional>

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

// Its number is kept, so that its name is never met again.
void retire(Draft& draft, const UnknownJob& unknown) {
  unknown.record->attempts = unknown.attempt.attempt;
  draft.stop(*unknown.job, reasons::kJobSuspended);
}

// On record as launched.
void take_up(Draft& draft, const UnknownJob& unknown) {
  *unknown.record = launched(std::move(*unknown.record), unknown.attempt.attempt,
                             unknown.job->meta.name, unknown.job->meta.uid, draft.plan().name,
                             unknown.job->meta.creation.value_or(draft.now()));
}

// On record as launched, and to be stopped.
void stop_late(Draft& draft, const UnknownJob& unknown) {
  StepRecord& record = *unknown.record;
  take_up(draft, unknown);
  record = to_be_stopped(std::move(record), reasons::kJobSuspended,
                         "its Job was found after a failure and is stopped");
  draft.stop(*unknown.job, record.reason);
}

// Its launch may be under way: nobody knows of it but, perhaps, the API server.
bool may_be_lost(Draft& draft, const Standing& standing, StepIndex step) {
  const StepRecord& record = standing.record(step);
  const Intent intent = standing.intent(draft.plan().steps[step].phase);
  if (intent != Intent::NoNew && intent != Intent::End) return false;
  if (record.state == StepState::Backoff)
    return !record.next_retry || *record.next_retry <= draft.now();
  return record.state == StepState::Pending && standing.has_its_turn(step);
}

// Jobs that the next attempts of these steps have, although nobody was told. Empty: it cannot be
// told now. All are asked for at once: a look-up for each step would not fit into one pass.
std::optional<std::vector<UnknownJob>> lost_launches(Draft& draft, const Standing& standing,
                                                     const std::vector<StepIndex>& steps) {
  const ObjectMeta& meta = draft.meta();
  std::vector<UnknownJob> lost;
  bool all_known = true;
  for (const StepIndex step : steps) {
    if (!has_job(draft.plan().steps[step])) continue;
    const StepRef& ref = draft.plan().steps[step].ref;
    const int attempt = standing.record(step).attempts + 1;
    const auto* live = draft.ask()(LiveJob{job_name(meta.name, meta.uid, ref, attempt)});
    all_known = all_known && live != nullptr && *live;
    if (live == nullptr) continue;
    if (!*live) {
      draft.retry(live->error().why);
      continue;
    }
    if (const auto& job = live->value(); job && job->meta.controller_uid == meta.uid)
      lost.push_back({&*job, {ref, attempt}, find_step(draft.status(), ref)});
  }
  if (!all_known) return std::nullopt;
  return lost;
}

bool has_begun(const Plan& plan, const Standing& standing, RunsOn runs_on) {
  for (StepIndex i = 0; i < plan.steps.size(); ++i)
    if (plan.phases[plan.steps[i].phase].runs_on == runs_on &&
        standing.record(i).state != StepState::Pending)
      return true;
  return false;
}

}  // namespace

void adopt(Draft& draft, const Standing& standing) {
  for (const UnknownJob& unknown : unknown_jobs(draft)) {
    if (is_final(unknown.record->state))
      retire(draft, unknown);
    else if (!may_run(draft.plan(), standing, unknown.attempt.step))
      stop_late(draft, unknown);
    else
      take_up(draft, unknown);
  }
}

bool adopt_lost_launches(Draft& draft, const Standing& standing) {
  const Plan& plan = draft.plan();
  // Before finally began it was asked for all others.
  const bool in_finally = has_begun(plan, standing, RunsOn::Always);
  std::vector<StepIndex> steps;
  for (StepIndex i = 0; i < plan.steps.size(); ++i) {
    const RunsOn runs_on = plan.phases[plan.steps[i].phase].runs_on;
    if ((!in_finally || runs_on == RunsOn::Always) && may_be_lost(draft, standing, i))
      steps.push_back(i);
  }
  const auto lost = lost_launches(draft, standing, steps);
  if (!lost) return false;
  for (const UnknownJob& unknown : *lost) stop_late(draft, unknown);
  return true;
}

LostLaunches adopt_lost_launches_of(Draft& draft, const Standing& standing,
                                    const std::vector<StepIndex>& steps) {
  std::vector<StepIndex> had_their_turn;
  for (const StepIndex step : steps)
    if (standing.has_its_turn(step)) had_their_turn.push_back(step);
  const auto lost = lost_launches(draft, standing, had_their_turn);
  if (!lost) return LostLaunches::NotKnownYet;
  for (const UnknownJob& unknown : *lost) take_up(draft, unknown);
  return lost->empty() ? LostLaunches::None : LostLaunches::Adopted;
}

void retire_unknown_jobs(Draft& draft) {
  for (const UnknownJob& unknown : unknown_jobs(draft)) retire(draft, unknown);
}

}  // namespace bootstrap
