// Every view there is of an attempt that is a Job with one pod.

#include "controllers/job_attempt.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controllers/scenario.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using testing::at;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ContainerView waiting(std::string reason = "ContainerCreating", std::string message = "") {
  ContainerView c;
  c.name = "main";
  c.reason = std::move(reason);
  c.message = std::move(message);
  return c;
}
ContainerView running(std::string name = "main") {
  ContainerView c;
  c.name = std::move(name);
  c.state = ContainerState::Running;
  return c;
}
ContainerView ended(int exit_code, std::string log = "", std::string reason = "",
                    std::string name = "main") {
  ContainerView c;
  c.name = std::move(name);
  c.state = ContainerState::Terminated;
  c.exit_code = exit_code;
  c.message = std::move(log);
  c.reason = std::move(reason);
  c.started = at(1);
  c.finished = at(9);
  return c;
}

// One attempt and what was observed of it; changed by each test as it needs.
struct Attempt {
  Attempt() {
    step.ref = {"one", "a"};
    step.definition.timeout = 2h;
    step.definition.start_timeout = 15min;
    record.name = "a";
    record.state = StepState::Running;
    record.attempts = 1;
    record.job = "job";
    record.job_uid = "job-uid";
    job = std::make_shared<JobView>();
    job->meta.name = "job";
    job->meta.uid = "job-uid";
    job->meta.creation = at(0);
  }
  PodView& add_pod(std::string phase, std::vector<ContainerView> containers) {
    auto pod = std::make_shared<PodView>(make_pod(std::move(phase), std::move(containers)));
    pods.push_back(pod);
    return *pod;
  }
  static PodView make_pod(std::string phase, std::vector<ContainerView> containers) {
    PodView pod;
    pod.meta.name = "pod";
    pod.meta.uid = "pod-uid";
    pod.meta.controller_uid = "job-uid";
    pod.meta.creation = at(0);
    pod.node = "node-1";
    pod.phase = std::move(phase);
    pod.containers = std::move(containers);
    return pod;
  }
  void job_is_gone() {
    job = nullptr;
    facts[LiveJob{"job"}] = Found<LiveJob::Answer>(std::nullopt);
  }
  void live_pods(std::vector<PodView> answer) {
    facts[LivePods{{"one", "a"}}] = Found<LivePods::Answer>(std::move(answer));
  }
  AttemptView view(TimePoint now = at(10)) {
    Work work;
    if (job) work.jobs.push_back(job);
    for (const auto& pod : pods) work.pods.push_back(pod);
    Inquiry ask(facts);
    AttemptView view = job_attempt(step, record, work, ask, now);
    asked = ask.asked();
    EXPECT_EQ(view.result.has_value(), view.live == Liveness::Ended);
    return view;
  }

  PlanStep step;
  StepRecord record;
  std::shared_ptr<JobView> job;
  std::vector<std::shared_ptr<PodView>> pods;
  Facts facts;
  std::set<Question> asked;
};

using Change = std::function<void(Attempt&)>;

void condition(Attempt& a, const char* type, const char* message = "", const char* reason = "") {
  a.job->conditions.push_back({type, "True", reason, message});
}

// --- what succeeds, what runs, what has not ended ---

struct LiveRow {
  const char* what;
  Change change;
  Liveness live;
  bool success = false;
};

