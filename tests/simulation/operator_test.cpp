// The operator in a world without trouble: that the simulation as such works, and what a quiet run
// costs.
#include <algorithm>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/world.h"

namespace bootstrap::simulation {
namespace {

using namespace std::chrono_literals;
using namespace nlohmann::literals;
using ::testing::IsEmpty;

const Json kSmallSpec = R"({
  "tools": {"image": "tools:1"},
  "phases": [
    {"name": "one", "steps": [{"name": "a", "command": ["true"]}, {"name": "b", "command": ["true"]}]},
    {"name": "two", "steps": [{"name": "c", "command": ["true"]}]}
  ]})"_json;

TEST(OperatorInAQuietWorld, RunsAWorkflowToItsEnd) {
  World world({}, [](const AttemptName&) { return Fate{}; });
  world.create_workflow("w", kSmallSpec);
  ASSERT_TRUE(world.run_to_the_end(10min)) << world.story();
  EXPECT_EQ(world.status_of("w")["state"], "Succeeded");
  EXPECT_EQ(world.invariants().jobs(), 3U);
  EXPECT_THAT(world.violations(), IsEmpty()) << world.story();
}

TEST(OperatorInAQuietWorld, StopsAtTheFirstFailure) {
  World world({},
              [](const AttemptName& name) { return Fate{.exit_code = name.step == "b" ? 3 : 0}; });
  world.create_workflow("w", kSmallSpec);
  ASSERT_TRUE(world.run_to_the_end(10min)) << world.story();
  EXPECT_EQ(world.status_of("w")["state"], "Failed");
  EXPECT_EQ(world.invariants().jobs(), 2U);
  EXPECT_THAT(world.violations(), IsEmpty()) << world.story();
}

TEST(OperatorInAQuietWorld, WritesNothingWhenNothingHappens) {
  World world({.lag = {.slow_chance = 0}}, [](const AttemptName&) { return Fate{}; });
  world.create_workflow("w", kSmallSpec);
  ASSERT_TRUE(world.run_to_the_end(10min)) << world.story();
  world.scheduler().run_for(1min);
  const auto writes = world.writes();
  world.scheduler().run_for(24h);
  EXPECT_EQ(world.writes(), writes) << world.story();
}

std::size_t requests(const World& world, kube::Method method, std::string_view part) {
  return static_cast<std::size_t>(
      std::count_if(world.requests().begin(), world.requests().end(), [&](const auto& r) {
        return r.method == method && r.target.find(part) != std::string::npos;
      }));
}

TEST(OperatorInAQuietWorld, AStepCostsItsJobAndOneStatus) {
  World world({.lag = {.slow_chance = 0}}, [](const AttemptName&) { return Fate{}; });
  world.create_workflow("w", kSmallSpec);
  ASSERT_TRUE(world.run_to_the_end(10min)) << world.story();
  world.scheduler().run_for(1min);
  EXPECT_EQ(requests(world, kube::Method::Post, "/jobs"), 3U);
  EXPECT_EQ(requests(world, kube::Method::Post, "/controllerrevisions"), 1U);
  EXPECT_EQ(requests(world, kube::Method::Patch, "/status"), 4U) << world.story();
  EXPECT_LE(requests(world, kube::Method::Post, "/events"), 5U) << world.story();
  EXPECT_LE(requests(world, kube::Method::Get, "/"), 2U) << world.story();
}

TEST(OperatorInAQuietWorld, TheNextStepFollowsAtOnce) {
  World world({.lag = {.slow_chance = 0}, .watch = {.slow_chance = 0}},
              [](const AttemptName&) { return Fate{}; });
  world.create_workflow("w", kSmallSpec);
  ASSERT_TRUE(world.run_to_the_end(10min)) << world.story();
  const auto& runs = world.nodes().runs();
  std::size_t step = 0;
  for (const auto& request : world.requests()) {
    if (request.method != kube::Method::Post || !request.target.ends_with("/jobs")) continue;
    if (step > 0) {
      EXPECT_LT(request.sent - *runs.at(step - 1).ended, 50ms) << "to step " << step;
    }
    ++step;
  }
  EXPECT_EQ(step, 3U);
}

TEST(OperatorInAQuietWorld, SurvivesAnApiServerThatIsAway) {
  World world({}, [](const AttemptName&) { return Fate{}; });
  world.create_workflow("w", kSmallSpec);
  world.scheduler().after(2s, [&] {
    world.set_faults({.refused = 1});
    for (const auto watch : world.server().watches().open_handles())
      world.server().watches().break_connection(watch);
  });
  world.scheduler().after(2h, [&] { world.set_faults(FaultRates::none()); });
  ASSERT_TRUE(world.run_to_the_end(2h + 5min)) << world.story();
  EXPECT_EQ(world.status_of("w")["state"], "Succeeded");
  EXPECT_THAT(world.violations(), IsEmpty()) << world.story();
}

TEST(OperatorInAQuietWorld, GoesOnAfterADayOfAbsence) {
  World world(
      {.crashes = {{4, CrashPoint::When::AfterIsDone}}, .down_least = 24h, .down_most = 24h},
      [](const AttemptName&) { return Fate{}; });
  world.create_workflow("w", kSmallSpec);
  ASSERT_TRUE(world.run_to_the_end(25h)) << world.story();
  EXPECT_EQ(world.deaths(), 1U);
  EXPECT_EQ(world.status_of("w")["state"], "Succeeded");
  EXPECT_THAT(world.violations(), IsEmpty()) << world.story();
}

TEST(OperatorInAQuietWorld, ASeedRepeatsARunExactly) {
  const auto story = [](std::uint64_t seed) {
    World world({.seed = seed, .faults = FaultRates::bad_day(), .weather = Weather::rough()},
                [](const AttemptName&) { return Fate{}; });
    world.create_workflow("w", kSmallSpec);
    world.run_to_the_end(24h);
    return world.story();
  };
  EXPECT_EQ(story(11), story(11));
  EXPECT_NE(story(11), story(12));
}

}  // namespace
}  // namespace bootstrap::simulation
