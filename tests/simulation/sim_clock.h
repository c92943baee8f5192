#pragma once
// The clock of a simulated world: it stands still until the scheduler moves it.
//
// Threads: one thread.

#include <algorithm>
#include <chrono>

#include "operator/runtime/clock.h"

namespace bootstrap::simulation {

class SimClock final : public runtime::Clock {
 public:
  TimePoint now() const override { return now_; }
  runtime::SteadyPoint steady_now() const override {
    return runtime::SteadyPoint(now_.time_since_epoch());
  }
  // Never goes back.
  void advance_to(TimePoint t) { now_ = std::max(now_, t); }

 private:
  TimePoint now_{std::chrono::sys_days{std::chrono::January / 5 / 2026} + std::chrono::hours(8)};
};

}  // namespace bootstrap::simulation
