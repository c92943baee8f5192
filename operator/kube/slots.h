#pragma once
// A bound on how many things are under way at once.
//
//   auto slots = std::make_shared<Slots>(16);
//   if (auto slot = slots->acquire(deadline, stop)) { … }   // freed when the slot dies
//
// Threads: safe from any thread. A slot keeps its Slots alive.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <stop_token>
#include <utility>

namespace bootstrap::kube {

class Slots : public std::enable_shared_from_this<Slots> {
 public:
  using Slot = std::shared_ptr<void>;

  explicit Slots(std::size_t count) : count_(count) {}

  // Null when the deadline passed or `stop` was requested first.
  Slot acquire(std::chrono::steady_clock::time_point deadline, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_until(lock, std::move(stop), deadline, [this] { return used_ < count_; })) {
      return nullptr;
    }
    ++used_;
    return Slot(this, [self = shared_from_this()](void*) { self->release(); });
  }

  // False when some were still in use at the deadline.
  bool wait_unused(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return freed_.wait_until(lock, deadline, [this] { return used_ == 0; });
  }

 private:
  void release() {
    const std::lock_guard lock(mutex_);
    --used_;
    freed_.notify_all();
  }

  const std::size_t count_;
  std::mutex mutex_;
  std::condition_variable_any freed_;
  std::size_t used_ = 0;
};

}  // namespace bootstrap::kube
