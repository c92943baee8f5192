#pragma once
// Which objects want to be looked at, each at most once at a time.
//
// Adding a key that waits already changes nothing; adding one that is being processed queues it
// again when it is done. So a thousand events of one object make one or two passes, and two workers
// never have the same key. First in, first out.
//
//   queue.add(key);                                    // now
//   queue.add_after(key, 30s);                         // of several delays the earliest counts
//   while (auto key = queue.get(stop)) { …; queue.done(*key); }
//
// Threads: safe from any. The hooks are called with the queue locked: they must be quick and must
// not call back. Time: from the clock given; get() sleeps for real time.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "controllers/object_meta.h"
#include "operator/runtime/clock.h"

namespace bootstrap::runtime {

class WorkQueue {
 public:
  struct Options {
    Duration first_retry{5};
    Duration longest_retry{30'000};
    std::function<void(std::size_t depth)> on_depth{};  // keys that are due and wait for a worker
    std::function<void(Duration waited)> on_taken{};    // from due to taken
  };

  explicit WorkQueue(const Clock& clock) : WorkQueue(clock, Options{}) {}
  WorkQueue(const Clock& clock, Options options);

  void add(const ObjectKey& key);
  void add_after(const ObjectKey& key, Duration delay);
  // After a failure: a delay that doubles from first_retry to longest_retry with each call.
  void add_after_failure(const ObjectKey& key);
  // The key did well: the next failure starts from first_retry.
  void forget(const ObjectKey& key);
  std::size_t failures(const ObjectKey& key) const;

  // The first key that is due at `now`, or none. Call done() for it, whatever happens.
  std::optional<ObjectKey> try_get(SteadyPoint now);
  // Waits for one. Empty when stopped or shut down.
  std::optional<ObjectKey> get(std::stop_token stop);
  void done(const ObjectKey& key);

  // Ends every get(); nothing is taken or added from now on.
  void shut_down();

  // When the earliest delayed key is due; empty without one. For whoever steps instead of waiting.
  std::optional<SteadyPoint> next_due() const;
  std::size_t depth() const;
  // Nothing waits, is delayed or is being processed.
  bool idle() const;

 private:
  struct Delayed {
    SteadyPoint due;
    std::uint64_t order;  // among equals, first in, first out
    ObjectKey key;
    bool operator<(const Delayed& other) const {
      return std::tie(due, order) < std::tie(other.due, other.order);
    }
  };

  void add_locked(const ObjectKey& key, SteadyPoint now);
  void add_after_locked(const ObjectKey& key, SteadyPoint due);
  void push_locked(const ObjectKey& key, SteadyPoint now);
  void wake_one_locked();
  void rest_locked(std::unique_lock<std::mutex>&, std::stop_token);
  void keep_time_locked(std::unique_lock<std::mutex>&, std::stop_token, SteadyPoint now);
  void move_due_locked(SteadyPoint now);
  std::optional<ObjectKey> take_locked(SteadyPoint now);

  const Clock* clock_;
  const Options options_;
  mutable std::mutex mutex_;
  // Of those that wait in get() one keeps the time: it wakes when the first delay is over, or is
  // told of an earlier one. The others rest until they are called for a key. So neither a delay nor
  // a key wakes more than one of them.
  std::condition_variable_any keep_;
  std::condition_variable_any rest_;
  bool has_keeper_ = false;
  std::size_t resting_ = 0;
  std::size_t called_ = 0;  // of those that rest, and that have not woken yet
  std::deque<std::pair<ObjectKey, SteadyPoint>> ready_;  // with the time since when it waits
  std::unordered_set<ObjectKey> dirty_;                  // wants a pass that has not begun
  std::unordered_set<ObjectKey> processing_;
  std::set<Delayed> delayed_;
  std::unordered_map<ObjectKey, std::set<Delayed>::iterator> delay_of_;
  std::unordered_map<ObjectKey, std::size_t> failures_;
  std::uint64_t order_ = 0;
  std::uint64_t changes_ = 0;  // what the keeper may have missed
  bool shut_down_ = false;
};

}  // namespace bootstrap::runtime
