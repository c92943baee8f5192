// Every transition of step_machine.h, by its number.

#include "controllers/step_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controllers/scenario.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using testing::at;
using ::testing::HasSubstr;

PlanStep step() {
  PlanStep s;
  s.ref = {"one", "a"};
  s.definition.start_timeout = 15min;
  return s;
}

StepRecord record(StepState state, std::string reason = "", std::string message = "") {
  StepRecord r;
  r.name = "a";
  r.state = state;
  r.attempts = 1;
  r.job = "job";
  r.job_uid = "job-uid";
  r.start = at(0);
  r.plan = "plan-1";
  r.reason = std::move(reason);
  r.message = std::move(message);
  return r;
}

AttemptView view(Liveness live, std::string reason = "", std::string message = "") {
  AttemptView v;
  v.live = live;
  v.reason = std::move(reason);
  v.message = std::move(message);
  return v;
}

AttemptView ended(bool success, std::string reason = "", std::string message = "") {
  AttemptView v = view(Liveness::Ended);
  v.result = AttemptResult{success, std::move(reason), std::move(message), 0, at(1), at(9), ""};
  if (!success) {
    v.result->exit_code = 3;
    v.result->log_tail = "log";
  }
  return v;
}

constexpr StepState kLive[] = {StepState::Running, StepState::Starting, StepState::Ending};

TEST(Transition1, ALaunchBeginsAFreshRecordOfTheSameStep) {
  StepRecord former = record(StepState::Failed, "ToolFailed", "exit code 3");
  former.exit_code = 3;
  former.completion = at(5);
  former.log_tail = "log";
  const StepRecord r = launched(former, 2, "job-2", "uid-2", "plan-2", at(20));
  EXPECT_EQ(r.name, "a");
  EXPECT_EQ(r.state, StepState::Running);
  EXPECT_EQ(r.attempts, 2);
  EXPECT_EQ(r.job, "job-2");
  EXPECT_EQ(r.job_uid, "uid-2");
  EXPECT_EQ(r.plan, "plan-2");
  EXPECT_EQ(r.start, at(20));
  EXPECT_EQ(r.reason + r.message + r.log_tail, "");
  EXPECT_FALSE(r.exit_code);
  EXPECT_FALSE(r.completion);
}

// An attempt of the run before may have gone on in this one.
TEST(Transition1, TheCommitIsThatOfTheRun) {
  for (const bool same_run : {true, false}) {
    StepRecord record;
    record.source_revision = "c0ffee";
    record.plan = "plan-1";
    const StepRecord next =
        launched(record, 2, "job", "uid", same_run ? "plan-1" : "plan-2", at(0));
    EXPECT_EQ(next.source_revision, same_run ? "c0ffee" : "");
  }
}

TEST(Transition2, NothingRunsAndTheClusterSaysWhy) {
  const StepMove move =
      advance(step(), record(StepState::Running),
              view(Liveness::Starting, "ImagePullFailed", "ErrImagePull"), at(10));
  EXPECT_EQ(move.record.state, StepState::Starting);
  EXPECT_EQ(move.record.reason, "ImagePullFailed");
  EXPECT_EQ(move.record.message, "ErrImagePull");
  EXPECT_FALSE(move.stop);
  EXPECT_EQ(move.wake, at(900));
}

TEST(Transition2, NothingRunsAndNobodySaysWhyIsNoChange) {
  const StepMove move =
      advance(step(), record(StepState::Running), view(Liveness::Starting), at(10));
  EXPECT_EQ(move.record.state, StepState::Running);
  EXPECT_EQ(move.record.reason, "");
}

