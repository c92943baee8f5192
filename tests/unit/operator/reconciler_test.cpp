// What is written, in which order, and what follows from answers that are errors or are lost.

#include "operator/reconciler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/operator/small_cluster.h"

namespace bootstrap {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kStatusPatch;
using ::testing::Not;
using testing::refusal;
using testing::SmallCluster;
using ::testing::StartsWith;
using testing::two_steps;

constexpr const char* kUntilCleanUp = "wake 604800000";  // 168h
// --- rule 1: names; creating is idempotent ---

TEST(Rule1Names, OurOwnJobThatExistsAlreadyIsAdopted) {
  SmallCluster c;
  c.see();
  c.reconcile();
  const json first = c.objects.at("jobs/" + SmallCluster::job("a"));
  c.objects["bootstrapworkflows/w"].erase("status");  // killed before its status patch
  c.restart();
  c.see_workflows();
  c.jobs.replace({}, c.version);  // the Job is not in any store
  c.take();
  c.reconcile();
  EXPECT_THAT(c.take(), Contains("GET jobs/" + SmallCluster::job("a")));
  EXPECT_EQ(c.step("a")["state"], "Running");
  EXPECT_EQ(c.step("a")["jobUID"], first["metadata"]["uid"]);
  EXPECT_EQ(c.objects.at("jobs/" + SmallCluster::job("a")), first) << "nothing was changed on it";
}

TEST(Rule1Names, AJobOfSomebodyElseUnderOurNameIsNotAdopted) {
  for (const char* owner : {"", "uid-of-another"}) {
    SmallCluster c;
    json& other = c.objects["jobs/" + SmallCluster::job("a")];
    other = {{"metadata", {{"name", SmallCluster::job("a")}, {"uid", "u"}}}};
    if (*owner != '\0')
      other["metadata"]["ownerReferences"] = json::array({{{"controller", true}, {"uid", owner}}});
    c.see_workflows();
    c.reconcile();
    EXPECT_EQ(c.step("a")["state"], "Failed") << owner;
    EXPECT_EQ(c.step("a")["reason"], "NameTaken") << owner;
    EXPECT_FALSE(c.step("a").contains("jobUID")) << owner;
    EXPECT_EQ(c.status()["state"], "Failed") << owner;
  }
}

TEST(Rule1Names, NothingIsRecordedWhileTheOwnerOfTheNameIsNotKnown) {
  SmallCluster c;
  c.objects["jobs/" + SmallCluster::job("a")] = {{"metadata", {{"name", "x"}}}};
  c.refuse["GET jobs/" + SmallCluster::job("a")] = refusal(503, "ServiceUnavailable", "later");
  c.see_workflows();
  EXPECT_EQ(c.reconcile(), "retry later");
  EXPECT_EQ(c.step("a")["state"], "Pending");
  EXPECT_EQ(c.step("a")["attempts"], 0);
  EXPECT_FALSE(c.step("a").contains("jobUID"));
}

TEST(Rule1Names, AStoredPlanOfThisRunCountsNotTheNewOne) {
  SmallCluster c;
  c.see();
  c.reconcile();
  const json start = c.status()["startTime"];
  c.objects["bootstrapworkflows/w"].erase("status");  // killed before its status patch
  json& spec = c.objects["bootstrapworkflows/w"]["spec"];
  spec["phases"][0]["steps"][0]["command"] = {"false"};
  c.restart();
  c.see();
  c.clock.advance(std::chrono::seconds(2));
  c.take();
  c.reconcile();
  EXPECT_EQ(c.status()["startTime"], start);
  EXPECT_THAT(c.take_writes(), ElementsAre("POST controllerrevisions", kStatusPatch, "POST events"))
      << "its Job is adopted";
  EXPECT_EQ(c.step("a")["attempts"], 1);
}

TEST(Rule1Names, APlanOfSomebodyElseUnderOurNameStartsNothing) {
  SmallCluster c;
  c.objects["controllerrevisions/" + plan_name("w", "uid-w", 1)] = {{"metadata", {{"name", "x"}}},
                                                                    {"data", {{"run", 1}}}};
  c.see();
  EXPECT_EQ(c.reconcile(), "wake 60000");
  EXPECT_THAT(c.take_writes(),
              ElementsAre("POST controllerrevisions", kStatusPatch, "POST events"));
  EXPECT_EQ(c.status()["reason"], "NameTaken");
}

// --- rule 2: the order of writes ---

TEST(Rule2Order, ThePlanThenTheJobThenOneStatusThenEvents) {
  SmallCluster c;
  c.see();
  c.reconcile();
  EXPECT_THAT(c.take_writes(),
              ElementsAre("POST controllerrevisions", "POST jobs", kStatusPatch, "POST events"));
  EXPECT_THAT(c.told, ElementsAre("WorkflowStarted", "StepLaunched"));
}

TEST(Rule2Order, AHandOverIsTwoWritesAndTheStatusCarriesResultAndNewJob) {
  SmallCluster c;
  c.started().succeed("a");
  c.see();
  c.reconcile();
  EXPECT_THAT(c.take(), ElementsAre("POST jobs", kStatusPatch, "POST events"))
      << "and no reads at all";
  const json steps = c.sent(kStatusPatch)["status"]["phases"][0]["steps"];
  EXPECT_EQ(steps[0]["state"], "Succeeded");
  EXPECT_EQ(steps[1]["state"], "Running");
  EXPECT_EQ(steps[1]["jobUID"], "uid-of-" + SmallCluster::job("b"));
}

TEST(Rule2Order, NothingIsWrittenWhileNothingHappens) {
  SmallCluster c;
  c.started();
  for (const char* phase : {"Pending", "Running"}) {
    c.pod("a", phase, {{"running", {{"startedAt", "2026-01-02T15:04:06Z"}}}});
    c.see();
    c.reconcile();
    EXPECT_THAT(c.take(), IsEmpty()) << phase;
  }
}

TEST(Rule2Order, NoStatusIsWrittenBeforeTheJobIsCertain) {
  SmallCluster c;
  c.refuse["POST controllerrevisions"] = refusal(503, "ServiceUnavailable", "later");
  c.see();
  EXPECT_THAT(c.reconcile(), StartsWith("retry "));
  EXPECT_THAT(c.take_writes(), ElementsAre("POST controllerrevisions", kStatusPatch))
      << "no Job without a stored plan";
  EXPECT_FALSE(c.status().contains("run")) << "no run without a stored plan";
}

TEST(Rule2Order, EventsTellOnlyWhatIsInTheStatus) {
  SmallCluster c;
  c.refuse[kStatusPatch] = refusal(500, "InternalError", "etcd");
  c.see();
  EXPECT_EQ(c.reconcile(), "retry status not written: etcd");
  EXPECT_THAT(c.take_writes(), Not(Contains("POST events")));
  EXPECT_THAT(c.told, IsEmpty());
  EXPECT_THAT(c.problems, ElementsAre("status not written: etcd"));
}

TEST(Rule2Order, AnEventThatIsRefusedChangesNothing) {
  SmallCluster c;
  c.refuse["POST events"] = refusal(403, "Forbidden", "no");
  c.see();
  EXPECT_EQ(c.reconcile(), "done");
  EXPECT_EQ(c.status()["state"], "Running");
  EXPECT_THAT(c.problems, ElementsAre("Event not written: no"));
}

// --- rule 3: adopt first ---

TEST(Rule3Adopt, AJobMadeBeforeACrashIsAdoptedFromTheStoreWithoutAPost) {
  SmallCluster c;
  c.refuse[kStatusPatch] = refusal(500, "InternalError", "etcd");
  c.see();
  c.reconcile();
  c.refuse.clear();
  c.restart();
  c.see();
  c.take();
  c.reconcile();
  EXPECT_THAT(c.take_writes(), Not(Contains("POST jobs")));
  EXPECT_EQ(c.step("a")["jobUID"], "uid-of-" + SmallCluster::job("a"));
}

// --- lost answers ---

TEST(LostAnswer, OfAJobIsNotRepeatedInThePassAndKnownResultsAreWritten) {
  SmallCluster c;
  c.started().succeed("a");
  c.see();
  c.lose["POST jobs"] = true;
  EXPECT_THAT(c.reconcile(), AllOf(StartsWith("retry "), HasSubstr("connection reset")));
  EXPECT_THAT(c.take_writes(), ElementsAre("POST jobs", kStatusPatch, "POST events"));
  EXPECT_EQ(c.step("a")["state"], "Succeeded");
  EXPECT_EQ(c.step("b")["state"], "Pending");

  c.lose.clear();
  c.see_workflows();  // the Job's event has not come yet
  c.reconcile();
  EXPECT_EQ(c.step("b")["state"], "Running");
  EXPECT_EQ(c.step("b")["attempts"], 1);
  EXPECT_EQ(c.step("b")["jobUID"], "uid-of-" + SmallCluster::job("b"));
}

TEST(LostAnswer, OfTheStatusTellsNothingAndRepeatsNothing) {
  SmallCluster c;
  c.see();
  c.lose[kStatusPatch] = true;
  EXPECT_THAT(c.reconcile(), StartsWith("retry status not written"));
  c.lose.clear();
  c.take();
  EXPECT_EQ(c.reconcile(), "stale") << "its Job has not been seen yet";
  c.see();
  c.reconcile();
  EXPECT_THAT(c.take_writes(), IsEmpty()) << "it was written after all";
  EXPECT_EQ(c.step("a")["attempts"], 1);
}

// --- refusals ---

struct Refusal {
  const char* what;
  kube::Response answer;
  const char* state;
  const char* reason;
};

TEST(Launching, WhatARefusalMeans) {
  for (const Refusal& row :
       {Refusal{"quota", refusal(403, "Forbidden", "exceeded quota"), "Pending", "LaunchRefused"},
        {"admission policy", refusal(422, "Invalid", "ValidatingAdmissionPolicy x denied request"),
         "Pending", "LaunchRefused"},
        {"webhook that is down", refusal(500, "InternalError", "failed calling webhook"), "Pending",
         "LaunchRefused"},
        {"namespace that is going", refusal(404, "NotFound", "namespaces \"ns\" not found"),
         "Pending", "LaunchRefused"},
        {"not valid", refusal(422, "Invalid", "spec.template: bad"), "Failed", "JobInvalid"}}) {
    SmallCluster c;
    c.refuse["POST jobs"] = row.answer;
    c.see();
    const std::string outcome = c.reconcile();
    EXPECT_EQ(c.step("a")["state"], row.state) << row.what;
    EXPECT_EQ(c.step("a")["reason"], row.reason) << row.what;
    EXPECT_EQ(outcome, row.state == std::string("Pending") ? "wake 5000" : "done") << row.what;
  }
}

TEST(Launching, ARefusalIsTriedAgainLaterAndWrittenOnce) {
  SmallCluster c;
  c.refuse["POST jobs"] = refusal(403, "Forbidden", "exceeded quota");
  c.see();
  c.reconcile();
  c.see();
  c.take();
  c.clock.advance(std::chrono::seconds(5));
  EXPECT_EQ(c.reconcile(), "wake 5000");
  EXPECT_THAT(c.take(), ElementsAre("POST jobs"));
  c.refuse.clear();
  c.reconcile();
  EXPECT_EQ(c.step("a")["state"], "Running");
  EXPECT_FALSE(c.step("a").contains("reason"));
}

// --- rule 10: terminal is final ---

TEST(Rule10Final, AFinishedWorkflowMakesNoRequests) {
  SmallCluster c;
  c.started().succeed("a");
  c.see();
  c.reconcile();
  c.succeed("b");
  c.see();
  EXPECT_EQ(c.reconcile(), "done");
  ASSERT_EQ(c.status()["state"], "Succeeded");
  c.see();
  c.take();
  for (const bool after_restart : {false, true}) {
    if (after_restart) c.restart();
    EXPECT_EQ(c.reconcile(), kUntilCleanUp);
    EXPECT_THAT(c.take(), IsEmpty()) << "after a restart: " << after_restart;
  }
}

TEST(Rule10Final, AFailureIsFinalToo) {
  SmallCluster c;
  c.started().fail("a", 3);
  c.see();
  c.reconcile();
  ASSERT_EQ(c.status()["state"], "Failed");
  EXPECT_EQ(c.step("a")["exitCode"], 3);
  c.succeed("a");  // however it could come to that
  c.see();
  c.take();
  EXPECT_EQ(c.reconcile(), kUntilCleanUp);
  EXPECT_THAT(c.take(), IsEmpty());
}

// --- memory of the plan ---

TEST(ThePlan, IsReadOnceAfterARestart) {
  SmallCluster c;
  c.started();
  c.restart();
  const std::string read = "GET controllerrevisions/" + plan_name("w", "uid-w", 1);
  c.reconcile();
  EXPECT_THAT(c.take(), ElementsAre(read));
  c.reconcile();
  EXPECT_THAT(c.take(), IsEmpty());
}

TEST(ThePlan, OfAFormerRunIsNotGoneOnWithWhenAnotherOperatorHasBegunTheNext) {
  SmallCluster c;
  c.started();
  json& status = c.objects["bootstrapworkflows/w"]["status"];
  json next = c.objects["controllerrevisions/" + plan_name("w", "uid-w", 1)];
  next["data"]["run"] = 2;
  next["metadata"]["name"] = plan_name("w", "uid-w", 2);
  status["run"] = 2;
  status["plan"] = plan_name("w", "uid-w", 2);
  c.objects["controllerrevisions/" + plan_name("w", "uid-w", 2)] = next;
  c.touch("bootstrapworkflows/w");
  c.see();
  c.take();
  c.reconcile();
  EXPECT_THAT(c.take(), Contains("GET controllerrevisions/" + plan_name("w", "uid-w", 2)));
  EXPECT_EQ(c.status()["run"], 2);
}

TEST(ThePlan, NothingIsDoneWhileItCannotBeRead) {
  SmallCluster c;
  c.started().succeed("a");
  c.see();
  c.restart();
  c.refuse["GET controllerrevisions/" + plan_name("w", "uid-w", 1)] =
      refusal(503, "ServiceUnavailable", "later");
  EXPECT_THAT(c.reconcile(), AllOf(StartsWith("retry "), HasSubstr("later")));
  EXPECT_THAT(c.take_writes(), IsEmpty());
}

TEST(Restored, IsAWorkflowWithoutStatusThatHasOneOfTheLabels) {
  for (const std::string label : {"restored-by", "other"}) {
    SmallCluster c;
    c.objects["bootstrapworkflows/w"]["metadata"]["labels"][label] = "nightly";
    c.see();
    c.reconcile();
    EXPECT_EQ(c.status()["state"], label == "other" ? "Running" : "Suspended");
  }
}

}  // namespace
}  // namespace bootstrap
