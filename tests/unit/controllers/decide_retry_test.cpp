// Attempts of a step, one after the other.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/decide.h"
#include "tests/unit/controllers/scenario.h"
#include "tests/unit/controllers/without_hint.h"

namespace bootstrap::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// One step that may be tried three times, and one after it.
nlohmann::json flaky(nlohmann::json retry = nlohmann::json::object()) {
  auto spec = three_steps();
  spec["phases"][0]["steps"][0]["retry"] = std::move(retry);
  return spec;
}

// Its first attempt has failed.
Scenario failed_once(nlohmann::json retry = nlohmann::json::object()) {
  Scenario s(flaky(std::move(retry)));
  s.answer_pods("one", "a");
  s.pass(at(0));
  s.end_pod("one", "a", 1, "not ready\n");
  s.pass(at(10));
  return s;
}

TEST(Retries, AFailureIsFollowedByAWaitThatIsOnRecord) {
  Scenario s = failed_once();
  const StepRecord& step = s.step("one", "a");
  EXPECT_EQ(step.state, StepState::Backoff);
  EXPECT_EQ(step.next_retry, at(15));
  EXPECT_EQ(step.reason, "ToolFailed");
  EXPECT_EQ(step.message, "exit code 1: not ready");
  EXPECT_EQ(step.exit_code, 1);
  EXPECT_EQ(s.last.wake, at(15));
  const Status& status = s.workflow.status;
  EXPECT_EQ(status.state, WorkflowState::Running);
  EXPECT_EQ(status.reason, "StepRetrying");
  EXPECT_EQ(status.message,
            "one/a failed attempt 1 of 3, next in 5s (ToolFailed): exit code 1: not ready");
  EXPECT_EQ(status.phases[0].state, PhaseState::Running);
  EXPECT_EQ(status.progress->current, "one/a");
  ASSERT_EQ(s.last.transitions.size(), 1U);
  EXPECT_EQ(s.last.transitions[0].reason, "StepRetry");
  EXPECT_TRUE(s.last.transitions[0].event);
  EXPECT_TRUE(s.last.transitions[0].warning);
  EXPECT_EQ(s.last.transitions[0].message,
            "attempt 1 of one/a failed (ToolFailed): exit code 1: not ready; the next one comes at "
            "2026-01-02T00:00:15Z");
}

TEST(Retries, NothingIsWrittenWhileItWaits) {
  Scenario s = failed_once();
  const auto before = to_json(s.workflow.status);
  s.done.clear();
  for (const int second : {11, 14}) {
    s.pass(at(second));
    EXPECT_EQ(to_json(s.workflow.status), before);
    EXPECT_EQ(s.last.wake, at(15));
  }
  EXPECT_THAT(s.done, IsEmpty());
}

TEST(Retries, TheTimeOfTheNextAttemptOutlivesARestartToTheSecond) {
  using namespace std::chrono_literals;
  Scenario s(flaky());
  s.answer_pods("one", "a");
  s.pass(at(0));
  s.end_pod("one", "a", 1);
  s.pass(at(10) + 300ms);
  EXPECT_EQ(s.step("one", "a").next_retry, at(16)) << "never earlier than the delay";
  s.workflow.status = *read_status(to_json(s.workflow.status));
  s.restart();
  s.pass(at(15) + 999ms);
  EXPECT_EQ(s.created().size(), 1U);
  s.pass(at(16));
  EXPECT_EQ(s.created().size(), 2U);
}

TEST(Retries, TheNextAttemptIsANewJobAndAFreshRecord) {
  Scenario s = failed_once();
  s.done.clear();
  s.pass(at(15));
  EXPECT_THAT(s.done, ElementsAre("job/" + Scenario::job("one", "a", 2)));
  const StepRecord& step = s.step("one", "a");
  EXPECT_EQ(step.state, StepState::Running);
  EXPECT_EQ(step.attempts, 2);
  EXPECT_EQ(step.job_uid, Scenario::job_uid("one", "a", 2));
  EXPECT_FALSE(step.next_retry);
  EXPECT_EQ(s.workflow.status.message, "one/a is running, attempt 2 of 3");
  s.end_container("one", "a", 0);
  s.pass(at(20));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
}

TEST(Retries, TheLastFailureIsFinalAndCounted) {
  Scenario s = failed_once();
  for (const int second : {15, 40}) {
    s.pass(at(second));
    s.end_pod("one", "a", 1, "not ready\n");
    s.pass(at(second + 10));
  }
  EXPECT_EQ(s.created().size(), 3U);
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
  EXPECT_EQ(without_hint(s.workflow.status.message),
            "one/a failed attempt 3 of 3 (ToolFailed): exit code 1: not ready; its log: kubectl "
            "logs -n ns job/" +
                Scenario::job("one", "a", 3));
}

TEST(Retries, AFatalExitCodeEndsTheStep) {
  Scenario s = failed_once({{"fatalExitCodes", {1}}});
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_EQ(s.step("one", "a").message,
            "exit code 1: not ready; exit code 1 is fatal, so it is not tried again");
}

TEST(Retries, ADisruptionUsesUpNoAttempt) {
  Scenario s(flaky({{"attempts", 1}}));
  s.answer_pods("one", "a");
  s.pass(at(0));
  s.end_pod("one", "a", 137);
  s.pod("one", "a").reason = "Evicted";
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").state, StepState::Backoff);
  EXPECT_EQ(s.step("one", "a").uncounted, 1);
  EXPECT_EQ(s.workflow.status.message,
            "one/a failed attempt 1 does not count (1 of at most 10), next in 5s (Disrupted): its "
            "pod was ended: Evicted: ");
  s.pass(at(15));
  EXPECT_EQ(s.step("one", "a").attempts, 2);
  EXPECT_EQ(s.step("one", "a").uncounted, 1) << "is kept";
  s.end_pod("one", "a", 1);
  s.pass(at(20));
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed) << "that was its one attempt";
}

