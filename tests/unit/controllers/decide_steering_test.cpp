// Suspend and cancel: at any moment, and both ways.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/decide.h"
#include "tests/unit/controllers/scenario.h"
#include "tests/unit/controllers/without_hint.h"

namespace bootstrap::testing {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

void suspend(Scenario& s, bool on = true) {
  s.workflow.steering.suspend = on;
}

void cancel(Scenario& s, bool on = true) {
  s.workflow.steering.cancel = on;
}

// --- suspend ---

TEST(Suspend, WhatRunsGoesOnToItsEndAndNothingNewStarts) {
  Scenario s;
  s.pass(at(0));
  suspend(s);
  s.pass(at(5));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running);
  EXPECT_EQ(s.workflow.status.reason, "Suspending");
  EXPECT_EQ(s.workflow.status.message,
            "spec.suspend is true, so nothing new starts; one/a is running");
  succeed(s, "one", "a", 10);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Suspended);
  EXPECT_EQ(s.workflow.status.reason, "Suspended");
  EXPECT_EQ(s.workflow.status.message,
            "spec.suspend is true, so nothing new starts; next is one/b");
  EXPECT_EQ(condition(s.workflow.status, "Progressing"), "False");
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "a")));
  suspend(s, false);
  s.pass(at(100));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running);
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
}

TEST(Suspend, BeforeItHasStarted) {
  Scenario s;
  suspend(s);
  s.pass(at(0));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Suspended);
  EXPECT_EQ(s.workflow.status.message, "spec.suspend is true, so nothing is started");
  EXPECT_EQ(s.workflow.status.run, 0);
  EXPECT_THAT(s.done, IsEmpty());
  suspend(s, false);
  s.pass(at(10));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running);
}

TEST(Suspend, AnInvalidDefinitionIsToldAllTheSame) {
  json spec = three_steps();
  spec["phases"][0]["steps"][0]["timeout"] = "soon";
  Scenario s(spec);
  suspend(s);
  EXPECT_EQ(s.pass(at(0)).state, WorkflowState::Invalid);
}

TEST(Suspend, InARetryWaitLaunchesWhenItGoesOn) {
  json spec = three_steps();
  spec["phases"][0]["steps"][0]["retry"] = {{"attempts", 3}, {"delay", "10s"}};
  Scenario s(spec);
  s.pass(at(0));
  s.end_pod("one", "a", 3);
  s.pass(at(10));
  suspend(s);
  s.pass(at(30));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Suspended);
  EXPECT_EQ(s.step("one", "a").state, StepState::Backoff);
  EXPECT_EQ(s.step("one", "a").attempts, 1);
  s.answer_pods("one", "a");
  suspend(s, false);
  s.pass(at(40));
  EXPECT_EQ(s.step("one", "a").attempts, 2);
}

TEST(Suspend, InFinally) {
  Scenario s(with_finally());
  s.pass(at(0));
  suspend(s);
  s.end_pod("one", "a", 3);
  s.pass(at(10));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Suspended) << "finally is held as well";
  EXPECT_EQ(s.workflow.status.message,
            "one/a failed (ToolFailed): exit code 3; spec.suspend is true, so nothing new starts; "
            "next is clean/c");
  EXPECT_EQ(s.step("clean", "c").state, StepState::Pending);
  suspend(s, false);
  s.pass(at(20));
  EXPECT_EQ(s.step("clean", "c").state, StepState::Running);
  suspend(s);
  succeed(s, "clean", "c", 30);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed) << "there is nothing left to hold";
}

TEST(Suspend, TimeoutsStandStill) {
  json spec = three_steps();
  spec["timeout"] = "1m";
  Scenario s(spec);
  s.times[{"two", "c"}] = 1h;  // so that no estimate passes before
  s.pass(at(0));
  suspend(s);
  succeed(s, "one", "a", 10);
  ASSERT_EQ(s.workflow.status.state, WorkflowState::Suspended);
  s.pass(at(500));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Suspended);
  suspend(s, false);
  s.pass(at(510));
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
  EXPECT_EQ(s.last.wake, at(560)) << "50 of 60 s are left";
}

// --- cancel ---

TEST(Cancel, EndsWhatRunsAndKeepsTheRestFromStarting) {
  Scenario s;
  s.pass(at(0));
  cancel(s);
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").state, StepState::Ending);
  EXPECT_EQ(s.done.back(), "suspend/" + Scenario::job("one", "a"));
  EXPECT_EQ(s.job_view("one", "a").stop, (Stop{"Cancelled", 1}));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running);
  EXPECT_EQ(s.workflow.status.reason, "Cancelling");
  EXPECT_EQ(s.workflow.status.message,
            "is cancelled; one/a is being stopped: the workflow was cancelled");
  s.end_pod("one", "a", 143);
  s.pass(at(40));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Cancelled);
  EXPECT_EQ(s.workflow.status.reason, "Cancelled");
  EXPECT_EQ(without_hint(s.workflow.status.message), "cancelled after 40s: 0 of 3 steps were done");
  for (const auto& [phase, step] : {std::pair("one", "a"), {"one", "b"}, {"two", "c"}})
    EXPECT_EQ(s.step(phase, step).state, StepState::Cancelled) << step;
  EXPECT_EQ(condition(s.workflow.status, "Succeeded"), "False");
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "a")));
}

