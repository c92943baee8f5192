// Why an attempt failed: from its pod, and from its Job when the pod is gone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/job_attempt.h"
#include "tests/unit/controllers/one_attempt.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using namespace testing;

// --- why it failed ---

// The kubelet's word on a container that it cannot find.
constexpr const char* kLost = "The container could not be located when the pod was terminated";

struct FailureRow {
  const char* what;
  Change change;
  const char* reason;
  const char* message;
  std::optional<int> exit_code;
  const char* log_tail = "";
};

void expect_failures(const std::vector<FailureRow>& rows) {
  for (const FailureRow& row : rows) {
    Attempt a;
    row.change(a);
    const AttemptView view = a.view();
    ASSERT_EQ(view.live, Liveness::Ended) << row.what;
    EXPECT_FALSE(view.result->success) << row.what;
    EXPECT_EQ(view.result->reason, row.reason) << row.what;
    EXPECT_EQ(view.result->message, row.message) << row.what;
    EXPECT_EQ(view.result->exit_code, row.exit_code) << row.what;
    EXPECT_EQ(view.result->log_tail, row.log_tail) << row.what;
  }
}

TEST(JobAttempt, SaysWhyThePodFailed) {
  expect_failures({
      {"the tool, with a log",
       [](Attempt& a) { a.add_pod("Failed", {ended(3, "connecting\n no route \n\n")}); },
       "ToolFailed", "exit code 3: no route", 3, "connecting\n no route \n\n"},
      {"the tool, without a log", [](Attempt& a) { a.add_pod("Failed", {ended(1)}); }, "ToolFailed",
       "exit code 1", 1},
      {"a tool that ended itself by SIGTERM", [](Attempt& a) { a.add_pod("Failed", {ended(143)}); },
       "ToolFailed", "exit code 143", 143},
      {"a container beside the tool",
       [](Attempt& a) {
         a.add_pod("Failed", {ended(0), ended(2, "", "", "proxy")});
       },
       "ToolFailed", "its container proxy failed with exit code 2", 0},
      {"memory", [](Attempt& a) { a.add_pod("Failed", {ended(137, "working\n", "OOMKilled")}); },
       "OOMKilled", "was killed because it used more memory than its limit", 137, "working\n"},
      {"memory, and the node did not notice",
       [](Attempt& a) { a.add_pod("Failed", {ended(137, "working\n", "Error")}); }, "ToolFailed",
       "exit code 137 (SIGKILL, often for memory): working", 137, "working\n"},
      {"a container that its node has lost",
       [](Attempt& a) { a.add_pod("Failed", {ended(137, kLost, "ContainerStatusUnknown")}); },
       "Disrupted", "how it ended is not known: its node has lost its container", std::nullopt},
      {"no such file",
       [](Attempt& a) {
         a.add_pod("Failed",
                   {ended(128, "failed to start\nexec: \"/x\": not found", "StartError")});
       },
       "StartError", "could not be started: exec: \"/x\": not found", 128},
      {"no such file, as runc says it",
       [](Attempt& a) {
         a.add_pod("Failed",
                   {ended(128,
                          "failed to create containerd task: runc create failed: unable to start "
                          "container process: exec: \"x\": executable file not found in $PATH: "
                          "unknown",
                          "StartError")});
       },
       "StartError", "could not be started: exec: \"x\": executable file not found in $PATH", 128},
      {"no such file, as CRI-O says it",
       [](Attempt& a) { a.add_pod("Failed", {ended(127, "no such file", "ContainerCannotRun")}); },
       "StartError", "could not be started: no such file", 127},
      {"no tool ran", [](Attempt& a) { a.add_pod("Failed", {waiting("PodInitializing")}); },
       "Disrupted", "its pod failed before the tool ran", std::nullopt},
      {"no status of the tool", [](Attempt& a) { a.add_pod("Failed", {}); }, "Disrupted",
       "its pod failed before the tool ran", std::nullopt},
  });
}

