#pragma once
// A simulated world with an operator in it: everything that happens follows from one seed.
//
//   World world({.seed = 7, .faults = FaultRates::bad_day()}, oracle);
//   world.create_workflow("w", spec);
//   world.run_to_the_end(24h);
//   EXPECT_THAT(world.violations(), IsEmpty()) << world.story();
//
// The operator is started with the world. When it dies (a planned crash, or the weather) another
// one is started some time later.
//
// Threads: one thread.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/invariants.h"
#include "tests/simulation/sim_api_server.h"
#include "tests/simulation/sim_controllers.h"
#include "tests/simulation/sim_operator.h"

namespace bootstrap::simulation {

// Chances of what happens to watches and processes, each time the weather is drawn.
struct Weather {
  Duration least{10'000};
  Duration most{120'000};
  double break_watch = 0;
  double expire_watch = 0;
  double mute_watch = 0;
  double compact = 0;  // resumed watches then get 410
  double kill = 0;
  double load = 0;  // of the node: another one

  static Weather calm() { return {}; }
  static Weather rough() {
    return {.break_watch = 0.3,
            .expire_watch = 0.1,
            .mute_watch = 0.05,
            .compact = 0.2,
            .kill = 0.15,
            .load = 0.5};
  }
};

struct WorldSettings {
  std::uint64_t seed = 1;
  FaultRates faults = {};
  Weather weather = {};
  Lag lag = {};
  WatchSettings watch = {};
  std::vector<CrashPoint> crashes = {};  // of the first operator, the second …
  Duration down_least{100};              // until a dead operator is replaced
  Duration down_most{30'000};
};

class World {
 public:
  World(WorldSettings settings, Oracle oracle);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Its UID.
  std::string create_workflow(const std::string& name, const Json& spec);
  // As a user does: no operator's faults apply.
  void patch_workflow(const std::string& name, const Json& patch);
  void delete_workflow(const std::string& name);
  // Of the node, as metrics.k8s.io has it from now on. Before the first time nobody knows.
  void load_node(int memory_percent);
  Json status_of(const std::string& name) const;

  // Runs until every workflow is final, no resume is to be decided on and `is_quiet` holds, then
  // judges them. False when that took too long.
  bool run_to_the_end(
      Duration limit, const std::function<bool()>& is_quiet = [] { return true; });

  // Kills the operator; another one follows.
  void kill_operator();
  // From now on, for all operators.
  void set_faults(const FaultRates&);
  // A second one beside it, as when an old leader does not know that it is no leader any more.
  void start_operator();

  const std::vector<std::string>& violations() const { return invariants_.violations(); }
  // Some time after all have ended.
  void judge_locks() { invariants_.judge_locks(settings_.faults.late_request > 0); }
  const Invariants& invariants() const { return invariants_; }
  const Nodes& nodes() const { return controllers_.nodes; }
  SimApiServer& server() { return server_; }
  Scheduler& scheduler() { return scheduler_; }
  std::size_t deaths() const { return deaths_; }
  // Requests of all operators that are no reads, and the whole list of requests.
  std::size_t writes() const { return writes_; }
  const std::deque<RequestRecord>& requests() const { return requests_; }
  // For people: seed, violations, requests, what ran, and the statuses.
  std::string story() const;

 private:
  void replace_dead();
  void draw_weather();
  void on_request(const RequestRecord&);
  bool all_have_ended() const;

  WorldSettings settings_;
  Random random_;
  SimClock clock_;
  Scheduler scheduler_;
  SimApiServer server_;
  SimControllers controllers_;
  Invariants invariants_;
  const ResourceType& workflows_;
  std::deque<RequestRecord> requests_;
  std::deque<std::string> problems_;
  std::size_t writes_ = 0;
  std::size_t deaths_ = 0;
  std::size_t started_ = 0;
  std::optional<TimePoint> down_since_;  // no operator is there
  std::vector<std::unique_ptr<SimOperator>> operators_;
};

}  // namespace bootstrap::simulation
