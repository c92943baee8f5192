#pragma once
// One operator process in a simulated world: the real engine, client and worker on a simulated
// network, driven by the scheduler instead of threads. Destroying it is a kill: nothing of it stays
// but what it has written to the API.
//
// Threads: one thread.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "operator/engine.h"
#include "operator/kube/client.h"
#include "operator/runtime/workers.h"
#include "tests/simulation/sim_transport.h"
#include "tests/simulation/sim_watch_loop.h"

namespace bootstrap::simulation {

class SimOperator {
 public:
  struct Settings {
    SimTransport::Settings network;
    std::function<void(const RequestRecord&)> on_request;
    // The process has died at a planned write or by kill(); to be destroyed, but not from here.
    std::function<void()> on_death;
  };

  SimOperator(SimApiServer& server, Scheduler& scheduler, Random random, Settings settings);
  ~SimOperator();
  SimOperator(const SimOperator&) = delete;
  SimOperator& operator=(const SimOperator&) = delete;

  void kill();
  bool dead() const { return network_.dead(); }
  bool busy() const { return network_.busy(); }

  SimTransport& network() { return network_; }
  Engine& engine() { return engine_; }
  // What went wrong that no status can say, newest last.
  const std::deque<std::string>& problems() const { return problems_; }
  std::size_t passes() const { return passes_; }

 private:
  kube::Client::Options client_options();
  Engine::Hooks engine_hooks();
  WatchDriver watch_driver();
  void work();
  void work_at(TimePoint);
  void work_soon();
  void sample_nodes();
  void sample_nodes_when_due();
  void note(std::string);
  void die();
  void die_when_idle();

  Scheduler& scheduler_;
  Random random_;
  Settings settings_;
  SimTransport network_;
  kube::Client client_;
  std::deque<std::string> problems_;
  std::size_t passes_ = 0;
  Engine engine_;
  runtime::Worker worker_;
  std::deque<SimWatchLoop> loops_;
  std::map<std::uint64_t, std::unique_ptr<SimWatchLoop>> waits_;  // of subscriptions
  Scheduler::Id next_work_ = 0;
  TimePoint next_work_at_;
  Scheduler::Id next_sample_ = 0;
  bool death_told_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace bootstrap::simulation
