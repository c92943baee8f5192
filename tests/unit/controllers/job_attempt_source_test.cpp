// What an attempt gives besides its result: outputs, and the commit of its source.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controllers/one_attempt.h"

namespace bootstrap {
namespace {

using namespace testing;
using ::testing::HasSubstr;

TEST(JobAttempt, ASuccessWhosePodIsGoneSaysThatItsOutputsAre) {
  Attempt a;
  condition(a, "Complete");
  const AttemptView view = a.view();
  EXPECT_TRUE(view.result->success);
  EXPECT_EQ(view.result->reason, "PodGone");
  EXPECT_EQ(view.result->outputs, Outputs{});
}

ContainerView clone(ContainerState state, int exit_code = 0, std::string message = "") {
  ContainerView c = ended(exit_code, std::move(message), "", "source");
  c.state = state;
  return c;
}

// A clone takes its time; it is no start that is late.
TEST(JobAttempt, ACloneAtWorkIsTheAttemptAtWork) {
  Attempt a;
  PodView& pod = a.add_pod("Pending", {waiting("PodInitializing")});
  pod.init_containers = {clone(ContainerState::Waiting)};
  EXPECT_EQ(a.view().live, Liveness::Starting);
  EXPECT_FALSE(a.view().waits_since);
  pod.init_containers = {clone(ContainerState::Running)};
  EXPECT_EQ(a.view().live, Liveness::Running);
  EXPECT_EQ(a.view().source_revision, "");
  pod.init_containers = {clone(ContainerState::Terminated, 0, "commit=" + std::string(40, 'a'))};
  const AttemptView view = a.view();
  EXPECT_EQ(view.live, Liveness::Starting) << "the tool's image may still be missing";
  EXPECT_EQ(view.waits_since, at(9));
  EXPECT_EQ(view.source_revision, std::string(40, 'a'));
}

// Whoever comes next must clone the same commit, and nobody else will tell it any more.
TEST(JobAttempt, ThePodThatNoWatchHasShownTellsItsCommitToo) {
  for (const int exit_code : {0, 3}) {
    Attempt a;
    condition(a, exit_code == 0 ? "Complete" : "Failed", "");
    PodView pod = Attempt::make_pod(exit_code == 0 ? "Succeeded" : "Failed", {ended(exit_code)});
    pod.init_containers = {clone(ContainerState::Terminated, 0, "commit=" + std::string(40, 'a'))};
    a.live_pods({pod});
    const AttemptView view = a.view();
    ASSERT_EQ(view.live, Liveness::Ended);
    EXPECT_EQ(view.result->success, exit_code == 0);
    EXPECT_EQ(view.source_revision, std::string(40, 'a'));
  }
}

TEST(JobAttempt, AFailedCloneIsTheSourcesFailure) {
  struct Row {
    std::string message;
    const char* says;
  };
  for (const Row& row : {Row{"cannot read x: fatal: no\n",
                             "cannot read x: fatal: no; all of it: kubectl logs job/job -c source"},
                         Row{"", "its source could not be fetched, exit code 1; all of it: "}}) {
    Attempt a;
    a.add_pod("Failed", {waiting("PodInitializing")}).init_containers = {
        clone(ContainerState::Terminated, 1, row.message)};
    const AttemptView view = a.view();
    ASSERT_EQ(view.live, Liveness::Ended);
    EXPECT_EQ(view.result->reason, "SourceFailed");
    EXPECT_THAT(view.result->message, HasSubstr(row.says));
    EXPECT_FALSE(view.result->exit_code) << "the tool never ran";
    EXPECT_EQ(view.source_revision, "");
  }
}

TEST(JobAttempt, WhatElseEndsACloneIsNotTheSourcesFailure) {
  const std::vector<std::pair<Change, const char*>> rows{
      {[](Attempt& a) { a.pods[0]->reason = "DeadlineExceeded"; }, "TimedOut"},
      {[](Attempt& a) { a.pods[0]->reason = "Evicted"; }, "Disrupted"},
      {[](Attempt& a) { a.pods[0]->meta.deletion = at(5); }, "Disrupted"},
      {[](Attempt& a) { a.pods[0]->init_containers[0].name = "proxy"; }, "StartError"}};
  for (const auto& [change, reason] : rows) {
    Attempt a;
    a.add_pod("Failed", {waiting("PodInitializing")}).init_containers = {
        clone(ContainerState::Terminated, 137)};
    change(a);
    EXPECT_EQ(a.view().result->reason, reason);
  }
}

TEST(JobAttempt, TheJobRemembersThatTheCloneFailed) {
  Attempt a;
  condition(
      a, "Failed",
      "Container source for pod ns/p failed with exit code 1 matching FailJob rule at index 2");
  EXPECT_EQ(a.view().result->reason, "SourceFailed");
  EXPECT_EQ(a.view().result->message,
            "its source could not be fetched, exit code 1; its pod and log are gone");
}

TEST(JobAttempt, OutputsCountOnSuccessOnly) {
  struct Row {
    int exit_code;
    std::string message;
    bool success;
    const char* reason;
    const char* says;
    Outputs outputs;
    const char* log_tail;
  };
  for (const Row& row :
       {Row{0, "", true, "", "", {}, ""},
        Row{0, "a=1\nb=2\n", true, "", "", {{"a", "1"}, {"b", "2"}}, ""},
        Row{0, "a=1\nnonsense\n", false, "OutputsInvalid", "line 2 ", {}, ""},
        Row{0, std::string(4096, 'x'), false, "OutputsTooLarge", "at least 4096 bytes", {}, ""},
        Row{3,
            "a=1\n",
            false,
            "ToolFailed",
            "exit code 3 after it had written outputs; why is in its log only: kubectl logs -n ns "
            "job/job",
            {},
            ""},
        Row{3,
            "a=1\nno such cluster\n",
            false,
            "ToolFailed",
            "exit code 3: no such cluster",
            {},
            "a=1\nno such cluster\n"},
        Row{3,
            "level=error msg=refused\n",
            false,
            "ToolFailed",
            "exit code 3: level=error msg=refused",
            {},
            "level=error msg=refused\n"}}) {
    Attempt a;
    a.add_pod(row.exit_code == 0 ? "Succeeded" : "Failed", {ended(row.exit_code, row.message)})
        .meta.ns = "ns";
    const AttemptView view = a.view();
    ASSERT_TRUE(view.result) << row.message;
    EXPECT_EQ(view.result->success, row.success) << row.message;
    EXPECT_EQ(view.result->reason, row.reason) << row.message;
    EXPECT_THAT(view.result->message, HasSubstr(row.says)) << row.message;
    EXPECT_EQ(view.result->outputs, row.outputs) << row.message;
    EXPECT_EQ(view.result->log_tail, row.log_tail) << row.message;
    EXPECT_EQ(view.result->exit_code, row.exit_code) << row.message;
  }
}

}  // namespace
}  // namespace bootstrap