TEST(Rule5Trigger, TheContainersOfThePodDecide) {
  const std::vector<LiveRow> rows{
      {"all containers ended with 0, phase still Running",
       [](Attempt& a) { a.add_pod("Running", {ended(0)}); }, Liveness::Ended, true},
      {"phase Succeeded without any container status",
       [](Attempt& a) { a.add_pod("Succeeded", {}); }, Liveness::Ended, true},
      {"two containers, both 0",
       [](Attempt& a) {
         a.add_pod("Running", {ended(0), ended(0, "", "", "proxy")});
       },
       Liveness::Ended, true},
      {"an init container that ended with 0 before",
       [](Attempt& a) {
         a.add_pod("Running", {ended(0)}).init_containers = {ended(0, "", "", "source")};
       },
       Liveness::Ended, true},
      {"phase Succeeded with a sidecar that was killed",
       [](Attempt& a) {
         a.add_pod("Succeeded", {ended(0)}).init_containers = {ended(143, "", "", "proxy")};
       },
       Liveness::Ended, true},
      {"a sidecar still runs",
       [](Attempt& a) { a.add_pod("Running", {ended(0)}).init_containers = {running("proxy")}; },
       Liveness::Running},
      {"a sidecar was killed, phase still Running",
       [](Attempt& a) {
         a.add_pod("Running", {ended(0)}).init_containers = {ended(143, "", "", "proxy")};
       },
       Liveness::Running},
      {"the second container still runs",
       [](Attempt& a) {
         a.add_pod("Running", {ended(0), running("proxy")});
       },
       Liveness::Running},
      {"the second container failed, phase still Running",
       [](Attempt& a) {
         a.add_pod("Running", {ended(0), ended(1, "", "", "proxy")});
       },
       Liveness::Running},
      {"exit 0, but the pod says it was cut short",
       [](Attempt& a) { a.add_pod("Running", {ended(0)}).reason = "DeadlineExceeded"; },
       Liveness::Running},
      {"exit 0, but the pod failed", [](Attempt& a) { a.add_pod("Failed", {ended(0)}); },
       Liveness::Ended, false},
      {"failed, phase still Running: why is not known yet",
       [](Attempt& a) { a.add_pod("Running", {ended(3)}); }, Liveness::Running},
      {"failed, phase Failed", [](Attempt& a) { a.add_pod("Failed", {ended(3)}); }, Liveness::Ended,
       false},
      {"it runs", [](Attempt& a) { a.add_pod("Running", {running()}); }, Liveness::Running},
      {"it waits", [](Attempt& a) { a.add_pod("Pending", {waiting()}); }, Liveness::Starting},
      {"no status at all yet", [](Attempt& a) { a.add_pod("", {}); }, Liveness::Starting},
      {"phase Unknown, ran", [](Attempt& a) { a.add_pod("Unknown", {running()}); },
       Liveness::Running},
      {"no pod yet", [](Attempt&) {}, Liveness::Starting},
      {"a pod of another Job",
       [](Attempt& a) { a.add_pod("Succeeded", {ended(0)}).meta.controller_uid = "other"; },
       Liveness::Starting},
      {"never launched", [](Attempt& a) { a.record.job_uid.clear(); }, Liveness::NotLaunched}};
  for (const LiveRow& row : rows) {
    Attempt a;
    row.change(a);
    const AttemptView view = a.view(at(2));
    EXPECT_EQ(view.live, row.live) << row.what;
    if (view.result) {
      EXPECT_EQ(view.result->success, row.success) << row.what;
    }
    EXPECT_THAT(a.asked, IsEmpty()) << row.what;
  }
}

TEST(Rule5Trigger, SuccessOfThePodWinsOverEveryOtherWord) {
  const std::vector<std::pair<const char*, Change>> others{
      {"Job Failed", [](Attempt& a) { condition(a, "Failed", "", "DeadlineExceeded"); }},
      {"Job suspended", [](Attempt& a) { a.job->suspended = true; }},
      {"Job gone", [](Attempt& a) { a.job = nullptr; }},
      {"pod deleted", [](Attempt& a) { a.pods[0]->meta.deletion = at(5); }},
      {"a disruption that came too late",
       [](Attempt& a) {
         a.pods[0]->conditions = {{"DisruptionTarget", "True", "x", "y"}};
       }},
      {"a second pod runs", [](Attempt& a) { a.add_pod("Running", {running()}); }},
      {"a second pod failed", [](Attempt& a) { a.add_pod("Failed", {ended(1)}); }}};
  for (const auto& [what, change] : others) {
    Attempt a;
    a.add_pod("Running", {ended(0)});
    change(a);
    const AttemptView view = a.view();
    ASSERT_EQ(view.live, Liveness::Ended) << what;
    EXPECT_TRUE(view.result->success) << what;
    EXPECT_EQ(view.result->exit_code, 0) << what;
    EXPECT_EQ(view.result->started, at(1)) << what;
    EXPECT_EQ(view.result->finished, at(9)) << what;
    EXPECT_EQ(view.result->log_tail, "") << what;
  }
}

