#pragma once
// A random story for one seed: a workflow, what becomes of its steps, how bad the day is, and what
// people do meanwhile.
//
// Threads: one thread.

#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/world.h"

namespace bootstrap::simulation {

// What steps run as workflows of their own.
inline constexpr const char* kTemplate = "small";

class Scenario {
 public:
  explicit Scenario(std::uint64_t seed);

  World& world() { return *world_; }
  // Runs it to its end. False when it did not come in time.
  bool run();

 private:
  Json random_spec();
  Json random_phase(const std::string& name, bool plain);
  Json random_when();
  void add_outputs(Json& spec);
  Json other_spec();
  Json by_widget();
  Json random_retry();
  bool is_flaky(const AttemptName&) const;
  Fate fate_of(const AttemptName&) const;
  WorldSettings random_settings(std::uint64_t seed);
  void plan_people();
  void meddle();
  void recreate();
  void plan_other();
  void plan_quota();
  void plan_account();
  void plan_template();
  void plan_answers();
  void answer(const std::string& name, const std::string& value);
  void plan_widgets();
  void plan_widget(const std::string& name, Duration at);
  void remove_widget(const std::string& name, Duration at);

  std::uint64_t seed_;
  // People delete Jobs. That makes a name free again, so it goes with neither requests that are
  // done late nor two operators: with those, and only then, a deleted Job can come back.
  bool jobs_are_deleted_ = false;
  Random random_;
  Json spec_;
  std::vector<Json> answers_;  // as they are in the spec
  std::unique_ptr<World> world_;
};

}  // namespace bootstrap::simulation
