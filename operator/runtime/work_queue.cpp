#include "operator/runtime/work_queue.h"

#include <algorithm>
#include <utility>

namespace bootstrap::runtime {

WorkQueue::WorkQueue(const Clock& clock, Options options)
    : clock_(&clock), options_(std::move(options)) {}

void WorkQueue::add(const ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  add_locked(key, clock_->steady_now());
}

void WorkQueue::add_after(const ObjectKey& key, Duration delay) {
  const std::lock_guard lock(mutex_);
  const SteadyPoint now = clock_->steady_now();
  if (delay <= Duration::zero())
    add_locked(key, now);
  else
    add_after_locked(key, now + delay);
}

void WorkQueue::add_after_failure(const ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  Duration delay = options_.first_retry;
  for (std::size_t n = failures_[key]++; n > 0 && delay < options_.longest_retry; --n) delay *= 2;
  add_after_locked(key, clock_->steady_now() + std::min(delay, options_.longest_retry));
}

void WorkQueue::forget(const ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  failures_.erase(key);
}

std::size_t WorkQueue::failures(const ObjectKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = failures_.find(key);
  return found == failures_.end() ? 0 : found->second;
}

std::optional<ObjectKey> WorkQueue::try_get(SteadyPoint now) {
  const std::lock_guard lock(mutex_);
  return take_locked(now);
}

std::optional<ObjectKey> WorkQueue::get(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested() && !shut_down_) {
    const SteadyPoint now = clock_->steady_now();
    if (auto key = take_locked(now)) return key;
    if (has_keeper_)
      rest_locked(lock, stop);
    else
      keep_time_locked(lock, stop, now);
  }
  wake_one_locked();  // to keep the time, and for a key for which this one was called
  return std::nullopt;
}

void WorkQueue::rest_locked(std::unique_lock<std::mutex>& lock, std::stop_token stop) {
  ++resting_;
  if (rest_.wait(lock, stop, [&] { return shut_down_ || called_ > 0; }) && called_ > 0) --called_;
  --resting_;
}

void WorkQueue::keep_time_locked(std::unique_lock<std::mutex>& lock, std::stop_token stop,
                                 SteadyPoint now) {
  has_keeper_ = true;
  const std::uint64_t seen = changes_;
  const auto changed = [&] { return shut_down_ || changes_ != seen; };
  if (delayed_.empty())
    keep_.wait(lock, stop, changed);
  else
    keep_.wait_for(lock, stop, delayed_.begin()->due - now, changed);
  has_keeper_ = false;
}

// For a key that is ready. Whoever finds it taken already keeps the time, if nobody does: so does
// one that is called for a key that the keeper takes itself.
void WorkQueue::wake_one_locked() {
  if (resting_ > called_) {
    ++called_;
    rest_.notify_one();
  } else {
    ++changes_;
    keep_.notify_one();
  }
}

void WorkQueue::done(const ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  processing_.erase(key);
  if (dirty_.contains(key)) push_locked(key, clock_->steady_now());
}

void WorkQueue::shut_down() {
  const std::lock_guard lock(mutex_);
  shut_down_ = true;
  rest_.notify_all();
  keep_.notify_all();
}

std::optional<SteadyPoint> WorkQueue::next_due() const {
  const std::lock_guard lock(mutex_);
  if (delayed_.empty()) return std::nullopt;
  return delayed_.begin()->due;
}

std::size_t WorkQueue::depth() const {
  const std::lock_guard lock(mutex_);
  return ready_.size();
}

bool WorkQueue::idle() const {
  const std::lock_guard lock(mutex_);
  return dirty_.empty() && processing_.empty() && delayed_.empty();
}

void WorkQueue::add_locked(const ObjectKey& key, SteadyPoint now) {
  if (shut_down_ || !dirty_.insert(key).second) return;
  if (!processing_.contains(key)) push_locked(key, now);
}

void WorkQueue::add_after_locked(const ObjectKey& key, SteadyPoint due) {
  if (shut_down_) return;
  if (const auto known = delay_of_.find(key); known != delay_of_.end()) {
    if (known->second->due <= due) return;
    delayed_.erase(known->second);
    delay_of_.erase(known);
  }
  const auto at = delayed_.insert({due, order_++, key}).first;
  delay_of_.emplace(key, at);
  if (at != delayed_.begin()) return;  // whoever keeps the time waits for an earlier one
  ++changes_;
  keep_.notify_one();
}

void WorkQueue::push_locked(const ObjectKey& key, SteadyPoint now) {
  ready_.emplace_back(key, now);
  if (options_.on_depth) options_.on_depth(ready_.size());
  wake_one_locked();
}

void WorkQueue::move_due_locked(SteadyPoint now) {
  while (!delayed_.empty() && delayed_.begin()->due <= now) {
    const auto first = delayed_.extract(delayed_.begin());
    delay_of_.erase(first.value().key);
    add_locked(first.value().key, now);
  }
}

std::optional<ObjectKey> WorkQueue::take_locked(SteadyPoint now) {
  if (shut_down_) return std::nullopt;
  move_due_locked(now);
  if (ready_.empty()) return std::nullopt;
  auto [key, since] = std::move(ready_.front());
  ready_.pop_front();
  dirty_.erase(key);
  processing_.insert(key);
  if (options_.on_depth) options_.on_depth(ready_.size());
  if (options_.on_taken) options_.on_taken(std::chrono::duration_cast<Duration>(now - since));
  return key;
}

}  // namespace bootstrap::runtime
