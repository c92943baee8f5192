#include <gtest/gtest.h>

#include "controllers/limits.h"
#include "controllers/status_summary.h"
#include "tests/unit/controllers/specs.h"
#include "tests/unit/controllers/statuses.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using namespace testing_specs;
using namespace testing_statuses;

std::string told(const Transition& t) {
  return std::string(t.event ? t.warning ? "warning " : "event " : "log ") + t.reason + ": " +
         t.message;
}

std::vector<std::string> told(const Status& before, const Status& after) {
  Workflow workflow;
  workflow.meta = workflow_meta();
  std::vector<std::string> all;
  for (const Transition& t : transitions_between(before, after, workflow)) all.push_back(told(t));
  return all;
}

TEST(TransitionsBetween, NothingHappenedNothingIsTold) {
  EXPECT_TRUE(told(Status{}, Status{}).empty());
  const Status status = summarized(running({step("a", kRunning)}));
  EXPECT_TRUE(told(status, status).empty());
}

// What metrics count: each end of an attempt once, and each end of a step.
TEST(TransitionsBetween, SayWhichAttemptsHaveEnded) {
  const auto counted = [](const StepRecord& before, const StepRecord& after) {
    Workflow workflow;
    workflow.meta = workflow_meta();
    std::string text;
    for (const Transition& t : transitions_between(running({before}), running({after}), workflow))
      if (t.step) text += t.attempt + (t.ends ? " ends" : "");
    return text;
  };
  StepRecord backoff = step("a", StepState::Backoff, "ToolFailed", "exit code 3");
  backoff.next_retry = backoff.start = TimePoint(100s);
  StepRecord refused = backoff;
  refused.reason = "LaunchRefused";
  StepRecord failed = step("a", StepState::Failed, "ToolFailed", "exit code 3");
  failed.start = TimePoint(100s);
  StepRecord unbegun = failed;
  unbegun.start.reset();
  StepRecord not_retried = failed;
  not_retried.reason = "NotRetried";
  StepRecord succeeded = step("a", StepState::Succeeded);
  succeeded.start = TimePoint(100s);
  EXPECT_EQ(counted(step("a", kRunning), backoff), "ToolFailed");
  EXPECT_EQ(counted(backoff, refused), "") << "it was counted before";
  EXPECT_EQ(counted(backoff, not_retried), " ends") << "so was this one";
  EXPECT_EQ(counted(step("a", kRunning), failed), "ToolFailed ends");
  EXPECT_EQ(counted(step("a", kPending), unbegun), " ends") << "it had no attempt";
  EXPECT_EQ(counted(step("a", kRunning), succeeded), "Succeeded ends");
  EXPECT_EQ(counted(step("a", kPending), step("a", kRunning)), "");
}

TEST(TransitionsBetween, OfStepsThatChange) {
  struct Row {
    const char* what;
    StepRecord before;
    StepRecord after;
    std::vector<std::string> expected;
  };
  StepRecord reworded = step("a", kStarting, "ImagePullFailed", "ImagePullBackOff: y");
  const std::vector<Row> rows{
      {"launched",
       step("a", kPending),
       step("a", kRunning),
       {"log StepLaunched: p/a was launched as Job job-a"}},
      {"launched into trouble",
       step("a", kPending),
       step("a", kStarting, "PodRefused", "exceeded quota"),
       {"warning PodRefused: p/a is starting, but nothing runs yet: exceeded quota"}},
      {"a new trouble",
       step("a", kRunning),
       step("a", kStarting, "ImagePullFailed", "x"),
       {"warning ImagePullFailed: p/a is starting, but nothing runs yet: x"}},
      {"the same trouble in other words",
       step("a", kStarting, "ImagePullFailed", "ErrImagePull: x"),
       reworded,
       {}},
      {"trouble that is over",
       step("a", kStarting, "ImagePullFailed", "x"),
       step("a", kRunning),
       {}},
      {"waits to be launched",
       step("a", kPending),
       step("a", kPending, "LaunchRefused", "quota"),
       {"warning LaunchRefused: p/a waits: quota"}},
      {"is stopped",
       step("a", kStarting),
       step("a", kEnding, "NotStarted", "did not start"),
       {"warning NotStarted: p/a is being stopped: did not start"}},
      {"its child is suspended, which the child itself says",
       step("a", kRunning, "ChildRunning", "runs workflow c"),
       step("a", kRunning, "ChildSuspended", "runs workflow c"),
       {"log ChildSuspended: p/a runs workflow c"}},
      {"succeeded",
       step("a", kRunning),
       step("a", kSucceeded),
       {"event StepSucceeded: p/a succeeded after 30s"}},
      {"failed",
       step("a", kRunning),
       step("a", kFailed, "ToolFailed", "exit code 3"),
       {"warning StepFailed: p/a failed after 30s (ToolFailed): exit code 3"}},
      {"launched and ended between two looks",
       step("a", kPending),
       step("a", kSucceeded),
       {"event StepSucceeded: p/a succeeded after 30s"}},
  };
  for (const Row& row : rows)
    EXPECT_EQ(told(running({row.before}), running({row.after})), row.expected) << row.what;
}