TEST(Transition2, TheMessageOfOneTroubleIsWrittenOnce) {
  const StepMove move =
      advance(step(), record(StepState::Starting, "ImagePullFailed", "ErrImagePull"),
              view(Liveness::Starting, "ImagePullFailed", "ImagePullBackOff"), at(10));
  EXPECT_EQ(move.record.message, "ErrImagePull");
  const StepMove other =
      advance(step(), record(StepState::Starting, "ImagePullFailed", "ErrImagePull"),
              view(Liveness::Starting, "Unschedulable", std::string(1000, 'x')), at(10));
  EXPECT_EQ(other.record.reason, "Unschedulable");
  EXPECT_EQ(other.record.message.size(), 512U);
}

TEST(Transition2, WakesForTheEarlierOfTheNextLookAndTheDeadline) {
  AttemptView v = view(Liveness::Starting);
  v.look_again = at(40);
  EXPECT_EQ(advance(step(), record(StepState::Running), v, at(20)).wake, at(40));
  v.look_again = at(1280);
  EXPECT_EQ(advance(step(), record(StepState::Running), v, at(640)).wake, at(900));
}

TEST(Transition3, ItRuns) {
  for (const StepState from : {StepState::Starting, StepState::Running}) {
    const StepMove move =
        advance(step(), record(from, "ImagePullFailed", "x"), view(Liveness::Running), at(10));
    EXPECT_EQ(move.record.state, StepState::Running);
    EXPECT_EQ(move.record.reason + move.record.message, "");
    EXPECT_FALSE(move.stop);
    EXPECT_FALSE(move.wake);
  }
  EXPECT_EQ(advance(step(), record(StepState::Starting, "Unschedulable", "x"),
                    view(Liveness::Starting), at(10))
                .record.state,
            StepState::Running)
      << "nobody says any more why it does not";
}

TEST(Transition3, StaysWhileItCannotBeSaidToHaveEnded) {
  AttemptView v = view(Liveness::Ending, "NodeLost", "node n does not answer");
  v.look_again = at(130);
  const StepMove move = advance(step(), record(StepState::Running), v, at(1000));
  EXPECT_EQ(move.record.state, StepState::Running);
  EXPECT_EQ(move.record.reason, "NodeLost");
  EXPECT_EQ(move.wake, at(130));
  EXPECT_FALSE(move.record.completion);
}

