#pragma once
// What happens when in a simulated world.
//
// Everything that takes time is an event: a function to call at a point of simulated time. Events
// run one after another in the order of their times; events of the same time run in an order drawn
// from the seed, so that a run explores what a machine could do, and a seed repeats it exactly.
//
// Two lanes: the World (API server, controllers, nodes, the delivery of watch events) and the
// Operator (its workers). While the operator is blocked in a request the world goes on:
// run_world_for() runs the World lane only and keeps the Operator's events for later.
//
// Threads: one thread. An event may add and cancel events, and may call run_world_for().

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "tests/simulation/random.h"
#include "tests/simulation/sim_clock.h"

namespace bootstrap::simulation {

class Scheduler {
 public:
  using Event = std::function<void()>;
  enum class Lane { World, Operator };
  // Names an event, for cancel(). 0 is never given out.
  using Id = std::uint64_t;

  Scheduler(SimClock& clock, Random random) : clock_(clock), random_(random) {}

  Id at(TimePoint, Event, Lane = Lane::World);  // a point in the past means now
  Id after(Duration delay, Event event, Lane lane = Lane::World) {
    return at(clock_.now() + delay, std::move(event), lane);
  }
  void cancel(Id);
  // Forgets all events of a lane: the process they belonged to has died.
  void drop(Lane);

  // Moves the clock to the next event and runs it. False when there is none.
  bool run_one();
  // Runs until the event queue is empty, `done` holds, the time is reached or `max_events` have
  // run. True when `done` held.
  bool run_until(TimePoint limit, const std::function<bool()>& done = {},
                 std::size_t max_events = kNoLimit);
  bool run_for(Duration d) { return run_until(clock_.now() + d); }
  void run_world_for(Duration);

  std::optional<TimePoint> next_time() const;
  std::size_t executed() const { return executed_; }
  const SimClock& clock() const { return clock_; }

  static constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);

 private:
  struct Key {
    TimePoint time;
    std::uint64_t tie_break = 0;  // drawn
    Id id = 0;
    auto operator<=>(const Key&) const = default;
  };
  using Queue = std::map<Key, Event>;

  Queue& lane(Lane l) { return l == Lane::World ? world_ : operator_; }
  Queue* next_queue();
  void run_front(Queue&);

  SimClock& clock_;
  Random random_;
  Queue world_;
  Queue operator_;
  std::map<Id, std::pair<Lane, Key>> pending_;
  Id last_id_ = 0;
  std::size_t executed_ = 0;
};

}  // namespace bootstrap::simulation
