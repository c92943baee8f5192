#pragma once
// A random story for one seed: a workflow, what becomes of its steps, how bad the day is, and what
// people do meanwhile.
//
// Threads: one thread.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/world.h"

namespace bootstrap::simulation {

// The workflow of the story.
inline constexpr const char* kName = "setup";
// What steps run as workflows of their own.
inline constexpr const char* kTemplate = "small";

class Scenario {
 public:
  // Whether people suspend, cancel and resume it, in most of the stories.
  enum class People { LetItRun, Steer };
  explicit Scenario(std::uint64_t seed, People = People::Steer);

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
  void plan_commands();
  void next_command();
  void give_command();
  void later(std::function<void()> what);
  void tell(const Json& spec);
  Json resume_request();
  void meddle();
  void recreate();
  void plan_other();
  void plan_rival();
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
  Random commands_;  // of its own, so that a story is the same without them
  Random locks_;     // likewise
  int commands_left_ = 0;
  int highest_run_ = 0;  // asked for so far
  Json spec_;
  std::vector<Json> answers_;  // as they are in the spec
  std::unique_ptr<World> world_;
};

}  // namespace bootstrap::simulation
