// The operator in a world without trouble: that the simulation as such works, and what a quiet run
// costs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/world.h"

namespace bootstrap::simulation {
namespace {

using namespace std::chrono_literals;
using namespace nlohmann::literals;
using ::testing::IsEmpty;

const Json kSpec = R"({
  "tools": {"image": "tools:1"},
  "phases": [
    {"name": "one", "steps": [{"name": "a", "command": ["true"]}, {"name": "b", "command": ["true"]}]},
    {"name": "two", "steps": [{"name": "c", "command": ["true"]}]}
  ]})"_json;

TEST(OperatorInAQuietWorld, RunsAWorkflowToItsEnd) {
  World world({}, [](const AttemptName&) { return Fate{}; });
  world.create_workflow("w", kSpec);
  ASSERT_TRUE(world.run_to_the_end(10min)) << world.story();
  EXPECT_EQ(world.status_of("w")["state"], "Succeeded");
  EXPECT_EQ(world.invariants().jobs(), 3U);
  EXPECT_THAT(world.violations(), IsEmpty()) << world.story();
}

TEST(OperatorInAQuietWorld, StopsAtTheFirstFailure) {
  World world({},
              [](const AttemptName& name) { return Fate{.exit_code = name.step == "b" ? 3 : 0}; });
  world.create_workflow("w", kSpec);
  ASSERT_TRUE(world.run_to_the_end(10min)) << world.story();
  EXPECT_EQ(world.status_of("w")["state"], "Failed");
  EXPECT_EQ(world.invariants().jobs(), 2U);
  EXPECT_THAT(world.violations(), IsEmpty()) << world.story();
}

TEST(OperatorInAQuietWorld, WritesNothingWhenNothingHappens) {
  World world({.lag = {.slow_chance = 0}}, [](const AttemptName&) { return Fate{}; });
  world.create_workflow("w", kSpec);
  ASSERT_TRUE(world.run_to_the_end(10min)) << world.story();
  world.scheduler().run_for(1min);
  const auto writes = world.writes();
  world.scheduler().run_for(24h);
  EXPECT_EQ(world.writes(), writes) << world.story();
}

TEST(OperatorInAQuietWorld, ASeedRepeatsARunExactly) {
  const auto story = [](std::uint64_t seed) {
    World world({.seed = seed, .faults = FaultRates::bad_day(), .weather = Weather::rough()},
                [](const AttemptName&) { return Fate{}; });
    world.create_workflow("w", kSpec);
    world.run_to_the_end(24h);
    return world.story();
  };
  EXPECT_EQ(story(11), story(11));
  EXPECT_NE(story(11), story(12));
}

}  // namespace
}  // namespace bootstrap::simulation