TEST(Cancel, ASuccessInTheMomentOfItsEndIsASuccess) {
  Scenario s;
  s.pass(at(0));
  cancel(s);
  s.pass(at(10));
  s.end_pod("one", "a", 0);
  s.pass(at(11));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Cancelled);
  EXPECT_EQ(without_hint(s.workflow.status.message), "cancelled after 11s: 1 of 3 steps were done");
}

TEST(Cancel, RunsFinallyWithItsResult) {
  json spec = with_finally();
  spec["finally"][0]["steps"][0]["when"] = {{{"result", "Cancelled"}}};
  Scenario s(spec);
  s.pass(at(0));
  cancel(s);
  s.pass(at(10));
  EXPECT_EQ(s.step("clean", "c").state, StepState::Pending) << "one/a has not ended";
  s.end_pod("one", "a", 143);
  s.pass(at(20));
  EXPECT_EQ(s.step("clean", "c").state, StepState::Running);
  EXPECT_EQ(s.workflow.status.message, "is cancelled; finally: clean/c is running");
  succeed(s, "clean", "c", 30);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Cancelled);
}

TEST(Cancel, OnceSeenIsCarriedThrough) {
  Scenario s(with_finally());
  s.pass(at(0));
  cancel(s);
  s.pass(at(10));
  cancel(s, false);
  s.end_pod("one", "a", 143);
  s.pass(at(20));
  EXPECT_EQ(s.step("one", "a").state, StepState::Cancelled);
  EXPECT_EQ(s.step("clean", "c").state, StepState::Running);
  s.restart();
  succeed(s, "clean", "c", 30);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Cancelled);
  EXPECT_THAT(s.created(), Not(Contains(Scenario::job("one", "b"))));
}

TEST(Cancel, BeforeItHasStarted) {
  Scenario s;
  cancel(s);
  s.pass(at(0));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Cancelled);
  EXPECT_THAT(s.done, IsEmpty());
  cancel(s, false);
  s.pass(at(10));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Cancelled) << "final is final";
  s.workflow.steering.resume.run = 1;
  s.pass(at(20));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running);
}

// What an operator that has died has launched is ended, not left alone.
TEST(Cancel, OfARunThatHasBegunUnknownToAnybodyEndsItsJob) {
  Scenario s(three_steps());
  const Status before = s.workflow.status;
  s.pass(at(0));
  s.workflow.status = before;  // never written
  s.restart();
  s.workflow.steering.cancel = true;
  s.pass(at(10));
  EXPECT_EQ(s.workflow.status.run, 1);
  EXPECT_EQ(s.workflow.status.reason, "Cancelling");
  EXPECT_EQ(s.step("one", "a").attempts, 1);
  EXPECT_EQ(s.done.back(), "suspend/" + Scenario::job("one", "a"));
}

TEST(Cancel, InARetryWait) {
  json spec = three_steps();
  spec["phases"][0]["steps"][0]["retry"] = {{"attempts", 3}, {"delay", "5m"}};
  Scenario s(spec);
  s.pass(at(0));
  s.end_pod("one", "a", 3);
  s.pass(at(10));
  cancel(s);
  s.pass(at(20));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Cancelled);
  EXPECT_EQ(s.step("one", "a").state, StepState::Cancelled);
  EXPECT_EQ(s.step("one", "a").message,
            "cancelled; its last attempt had failed with ToolFailed: exit code 3");
}

// A Job that is being stopped for its own reason counts as failed, and is not tried again.
TEST(Cancel, OfAStepThatIsBeingStoppedAlready) {
  json spec = three_steps();
  spec["phases"][0]["steps"][0]["retry"] = {{"attempts", 3}, {"delay", "5m"}};
  spec["phases"][0]["steps"][0]["startTimeout"] = "1m";
  Scenario s(spec);
  s.pass(at(0));
  s.facts[EventsAbout{Scenario::job_uid("one", "a")}] =
      Found<EventsAbout::Answer>(EventsAbout::Answer{});
  s.pass(at(60));
  ASSERT_EQ(s.step("one", "a").state, StepState::Ending);
  cancel(s);
  s.answer_pods("one", "a");
  s.pass(at(61));
  EXPECT_EQ(s.step("one", "a").state, StepState::Cancelled);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Cancelled);
}

