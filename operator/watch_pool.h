#pragma once
// Runs the watches of subscriptions in the process: each on a thread of its own while it is open,
// with one connection. Threads are made when they are needed and used again; as there are never
// more open watches than Subscriptions::Options::watches, the number of both is bounded by it.
//
// Threads: open and close from any; neither blocks. Errors: a watch that fails is begun again, see
// kube::Watcher.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>

#include "operator/kube/client.h"
#include "operator/runtime/clock.h"
#include "operator/runtime/threads.h"
#include "operator/subscriptions.h"

namespace bootstrap {

class WatchPool {
 public:
  using OnRestart =
      std::function<void(const WatchOrder&, kube::Watcher::Restart, const std::string& message)>;

  // All must outlive the threads; `on_restart` may be empty.
  WatchPool(kube::Client& client, const runtime::Clock& clock, runtime::Threads& threads,
            OnRestart on_restart)
      : client_(client), clock_(clock), threads_(threads), on_restart_(std::move(on_restart)) {}

  WatchDriver driver() {
    return {[this](std::shared_ptr<const WatchOrder> order) { open(std::move(order)); },
            [this](std::uint64_t id) { close(id); }};
  }

  void open(std::shared_ptr<const WatchOrder>);
  void close(std::uint64_t id);

 private:
  struct Job {
    std::shared_ptr<const WatchOrder> order;
    std::stop_source closed;
  };

  void serve(std::stop_token stop);
  void run(const Job&, const std::stop_token& stop);

  kube::Client& client_;
  const runtime::Clock& clock_;
  runtime::Threads& threads_;
  const OnRestart on_restart_;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::shared_ptr<Job>> waiting_;
  std::map<std::uint64_t, std::shared_ptr<Job>> open_;
  std::size_t idle_ = 0;  // threads that wait
  std::size_t made_ = 0;
};

}  // namespace bootstrap