TEST(Retries, WithoutRetryADisruptionIsFinal) {
  Scenario s;
  s.pass(at(0));
  s.end_pod("one", "a", 137);
  s.pod("one", "a").reason = "Evicted";
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_EQ(s.step("one", "a").reason, "Disrupted");
}

TEST(Retries, WhatDidNotStartInTimeIsStoppedAndTriedAgain) {
  Scenario s(flaky());
  s.facts[EventsAbout{Scenario::job_uid("one", "a")}] =
      Found<EventsAbout::Answer>(EventsAbout::Answer{});
  s.answer_pods("one", "a");
  s.pass(at(0));
  s.pass(at(900));
  ASSERT_EQ(s.step("one", "a").state, StepState::Ending);
  s.pass(at(901));
  EXPECT_EQ(s.step("one", "a").state, StepState::Backoff);
  EXPECT_EQ(s.step("one", "a").reason, "NotStarted");
  EXPECT_EQ(s.step("one", "a").uncounted, 1);
  s.pass(at(906));
  EXPECT_EQ(s.step("one", "a").attempts, 2);
}

TEST(Rule6Ended, NoOtherAttemptWhileThePodOfAFormerOneMayBeAtWork) {
  Scenario s = failed_once();
  s.answer_pods("one", "a", true);
  s.done.clear();
  s.pass(at(15));
  EXPECT_THAT(s.done, IsEmpty());
  EXPECT_EQ(s.step("one", "a").state, StepState::Backoff);
  EXPECT_EQ(s.step("one", "a").reason, "PodEnding");
  EXPECT_EQ(s.workflow.status.message,
            "one/a waits: waits for pod old-pod of a former attempt to end");
  EXPECT_EQ(s.last.wake, at(20));
  s.answer_pods("one", "a");
  s.pass(at(20));
  EXPECT_THAT(s.done, ElementsAre("job/" + Scenario::job("one", "a", 2)));

  Scenario unknown = failed_once();
  unknown.facts[LivePods{{"one", "a"}}] =
      Found<LivePods::Answer>(tl::unexpected(Unavailable{"down"}));
  unknown.done.clear();
  unknown.pass(at(15));
  EXPECT_THAT(unknown.done, IsEmpty());
  EXPECT_EQ(unknown.last.retry, "down");
}

TEST(Rule3Adopt, TheJobOfANextAttemptIsAdoptedNotRepeated) {
  Scenario s = failed_once();
  s.add_job("one", "a", 2);  // created, then the operator crashed before its status patch
  s.restart();
  s.done.clear();
  s.pass(at(15));
  EXPECT_THAT(s.done, IsEmpty());
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
  EXPECT_EQ(s.step("one", "a").attempts, 2);
}

TEST(Retries, ARefusedAttemptWaitsAndIsTriedAgain) {
  Scenario s = failed_once();
  s.refuse["job/" + Scenario::job("one", "a", 2)] = Refused{"Forbidden", "exceeded quota", true};
  s.pass(at(15));
  EXPECT_EQ(s.step("one", "a").state, StepState::Backoff);
  EXPECT_EQ(s.workflow.status.message, "one/a waits: exceeded quota");
  EXPECT_EQ(s.workflow.status.reason, "LaunchRefused");
  ASSERT_TRUE(s.last.wake);
  s.refuse.clear();
  s.pass(*s.last.wake);
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
}

// What stands in the way of the next attempt is not why the last one failed.
TEST(Retries, WhyTheLastAttemptFailedIsKeptWhileTheNextOneIsKeptBack) {
  Scenario s = failed_once();
  const std::string message = s.step("one", "a").message;
  s.refuse["job/" + Scenario::job("one", "a", 2)] = Refused{"Forbidden", "exceeded quota", true};
  s.pass(at(15));
  s.pass(at(20));
  EXPECT_EQ(s.step("one", "a").reason, "LaunchRefused");
  EXPECT_EQ(s.step("one", "a").last_failure, "ToolFailed: " + message);

  Scenario goes_on = s;
  goes_on.refuse.clear();
  goes_on.pass(at(30));
  EXPECT_EQ(goes_on.step("one", "a").state, StepState::Running);
  EXPECT_EQ(goes_on.step("one", "a").last_failure, "ToolFailed: " + message);
  goes_on.end_container("one", "a", 0);
  goes_on.pass(at(40));
  EXPECT_EQ(goes_on.step("one", "a").last_failure, "");
}

TEST(Retries, ThatEndForAnotherReasonStillSayWhyTheLastAttemptFailed) {
  nlohmann::json spec = flaky();
  spec["phases"][0]["timeout"] = "1m";
  Scenario s(spec);
  s.answer_pods("one", "a");
  s.pass(at(0));
  s.end_pod("one", "a", 7, "connection refused");
  s.pass(at(5));
  s.refuse["job/" + Scenario::job("one", "a", 2)] = Refused{"Forbidden", "exceeded quota", true};
  s.pass(at(30));
  ASSERT_EQ(s.step("one", "a").reason, "LaunchRefused");
  s.pass(at(60));
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_THAT(
      s.step("one", "a").message,
      HasSubstr("its last attempt had failed with ToolFailed: exit code 7: connection refused"));
  EXPECT_EQ(s.step("one", "a").last_failure, "");
}

}  // namespace
}  // namespace bootstrap::testing
