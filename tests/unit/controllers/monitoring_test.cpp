// What is told of the nodes on which steps run: when it is written at once, and when it goes with
// something else.

#include "controllers/monitoring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/status_summary.h"
#include "tests/unit/controllers/scenario.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kNode = "node-1";

NodeLoad used(int memory, int cpu) {
  NodeLoad load;
  load.memory_percent = memory;
  load.cpu_percent = cpu;
  return load;
}

json monitored(const json& monitoring) {
  json spec = three_steps();
  spec["monitoring"] = monitoring;
  return spec;
}

class Monitored : public ::testing::Test {
 protected:
  // The first step runs on its node.
  explicit Monitored(json spec = three_steps()) : s(std::move(spec)) {
    s.pass(at(0));
    s.run_container("one", "a");
    s.pass(at(1));
  }

  // Whether the next pass has written.
  bool writes(int second) {
    const Status before = s.workflow.status;
    s.pass(at(second));
    return !same_when_stored(before, s.workflow.status);
  }
  void sample(NodeLoad now) {
    s.nodes[kNode].peak = peak_of(s.nodes[kNode].peak, now);
    s.nodes[kNode].now = std::move(now);
  }
  static Status pressed(const char* status, const char* reason) {
    Status s;
    s.state = WorkflowState::Running;
    set_condition(s, {kResourcePressure, status, reason, "", 0, {}}, at(0));
    return s;
  }
  std::string pressure() const {
    const Condition* said = find_condition(s.workflow.status, kResourcePressure);
    return said == nullptr ? "" : said->status + " " + said->reason;
  }
  std::vector<std::string> told() const {
    std::vector<std::string> all;
    for (const Transition& t : s.last.transitions)
      if (t.event)
        all.push_back(std::string(t.warning ? "warning " : "") + t.reason + ": " + t.message);
    return all;
  }
  std::vector<NodeUsage> asked() const {
    std::vector<NodeUsage> all;
    for (const Question& q : s.last.asked)
      if (const auto* usage = std::get_if<NodeUsage>(&q)) all.push_back(*usage);
    return all;
  }

  Scenario s;
};

