// Phases and steps beside each other: parallel, dependsOn, failures among siblings.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/decide.h"
#include "tests/unit/controllers/scenario.h"
#include "tests/unit/controllers/without_hint.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

json phase(const char* name, const std::vector<const char*>& steps, json more = json::object()) {
  more["name"] = name;
  for (const char* step : steps) more["steps"].push_back({{"name", step}, {"command", {"true"}}});
  return more;
}

json spec(json phases, json more = json::object()) {
  more["tools"] = {{"image", "tools:1"}};
  more["phases"] = std::move(phases);
  return more;
}

json side_by_side() {
  return spec({phase("docs", {"a", "b"}, {{"parallel", true}}), phase("last", {"c"})});
}

TEST(Parallel, StartsAllStepsAtOnceWithOneStatus) {
  Scenario s(side_by_side());
  s.pass(at(0));
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("docs", "a"), Scenario::job("docs", "b")));
  EXPECT_EQ(s.workflow.status.message, "docs/a and docs/b are running");
  EXPECT_EQ(s.workflow.status.progress->current, "docs/a +1");
}

TEST(Parallel, WhatComesAfterWaitsForAll) {
  Scenario s(side_by_side());
  s.pass(at(0));
  s.end_container("docs", "b", 0);
  s.pass(at(10));
  EXPECT_EQ(s.created().size(), 2U);
  EXPECT_EQ(s.workflow.status.message, "docs/a is running");
  EXPECT_EQ(s.workflow.status.progress->text, "1/3 33%");
  s.end_container("docs", "a", 0);
  s.pass(at(20));
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("docs", "a"), Scenario::job("docs", "b"),
                                       Scenario::job("last", "c")));
}

TEST(Parallel, AFailedSiblingIsNamedFirstAndTheOthersFinish) {
  Scenario s(side_by_side());
  s.pass(at(0));
  s.end_pod("docs", "b", 3);
  s.done.clear();
  const Status& going = s.pass(at(10));
  EXPECT_THAT(s.done, IsEmpty()) << "nothing is stopped, nothing new starts";
  EXPECT_EQ(going.state, WorkflowState::Running);
  EXPECT_EQ(going.reason, "StepFailed");
  EXPECT_EQ(going.message, "docs/b failed (ToolFailed): exit code 3; docs/a is running");
  EXPECT_EQ(going.phases[0].state, PhaseState::Running);
  s.end_container("docs", "a", 0);
  const Status& ended = s.pass(at(20));
  EXPECT_THAT(s.done, IsEmpty());
  EXPECT_EQ(ended.state, WorkflowState::Failed);
  EXPECT_EQ(without_hint(ended.message), "docs/b failed (ToolFailed): exit code 3");
  EXPECT_EQ(ended.phases[0].state, PhaseState::Failed);
  EXPECT_EQ(ended.phases[1].state, PhaseState::Pending);
  EXPECT_EQ(s.step("docs", "a").state, StepState::Succeeded);
}

TEST(Parallel, TheFirstFailureIsTheReasonAndTheOthersAreNamed) {
  Scenario s(side_by_side());
  s.pass(at(0));
  s.end_pod("docs", "a", 4);
  s.pod("docs", "a").containers[0].finished = at(30);
  s.end_pod("docs", "b", 3);
  EXPECT_EQ(without_hint(s.pass(at(40)).message),
            "docs/b failed (ToolFailed): exit code 3; docs/a failed as well");
}

TEST(Parallel, ASiblingThatWaitsForItsNextAttemptIsGivenUp) {
  json workflow = side_by_side();
  workflow["phases"][0]["steps"][0]["retry"] = json::object();
  Scenario s(workflow);
  s.pass(at(0));
  s.end_pod("docs", "a", 1);
  s.pass(at(10));
  ASSERT_EQ(s.step("docs", "a").state, StepState::Backoff);
  s.end_pod("docs", "b", 3);
  const Status& status = s.pass(at(12));
  EXPECT_EQ(s.step("docs", "a").state, StepState::Failed);
  EXPECT_EQ(s.step("docs", "a").reason, "NotRetried");
  EXPECT_EQ(
      s.step("docs", "a").message,
      "not tried again because docs/b has failed; its last attempt had failed with ToolFailed: "
      "exit code 1");
  EXPECT_EQ(status.state, WorkflowState::Failed);
  EXPECT_EQ(without_hint(status.message),
            "docs/b failed (ToolFailed): exit code 3; docs/a failed as well");
}

