#include "operator/runtime/health.h"

#include <algorithm>
#include <utility>

namespace bootstrap::runtime {

Duration Heartbeat::silent() const {
  const SteadyPoint::rep since = since_.load();
  if (since == kResting) return Duration::zero();
  const auto silence = clock_->steady_now() - SteadyPoint(SteadyPoint::duration(since));
  return std::max(Duration::zero(), std::chrono::duration_cast<Duration>(silence));
}

Heartbeat& Health::add_loop(std::string name, Duration max_silence) {
  const std::lock_guard lock(mutex_);
  return loops_.emplace_back(*clock_, std::move(name), max_silence).heart;
}

void Health::add_condition(std::string name, std::function<bool()> holds) {
  const std::lock_guard lock(mutex_);
  conditions_.push_back({std::move(name), std::move(holds)});
}

namespace {

Health::Verdict verdict_of(const std::string& complaints) {
  return complaints.empty() ? Health::Verdict{true, "ok\n"} : Health::Verdict{false, complaints};
}

}  // namespace

Health::Verdict Health::live() const {
  const std::lock_guard lock(mutex_);
  std::string complaints;
  for (const Loop& loop : loops_)
    if (const Duration silent = loop.heart.silent(); silent > loop.max_silence)
      complaints += loop.name + ": no sign of life for " + to_text(silent) + ", allowed are " +
                    to_text(loop.max_silence) + "\n";
  return verdict_of(complaints);
}

Health::Verdict Health::ready() const {
  const std::lock_guard lock(mutex_);
  std::string complaints;
  for (const Condition& condition : conditions_)
    if (!condition.holds()) complaints += condition.name + ": not yet\n";
  return verdict_of(complaints);
}

}  // namespace bootstrap::runtime