TEST(JobAttempt, SaysWhoEndedThePod) {
  expect_failures({
      {"the deadline, SIGTERM",
       [](Attempt& a) { a.add_pod("Failed", {ended(143)}).reason = "DeadlineExceeded"; },
       "TimedOut", "did not end within its timeout of 2h0m0s", 143},
      {"the deadline, SIGKILL",
       [](Attempt& a) { a.add_pod("Failed", {ended(137)}).reason = "DeadlineExceeded"; },
       "TimedOut", "did not end within its timeout of 2h0m0s", 137},
      {"the deadline, exit 0 on its signal",
       [](Attempt& a) { a.add_pod("Failed", {ended(0)}).reason = "DeadlineExceeded"; }, "TimedOut",
       "did not end within its timeout of 2h0m0s", 0},
      {"the deadline, nothing ran",
       [](Attempt& a) { a.add_pod("Failed", {}).reason = "DeadlineExceeded"; }, "TimedOut",
       "did not end within its timeout of 2h0m0s", std::nullopt},
      {"a drain",
       [](Attempt& a) {
         a.add_pod("Failed", {ended(143)}).conditions = {
             {"DisruptionTarget", "True", "EvictionByEvictionAPI", "Eviction API: evicting"}};
       },
       "Disrupted", "its pod was disrupted: Eviction API: evicting", 143},
      {"a disruption that did not come to pass",
       [](Attempt& a) {
         a.add_pod("Failed", {ended(3)}).conditions = {{"DisruptionTarget", "False", "x", "y"}};
       },
       "ToolFailed", "exit code 3", 3},
      {"the kubelet, out of disk",
       [](Attempt& a) {
         PodView& pod = a.add_pod("Failed", {ended(137)});
         pod.reason = "Evicted";
         pod.message = "The node was low on resource: ephemeral-storage.";
       },
       "Disrupted", "its pod was ended: Evicted: The node was low on resource: ephemeral-storage.",
       137},
      {"the kubelet at admission",
       [](Attempt& a) {
         PodView& pod = a.add_pod("Failed", {});
         pod.reason = "UnexpectedAdmissionError";
         pod.message = "no devices";
       },
       "Disrupted", "its pod was ended: UnexpectedAdmissionError: no devices", std::nullopt},
      {"somebody deleted the pod",
       [](Attempt& a) { a.add_pod("Failed", {ended(143)}).meta.deletion = at(5); }, "Disrupted",
       "its pod was deleted while it ran", 143},
      {"somebody deleted the Job",
       [](Attempt& a) {
         a.add_pod("Failed", {ended(137)}).meta.deletion = at(5);
         a.job = nullptr;
       },
       "JobDeleted", "its Job was deleted while it ran", 137},
      {"deleted, but the tool had failed by itself",
       [](Attempt& a) { a.add_pod("Failed", {ended(3)}).meta.deletion = at(5); }, "ToolFailed",
       "exit code 3", 3},
      {"the operator, for it did not start",
       [](Attempt& a) {
         a.add_pod("Failed", {ended(137)}).meta.deletion = at(5);
         a.job->suspended = true;
         a.job->stop.reason = "NotStarted";
       },
       "NotStarted", "did not start within 15m0s", std::nullopt},
      {"the operator, for the timeout of its phase, and there was no container yet",
       [](Attempt& a) {
         a.add_pod("Failed", {ended(137, kLost, "ContainerStatusUnknown")}).meta.deletion = at(5);
         a.job->suspended = true;
         a.job->stop.reason = "PhaseTimedOut";
       },
       "PhaseTimedOut", "its phase did not end within its timeout", std::nullopt},
      {"the operator, before anything ran",
       [](Attempt& a) {
         a.add_pod("Failed", {}).meta.deletion = at(5);
         a.job->suspended = true;
         a.job->stop.reason = "JobSuspended";
       },
       "JobSuspended", "its Job job was stopped", std::nullopt},
  });
}

TEST(JobAttempt, KeepsOnlyTheEndOfALongLog) {
  Attempt a;
  a.add_pod("Failed", {ended(1, std::string(5000, 'x') + "\nthe end")});
  const AttemptView view = a.view();
  EXPECT_EQ(view.result->log_tail.size(), 2048U);
  EXPECT_EQ(view.result->message, "exit code 1: the end");
}

TEST(JobAttempt, TheTimesOfAFailureAreTheContainers) {
  Attempt a;
  a.add_pod("Failed", {ended(1)});
  EXPECT_EQ(a.view().result->started, at(1));
  EXPECT_EQ(a.view().result->finished, at(9));
  Attempt none;
  none.add_pod("Failed", {});
  EXPECT_FALSE(none.view().result->started);
  EXPECT_FALSE(none.view().result->finished);
}

// --- the pod is gone, the Job says how it was ---

TEST(JobAttempt, TheJobsConditionCountsWhenThePodIsGone) {
  expect_failures({
      {"exit code",
       [](Attempt& a) {
         condition(a, "Failed",
                   "Container main for pod ns/p failed with exit code 42 matching FailJob rule at "
                   "index 1",
                   "PodFailurePolicy");
       },
       "ToolFailed", "exit code 42; its pod and log are gone", 42},
      {"disruption",
       [](Attempt& a) {
         condition(a, "Failed",
                   "Pod ns/p has condition DisruptionTarget matching FailJob rule at index 0",
                   "PodFailurePolicy");
       },
       "Disrupted", "Pod ns/p has condition DisruptionTarget matching FailJob rule at index 0",
       std::nullopt},
      {"exit code that is no number",
       [](Attempt& a) { condition(a, "Failed", "failed with exit code ?", "PodFailurePolicy"); },
       "JobFailed", "failed with exit code ?", std::nullopt},
      {"anything else",
       [](Attempt& a) {
         condition(a, "Failed", "Job has reached the specified backoff limit",
                   "BackoffLimitExceeded");
       },
       "JobFailed", "Job has reached the specified backoff limit", std::nullopt},
      {"only a reason", [](Attempt& a) { condition(a, "Failed", "", "BackoffLimitExceeded"); },
       "JobFailed", "BackoffLimitExceeded", std::nullopt},
  });
}

TEST(JobAttempt, ACompleteJobWithoutAPodHasSucceeded) {
  Attempt a;
  condition(a, "Complete");
  const AttemptView view = a.view();
  ASSERT_EQ(view.live, Liveness::Ended);
  EXPECT_TRUE(view.result->success);
  EXPECT_EQ(view.result->exit_code, 0);
}

TEST(JobAttempt, ConditionsThatAreNotTrueSayNothing) {
  for (const char* type : {"Failed", "Complete"}) {
    Attempt a;
    a.job->conditions = {{type, "False", "x", "y"}};
    EXPECT_EQ(a.view(at(1)).live, Liveness::Starting) << type;
  }
}

TEST(JobAttempt, TheJobSaysNothingWhileAPodOfItRuns) {
  for (const char* type : {"Failed", "Complete", "FailureTarget", "SuccessCriteriaMet"}) {
    Attempt a;
    a.add_pod("Running", {running()});
    condition(a, type);
    EXPECT_EQ(a.view().live, Liveness::Running) << type;
  }
}

}  // namespace
}  // namespace bootstrap
