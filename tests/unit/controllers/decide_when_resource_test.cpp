// Conditions on resources of the cluster: looked at when their turn has come, waited for while they
// cannot be known, and never decided over the head of a launch that may have been done.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/decide.h"
#include "tests/unit/controllers/scenario.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kNode = "n";

ResourceQuery query() {
  return {{"v1", "Node", kNode, {}, ResourceRef::Match::All}, ExistsTest{true}};
}

json when_node_exists() {
  return json::array({{{"resource", {{"apiVersion", "v1"}, {"kind", "Node"}, {"name", kNode}}},
                       {"exists", true}}});
}

void may_read(Scenario& s, bool yes) {
  s.facts.insert_or_assign(MayRead{"default", "v1", "Node", kNode}, Found<bool>(yes));
}

void find(Scenario& s, bool there) {
  std::map<std::string, TestResult> objects;
  if (there) objects[kNode] = {true, {}, {}};
  s.facts.insert_or_assign(ResourceNow{query()},
                           Found<ResourceFinding>(finding_of(query(), objects)));
}

// Step one/a, or all of phase one, only if the node exists.
json spec_with(bool of_phase, bool parallel = false) {
  json spec = three_steps();
  spec["phases"][0]["parallel"] = parallel;
  (of_phase ? spec["phases"][0] : spec["phases"][0]["steps"][0])["when"] = when_node_exists();
  return spec;
}

TEST(WhenResource, DecidesWhenItsTurnHasCome) {
  for (const bool there : {true, false}) {
    Scenario s(spec_with(false));
    may_read(s, true);
    find(s, there);
    s.pass(at(0));
    EXPECT_EQ(s.step("one", "a").state, there ? StepState::Running : StepState::Skipped);
    EXPECT_EQ(s.step("one", "a").message, there ? "" : "Node n: it does not exist");
    s.pass(at(1));
    EXPECT_FALSE(s.asked(ResourceNow{query()})) << "it is decided";
  }
}

TEST(WhenResource, OfAPhaseDecidesForAllOfIt) {
  Scenario s(spec_with(true));
  may_read(s, true);
  find(s, false);
  s.pass(at(0));
  EXPECT_EQ(s.step("one", "b").state, StepState::Skipped);
  EXPECT_EQ(s.step("one", "b").message, "its phase was skipped: Node n: it does not exist");
  EXPECT_THAT(s.created(), IsEmpty()) << "first the skip is on record";
  s.pass(at(1));
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("two", "c")));
}

// Step b was launched over the skipped a by an operator that died before it wrote so. It has ended
// while a is decided anew: meanwhile nobody may take the phase for one that did not succeed, skip c
// for that and launch d.
TEST(WhenResource, WhatRestsOnAPhaseIsDecidedOnlyWhenAllOfThePhaseIs) {
  json spec = spec_with(false);
  spec["phases"][1]["when"] = json::parse(R"([{"phase": "one", "states": ["Succeeded"]}])");
  spec["phases"].push_back(
      json::parse(R"({"name": "three", "steps": [{"name": "d", "command": ["true"]}]})"));
  Scenario s(spec);
  may_read(s, true);
  find(s, false);
  s.pass(at(0));
  s.pass(at(1));
  ASSERT_THAT(s.created(), ElementsAre(Scenario::job("one", "b")));
  for (StepRecord& record : s.workflow.status.phases[0].steps) {
    const std::string name = record.name;
    record = {};
    record.name = name;
  }
  s.end_pod("one", "b", 0);
  s.restart();
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").state, StepState::Skipped);
  EXPECT_EQ(s.step("one", "b").state, StepState::Succeeded);
  s.pass(at(11));
  EXPECT_EQ(s.step("two", "c").state, StepState::Running);
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "b"), Scenario::job("two", "c")));
}

TEST(WhenResource, OfALaterStepIsNotLookedAtBefore) {
  json spec = three_steps();
  spec["phases"][1]["when"] = when_node_exists();
  Scenario s(spec);
  s.pass(at(0));
  EXPECT_FALSE(s.asked(ResourceNow{query()}));
}

