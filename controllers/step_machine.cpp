#include "controllers/step_machine.h"

#include <algorithm>

#include <fmt/format.h>

#include "controllers/child_attempt.h"
#include "controllers/limits.h"
#include "controllers/retry.h"
#include "controllers/texts.h"

namespace bootstrap {
namespace {

// The message is kept while its reason is the same: the cluster words the same trouble in ever new
// ways (ErrImagePull, ImagePullBackOff), and each change would be a write.
void explain(StepRecord& record, const std::string& reason, const std::string& message) {
  if (record.reason == reason) return;
  record.reason = reason;
  record.message = cut(message, limits::kMessage);
}

StepRecord finish(StepRecord record, const AttemptResult& result, TimePoint now) {
  const bool stopped = record.state == StepState::Ending && !result.success;
  record.state = result.success ? StepState::Succeeded : StepState::Failed;
  if (!stopped) explain(record, result.reason, result.message);
  if (!result.success && record.reason == reasons::kCancelled) record.state = StepState::Cancelled;
  if (result.success) record.message.clear();
  record.exit_code = result.exit_code;
  if (result.started) record.start = result.started;
  record.completion = result.finished.value_or(now);
  record.last_failure.clear();
  record.log_tail = result.log_tail;
  record.outputs = result.outputs;
  return record;
}

// After a failure: wait for the next attempt, or that was it.
StepMove fail_or_wait(const PlanStep& step, StepRecord record, TimePoint now) {
  const auto& retry = step.definition.retry;
  const auto next = retry ? next_attempt(*retry, record) : std::nullopt;
  if (!next) {
    if (const std::string why = why_last_attempt(retry, record); !why.empty())
      record.message = with_end(std::move(record.message), "; " + why, limits::kMessage);
    return {std::move(record), false, {}};
  }
  record.state = StepState::Backoff;
  if (!next->counted) ++record.uncounted;
  // To the second, as it is stored: a restart must not change it.
  record.next_retry = std::chrono::ceil<std::chrono::seconds>(now + next->delay);
  const TimePoint wake = *record.next_retry;
  return {std::move(record), false, wake};
}

StepMove stop_unstarted(const PlanStep& step, StepRecord record, const AttemptView& view) {
  record.state = StepState::Ending;
  const std::string why = view.message.empty() ? record.message : view.message;
  explain(record, reasons::kNotStarted,
          fmt::format("did not start within {}{}{}", to_text(step.definition.start_timeout),
                      why.empty() ? "" : ": ", why));
  return {std::move(record), true, {}};
}

}  // namespace

bool was_ended(const StepRecord& record) {
  return record.reason == reasons::kPhaseTimedOut || record.reason == reasons::kWorkflowTimedOut;
}

bool is_launched(StepState state) {
  return state == StepState::Starting || state == StepState::Running ||
         state == StepState::Waiting || state == StepState::Ending;
}

StepMove advance(const PlanStep& step, StepRecord record, const AttemptView& view, TimePoint now) {
  if (record.source_revision.empty()) record.source_revision = view.source_revision;
  if (view.percent)
    record.child_percent = std::max(record.child_percent.value_or(0), *view.percent);
  if (view.live == Liveness::Ended) {
    record = finish(std::move(record), *view.result, now);
    if (record.state != StepState::Failed) return {std::move(record), false, {}};
    return fail_or_wait(step, std::move(record), now);
  }
  if (record.state == StepState::Ending) return {std::move(record), true, view.look_again};
  if (view.overdue) {
    record.state = StepState::Ending;
    explain(record, reasons::kTimedOut, *view.overdue);
    return {std::move(record), true, {}};
  }
  if (view.live == Liveness::Starting) {
    const TimePoint since = view.waits_since.value_or(record.start.value_or(now));
    const TimePoint deadline = since + step.definition.start_timeout;
    if (now >= deadline) return stop_unstarted(step, std::move(record), view);
    record.state = view.reason.empty() ? StepState::Running : StepState::Starting;
    explain(record, view.reason, view.message);
    const TimePoint look = view.look_again.value_or(deadline);
    return {std::move(record), false, std::min(deadline, look)};
  }
  const bool needs_person = view.live == Liveness::NeedsPerson;
  record.state = needs_person ? StepState::Waiting : StepState::Running;
  if (needs_person) record.outputs = view.given;
  explain(record, view.reason, view.message);
  if (view.message_follows) record.message = view.message;
  return {std::move(record), false, view.look_again};
}

void keep_failure(StepRecord& record) {
  if (record.state == StepState::Backoff && record.last_failure.empty())
    record.last_failure =
        cut(fmt::format("{}: {}", record.reason, record.message), limits::kLastFailure);
}

StepRecord launched(StepRecord record, int attempt, std::string job, std::string job_uid,
                    const std::string& plan, TimePoint start) {
  keep_failure(record);
  StepRecord fresh;
  fresh.last_failure = std::move(record.last_failure);
  fresh.name = std::move(record.name);
  fresh.state = StepState::Running;
  fresh.attempts = attempt;
  fresh.former = record.former;
  fresh.uncounted = record.uncounted;
  // One commit for the whole run; an attempt of the run before may have gone on in this one.
  if (record.plan == plan) fresh.source_revision = std::move(record.source_revision);
  fresh.job = std::move(job);
  fresh.job_uid = std::move(job_uid);
  fresh.start = start;
  fresh.plan = plan;
  return fresh;
}

StepRecord launched_child(StepRecord record, int attempt, std::string child, std::string child_uid,
                          const std::string& plan, TimePoint start) {
  StepRecord fresh = launched(std::move(record), attempt, "", "", plan, start);
  explain(fresh, reasons::kChildRunning, runs_text(child));
  fresh.child = std::move(child);
  fresh.child_uid = std::move(child_uid);
  return fresh;
}

StepRecord never_launched(StepRecord record, std::string reason, std::string message,
                          TimePoint now) {
  record.state = StepState::Failed;
  record.next_retry.reset();
  explain(record, reason, message);
  record.completion = now;
  return record;
}

StepRecord given_up(StepRecord record, const char* reason, const std::string& why, TimePoint now) {
  keep_failure(record);
  record.state = StepState::Failed;
  record.next_retry.reset();
  record.message =
      cut(fmt::format("{}; its last attempt had failed with {}", why, record.last_failure),
          limits::kMessage);
  record.last_failure.clear();
  record.reason = reason;
  record.completion = now;
  return record;
}

StepRecord cancelled(StepRecord record, TimePoint now) {
  constexpr const char* kWhy = "cancelled";
  if (record.state == StepState::Backoff) {
    record = given_up(std::move(record), reasons::kCancelled, kWhy, now);
  } else {
    record.reason = reasons::kCancelled;
    record.message = "cancelled before it was started";
  }
  record.state = StepState::Cancelled;
  return record;
}

StepRecord to_be_stopped(StepRecord record, const char* reason, const std::string& why) {
  record.state = StepState::Ending;
  explain(record, reason, why);
  return record;
}

StepRecord to_be_repeated(const StepRecord& record) {
  StepRecord fresh;
  fresh.name = record.name;
  fresh.attempts = fresh.former = record.attempts;
  return fresh;
}

StepRecord to_be_retried(const StepRecord& record) {
  StepRecord fresh = to_be_repeated(record);
  if (record.child.empty()) return fresh;
  fresh.child = record.child;
  fresh.child_uid = record.child_uid;
  --fresh.former;  // that attempt goes on
  return fresh;
}

StepRecord removed(const StepRecord& record) {
  StepRecord kept = to_be_repeated(record);
  kept.former = 0;
  kept.state = StepState::Removed;
  return kept;
}

StepRecord skipped(StepRecord record, const std::string& why) {
  record.state = StepState::Skipped;
  record.reason = reasons::kConditionNotMet;
  record.message = cut(why, limits::kMessage);
  return record;
}

}  // namespace bootstrap