// --- why it failed ---

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
         a.job->stop_reason = "NotStarted";
       },
       "NotStarted", "did not start within 15m0s", 137},
      {"the operator, before anything ran",
       [](Attempt& a) {
         a.add_pod("Failed", {}).meta.deletion = at(5);
         a.job->suspended = true;
         a.job->stop_reason = "JobSuspended";
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

// --- rule 6: it was stopped ---

TEST(Rule6Ended, AStoppedJobHasEndedOnlyWhenTheLiveApiShowsNoPodAtWork) {
  for (const bool ours : {true, false}) {
    Attempt a;
    a.job->suspended = true;
    if (ours) a.job->stop_reason = "NotStarted";
    AttemptView view = a.view();
    EXPECT_EQ(view.live, Liveness::Ending) << "not answered yet";
    EXPECT_TRUE(a.asked.contains(LivePods{{"one", "a"}}));

    a.facts[LivePods{{"one", "a"}}] = Found<LivePods::Answer>(tl::unexpected(Unavailable{"down"}));
    view = a.view();
    EXPECT_EQ(view.live, Liveness::Ending) << "no answer is not absence";
    EXPECT_EQ(view.look_again, at(15)) << "nothing else would wake it";

    a.live_pods({Attempt::make_pod("Running", {running()})});
    view = a.view();
    EXPECT_EQ(view.live, Liveness::Ending);
    EXPECT_EQ(view.reason, "PodEnding");
    EXPECT_EQ(view.message, "waits for pod pod to end");
    EXPECT_EQ(view.look_again, at(15));

    a.live_pods({});
    view = a.view();
    ASSERT_EQ(view.live, Liveness::Ended);
    EXPECT_FALSE(view.result->success);
    EXPECT_EQ(view.result->reason, ours ? "NotStarted" : "JobSuspended");
    EXPECT_EQ(view.result->message,
              ours ? "did not start within 15m0s" : "its Job job was suspended by somebody else");
  }
}

TEST(Rule6Ended, APodOfAFormerAttemptIsWaitedForToo) {
  Attempt a;
  a.job->suspended = true;
  PodView former = Attempt::make_pod("Running", {running()});
  former.meta.controller_uid = "former-job";
  a.live_pods({former});
  EXPECT_EQ(a.view().live, Liveness::Ending);
}

TEST(Rule6Ended, AJobThatWasStoppedTooLateHasItsOwnResult) {
  Attempt a;
  a.job->suspended = true;
  condition(a, "Complete");
  EXPECT_TRUE(a.view().result->success);
}

TEST(Rule6Ended, APodOnASilentNodeKeepsTheAttemptAliveAndSaysWhatToDo) {
  for (const bool with_job : {true, false}) {
    Attempt a;
    PodView& pod = a.add_pod("Running", {running()});
    pod.meta.deletion = at(100);
    if (!with_job) a.job = nullptr;
    AttemptView view = a.view(at(129));
    EXPECT_EQ(view.live, Liveness::Ending);
    EXPECT_EQ(view.reason, "") << "it has its grace period and a while";
    EXPECT_EQ(view.look_again, at(130));
    view = a.view(at(130));
    EXPECT_EQ(view.live, Liveness::Ending);
    EXPECT_EQ(view.reason, "NodeLost");
    EXPECT_THAT(view.message, HasSubstr("node node-1 does not answer"));
    EXPECT_THAT(view.message, HasSubstr("pod pod"));
    EXPECT_THAT(view.message, HasSubstr("--force"));
    EXPECT_FALSE(view.look_again) << "only an event can change it";
  }
}

// --- rule 7: the Job is gone ---

TEST(Rule7Vanished, AJobIsGoneOnlyWhenTheLiveApiSaysSoAndNoPodIsAtWork) {
  Attempt a;
  a.job = nullptr;
  AttemptView view = a.view();
  EXPECT_EQ(view.live, Liveness::Running) << "not answered yet";
  EXPECT_TRUE(a.asked.contains(LiveJob{"job"}));
  EXPECT_FALSE(a.asked.contains(LivePods{{"one", "a"}})) << "one look-up after the other";

  a.facts[LiveJob{"job"}] = Found<LiveJob::Answer>(tl::unexpected(Unavailable{"down"}));
  view = a.view();
  EXPECT_EQ(view.live, Liveness::Running) << "no answer is not absence";
  EXPECT_EQ(view.look_again, at(15)) << "nothing else would wake it";

  a.facts[LiveJob{"job"}] = Found<LiveJob::Answer>(JobView{});
  view = a.view();
  EXPECT_EQ(view.live, Liveness::Running) << "the store is behind";
  EXPECT_EQ(view.look_again, at(15));

  a.facts[LiveJob{"job"}] = Found<LiveJob::Answer>(std::nullopt);
  view = a.view();
  EXPECT_EQ(view.live, Liveness::Ending);
  EXPECT_TRUE(a.asked.contains(LivePods{{"one", "a"}}));

  a.facts[LivePods{{"one", "a"}}] = Found<LivePods::Answer>(tl::unexpected(Unavailable{"down"}));
  view = a.view();
  EXPECT_EQ(view.live, Liveness::Ending);
  EXPECT_EQ(view.look_again, at(15));

  a.live_pods({Attempt::make_pod("Running", {running()})});
  EXPECT_EQ(a.view().reason, "PodEnding");

  a.live_pods({});
  view = a.view();
  ASSERT_EQ(view.live, Liveness::Ended);
  EXPECT_EQ(view.result->reason, "JobDeleted");
  EXPECT_EQ(view.result->message, "its Job job was deleted before its result was seen");
}

TEST(Rule7Vanished, AResultThatOnlyTheLiveApiShowsIsNotLost) {
  for (const bool gone : {true, false}) {
    Attempt a;
    a.job->suspended = true;
    if (gone) a.job_is_gone();
    PodView former = Attempt::make_pod("Failed", {ended(1)});
    former.meta.controller_uid = "former-job";
    a.live_pods({former, Attempt::make_pod("Running", {ended(0)})});
    AttemptView view = a.view();
    ASSERT_EQ(view.live, Liveness::Ended);
    EXPECT_TRUE(view.result->success) << "gone: " << gone;

    a.live_pods({Attempt::make_pod("Failed", {ended(3, "no route")})});
    view = a.view();
    ASSERT_EQ(view.live, Liveness::Ended);
    EXPECT_EQ(view.result->message, "exit code 3: no route") << "gone: " << gone;

    a.live_pods({former});
    view = a.view();
    ASSERT_EQ(view.live, Liveness::Ended);
    EXPECT_EQ(view.result->reason, gone ? "JobDeleted" : "JobSuspended");
  }
}

TEST(Rule7Vanished, AJobOfTheSameNameIsNotOurs) {
  Attempt a;
  a.job->meta.uid = "another";
  condition(a, "Complete");
  EXPECT_EQ(a.view().live, Liveness::Running);
  EXPECT_TRUE(a.asked.contains(LiveJob{"job"}));
}

TEST(JobAttempt, APodThatOutlivesItsJobStillRuns) {
  Attempt a;
  a.job = nullptr;
  a.add_pod("Running", {running()});
  EXPECT_EQ(a.view().live, Liveness::Running);
  EXPECT_THAT(a.asked, IsEmpty());
}

// --- two pods of one Job ---

TEST(JobAttempt, OfTwoPodsTheOneThatHasNotEndedCounts) {
  for (const bool failed_first : {true, false}) {
    Attempt a;
    if (failed_first) a.add_pod("Failed", {ended(1)});
    a.add_pod("Running", {running()});
    if (!failed_first) a.add_pod("Failed", {ended(1)});
    EXPECT_EQ(a.view().live, Liveness::Running) << failed_first;
  }
  Attempt both;
  both.add_pod("Failed", {ended(1)});
  both.add_pod("Failed", {ended(2)});
  EXPECT_EQ(both.view().result->exit_code, 2);
}

// --- nothing runs yet ---

struct StartRow {
  const char* what;
  Change change;
  const char* reason;
  const char* message;
};

TEST(Starting, ThePodItselfSaysWhy) {
  const std::vector<StartRow> rows{
      {"image", [](Attempt& a) { a.add_pod("Pending", {waiting("ImagePullBackOff", "Back-off")}); },
       "ImagePullFailed", "ImagePullBackOff: Back-off"},
      {"configuration",
       [](Attempt& a) { a.add_pod("Pending", {waiting("CreateContainerConfigError")}); },
       "ConfigMissing", "CreateContainerConfigError"},
      {"an init container's image",
       [](Attempt& a) {
         a.add_pod("Pending", {waiting("PodInitializing")}).init_containers = {
             waiting("ErrImagePull", "not found")};
       },
       "ImagePullFailed", "ErrImagePull: not found"},
      {"no node",
       [](Attempt& a) {
         a.add_pod("Pending", {}).conditions = {
             {"PodScheduled", "False", "Unschedulable", "0/3 nodes are available"}};
       },
       "Unschedulable", "0/3 nodes are available"},
      {"no claim",
       [](Attempt& a) {
         a.add_pod("Pending", {}).conditions = {
             {"PodScheduled", "False", "Unschedulable",
              "0/3 nodes are available: persistentvolumeclaim \"shared\" not found."}};
       },
       "VolumeNotReady", "0/3 nodes are available: persistentvolumeclaim \"shared\" not found."},
      {"a claim without a volume",
       [](Attempt& a) {
         a.add_pod("Pending", {}).conditions = {
             {"PodScheduled", "False", "Unschedulable",
              "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims."}};
       },
       "VolumeNotReady",
       "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims."}};
  for (const StartRow& row : rows) {
    Attempt a;
    row.change(a);
    const AttemptView view = a.view();
    EXPECT_EQ(view.live, Liveness::Starting) << row.what;
    EXPECT_EQ(view.reason, row.reason) << row.what;
    EXPECT_EQ(view.message, row.message) << row.what;
    EXPECT_THAT(a.asked, IsEmpty()) << row.what;
  }
}

TEST(Starting, SilenceIsLookedIntoFromFiveSecondsOn) {
  for (const bool with_pod : {true, false}) {
    Attempt a;
    if (with_pod) a.add_pod("Pending", {waiting()});
    const EventsAbout about{with_pod ? "pod-uid" : "job-uid"};
    AttemptView view = a.view(at(4));
    EXPECT_THAT(a.asked, IsEmpty());
    EXPECT_EQ(view.look_again, at(5));
    view = a.view(at(5));
    EXPECT_TRUE(a.asked.contains(about)) << with_pod;
    EXPECT_EQ(view.look_again, at(10));
    EXPECT_EQ(view.reason, "");
    a.facts[about] = Found<EventsAbout::Answer>(
        EventsAbout::Answer{{"Warning", "FailedMount", "configmap \"tools\" not found", at(2)}});
    view = a.view(at(5));
    EXPECT_EQ(view.reason, "ConfigMissing");
    EXPECT_EQ(view.message, "configmap \"tools\" not found");
  }
}

TEST(Starting, AKnownReasonStaysUntilSomethingBetterIsKnown) {
  Attempt a;
  a.record.reason = "PodRefused";
  a.record.message = "quota";
  const EventsAbout about{"job-uid"};
  for (const auto& answer : {Found<EventsAbout::Answer>(EventsAbout::Answer{}),
                             Found<EventsAbout::Answer>(tl::unexpected(Unavailable{"down"}))}) {
    a.facts[about] = answer;
    const AttemptView view = a.view(at(20));
    EXPECT_EQ(view.reason, "PodRefused");
    EXPECT_EQ(view.message, "quota");
    EXPECT_EQ(view.look_again, at(40));
  }
}

}  // namespace
}  // namespace bootstrap
