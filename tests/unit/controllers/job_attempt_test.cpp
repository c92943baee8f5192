// Whether an attempt is alive, and how sure that is.

#include "controllers/job_attempt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controllers/one_attempt.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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

// --- rule 6: it was stopped ---

TEST(Rule6Ended, AStoppedJobHasEndedOnlyWhenTheLiveApiShowsNoPodAtWork) {
  for (const bool ours : {true, false}) {
    Attempt a;
    a.job->suspended = true;
    if (ours) a.job->stop.reason = "NotStarted";
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

// The watch of Jobs is ahead of that of pods: the live API has the outputs, and the end of the log.
TEST(Rule7Vanished, ThePodOfAFinishedJobIsAskedForBeforeItCountsAsGone) {
  for (const char* type : {"Complete", "Failed"}) {
    Attempt a;
    a.job->conditions.push_back({type, "True", "", ""});
    const AttemptView unknown = a.view();
    EXPECT_NE(unknown.live, Liveness::Ended) << "nobody has answered";
    EXPECT_EQ(unknown.look_again, at(15));
    const bool good = type == std::string("Complete");
    a.live_pods({Attempt::make_pod(good ? "Succeeded" : "Failed",
                                   {good ? ended(0, "k=v\n") : ended(3, "no\n", "Error")})});
    const AttemptView view = a.view();
    ASSERT_TRUE(view.result) << type;
    EXPECT_EQ(view.result->success, good);
    EXPECT_EQ(view.result->outputs, good ? (Outputs{{"k", "v"}}) : Outputs{});
    EXPECT_EQ(view.result->log_tail, good ? "" : "no\n");
  }
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
    EXPECT_EQ(view.look_again, answer ? at(40) : at(25)) << "soon when there was no answer";
  }
}

}  // namespace
}  // namespace bootstrap
