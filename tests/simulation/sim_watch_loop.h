#pragma once
// Drives the operator's Watcher as WatchLoop does, but never blocks: a watch is opened, and what
// arrives is fed to the machine by events of the scheduler, in pieces of any size.
//
// Requests are made by the real Client (paths, parameters, errors); only the waiting is replaced.
//
// Threads: one thread. When the loop is destroyed its watch is closed and its events do nothing.

#include <memory>

#include "operator/engine.h"
#include "operator/kube/client.h"
#include "tests/simulation/scheduler.h"
#include "tests/simulation/sim_transport.h"

namespace bootstrap::simulation {

class SimWatchLoop {
 public:
  // All must outlive the loop, except for events it has scheduled.
  SimWatchLoop(SimTransport& network, Scheduler& scheduler, Random random, Engine::Watch watch,
               kube::Client::Options client);
  // Of a subscription.
  SimWatchLoop(SimTransport& network, Scheduler& scheduler, Random random,
               std::shared_ptr<const WatchOrder> order, kube::Client::Options client,
               std::function<void()> on_change);
  ~SimWatchLoop();
  SimWatchLoop(const SimWatchLoop&) = delete;
  SimWatchLoop& operator=(const SimWatchLoop&) = delete;

  kube::Watcher::State state() const { return watcher_.state(); }

 private:
  // Opens a watch instead of reading it.
  class Opener;

  void step();
  void step_after(Duration);
  void run(const kube::Watcher::OpenWatch&);
  void run(const kube::Watcher::GetPage&);
  void run(const kube::Watcher::Pause&);
  void receive();
  void end_watch(const std::optional<kube::ApiError>&);
  void watch_silence();
  bool take(const kube::Watcher::Output&);
  Scheduler::Event guarded(void (SimWatchLoop::*)());

  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // first: others capture it
  SimTransport& network_;
  Scheduler& scheduler_;
  Random random_;
  Engine::Watch watch_;
  std::string ns_;
  std::function<void(kube::Watcher::Restart)> on_restart_;
  std::unique_ptr<Opener> opener_;
  kube::Client client_;
  kube::Watcher watcher_;
  Watches::Handle handle_ = 0;  // of the open watch; 0: none
  TimePoint opened_;
  Scheduler::Id silence_ = 0;
};

}  // namespace bootstrap::simulation