TEST(TransitionsBetween, OfTheWorkflow) {
  const Status nothing;
  Status started = summarized(running({step("a", kRunning), step("b", kPending)}));
  EXPECT_EQ(told(nothing, started),
            (std::vector<std::string>{"event WorkflowStarted: run 1 started: 2 steps",
                                      "log StepLaunched: p/a was launched as Job job-a"}));

  // The end comes last.
  Status one = summarized(running({step("a", kRunning)}));
  EXPECT_EQ(told(one, summarized(running({step("a", kSucceeded)}))),
            (std::vector<std::string>{"event StepSucceeded: p/a succeeded after 30s",
                                      "event WorkflowSucceeded: its step succeeded in 1m30s"}));
  StepRecord failed = step("a", kFailed, "JobInvalid", "no");
  failed.job.clear();
  EXPECT_EQ(told(one, summarized(running({failed}))),
            (std::vector<std::string>{"warning StepFailed: p/a failed after 30s (JobInvalid): no",
                                      "warning WorkflowFailed: p/a failed (JobInvalid): no; to "
                                      "resume: kubectl patch bwf full-setup -n bootstrap --type "
                                      "merge -p '{\"spec\":{\"resume\":{\"run\":2}}}'"}));

  Status invalid;
  hold(invalid, {WorkflowState::Invalid, "InvalidSpec", "the spec cannot run: x"}, 1, kNow);
  EXPECT_EQ(told(nothing, invalid),
            (std::vector<std::string>{"warning WorkflowInvalid: the spec cannot run: x"}));
  Status restored;
  hold(restored, {WorkflowState::Suspended, "Restored", "restored"}, 1, kNow);
  EXPECT_EQ(told(nothing, restored), (std::vector<std::string>{"event Restored: restored"}));
  Status waits;
  hold(waits, {WorkflowState::Pending, "PreviousRunTerminating", "waits"}, 1, kNow);
  EXPECT_EQ(told(nothing, waits),
            (std::vector<std::string>{"event PreviousRunTerminating: waits"}));
}

TEST(TransitionsBetween, ARunThatCannotBeginOrGoOnSaysEachNewReason) {
  const auto held = [](Status status, WorkflowState state, const char* reason) {
    hold(status, {state, reason, "x"}, 1, kNow);
    return status;
  };
  const Status waits = held({}, WorkflowState::Pending, "TemplateNotFound");
  EXPECT_EQ(told(waits, held({}, WorkflowState::Pending, "WaitingForLock")),
            (std::vector<std::string>{"event WaitingForLock: x"}));
  Status reworded = waits;
  reworded.message = "y";
  EXPECT_TRUE(told(waits, reworded).empty());
  const Status runs = summarized(running({step("a", kRunning)}));
  const Status missing = held(runs, WorkflowState::Running, "PlanMissing");
  EXPECT_EQ(told(runs, missing), (std::vector<std::string>{"warning PlanMissing: x"}));
  EXPECT_EQ(told(missing, held(runs, WorkflowState::Running, "PlanUnreadable")),
            (std::vector<std::string>{"warning PlanUnreadable: x"}));
}

// What a tool has printed, what people are asked and answer, what a note was made of: it is for
// those who may read the workflow.
TEST(TransitionsBetween, NoWordOfToolsAndPeopleIsForTheLog) {
  Workflow workflow;
  workflow.meta = workflow_meta();
  int lines = 0;
  const auto check = [&](const Status& before, const Status& after) {
    for (const Transition& t : transitions_between(before, after, workflow)) {
      const std::string& line = t.log.empty() ? t.message : t.log;
      EXPECT_EQ(line.find("marked"), std::string::npos) << line;
      ++lines;
    }
  };
  for (const StepState state :
       {StepState::Starting, StepState::Running, StepState::Waiting, StepState::Backoff,
        StepState::Ending, StepState::Succeeded, StepState::Failed, StepState::Skipped,
        StepState::Cancelled, StepState::Removed})
    for (const char* reason : {"ToolFailed", "WaitingForResource", "AnswerRefused"}) {
      StepRecord after = step("a", state, reason, "marked");
      after.log_tail = "marked";
      after.next_retry = kNow;
      check(running({step("a", kPending)}), running({after}));
    }
  EXPECT_EQ(lines, 30);
  for (const WorkflowState state :
       {WorkflowState::Pending, WorkflowState::Running, WorkflowState::Waiting,
        WorkflowState::Suspended, WorkflowState::Succeeded, WorkflowState::Failed,
        WorkflowState::Cancelled, WorkflowState::Invalid}) {
    Status after;
    hold(after, {state, "Reason", "marked"}, 1, kNow);
    check({}, after);
  }
  EXPECT_EQ(lines, 38);
}

TEST(TransitionsBetween, AStepThatEndedSaysHowLongItTook) {
  Workflow workflow;
  const auto all = transitions_between(running({step("a", kRunning)}),
                                       running({step("a", kSucceeded)}), workflow);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].took, 30s);
  EXPECT_EQ(all[0].step, (StepRef{"p", "a"}));
  EXPECT_EQ(all[0].state, "Succeeded");
}

// --- history ---

TEST(History, KeepsTheNewestEntries) {
  Status status;
  status.run = 2;
  Transition t;
  t.state = "Running";
  for (int i = 0; i < 60; ++i) {
    t.reason = "R" + std::to_string(i);
    t.step = i % 2 == 0 ? std::optional(StepRef{"p", "s"}) : std::nullopt;
    remember(status, {t}, kNow);
  }
  ASSERT_EQ(status.history.size(), limits::kHistory);
  EXPECT_EQ(status.history.front().reason, "R10");
  EXPECT_EQ(status.history.back().reason, "R59");
  EXPECT_EQ(status.history.back().step, "");
  EXPECT_EQ(status.history.front().step, "p/s");
  EXPECT_EQ(status.history.back().run, 2);
  EXPECT_EQ(status.history.back().time, kNow);
  EXPECT_EQ(status.history.back().state, "Running");
}

}  // namespace
}  // namespace bootstrap
