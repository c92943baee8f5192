#pragma once
// Waiting on one's own thread, cut short by a stop.
//
// Threads: blocks the caller only.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace bootstrap::runtime {

// False when stop was requested before `length` had passed.
inline bool pause(std::chrono::milliseconds length, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, length, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace bootstrap::runtime
