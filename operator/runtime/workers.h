#pragma once
// Takes keys from the queue, has them reconciled, and turns what came of it into queue operations.
//
//   Worker worker(queue, clock, [&](const ObjectKey& key) -> Outcome { … }, {.heart = &heart});
//   threads.spawn("worker-0", [&](std::stop_token stop) { worker.run_one(stop); });
//
// Threads: one Worker for each thread; the reconcile function is called from all of them, but never
// for the same key at the same time. Errors: an exception that escapes reconcile is reported, and
// the key is tried again with back-off.

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

#include "controllers/object_meta.h"
#include "operator/runtime/clock.h"
#include "operator/runtime/health.h"
#include "operator/runtime/work_queue.h"

namespace bootstrap::runtime {

// What one pass over a key came to.
namespace outcomes {
struct Done {};  // nothing to do before the next event
struct WakeAfter {
  Duration delay;
};
struct Retry {  // something failed that may pass: again with back-off
  std::string why;
};
// The store has not seen our own last write yet. Its event wakes the key; should it never come, the
// key is woken after kStaleWake.
struct Stale {};
}  // namespace outcomes
using Outcome = std::variant<outcomes::Done, outcomes::WakeAfter, outcomes::Retry, outcomes::Stale>;

inline constexpr Duration kStaleWake{10'000};

using Reconcile = std::function<Outcome(const ObjectKey&)>;

class Worker {
 public:
  struct Hooks {
    Heartbeat* heart = nullptr;  // busy while a key is in work, else at rest
    // After each pass: "done", "wake", "retry", "stale" or "exception"; `why` of a retry or
    // exception.
    std::function<void(const ObjectKey&, std::string_view outcome, const std::string& why,
                       std::chrono::microseconds)>
        on_pass{};
  };

  // All must outlive the worker.
  Worker(WorkQueue& queue, const Clock& clock, Reconcile reconcile, Hooks hooks);

  // Waits for a key and works on it. False when stopped or shut down instead.
  bool run_one(std::stop_token stop);
  // Works on a key that is due now, if any. Never waits.
  bool try_run_one();

 private:
  void work(const ObjectKey& key);

  WorkQueue* queue_;
  const Clock* clock_;
  Reconcile reconcile_;
  Hooks hooks_;
};

inline constexpr std::string_view kOutcomeNames[] = {"done", "wake", "retry", "stale", "exception"};

}  // namespace bootstrap::runtime
