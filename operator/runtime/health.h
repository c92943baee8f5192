#pragma once
// Is the process alive (would a restart help) and ready (is what it knows complete)?
//
// Alive means that no loop is wedged. An API server that does not answer is not our illness: loops
// keep beating while they wait for it, because restarting would only cost what they know.
//
//   Heartbeat& heart = health.add_loop("watch jobs", 6min);   // a beat at least that often
//   Heartbeat& worker = health.add_loop("worker-0", 2min);    // busy on one key for at most that
//   health.add_condition("jobs synced", [&] { return jobs.synced(); });
//
// Threads: safe from any. Conditions are called by whoever asks; they must not block.

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "operator/runtime/clock.h"

namespace bootstrap::runtime {

// The pulse of one loop. Cheap: one atomic store.
class Heartbeat {
 public:
  explicit Heartbeat(const Clock& clock) : clock_(&clock) {}

  // Alive now; silence counts from here.
  void beat() { since_.store(clock_->steady_now().time_since_epoch().count()); }
  // Waits for something that may never come; silence is fine until the next beat.
  void rest() { since_.store(kResting); }

  // How long it has been silent; zero while at rest (as it is before its first beat).
  Duration silent() const;

 private:
  static constexpr SteadyPoint::rep kResting = -1;
  const Clock* clock_;
  std::atomic<SteadyPoint::rep> since_{kResting};
};

class Health {
 public:
  struct Verdict {
    bool ok = true;
    std::string text;  // "ok", or a line for each loop or condition that is not well
  };

  explicit Health(const Clock& clock) : clock_(&clock) {}

  // The reference is good for the life of this Health.
  Heartbeat& add_loop(std::string name, Duration max_silence);
  void add_condition(std::string name, std::function<bool()> holds);

  Verdict live() const;
  Verdict ready() const;

 private:
  struct Loop {
    Loop(const Clock& clock, std::string loop_name, Duration limit)
        : heart(clock), name(std::move(loop_name)), max_silence(limit) {}
    Heartbeat heart;
    std::string name;
    Duration max_silence;
  };
  struct Condition {
    std::string name;
    std::function<bool()> holds;
  };

  const Clock* clock_;
  mutable std::mutex mutex_;
  std::deque<Loop> loops_;  // a deque does not move what it holds
  std::vector<Condition> conditions_;
};

}  // namespace bootstrap::runtime