TEST(WhenResource, ThatNobodyKnowsIsWaitedForAndSaidWhenItTakesLong) {
  Scenario s(spec_with(false));
  const Status& first = s.pass(at(0));
  EXPECT_EQ(s.step("one", "a").reason, "") << "the answer is about to come";
  EXPECT_EQ(first.reason, "StepPending");
  EXPECT_EQ(s.last.wake, at(5));
  EXPECT_TRUE(s.asked(ResourceNow{query()}));
  const Status& later = s.pass(at(5));
  EXPECT_EQ(s.step("one", "a").reason, "ConditionUnknown");
  EXPECT_EQ(later.reason, "ConditionUnknown");
  EXPECT_EQ(later.message,
            "one/a waits: its condition cannot be decided, because nothing is known yet of Node n");
  EXPECT_TRUE(s.last.wake.has_value());
  may_read(s, true);
  find(s, true);
  s.pass(at(6));
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
  EXPECT_EQ(s.step("one", "a").reason, "");
}

TEST(WhenResource, ThatMayNotBeReadSaysWhoMustAct) {
  Scenario s(spec_with(false));
  may_read(s, false);
  find(s, false);
  const Status& status = s.pass(at(0));
  EXPECT_EQ(status.reason, "ServiceAccountMayNotRead");
  EXPECT_EQ(status.message,
            "one/a waits: ServiceAccount default may not get Node n (v1); bind it to a Role or "
            "ClusterRole that allows it");
  EXPECT_EQ(s.step("one", "a").state, StepState::Pending) << "nothing is decided by it";
  s.facts.erase(MayRead{"default", "v1", "Node", kNode});
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").reason, "ServiceAccountMayNotRead") << "what was said stays";
}

TEST(WhenResource, OfAPhaseIsSaidOnce) {
  Scenario s(spec_with(true, true));
  may_read(s, false);
  s.pass(at(0));
  EXPECT_EQ(s.step("one", "a").reason, "ServiceAccountMayNotRead");
  EXPECT_EQ(s.step("one", "b").reason, "");
}

TEST(WhenResource, IsNotLookedAtAgainOnceTheStepHasBegun) {
  json spec = spec_with(false);
  spec["phases"][0]["steps"][0]["retry"] = json::object();
  Scenario s(spec);
  may_read(s, true);
  find(s, true);
  s.pass(at(0));
  s.end_pod("one", "a", 1);
  s.pass(at(10));
  find(s, false);
  s.answer_pods("one", "a");
  s.pass(at(60));
  EXPECT_EQ(s.step("one", "a").attempts, 2);
}

TEST(WhenResource, EndsWithTheWorkflowWhenItIsNeverKnown) {
  json spec = spec_with(false);
  spec["timeout"] = "1m";
  Scenario s(spec);
  may_read(s, false);
  s.pass(at(0));
  const Status& status = s.pass(at(60));
  EXPECT_EQ(status.state, WorkflowState::Failed);
  EXPECT_EQ(status.reason, "TimedOut");
  EXPECT_EQ(s.step("one", "a").state, StepState::Pending);
}

// What was skipped is nothing that runs.
TEST(WhenResource, AWorkflowOfWhichOnlySkippedStepsAreOverIsPending) {
  json spec = spec_with(false);
  spec["tools"]["serviceAccountName"] = "robot";
  spec["phases"][0]["steps"][0]["when"] = json::parse(R"([{"param": "x", "operator": "Exists"}])");
  spec["parameters"] = json::array({{{"name", "x"}}});
  Scenario s(spec);
  s.facts[ServiceAccountOf{"robot"}] = Found<ServiceAccountOf::Answer>(std::nullopt);
  const Status& status = s.pass(at(0));
  EXPECT_EQ(s.step("one", "a").state, StepState::Skipped);
  EXPECT_EQ(status.state, WorkflowState::Pending);
  EXPECT_EQ(status.reason, "ServiceAccountNotFound");
}

