// Timeouts of phases and of the workflow. (An attempt's own is the kubelet's matter.)

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

json phase_within(const char* timeout) {
  json spec = three_steps();
  spec["phases"][0]["timeout"] = timeout;
  return spec;
}

json workflow_within(const char* timeout) {
  json spec = three_steps();
  spec["timeout"] = timeout;
  return spec;
}

// What was stopped has ended: its Job is suspended and no pod is left.
void let_end(Scenario& s, const std::string& phase, const std::string& step) {
  s.remove_pod(phase, step);
  s.answer_pods(phase, step);
}

TEST(Timeouts, OfAPhaseStopTheStepAndFailTheRunWhenItHasEnded) {
  Scenario s(phase_within("1m"));
  s.pass(at(0));
  s.run_container("one", "a");
  s.pass(at(59));
  EXPECT_EQ(s.last.wake, at(60));
  s.done.clear();
  const Status& ending = s.pass(at(60));
  EXPECT_THAT(s.done, ElementsAre("suspend/" + Scenario::job("one", "a")));
  EXPECT_EQ(s.step("one", "a").state, StepState::Ending);
  EXPECT_EQ(s.step("one", "a").reason, "PhaseTimedOut");
  EXPECT_EQ(ending.state, WorkflowState::Running);
  EXPECT_THAT(ending.message, HasSubstr("phase one did not end within its timeout of 1m0s"));
  EXPECT_EQ(ending.reason, "TimedOut");
  let_end(s, "one", "a");
  const Status& ended = s.pass(at(65));
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_EQ(s.step("one", "a").reason, "PhaseTimedOut");
  EXPECT_EQ(ended.state, WorkflowState::Failed);
  EXPECT_EQ(ended.reason, "TimedOut");
  EXPECT_EQ(without_hint(ended.message),
            "one/a was stopped: phase one did not end within its timeout of 1m0s");
  EXPECT_EQ(ended.phases[0].state, PhaseState::Failed);
}

TEST(Timeouts, OfAPhaseCountFromItsFirstLaunch) {
  json spec = three_steps();
  spec["phases"][1]["timeout"] = "1m";
  Scenario s(spec);
  s.pass(at(0));
  s.end_container("one", "a", 0);
  s.pass(at(100));
  s.end_container("one", "b", 0);
  s.pass(at(200));
  EXPECT_EQ(s.step("two", "c").state, StepState::Running);
  s.run_container("two", "c");
  s.pass(at(259));
  EXPECT_EQ(s.step("two", "c").state, StepState::Running);
  s.pass(at(260));
  EXPECT_EQ(s.step("two", "c").state, StepState::Ending);
}

TEST(Timeouts, WhatSucceededAllTheSameCounts) {
  Scenario s(workflow_within("1m"));
  s.pass(at(0));
  s.run_container("one", "a");
  s.pass(at(60));
  ASSERT_EQ(s.step("one", "a").state, StepState::Ending);
  s.end_container("one", "a", 0);
  s.done.clear();
  const Status& status = s.pass(at(61));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
  EXPECT_THAT(s.done, IsEmpty()) << "but nothing else starts";
  EXPECT_EQ(status.state, WorkflowState::Failed);
  EXPECT_EQ(status.reason, "TimedOut");
  EXPECT_EQ(without_hint(status.message),
            "the workflow did not end within its timeout of 1m0s: one/b was not run");
}

TEST(Timeouts, AWorkflowThatEndedInTimeIsNotJudgedByALateLook) {
  Scenario s(workflow_within("1m"));
  s.pass(at(0));
  s.end_container("one", "a", 0);
  s.pass(at(10));
  s.end_container("one", "b", 0);
  s.pass(at(20));
  s.end_container("two", "c", 0);
  EXPECT_EQ(s.pass(at(600)).state, WorkflowState::Succeeded);
}

TEST(Timeouts, OfTheWorkflowEndAWaitForTheNextAttempt) {
  json spec = workflow_within("1m");
  spec["phases"][0]["steps"][0]["retry"] = {{"delay", "10m"}};
  Scenario s(spec);
  s.pass(at(0));
  s.end_pod("one", "a", 1);
  s.pass(at(10));
  EXPECT_EQ(s.last.wake, at(60));
  const Status& status = s.pass(at(60));
  EXPECT_EQ(status.state, WorkflowState::Failed);
  EXPECT_EQ(status.reason, "TimedOut");
  EXPECT_EQ(s.step("one", "a").reason, "WorkflowTimedOut");
  EXPECT_THAT(s.step("one", "a").message, HasSubstr("exit code 1"));
}

TEST(Timeouts, AStopIsNeverTolerated) {
  json spec = workflow_within("1m");
  for (auto& phase : spec["phases"])
    for (auto& step : phase["steps"]) step["continueOnFailure"] = true;
  Scenario s(spec);
  s.pass(at(0));
  s.run_container("one", "a");
  s.pass(at(60));
  let_end(s, "one", "a");
  s.done.clear();
  EXPECT_EQ(s.pass(at(65)).state, WorkflowState::Failed);
  EXPECT_THAT(s.done, IsEmpty());
}

TEST(Timeouts, AStopThatWasSentBeforeACrashKeepsItsReason) {
  Scenario s(phase_within("1m"));
  s.pass(at(0));
  s.run_container("one", "a");
  const Status before = s.workflow.status;
  s.pass(at(60));
  s.workflow.status = before;  // the crash came before the status patch
  s.restart();
  let_end(s, "one", "a");
  s.pass(at(65));
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_EQ(s.step("one", "a").reason, "PhaseTimedOut");
  EXPECT_EQ(s.workflow.status.reason, "TimedOut");
}

TEST(Timeouts, TheFirstFailureStaysTheReasonWhenASiblingIsStoppedLater) {
  json spec = workflow_within("1m");
  spec["phases"][0]["parallel"] = true;
  Scenario s(spec);
  s.pass(at(0));
  s.end_pod("one", "a", 3);
  s.run_container("one", "b");
  s.pass(at(10));
  s.pass(at(60));
  EXPECT_EQ(s.step("one", "b").state, StepState::Ending);
  let_end(s, "one", "b");
  const Status& status = s.pass(at(70));
  EXPECT_EQ(status.reason, "StepFailed");
  EXPECT_EQ(without_hint(status.message),
            "one/a failed (ToolFailed): exit code 3; one/b failed as well");
}

}  // namespace
}  // namespace bootstrap::testing