TEST(Cancel, OfAWaitAndOfAGate) {
  for (const char* work : {R"({"name": "a", "waitFor": {"resource": {"apiVersion": "v1",
                               "kind": "ConfigMap", "name": "x"}, "exists": true}})",
                           R"({"name": "a", "ask": {"parameters": [{"name": "x"}]}})"}) {
    json spec = three_steps();
    spec["phases"][0]["steps"][0] = json::parse(work);
    Scenario s(spec);
    s.facts[ServiceAccountOf{"default"}] =
        Found<ServiceAccountOf::Answer>(std::optional(ServiceAccountView{}));
    s.facts[MayRead{"default", "v1", "ConfigMap", "x"}] = Found<MayRead::Answer>(true);
    s.pass(at(0));
    ASSERT_TRUE(s.step("one", "a").state == StepState::Running ||
                s.step("one", "a").state == StepState::Waiting);
    cancel(s);
    s.pass(at(10));
    EXPECT_EQ(s.step("one", "a").state, StepState::Cancelled);
    EXPECT_EQ(s.workflow.status.state, WorkflowState::Cancelled);
  }
}

TEST(Cancel, WinsOverASuspension) {
  Scenario s(with_finally());
  s.pass(at(0));
  suspend(s);
  succeed(s, "one", "a", 10);
  ASSERT_EQ(s.workflow.status.state, WorkflowState::Suspended);
  cancel(s);
  s.pass(at(20));
  EXPECT_EQ(s.step("clean", "c").state, StepState::Running);
  succeed(s, "clean", "c", 30);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Cancelled);
}

// one/b was never launched, and nothing has failed.
TEST(Cancel, InFinallyAfterATimeoutComesTooLate) {
  for (const bool of_phase : {true, false}) {
    SCOPED_TRACE(of_phase);
    json spec = with_finally();
    (of_phase ? spec["phases"][0] : spec)["timeout"] = "1m";
    Scenario s(spec);
    s.pass(at(0));
    succeed(s, "one", "a", 61);
    ASSERT_EQ(s.step("one", "b").state, StepState::Pending);
    ASSERT_EQ(s.step("clean", "c").state, StepState::Running);
    cancel(s);
    s.pass(at(70));
    EXPECT_EQ(s.step("one", "b").state, StepState::Pending);
    succeed(s, "clean", "c", 80);
    EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed) << "as finally was told";
  }
}

TEST(Cancel, InFinallyComesTooLate) {
  Scenario s(with_finally());
  s.pass(at(0));
  s.end_pod("one", "a", 3);
  s.pass(at(10));
  cancel(s);
  s.pass(at(20));
  EXPECT_EQ(s.step("clean", "c").state, StepState::Running);
  succeed(s, "clean", "c", 30);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
}

TEST(Cancel, AfterAFailureSaysBoth) {
  json spec = three_steps();
  spec["phases"][0]["parallel"] = true;
  Scenario s(spec);
  s.pass(at(0));
  s.end_pod("one", "a", 3);
  s.pass(at(10));
  cancel(s);
  s.pass(at(20));
  s.end_pod("one", "b", 143);
  s.pass(at(30));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Cancelled);
  EXPECT_EQ(without_hint(s.workflow.status.message),
            "cancelled after 30s: 0 of 3 steps were done; before that one/a failed (ToolFailed): "
            "exit code 3");
}

TEST(Cancel, OfARunThatIsOverDoesNothing) {
  Scenario s;
  s.pass(at(0));
  succeed(s, "one", "a", 10);
  succeed(s, "one", "b", 20);
  succeed(s, "two", "c", 30);
  cancel(s);
  s.pass(at(40));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Succeeded);
}

TEST(Cancel, SaysHowToGoOnFromIt) {
  Scenario s;
  s.pass(at(0));
  cancel(s);
  s.pass(at(10));
  s.end_pod("one", "a", 143);
  EXPECT_EQ(s.pass(at(20)).message,
            "cancelled after 20s: 0 of 3 steps were done; to resume: kubectl patch bwf w -n ns "
            "--type merge -p '{\"spec\":{\"cancel\":null,\"resume\":{\"run\":2}}}'");
}

TEST(Cancel, ThenResumeGoesOn) {
  Scenario s;
  s.pass(at(0));
  succeed(s, "one", "a", 10);
  cancel(s);
  s.pass(at(20));
  s.end_pod("one", "b", 143);
  s.pass(at(30));
  ASSERT_EQ(s.workflow.status.state, WorkflowState::Cancelled);
  cancel(s, false);
  s.answer_pods("one", "b");
  s.workflow.steering.resume.run = 2;
  s.pass(at(40));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
  EXPECT_EQ(s.step("one", "b").attempts, 2);
  succeed(s, "one", "b", 50);
  succeed(s, "two", "c", 60);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Succeeded);
}

// A crash before the status said Ending: the Job tells why it was stopped.
TEST(Cancel, IsKnownByItsJobAfterACrash) {
  Scenario s;
  s.pass(at(0));
  const Status before = s.workflow.status;
  cancel(s);
  s.pass(at(10));
  s.workflow.status = before;
  cancel(s, false);
  s.restart();
  s.end_pod("one", "a", 143);
  s.pass(at(20));
  EXPECT_EQ(s.step("one", "a").state, StepState::Cancelled);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Cancelled);
}

}  // namespace
}  // namespace bootstrap::testing