TEST_F(Monitored, AsksAboutTheNodesOfItsPodsAlone) {
  EXPECT_THAT(asked(), ElementsAre(NodeUsage{kNode, Duration(30'000), {85, 95}, 1}));
  s.end_pod("one", "a", 0);
  s.pass(at(2));
  EXPECT_EQ(asked().size(), 1U) << "what it used goes with the record of its end";
  s.pass(at(2));
  EXPECT_THAT(asked(), IsEmpty()) << "the next pod has no node yet";
  s.run_container("one", "b");
  s.pod("one", "b").node = "node-2";
  s.pass(at(3));
  EXPECT_THAT(asked(), ElementsAre(NodeUsage{"node-2", Duration(30'000), {85, 95}, 1}));
}

TEST_F(Monitored, APeakAloneIsNoReasonToWrite) {
  sample(used(50, 20));
  EXPECT_FALSE(writes(2));
  sample(used(70, 10));
  EXPECT_FALSE(writes(3));
  EXPECT_EQ(pressure(), "") << "there is nothing to tell";
  sample(used(60, 30));
  s.end_pod("one", "a", 0);
  EXPECT_TRUE(writes(4));
  EXPECT_EQ(pressure(), "False BelowLimits");
  EXPECT_THAT(told(), ElementsAre(::testing::StartsWith("StepSucceeded: one/a")));
  const ResourcePeaks& peaks = s.workflow.status.resources;
  EXPECT_EQ(peaks.memory, (Peak{70, kNode}));
  EXPECT_EQ(peaks.cpu, (Peak{30, kNode}));
  EXPECT_FALSE(peaks.disk);
}

TEST_F(Monitored, PressureIsToldAtOnceAndAgainWhenItIsOver) {
  sample(used(91, 20));
  EXPECT_TRUE(writes(10));
  EXPECT_EQ(pressure(), "True AboveLimits");
  EXPECT_THAT(told(), ElementsAre("warning ResourcePressure: node node-1 uses 91 % of its memory "
                                  "(limit 85 %)"));
  sample(used(95, 20));
  EXPECT_FALSE(writes(100)) << "it is told already";
  sample(used(84, 20));
  EXPECT_FALSE(writes(150)) << "not far enough below";
  sample(used(86, 20));
  EXPECT_FALSE(writes(160));
  sample(used(80, 20));
  EXPECT_TRUE(writes(170));
  EXPECT_EQ(pressure(), "False BelowLimits");
  EXPECT_THAT(
      told(),
      ElementsAre("ResourcePressureOver: the nodes on which steps run use less than 85 % of "
                  "their memory and 95 % of their CPU"));
  EXPECT_EQ(s.workflow.status.resources.memory, (Peak{95, kNode}));
  EXPECT_FALSE(writes(180));
  for (const HistoryEntry& entry : s.workflow.status.history)
    EXPECT_THAT(entry.reason, Not(::testing::StartsWith("Resource"))) << "steps are its matter";
}

TEST_F(Monitored, PressureIsOverWhenNoStepRunsAnyMore) {
  const Status before = pressed("True", "AboveLimits");
  for (const auto& [reason, text] :
       {std::pair("NoStepRuns", "no step runs any more"),
        std::pair("NotSampled", "no node on which a step runs reports pressure any more")}) {
    const auto all = transitions_between(before, pressed("False", reason), s.workflow);
    ASSERT_EQ(all.size(), 1U) << reason;
    EXPECT_EQ(all[0].reason, "ResourcePressureOver");
    EXPECT_EQ(all[0].message, text);
    EXPECT_TRUE(all[0].event && !all[0].warning);
  }
}

TEST_F(Monitored, LoadThatComesAndGoesIsOnePressure) {
  sample(used(20, 99));
  EXPECT_TRUE(writes(10));
  sample(used(20, 50));
  EXPECT_FALSE(writes(40));
  EXPECT_EQ(s.last.wake, at(130)) << "two minutes after it began";
  sample(used(20, 99));
  EXPECT_FALSE(writes(70));
  sample(used(20, 50));
  EXPECT_TRUE(writes(130));
  EXPECT_EQ(pressure(), "False BelowLimits");
}

TEST_F(Monitored, IsNotOverBeforeEveryNodeHasAnswered) {
  sample(used(91, 20));
  s.pass(at(10));
  PodView& other = s.pod("one", "b");
  other = s.pod("one", "a");
  other.meta.name = "another";
  other.node = "node-0";
  s.nodes.clear();
  s.nodes["node-0"] = {used(10, 10), used(10, 10)};
  EXPECT_FALSE(writes(200)) << "an operator that has just come knows one node only";
  sample(used(10, 20));
  EXPECT_TRUE(writes(201));
}

TEST_F(Monitored, ANodeWithoutMetricsIsCalmAgainWhenItSaysSo) {
  NodeLoad load;
  load.disk_pressure = true;
  load.unknown = "metrics.k8s.io says nothing";
  sample(load);
  EXPECT_TRUE(writes(2));
  load.disk_pressure = false;
  sample(load);
  EXPECT_TRUE(writes(200));
  EXPECT_EQ(pressure(), "Unknown UsageUnknown");
  EXPECT_THAT(told(), ElementsAre("ResourcePressureOver: no node on which a step runs reports "
                                  "pressure any more"));
}

TEST_F(Monitored, AWorkflowThatIsBeingDeletedAsksForNothing) {
  s.workflow.meta.deletion = at(2);
  sample(used(91, 20));
  EXPECT_FALSE(writes(3));
  EXPECT_THAT(asked(), IsEmpty());
}

TEST_F(Monitored, ANodeThatSaysItselfThatItIsFullIsUnderPressure) {
  NodeLoad load;
  load.disk_pressure = true;
  sample(load);
  EXPECT_TRUE(writes(2));
  EXPECT_EQ(find_condition(s.workflow.status, kResourcePressure)->message,
            "node node-1 reports DiskPressure");
}

TEST_F(Monitored, WithoutAnySourceTheConditionSaysSoWhenSomethingElseIsWritten) {
  NodeLoad load;
  load.unknown = "metrics.k8s.io says nothing";
  sample(load);
  EXPECT_FALSE(writes(2));
  s.end_pod("one", "a", 0);
  EXPECT_TRUE(writes(3));
  EXPECT_EQ(pressure(), "Unknown UsageUnknown");
  EXPECT_EQ(find_condition(s.workflow.status, kResourcePressure)->message,
            "metrics.k8s.io says nothing");
  EXPECT_THAT(told(), ElementsAre(::testing::StartsWith("StepSucceeded: one/a"))) << "no error";
}

TEST_F(Monitored, BetweenTwoStepsItStandsAsItWasAndWithTheLastOneItEnds) {
  sample(used(91, 20));
  s.pass(at(2));
  s.end_pod("one", "a", 0);
  s.pass(at(3));
  EXPECT_EQ(pressure(), "True AboveLimits") << "the pod of the next step has no node yet";
  s.nodes.clear();
  succeed(s, "one", "b", 4);
  succeed(s, "two", "c", 5);
  ASSERT_EQ(s.workflow.status.state, WorkflowState::Succeeded);
  EXPECT_EQ(pressure(), "False NoStepRuns");
  EXPECT_THAT(told(), ::testing::Contains("ResourcePressureOver: no step runs any more"));
  EXPECT_EQ(s.workflow.status.resources.memory, (Peak{91, kNode})) << "as long as the run is there";
}

TEST_F(Monitored, TheHighestOfAllNodesIsKeptWithItsNode) {
  sample(used(40, 60));
  s.end_pod("one", "a", 0);
  s.pass(at(2));
  EXPECT_EQ(s.workflow.status.resources.memory, (Peak{40, kNode}))
      << "written with its end, although its pod has ended by then";
  s.run_container("one", "b");
  s.pod("one", "b").node = "node-2";
  s.nodes["node-2"] = {used(50, 50), used(50, 50)};
  s.pass(at(3));
  s.end_pod("one", "b", 0);
  s.pass(at(4));
  EXPECT_EQ(s.workflow.status.resources.memory, (Peak{50, "node-2"}));
  EXPECT_EQ(s.workflow.status.resources.cpu, (Peak{60, kNode}));
}

TEST_F(Monitored, TheLastStepCountsAsWell) {
  s.end_pod("one", "a", 0);
  s.pass(at(2));
  succeed(s, "one", "b", 3);
  s.run_container("two", "c");
  s.pass(at(4));
  sample(used(91, 20));
  s.end_pod("two", "c", 0);
  s.pass(at(5));
  ASSERT_EQ(s.workflow.status.state, WorkflowState::Succeeded);
  EXPECT_EQ(s.workflow.status.resources.memory, (Peak{91, kNode}));
  EXPECT_EQ(pressure(), "False NoStepRuns") << "nothing runs that could suffer from it";
  EXPECT_FALSE(writes(6));
  EXPECT_THAT(asked(), IsEmpty());
}

TEST(Monitoring, OfOnesOwnIsUsed) {
  Scenario s(monitored({{"interval", "2m"}, {"memoryPercent", 50}, {"cpuPercent", 60}}));
  s.pass(at(0));
  s.run_container("one", "a");
  s.pass(at(1));
  EXPECT_TRUE(s.last.asked.contains(NodeUsage{kNode, Duration(120'000), {50, 60}, 1}));
}

TEST(Monitoring, DisabledAsksForNothing) {
  Scenario s(monitored({{"disabled", true}}));
  s.pass(at(0));
  s.run_container("one", "a");
  s.pass(at(1));
  for (const Question& q : s.last.asked) EXPECT_FALSE(std::holds_alternative<NodeUsage>(q));
}

TEST(Monitoring, ANewRunBeginsWithoutPeaks) {
  Scenario s;
  s.pass(at(0));
  s.run_container("one", "a");
  s.nodes[kNode] = {used(91, 20), used(91, 20)};
  s.pass(at(1));
  s.end_pod("one", "a", 1);
  s.pass(at(2));
  ASSERT_EQ(s.workflow.status.state, WorkflowState::Failed);
  ASSERT_TRUE(s.workflow.status.resources.memory);
  s.nodes.clear();
  s.workflow.steering.resume.run = 2;
  s.workflow.meta.generation = 2;
  s.answer_pods("one", "a");
  s.pass(at(60));
  ASSERT_EQ(s.workflow.status.run, 2) << s.workflow.status.message;
  EXPECT_EQ(s.workflow.status.resources, ResourcePeaks{});
}

}  // namespace
}  // namespace bootstrap::testing