TEST(Parallel, AFailureAfterAFailureIsNotTriedAgain) {
  json workflow = side_by_side();
  workflow["phases"][0]["steps"][0]["retry"] = json::object();
  Scenario s(workflow);
  s.pass(at(0));
  s.end_pod("docs", "b", 3);
  s.pass(at(10));
  s.end_pod("docs", "a", 1);
  s.pass(at(20));
  EXPECT_EQ(s.step("docs", "a").state, StepState::Failed);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
}

// base → left, right (two steps) → top
json diamond() {
  return spec({phase("base", {"a"}), phase("left", {"b"}, {{"dependsOn", {"base"}}}),
               phase("right", {"c", "d"}, {{"dependsOn", {"base"}}}),
               phase("top", {"e"}, {{"dependsOn", {"left", "right"}}})},
              {{"order", "Graph"}});
}

TEST(Graph, OnlyDependsOnOrdersPhases) {
  Scenario s(diamond());
  s.pass(at(0));
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("base", "a")));
  s.end_container("base", "a", 0);
  s.done.clear();
  s.pass(at(10));
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("left", "b"), Scenario::job("right", "c")));
  s.end_container("left", "b", 0);
  s.end_container("right", "c", 0);
  s.done.clear();
  s.pass(at(20));
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("right", "d")));
  s.end_container("right", "d", 0);
  s.done.clear();
  s.pass(at(30));
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("top", "e")));
  s.end_container("top", "e", 0);
  EXPECT_EQ(s.pass(at(40)).state, WorkflowState::Succeeded);
}

TEST(Graph, PhasesWithoutDependenciesStartAtOnce) {
  Scenario s(spec({phase("x", {"a"}), phase("y", {"b"})}, {{"order", "Graph"}}));
  s.pass(at(0));
  EXPECT_EQ(s.created().size(), 2U);
}

TEST(Graph, AFailureStartsNothingNewInItsPhaseAndInThoseThatRestOnIt) {
  Scenario s(diamond());
  s.pass(at(0));
  s.end_container("base", "a", 0);
  s.pass(at(10));
  s.end_pod("left", "b", 1);
  s.pass(at(20));
  s.end_container("right", "c", 0);
  const Status& running = s.pass(at(30));
  EXPECT_EQ(running.state, WorkflowState::Running);
  EXPECT_EQ(s.step("right", "d").state, StepState::Running) << "it does not rest on the left";
  s.end_container("right", "d", 0);
  s.done.clear();
  const Status& status = s.pass(at(40));
  EXPECT_THAT(s.done, IsEmpty());
  EXPECT_EQ(status.state, WorkflowState::Failed);
  EXPECT_EQ(without_hint(status.message), "left/b failed (ToolFailed): exit code 1");
  EXPECT_EQ(status.phases[1].state, PhaseState::Failed);
  EXPECT_EQ(status.phases[2].state, PhaseState::Succeeded);
  EXPECT_EQ(status.phases[3].state, PhaseState::Pending);
}

TEST(Graph, ATimeoutOfAPhaseEndsItAndKeepsWhatRestsOnItFromStarting) {
  json spec = diamond();
  spec["phases"][1]["timeout"] = "1m";
  Scenario s(spec);
  s.pass(at(0));
  s.end_container("base", "a", 0);
  s.pass(at(10));
  s.pass(at(80));
  EXPECT_EQ(s.step("left", "b").state, StepState::Ending);
  s.end_container("right", "c", 0);
  s.pass(at(81));
  EXPECT_EQ(s.step("right", "d").state, StepState::Running);
  s.end_pod("left", "b", 143);
  s.end_container("right", "d", 0);
  const Status& status = s.pass(at(90));
  EXPECT_EQ(s.step("left", "b").reason, "PhaseTimedOut");
  EXPECT_EQ(status.state, WorkflowState::Failed);
  EXPECT_EQ(status.phases[3].state, PhaseState::Pending);
}

// The request to launch b was answered by nobody, and done all the same.
TEST(Rule6Ended, ALaunchWhoseAnswerWasLostIsLookedForBeforeTheRunIsOver) {
  Scenario s(side_by_side());
  s.refuse["job/" + Scenario::job("docs", "b")] = NotKnown{"timeout"};
  s.pass(at(0));
  ASSERT_EQ(s.step("docs", "b").state, StepState::Pending);
  s.end_pod("docs", "a", 1);
  JobView lost;
  lost.meta.name = Scenario::job("docs", "b");
  lost.meta.uid = Scenario::job_uid("docs", "b");
  lost.meta.controller_uid = "uid-of-w";
  s.facts[LiveJob{lost.meta.name}] = Found<LiveJob::Answer>(lost);
  s.refuse["suspend/" + lost.meta.name] = Done{lost.meta.uid};
  s.done.clear();
  const Status& status = s.pass(at(10));
  EXPECT_THAT(s.done, ElementsAre("suspend/" + Scenario::job("docs", "b")));
  EXPECT_EQ(s.step("docs", "b").state, StepState::Ending);
  EXPECT_EQ(s.step("docs", "b").attempts, 1);
  EXPECT_EQ(status.state, WorkflowState::Running) << "it may be at work";
}

