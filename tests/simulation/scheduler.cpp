#include "tests/simulation/scheduler.h"

#include <algorithm>
#include <utility>

namespace bootstrap::simulation {

Scheduler::Id Scheduler::at(TimePoint when, Event event, Lane l) {
  const Id id = ++last_id_;
  const Key key{std::max(when, clock_.now()), random_.next(), id};
  lane(l).emplace(key, std::move(event));
  pending_.emplace(id, std::pair{l, key});
  return id;
}

void Scheduler::cancel(Id id) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  lane(found->second.first).erase(found->second.second);
  pending_.erase(found);
}

void Scheduler::drop(Lane l) {
  for (const auto& [key, event] : lane(l)) pending_.erase(key.id);
  lane(l).clear();
}

Scheduler::Queue* Scheduler::next_queue() {
  if (world_.empty() && operator_.empty()) return nullptr;
  if (world_.empty()) return &operator_;
  if (operator_.empty()) return &world_;
  return world_.begin()->first < operator_.begin()->first ? &world_ : &operator_;
}

void Scheduler::run_front(Queue& queue) {
  auto node = queue.extract(queue.begin());
  pending_.erase(node.key().id);
  clock_.advance_to(node.key().time);
  ++executed_;
  node.mapped()();
}

bool Scheduler::run_one() {
  Queue* queue = next_queue();
  if (queue == nullptr) return false;
  run_front(*queue);
  return true;
}

bool Scheduler::run_until(TimePoint limit, const std::function<bool()>& done,
                          std::size_t max_events) {
  for (std::size_t n = 0;; ++n) {
    if (done && done()) return true;
    const auto next = next_time();
    if (n == max_events) return false;
    if (!next || *next > limit) break;
    run_one();
  }
  clock_.advance_to(limit);
  return done && done();
}

void Scheduler::run_world_for(Duration d) {
  const TimePoint end = clock_.now() + d;
  while (!world_.empty() && world_.begin()->first.time <= end) run_front(world_);
  clock_.advance_to(end);
}

std::optional<TimePoint> Scheduler::next_time() const {
  std::optional<TimePoint> next;
  for (const Queue* queue : {&world_, &operator_}) {
    if (queue->empty()) continue;
    const auto time = queue->begin()->first.time;
    if (!next || time < *next) next = time;
  }
  // An event kept waiting by run_world_for() is due now.
  return next ? std::optional(std::max(*next, clock_.now())) : std::nullopt;
}

}  // namespace bootstrap::simulation
