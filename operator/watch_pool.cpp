#include "operator/watch_pool.h"

#include <fmt/format.h>

#include "operator/kube/watch_loop.h"

namespace bootstrap {

void WatchPool::open(std::shared_ptr<const WatchOrder> order) {
  const std::scoped_lock lock(mutex_);
  auto job = std::make_shared<Job>(Job{std::move(order), {}});
  open_.emplace(job->order->id, job);
  waiting_.push_back(std::move(job));
  if (waiting_.size() > idle_)
    threads_.spawn(fmt::format("wait-{}", made_++),
                   [this](std::stop_token stop) { serve(std::move(stop)); });
  wake_.notify_one();
}

void WatchPool::close(std::uint64_t id) {
  std::shared_ptr<Job> job;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = open_.find(id);
    if (found == open_.end()) return;
    job = found->second;
    open_.erase(found);
  }
  job->closed.request_stop();
}

// One watch, from its opening to its end.
void WatchPool::serve(std::stop_token stop) {
  std::shared_ptr<Job> job;
  {
    std::unique_lock lock(mutex_);
    ++idle_;
    const bool some = wake_.wait(lock, stop, [this] { return !waiting_.empty(); });
    --idle_;
    if (!some) return;
    job = waiting_.front();
    waiting_.pop_front();
  }
  run(*job, stop);
}

void WatchPool::run(const Job& job, const std::stop_token& stop) {
  const std::stop_token closed = job.closed.get_token();
  std::stop_source all = job.closed;
  const std::stop_callback end(stop, [&all] { all.request_stop(); });
  const WatchOrder& order = *job.order;
  kube::WatchLoop loop(
      client_, clock_,
      {.resource = order.resource.resource(), .ns = order.ns, .watcher = order.watcher},
      {.write = order.write,
       .on_restart = [this, &order](kube::Watcher::Restart why, const std::string& message) {
         order.on_restart(why);
         if (on_restart_) on_restart_(order, why, message);
       }});
  while (!closed.stop_requested()) loop.step(closed);
}

}  // namespace bootstrap
