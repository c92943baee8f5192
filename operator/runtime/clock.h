#pragma once
// Where time comes from. Only the runtime reads a clock; tests and the simulation bring their own.
//
// Threads: safe from any thread.

#include <chrono>

#include "controllers/time.h"

namespace bootstrap::runtime {

using SteadyPoint = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;           // wall clock: what is written to the API
  virtual SteadyPoint steady_now() const = 0;  // for delays: never jumps
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
  }
  SteadyPoint steady_now() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace bootstrap::runtime
