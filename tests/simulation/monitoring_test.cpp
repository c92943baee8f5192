// The nodes on which steps run, in the simulated world: how often they are asked, what is written,
// and when that ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/world.h"

namespace bootstrap::simulation {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class Monitoring : public ::testing::Test {
 protected:
  // Steps of ten minutes.
  Monitoring()
      : world_({.lag = {.slow_chance = 0}, .watch = {.slow_chance = 0}}, [](const AttemptName&) {
          Fate fate;
          fate.runs = 10min;
          return fate;
        }) {}

  void start(const Json& monitoring = Json::object()) {
    world_.create_workflow(
        "w",
        {{"tools", {{"image", "x"}}},
         {"monitoring", monitoring},
         {"phases",
          {{{"name", "p"},
            {"steps",
             {{{"name", "a"}, {"command", {"true"}}}, {{"name", "b"}, {"command", {"true"}}}}}}}}});
  }
  // Until so long after the start.
  void run_to(Duration since_start) { world_.scheduler().run_until(start_ + since_start); }
  std::size_t asked() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(world_.requests(), [](const RequestRecord& r) {
          return r.target.find("metrics.k8s.io") != std::string::npos;
        }));
  }
  std::string pressure() const {
    const Json conditions = world_.status_of("w").value("conditions", Json::array());
    for (const Json& c : conditions)
      if (c["type"] == "ResourcePressure")
        return c["status"].get<std::string>() + " " + c["reason"].get<std::string>();
    return "";
  }
  std::vector<std::string> events() {
    std::vector<std::string> all;
    auto& store = world_.server().store();
    for (const Object& event : store.list(*store.type("", "v1", "events"), ""))
      all.push_back((*event)["reason"]);
    return all;
  }

  World world_;
  const TimePoint start_ = world_.scheduler().clock().now();
};

TEST_F(Monitoring, SamplesWhileStepsRunAndWritesWhenALimitIsPassed) {
  world_.load_node(50);
  start();
  run_to(2min);
  EXPECT_EQ(pressure(), "");
  const std::size_t asked_before = asked();
  EXPECT_EQ(asked_before, 4U) << "every 30 seconds, the first time at once";
  const std::size_t writes = world_.writes();
  run_to(4min);
  EXPECT_EQ(world_.writes(), writes) << "while nothing happens nothing is written";
  EXPECT_EQ(asked(), asked_before + 4);

  world_.load_node(91);
  run_to(5min);
  EXPECT_EQ(pressure(), "True AboveLimits");
  EXPECT_EQ(world_.writes(), writes + 2) << "the status and an Event";
  world_.load_node(82);
  run_to(6min);
  EXPECT_EQ(pressure(), "True AboveLimits");
  world_.load_node(70);
  run_to(7min);
  EXPECT_EQ(pressure(), "False BelowLimits");
  EXPECT_EQ(world_.writes(), writes + 4);

  ASSERT_TRUE(world_.run_to_the_end(24h)) << world_.story();
  EXPECT_THAT(world_.violations(), IsEmpty());
  EXPECT_EQ(pressure(), "False NoStepRuns");
  EXPECT_THAT(events(),
              UnorderedElementsAre("WorkflowStarted", "ResourcePressure", "ResourcePressureOver",
                                   "StepSucceeded", "StepSucceeded", "WorkflowSucceeded"));
  EXPECT_EQ(world_.status_of("w")["resources"],
            Json({{"memory", {{"peakPercent", 91}, {"node", "node-1"}}},
                  {"cpu", {{"peakPercent", 10}, {"node", "node-1"}}}}));
  const std::size_t asked_in_all = asked();
  world_.scheduler().run_for(1h);
  EXPECT_EQ(asked(), asked_in_all) << "no step runs any more";
}

TEST_F(Monitoring, AClusterWithoutMetricsIsNoError) {
  start();
  run_to(9min);
  EXPECT_EQ(pressure(), "");
  run_to(12min);
  EXPECT_EQ(pressure(), "Unknown UsageUnknown");
  ASSERT_TRUE(world_.run_to_the_end(24h)) << world_.story();
  EXPECT_EQ(world_.status_of("w")["state"], "Succeeded");
  EXPECT_FALSE(world_.status_of("w").contains("resources"));
}

TEST_F(Monitoring, AnOperatorThatComesAfterItTakesItUp) {
  world_.load_node(91);
  start();
  run_to(2min);
  EXPECT_EQ(pressure(), "True AboveLimits");
  world_.kill_operator();
  world_.load_node(10);
  run_to(4min);
  EXPECT_EQ(pressure(), "False BelowLimits");
  ASSERT_TRUE(world_.run_to_the_end(24h)) << world_.story();
  EXPECT_EQ(world_.status_of("w")["resources"]["memory"]["peakPercent"], 91)
      << "it was written with the pressure";
}

TEST_F(Monitoring, DisabledNothingIsAsked) {
  world_.load_node(91);
  start({{"disabled", true}});
  ASSERT_TRUE(world_.run_to_the_end(24h)) << world_.story();
  EXPECT_EQ(asked(), 0U);
  EXPECT_EQ(pressure(), "");
}

}  // namespace
}  // namespace bootstrap::simulation