TEST(Transition3, TimeOfARunIsNoTimeOfTheStart) {
  const StepMove move =
      advance(step(), record(StepState::Running), view(Liveness::Running), at(100'000));
  EXPECT_EQ(move.record.state, StepState::Running);
  EXPECT_FALSE(move.stop);
}

TEST(Transition4, Success) {
  for (const StepState from : kLive) {
    const StepMove move = advance(step(), record(from, "NotStarted", "x"), ended(true), at(10));
    EXPECT_EQ(move.record.state, StepState::Succeeded) << to_text(from);
    EXPECT_EQ(move.record.reason + move.record.message, "") << to_text(from);
    EXPECT_EQ(move.record.exit_code, 0);
    EXPECT_EQ(move.record.start, at(1)) << "of the tool's container";
    EXPECT_EQ(move.record.completion, at(9));
    EXPECT_EQ(move.record.job_uid, "job-uid");
    EXPECT_FALSE(move.stop);
    EXPECT_FALSE(move.wake);
  }
}

TEST(Transition5, Failure) {
  for (const StepState from : {StepState::Running, StepState::Starting}) {
    const StepMove move = advance(step(), record(from, "ImagePullFailed", "x"),
                                  ended(false, "ToolFailed", "exit code 3"), at(10));
    EXPECT_EQ(move.record.state, StepState::Failed);
    EXPECT_EQ(move.record.reason, "ToolFailed");
    EXPECT_EQ(move.record.message, "exit code 3");
    EXPECT_EQ(move.record.exit_code, 3);
    EXPECT_EQ(move.record.log_tail, "log");
    EXPECT_EQ(move.record.completion, at(9));
    EXPECT_FALSE(move.stop);
  }
}

TEST(Transition5, WithoutTimesOfTheContainerTheseAreKnown) {
  AttemptView v = ended(false, "JobDeleted", "x");
  v.result->started = v.result->finished = std::nullopt;
  const StepMove move = advance(step(), record(StepState::Running), v, at(10));
  EXPECT_EQ(move.record.start, at(0)) << "of the launch";
  EXPECT_EQ(move.record.completion, at(10));
}

TEST(Transition6, WhatDidNotStartInTimeIsStopped) {
  EXPECT_FALSE(
      advance(step(), record(StepState::Running), view(Liveness::Starting), at(900) - 1ms).stop);
  for (const StepState from : {StepState::Running, StepState::Starting}) {
    const StepMove move = advance(step(), record(from), view(Liveness::Starting), at(900));
    EXPECT_EQ(move.record.state, StepState::Ending);
    EXPECT_EQ(move.record.reason, "NotStarted");
    EXPECT_EQ(move.record.message, "did not start within 15m0s");
    EXPECT_TRUE(move.stop);
    EXPECT_FALSE(move.record.completion) << "it has not ended";
  }
}

TEST(Transition6, SaysWhatWasInTheWay) {
  const auto message = [](const StepRecord& from, const AttemptView& v) {
    return advance(step(), from, v, at(900)).record.message;
  };
  EXPECT_EQ(message(record(StepState::Running), view(Liveness::Starting, "X", "no node")),
            "did not start within 15m0s: no node");
  EXPECT_EQ(message(record(StepState::Starting, "X", "quota"), view(Liveness::Starting)),
            "did not start within 15m0s: quota");
}

TEST(Transition6, WhatIsBeingStoppedIsStoppedAgainUntilItHasEnded) {
  for (const Liveness live : {Liveness::Starting, Liveness::Running, Liveness::Ending}) {
    AttemptView v = view(live, "PodEnding", "waits for pod p");
    v.look_again = at(1005);
    const StepMove move =
        advance(step(), record(StepState::Ending, "NotStarted", "too late"), v, at(1000));
    EXPECT_EQ(move.record.state, StepState::Ending);
    EXPECT_EQ(move.record.reason, "NotStarted");
    EXPECT_EQ(move.record.message, "too late");
    EXPECT_TRUE(move.stop);
    EXPECT_EQ(move.wake, at(1005));
  }
}

TEST(Transition7, WhatWasStoppedFailsForTheReasonItWasStoppedFor) {
  const StepMove move = advance(step(), record(StepState::Ending, "NotStarted", "too late"),
                                ended(false, "Disrupted", "its pod was deleted"), at(10));
  EXPECT_EQ(move.record.state, StepState::Failed);
  EXPECT_EQ(move.record.reason, "NotStarted");
  EXPECT_EQ(move.record.message, "too late");
  EXPECT_EQ(move.record.exit_code, 3) << "the last container status is kept";
  EXPECT_EQ(move.record.completion, at(9));
  EXPECT_FALSE(move.stop);
}

TEST(Transition8, WhatCanNeverBeLaunchedFailsAndKeepsItsNumber) {
  StepRecord pending;
  pending.name = "a";
  const StepRecord r = never_launched(pending, "NameTaken", std::string(1000, 'x'), at(10));
  EXPECT_EQ(r.state, StepState::Failed);
  EXPECT_EQ(r.reason, "NameTaken");
  EXPECT_EQ(r.message.size(), 512U);
  EXPECT_EQ(r.completion, at(10));
  EXPECT_EQ(r.attempts, 0);
  EXPECT_EQ(r.job_uid, "");
}

TEST(StepMachine, LaunchedIsWhatHasAJobThatHasNotEnded) {
  for (const StepState state : kLive) EXPECT_TRUE(is_launched(state)) << to_text(state);
  for (const StepState state : {StepState::Pending, StepState::Succeeded, StepState::Failed})
    EXPECT_FALSE(is_launched(state)) << to_text(state);
}

}  // namespace
}  // namespace bootstrap
