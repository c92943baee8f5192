// Steps that wait, among steps with Jobs: side by side, in time, tolerated, in finally, skipped.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/decide.h"
#include "tests/unit/controllers/scenario.h"
#include "tests/unit/controllers/without_hint.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

json for_node(const char* name) {
  return {{"resource", {{"apiVersion", "v1"}, {"kind", "Node"}, {"name", name}}},
          {"condition", {{"type", "Ready"}}}};
}

json waiting(const char* step, const char* node = "n") {
  return {{"name", step}, {"waitFor", for_node(node)}};
}

ResourceQuery query(const char* node) {
  return {{"v1", "Node", node, {}, ResourceRef::Match::All}, ConditionTest{"Ready"}};
}

void find(Scenario& s, const char* status, const char* node = "n") {
  const ResourceQuery asked = query(node);
  s.facts.insert_or_assign(ResourceState{asked},
                           Found<ResourceFinding>(finding_of(
                               asked, {{node, {std::string(status) == "True", status, {}}}})));
  s.facts.insert_or_assign(MayRead{"default", "v1", "Node", node}, Found<bool>(true));
}

json beside_a_tool() {
  json spec = three_steps();
  spec["phases"][0]["parallel"] = true;
  spec["phases"][0]["steps"][1] = waiting("b");
  return spec;
}

TEST(Waits, BesideATool) {
  Scenario s(beside_a_tool());
  find(s, "False");
  const Status& both = s.pass(at(0));
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
  EXPECT_EQ(both.message, "one/b waits for Node n: condition Ready is \"False\"; one/a is running");
  EXPECT_EQ(both.reason, "WaitingForResource");
  s.end_container("one", "a", 0);
  s.pass(at(10));
  EXPECT_EQ(s.step("two", "c").state, StepState::Pending) << "the phase waits for both";
  find(s, "True");
  s.pass(at(20));
  EXPECT_EQ(s.step("one", "b").state, StepState::Succeeded);
  EXPECT_EQ(s.step("one", "b").job, "");
  s.pass(at(21));
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "a"), Scenario::job("two", "c")));
}

TEST(Waits, TroubleOfAToolIsSaidFirst) {
  Scenario s(beside_a_tool());
  find(s, "False");
  s.pass(at(0));
  s.pod("one", "a").containers[0].reason = "ImagePullBackOff";
  const Status& both = s.pass(at(10));
  EXPECT_EQ(both.reason, "ImagePullFailed");
  EXPECT_THAT(both.message, HasSubstr("; one/b waits for Node n"));
}

TEST(Waits, GoOnWhenAStepBesideThemHasFailed) {
  Scenario s(beside_a_tool());
  find(s, "False");
  s.pass(at(0));
  s.end_pod("one", "a", 1);
  EXPECT_EQ(s.pass(at(10)).state, WorkflowState::Running) << "what runs goes on to its end";
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
  find(s, "True");
  const Status& ended = s.pass(at(20));
  EXPECT_EQ(s.step("one", "b").state, StepState::Succeeded);
  EXPECT_EQ(ended.state, WorkflowState::Failed);
  EXPECT_EQ(s.step("two", "c").state, StepState::Pending);
}

TEST(Waits, EndAtOnceWithTheirPhase) {
  json spec = three_steps();
  spec["phases"][0]["steps"][0] = waiting("a");
  spec["phases"][0]["timeout"] = "1m";
  Scenario s(spec);
  find(s, "False");
  s.pass(at(0));
  EXPECT_EQ(s.last.wake, at(60));
  const Status& ended = s.pass(at(60));
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_EQ(s.step("one", "a").reason, "PhaseTimedOut");
  EXPECT_EQ(ended.state, WorkflowState::Failed);
  EXPECT_EQ(ended.reason, "TimedOut");
  EXPECT_EQ(
      without_hint(ended.message),
      "one/a was stopped: phase one did not end within its timeout of 1m0s: waits for Node n: "
      "condition Ready is \"False\"");
  EXPECT_THAT(s.created(), IsEmpty());
}

TEST(Waits, EndAtOnceWithTheWorkflowAndFinallyRuns) {
  json spec = three_steps();
  spec["phases"][0]["steps"][0] = waiting("a");
  spec["phases"][0]["steps"][0]["continueOnFailure"] = true;  // not of this
  spec["timeout"] = "1m";
  spec["finally"] = json::array(
      {{{"name", "end"}, {"steps", json::array({waiting("w", "$(workflow.result)")})}}});
  Scenario s(spec);
  find(s, "False");
  find(s, "False", "Failed");  // a Node of this name: references are replaced
  s.pass(at(0));
  s.pass(at(60));
  EXPECT_EQ(s.step("one", "a").reason, "WorkflowTimedOut");
  EXPECT_EQ(s.step("end", "w").state, StepState::Running) << "in the same pass";
  find(s, "True", "Failed");
  EXPECT_EQ(s.pass(at(70)).state, WorkflowState::Failed);
  EXPECT_EQ(s.step("end", "w").state, StepState::Succeeded);
}

TEST(Waits, ThatFailMayBeTolerated) {
  json spec = three_steps();
  spec["phases"][0]["steps"][0] = waiting("a");
  spec["phases"][0]["steps"][0]["timeout"] = "1m";
  spec["phases"][0]["steps"][0]["continueOnFailure"] = true;
  Scenario s(spec);
  find(s, "False");
  s.pass(at(0));
  s.pass(at(60));
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_EQ(s.step("one", "a").reason, "TimedOut");
  s.pass(at(61));
  EXPECT_EQ(s.step("one", "b").state, StepState::Running) << "the run goes on";
}

TEST(Waits, ThatAreNotForThisRunAskNothing) {
  json spec = three_steps();
  spec["parameters"] = json::array({{{"name", "p"}, {"value", "x"}}});
  spec["phases"][0]["steps"][0] = waiting("a");
  spec["phases"][0]["steps"][0]["when"] =
      json::array({{{"param", "p"}, {"operator", "DoesNotExist"}}});
  Scenario s(spec);
  s.pass(at(0));
  EXPECT_EQ(s.step("one", "a").state, StepState::Skipped);
  EXPECT_FALSE(s.asked(ResourceState{query("n")}));
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
}

TEST(Waits, ThatNeverBeganAreNotLookedForAsJobs) {
  json spec = beside_a_tool();
  spec["phases"][0]["parallel"] = false;
  Scenario s(spec);
  s.pass(at(0));
  s.end_pod("one", "a", 1);
  s.pass(at(10));
  EXPECT_FALSE(s.asked(LiveJob{Scenario::job("one", "b")}));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
}

}  // namespace
}  // namespace bootstrap::testing
