#include "controllers/eta.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controllers/limits.h"
#include "controllers/step_machine.h"
#include "controllers/texts.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSlack = 30s;    // so long what was told may have passed
constexpr Duration kOverrun = 60s;  // at the least, until a step is said to be overdue

// Of former runs, or as the definition says; at least a second.
std::optional<Duration> known_time(const PlanStep& step, const StepTimes& former_runs) {
  const auto found = former_runs.find(step.ref);
  const auto known =
      found == former_runs.end() ? step.definition.estimate : std::optional(found->second);
  if (!known) return std::nullopt;
  return std::max(Duration(1s), Duration(std::chrono::round<std::chrono::seconds>(*known)));
}

class Average {
 public:
  void add(Duration value) {
    sum_ += value;
    ++count_;
  }
  std::optional<Duration> value() const {
    return count_ == 0 ? std::nullopt : std::optional(sum_ / count_);
  }

 private:
  Duration sum_{};
  int count_ = 0;
};

// Of a step of which nothing is known. A gate's time is people's, and tells nothing of others.
std::optional<Duration> usual_time(const Plan& plan, const Standing& standing,
                                   const StepTimes& former_runs) {
  Average took;
  Average expected;
  for (StepIndex i = 0; i < plan.steps.size(); ++i) {
    if (is_gate(plan.steps[i])) continue;
    if (const auto time = time_of(standing.record(i))) took.add(*time);
    if (const auto time = known_time(plan.steps[i], former_runs)) expected.add(*time);
  }
  return took.value() ? took.value() : expected.value();
}

Duration rest(Duration expected, Duration elapsed) {
  return elapsed < expected ? expected - elapsed : elapsed - expected;
}

// Of a step that is not over.
Duration left_of(const StepRecord& record, Duration expected, TimePoint now) {
  if (record.state == StepState::Backoff)
    return expected + std::max(record.next_retry.value_or(now) - now, Duration{});
  if (is_launched(record.state) && record.start) return rest(expected, now - *record.start);
  return expected;
}

// Something keeps it from running, or it is being stopped: nobody knows for how long.
bool is_held_up(const StepRecord& record) {
  if (record.state == StepState::Pending || record.state == StepState::Starting)
    return !record.reason.empty();
  return record.state == StepState::Ending ||
         (record.state == StepState::Backoff && !record.next_retry);
}

bool will_run(Intent intent, const StepRecord& record) {
  return is_launched(record.state) || intent == Intent::Go || intent == Intent::Hold;
}

Duration overrun_of(const StepRecord& record) {
  return std::max(*record.expected, kOverrun);
}

// The moments at which a step that takes too long is spoken of: when it is overdue, and each time
// the overrun has doubled; the first after `told`.
TimePoint spoken_of_next(TimePoint overdue, Duration overrun, TimePoint told) {
  for (; overdue <= told; overrun *= 2) overdue += overrun;
  return overdue;
}

std::string overdue_steps(const Plan& plan, const Standing& standing, TimePoint now) {
  std::vector<std::string> overdue;
  for (StepIndex i = 0; i < plan.steps.size(); ++i)
    if (const auto at = overdue_at(standing.record(i)); at && *at <= now)
      overdue.push_back(to_text(plan.steps[i].ref));
  return cut(fmt::format("{}", fmt::join(overdue, ", ")), limits::kOverdue);
}

}  // namespace

std::optional<TimePoint> estimated_end(const Plan& plan, const Standing& standing,
                                       const StepTimes& former_runs, TimePoint now) {
  const auto usual = usual_time(plan, standing, former_runs);
  std::vector<Duration> ends(plan.steps.size());  // of each step, from now
  Duration last{};
  for (StepIndex i = 0; i < plan.steps.size(); ++i) {
    const PlanStep& step = plan.steps[i];
    for (const auto* before : {&step.after, &step.after_end})
      for (const StepIndex other : *before) ends[i] = std::max(ends[i], ends[other]);
    const StepRecord& record = standing.record(i);
    const Intent intent = standing.intent(step.phase);
    if (standing.is_over(i) || !will_run(intent, record)) continue;
    if (is_held_up(record) || (intent == Intent::Hold && !is_launched(record.state)))
      return std::nullopt;
    auto expected = known_time(step, former_runs);
    if (!expected && is_gate(step)) expected = Duration{};
    if (!expected) expected = usual;
    if (!expected) return std::nullopt;
    ends[i] += left_of(record, *expected, now);
    last = std::max(last, ends[i]);
  }
  return std::chrono::ceil<std::chrono::seconds>(now + last);
}

void forget_eta(Status& status) {
  status.estimated_end.reset();
  if (!status.progress) return;
  status.progress->eta.clear();
  status.progress->eta_clock.clear();
  status.progress->overdue.clear();
}

void tell_eta(Status& status, const Plan& plan, const Standing& standing,
              const StepTimes& former_runs, TimePoint now) {
  forget_eta(status);
  for (const PlanStep& step : plan.steps)
    if (StepRecord& record = *find_step(status, step.ref); is_launched(record.state))
      if (!record.expected) record.expected = known_time(step, former_runs);
  status.progress->overdue = overdue_steps(plan, standing, now);
  status.estimated_end = estimated_end(plan, standing, former_runs, now);
  if (!status.estimated_end) return;
  status.progress->eta = rough_text(*status.estimated_end - now);
  status.progress->eta_clock = clock_text(*status.estimated_end, now);
}

std::optional<TimePoint> overdue_at(const StepRecord& record) {
  if (!is_launched(record.state) || !record.start || !record.expected) return std::nullopt;
  return *record.start + *record.expected + overrun_of(record);
}

std::optional<TimePoint> told_anew_at(const Plan& plan, const Standing& standing,
                                      const Status& status) {
  if (!status.progress || !status.progress->at) return std::nullopt;
  std::optional<TimePoint> next;
  const auto at_the_latest = [&](TimePoint at) { next = next ? std::min(*next, at) : at; };
  if (status.estimated_end) at_the_latest(*status.estimated_end + kSlack);
  for (StepIndex i = 0; i < plan.steps.size(); ++i)
    if (const auto overdue = overdue_at(standing.record(i)))
      at_the_latest(spoken_of_next(*overdue, overrun_of(standing.record(i)), *status.progress->at));
  return next;
}

std::string rough_text(Duration left) {
  const Duration unit = left < 1min ? Duration(5s) : left < 10min ? Duration(30s) : Duration(1min);
  const auto units = (left + unit - Duration(1)) / unit;
  const Duration rounded = unit * units;
  const auto hours = std::chrono::floor<std::chrono::hours>(rounded);
  const auto minutes = std::chrono::floor<std::chrono::minutes>(rounded - hours);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(rounded - hours - minutes);
  std::string text;
  if (hours.count() > 0) text += fmt::format("{}h", hours.count());
  if (minutes.count() > 0) text += fmt::format("{}m", minutes.count());
  if (seconds.count() > 0 || text.empty()) text += fmt::format("{}s", seconds.count());
  return text;
}

std::string clock_text(TimePoint at, TimePoint now) {
  using Days = std::chrono::days;
  const bool same_day = std::chrono::floor<Days>(at) == std::chrono::floor<Days>(now);
  const std::string text = to_rfc3339(at);  // "2026-12-01T14:31:05Z"
  return (same_day ? "" : text.substr(5, 5) + " ") + text.substr(11, 5) + "Z";
}

}  // namespace bootstrap
