#pragma once
// A clock that stands still until a test moves it.
//
// Threads: safe from any.

#include <atomic>

#include "operator/runtime/clock.h"

namespace bootstrap::fakes {

class ManualClock final : public runtime::Clock {
 public:
  // 2026-01-02T15:04:05.123Z, an hour after the steady clock's start.
  TimePoint now() const override {
    return TimePoint(Duration(1'767'366'245'123)) + Duration(passed_.load());
  }
  runtime::SteadyPoint steady_now() const override {
    return runtime::SteadyPoint(std::chrono::hours(1)) + Duration(passed_.load());
  }
  void advance(Duration by) { passed_ += by.count(); }

 private:
  std::atomic<Duration::rep> passed_{0};
};

}  // namespace bootstrap::fakes