// All are asked for in one round: a pass has few.
TEST(Rule6Ended, LostLaunchesOfManyStepsAreLookedForAtOnce) {
  json spec = side_by_side();
  json& steps = spec["phases"][0]["steps"];
  while (steps.size() < 32) {
    steps.push_back({{"name", "x" + std::to_string(steps.size())}, {"command", {"true"}}});
  }
  Scenario s(spec);
  for (std::size_t i = 1; i < steps.size(); ++i)
    s.refuse["job/" + Scenario::job("docs", steps[i]["name"])] =
        Refused{"Forbidden", "quota", true};
  s.pass(at(0));
  s.end_pod("docs", "a", 1);
  EXPECT_EQ(s.pass(at(10)).state, WorkflowState::Failed);
  EXPECT_TRUE(s.asked(LiveJob{Scenario::job("docs", "x31")}));
}

TEST(Rule6Ended, WhileThatCannotBeToldTheRunIsNotOver) {
  Scenario s(side_by_side());
  s.refuse["job/" + Scenario::job("docs", "b")] = NotKnown{"timeout"};
  s.pass(at(0));
  s.end_pod("docs", "a", 1);
  s.facts[LiveJob{Scenario::job("docs", "b")}] =
      Found<LiveJob::Answer>(tl::unexpected(Unavailable{"down"}));
  EXPECT_EQ(s.pass(at(10)).state, WorkflowState::Running);
  EXPECT_EQ(s.last.retry, "down");
}

TEST(Rule5Trigger, AJobFoundLateChangesNoResult) {
  json workflow = side_by_side();
  workflow["phases"][0]["steps"][0]["retry"] = json::object();
  Scenario s(workflow);
  s.pass(at(0));
  s.end_pod("docs", "a", 1);
  s.pass(at(10));
  s.end_pod("docs", "b", 3);
  s.pass(at(12));
  ASSERT_EQ(s.step("docs", "a").reason, "NotRetried");
  s.workflow.status.state = WorkflowState::Running;  // as while finally runs
  s.add_job("docs", "a", 2);
  s.done.clear();
  s.pass(at(13));
  EXPECT_THAT(s.done, ElementsAre("suspend/" + Scenario::job("docs", "a", 2)));
  EXPECT_EQ(s.step("docs", "a").state, StepState::Failed);
  EXPECT_EQ(s.step("docs", "a").reason, "NotRetried");
  EXPECT_EQ(s.step("docs", "a").attempts, 2) << "its name must never be met again";
}

TEST(ContinueOnFailure, RecordsTheFailureAndGoesOn) {
  json workflow = three_steps();
  workflow["phases"][0]["steps"][0]["continueOnFailure"] = true;
  Scenario s(workflow);
  s.pass(at(0));
  s.end_pod("one", "a", 1);
  const Status& status = s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
  EXPECT_EQ(status.state, WorkflowState::Running);
  EXPECT_EQ(status.progress->text, "1/3 33%");
  s.end_container("one", "b", 0);
  s.pass(at(20));
  EXPECT_EQ(s.workflow.status.phases[0].state, PhaseState::Failed);
  s.end_container("two", "c", 0);
  s.pass(at(30));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Succeeded);
  EXPECT_EQ(s.workflow.status.message,
            "2 of 3 steps succeeded in 30s; one/a failed, which is tolerated");
  EXPECT_EQ(s.workflow.status.progress->text, "3/3 100%");
}

TEST(ContinueOnFailure, AllAttemptsAreMadeFirst) {
  json workflow = three_steps();
  workflow["phases"][0]["steps"][0]["continueOnFailure"] = true;
  workflow["phases"][0]["steps"][0]["retry"] = {{"attempts", 2}};
  Scenario s(workflow);
  s.answer_pods("one", "a");
  s.pass(at(0));
  s.end_pod("one", "a", 1);
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "b").state, StepState::Pending);
  s.pass(at(15));
  s.end_pod("one", "a", 1);
  s.pass(at(20));
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
}

}  // namespace
}  // namespace bootstrap::testing