// The status that says so is lost, and the node is there in the next pass: the step is run, and
// nothing that comes after it was begun meanwhile.
TEST(Rule2Order, ASkipThatTheClusterDecidedIsOnRecordBeforeAnythingIsLaunched) {
  Scenario s(spec_with(false));
  may_read(s, true);
  find(s, false);
  s.pass(at(0));
  ASSERT_EQ(s.step("one", "a").state, StepState::Skipped);
  EXPECT_THAT(s.created(), IsEmpty());
  s.workflow.status = {};
  s.restart();
  find(s, true);
  s.pass(at(10));
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "a")));
  EXPECT_EQ(s.step("one", "b").state, StepState::Pending);
}

// --- a launch whose answer was lost ---

// The node is there, the request to launch one/a is answered by nobody, then the node is gone.
Scenario with_a_lost_launch(bool of_phase, bool parallel = false) {
  Scenario s(spec_with(of_phase, parallel));
  may_read(s, true);
  find(s, true);
  s.refuse["job/" + Scenario::job("one", "a")] = NotKnown{"timeout"};
  if (parallel) s.refuse["job/" + Scenario::job("one", "b")] = NotKnown{"timeout"};
  s.pass(at(0));
  EXPECT_EQ(s.step("one", "a").state, StepState::Pending);
  find(s, false);
  s.done.clear();
  return s;
}

JobView lost_job() {
  JobView job;
  job.meta.name = Scenario::job("one", "a");
  job.meta.uid = Scenario::job_uid("one", "a");
  job.meta.controller_uid = "uid-of-w";
  return job;
}

TEST(Rule6Ended, AStepIsNotSkippedOverALaunchWhoseAnswerWasLost) {
  for (const bool of_phase : {false, true}) {
    Scenario s = with_a_lost_launch(of_phase);
    s.facts[LiveJob{Scenario::job("one", "a")}] = Found<LiveJob::Answer>(lost_job());
    s.pass(at(10));
    EXPECT_EQ(s.step("one", "a").state, StepState::Running) << "it runs, so it is not skipped";
    EXPECT_EQ(s.step("one", "a").attempts, 1);
    EXPECT_EQ(s.step("one", "a").job_uid, Scenario::job_uid("one", "a"));
    EXPECT_EQ(s.step("one", "b").state, StepState::Pending);
    EXPECT_THAT(s.done, IsEmpty());
  }
}

TEST(Rule6Ended, WhileThatCannotBeToldNothingIsSkipped) {
  for (const bool of_phase : {false, true}) {
    Scenario s = with_a_lost_launch(of_phase);
    s.facts[LiveJob{Scenario::job("one", "a")}] =
        Found<LiveJob::Answer>(tl::unexpected(Unavailable{"down"}));
    s.pass(at(10));
    EXPECT_EQ(s.step("one", "a").state, StepState::Pending);
    EXPECT_EQ(s.step("one", "b").state, StepState::Pending);
    EXPECT_EQ(s.last.retry, "down");
    EXPECT_THAT(s.done, IsEmpty());
  }
}

TEST(Rule6Ended, WhatWasNeverLaunchedIsSkipped) {
  for (const bool of_phase : {false, true}) {
    Scenario s = with_a_lost_launch(of_phase);
    s.pass(at(10));
    EXPECT_TRUE(s.asked(LiveJob{Scenario::job("one", "a")})) << "though it was asked";
    EXPECT_EQ(s.step("one", "a").state, StepState::Skipped);
  }
}

TEST(Rule6Ended, APhaseOfWhichOneStepWasLaunchedGoesOn) {
  Scenario s = with_a_lost_launch(true, true);
  s.refuse.clear();
  s.facts[LiveJob{Scenario::job("one", "a")}] = Found<LiveJob::Answer>(lost_job());
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
  EXPECT_THAT(s.done, ElementsAre("job/" + Scenario::job("one", "b")));
}

}  // namespace
}  // namespace bootstrap::testing
