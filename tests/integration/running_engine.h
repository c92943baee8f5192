#pragma once
// The operator's engine with its watches and workers, in the test's process, against a real API
// server: for what a test must see or disturb from inside. What the process around it does
// (options, probes, signals) is the operator's own.
//
//   RunningEngine engine(cluster, {.before_send = [&](const kube::Request& r) { … }});
//   ASSERT_TRUE(engine.await_synced());
//
// Threads: before_send and on_restart are called from the engine's threads.

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "operator/engine.h"
#include "operator/kube/watch_loop.h"
#include "operator/runtime/threads.h"
#include "operator/watch_pool.h"
#include "tests/integration/cluster.h"

namespace bootstrap::testing {

class RunningEngine {
 public:
  struct Hooks {
    std::function<void(const kube::Request&)> before_send{};  // not of watches
  };

  RunningEngine(Cluster& cluster, Hooks hooks);
  ~RunningEngine();  // stops it
  RunningEngine(const RunningEngine&) = delete;
  RunningEngine& operator=(const RunningEngine&) = delete;

  bool await_synced();
  // How often watches of a resource were restarted for this reason.
  int restarts(const std::string& resource, kube::Watcher::Restart reason) const;

 private:
  void spawn_watch(Engine::Watch watch);
  void spawn_worker(int index);

  runtime::SystemClock clock_;
  std::unique_ptr<kube::Transport> transport_;
  std::unique_ptr<kube::Transport> hooked_;
  runtime::Threads threads_;
  kube::Client client_;
  WatchPool pool_;
  Engine engine_;
  std::deque<kube::WatchLoop> loops_;
  std::deque<runtime::Worker> workers_;

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, kube::Watcher::Restart>, int> restarts_;
};

}  // namespace bootstrap::testing
