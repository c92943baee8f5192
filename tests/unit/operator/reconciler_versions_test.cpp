// What the reconciler does with resourceVersions: it waits for its own writes, and never overwrites
// a newer status.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/operator/small_cluster.h"

namespace bootstrap {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::IsEmpty;
using testing::kStatusPatch;
using ::testing::Not;
using testing::SmallCluster;
using ::testing::StartsWith;
using testing::two_steps;

// --- rule 8: read your own writes ---

TEST(Rule8OwnWrites, NothingIsAskedOrDoneBeforeBothStoresHaveSeenThem) {
  struct {
    const char* what;
    void (SmallCluster::*see)();
  } const rows[] = {{"only the workflow", &SmallCluster::see_workflows},
                    {"only the Job", &SmallCluster::see_jobs}};
  for (const auto& row : rows) {
    SmallCluster c;
    c.see();
    c.reconcile();
    c.take();
    EXPECT_EQ(c.reconcile(), "stale") << row.what;
    (c.*row.see)();
    EXPECT_EQ(c.reconcile(), "stale") << row.what;
    EXPECT_THAT(c.take(), IsEmpty()) << row.what;
    c.see();
    EXPECT_THAT(c.reconcile(), StartsWith("wake ")) << row.what;
  }
}

TEST(Rule8OwnWrites, VersionsAreNumbers) {
  SmallCluster c(two_steps(), 7);  // the plan is 8, the Job 9, the status 10
  c.see();
  c.reconcile();
  c.see_jobs();
  c.workflows.advance(9);
  EXPECT_EQ(c.reconcile(), "stale") << "9 comes before 10";
  c.see_workflows();
  EXPECT_THAT(c.reconcile(), StartsWith("wake "));
}

TEST(Rule8OwnWrites, ABookmarkIsEnough) {
  SmallCluster c;
  c.see();
  c.reconcile();
  c.see_workflows();
  c.jobs.advance(c.version);
  EXPECT_NE(c.reconcile(), "stale");
}

TEST(Rule8OwnWrites, AnAdoptedJobMustBeSeenToo) {
  SmallCluster c;
  c.see();
  c.reconcile();
  c.objects["bootstrapworkflows/w"].erase("status");
  c.restart();
  c.see_workflows();
  c.reconcile();  // meets its Job by name
  c.see_workflows();
  EXPECT_EQ(c.reconcile(), "stale");
  c.see_jobs();
  EXPECT_NE(c.reconcile(), "stale");
}

TEST(Rule8OwnWrites, AStoppedJobMustBeSeenToo) {
  SmallCluster c;
  c.started();
  c.clock.advance(std::chrono::minutes(15));
  c.reconcile();
  EXPECT_EQ(c.objects["jobs/" + SmallCluster::job("a")]["spec"]["suspend"], true);
  EXPECT_EQ(c.step("a")["state"], "Ending");
  c.see_workflows();
  EXPECT_EQ(c.reconcile(), "stale");
}

TEST(Rule8OwnWrites, AChildThatWasWrittenMustBeSeenByItsOwnPassesToo) {
  json spec = two_steps();
  spec["phases"][0]["steps"] = {{{"name", "a"}, {"workflow", {{"templateRef", {{"name", "t"}}}}}}};
  SmallCluster c(spec);
  c.objects["bootstrapworkflowtemplates/t"] = {
      {"metadata",
       {{"namespace", "ns"}, {"name", "t"}, {"uid", "uid-t"}, {"resourceVersion", "1"}}},
      {"spec", two_steps()}};
  c.see();
  c.see_templates();
  c.reconcile();
  const std::string child = c.step("a").at("child");
  EXPECT_EQ(c.reconcile(child), "stale");
  c.see_workflows();
  EXPECT_NE(c.reconcile(child), "stale");
}

TEST(Rule8OwnWrites, WhatIsGoneWaitsForNothing) {
  SmallCluster c;
  c.started().remove("bootstrapworkflows/w");
  c.see_workflows();
  EXPECT_EQ(c.reconcile(), "done");
  EXPECT_THAT(c.take(), IsEmpty());
}

// --- rule 9: the status patch has a precondition ---

TEST(Rule9Status, CarriesTheVersionOfTheObjectTheDecisionRestsOn) {
  SmallCluster c;
  c.see();
  c.reconcile();
  EXPECT_EQ(c.sent(kStatusPatch)["metadata"], json({{"resourceVersion", "100"}}));
}

TEST(Rule9Status, SomebodyElsesNewerWriteIsNotOverwrittenAndNothingIsTold) {
  SmallCluster c;
  c.started();
  c.succeed("a");
  c.see();
  json& status = c.objects["bootstrapworkflows/w"]["status"];
  status["message"] = "of another leader";
  c.touch("bootstrapworkflows/w");
  const json before = status;
  EXPECT_EQ(c.reconcile(), "stale");
  EXPECT_EQ(c.status(), before);
  EXPECT_THAT(c.take_writes(), Not(Contains("POST events")));
  EXPECT_THAT(c.told, IsEmpty());
  EXPECT_THAT(c.problems, IsEmpty()) << "this is how it should be";

  c.see();
  c.reconcile();  // the next pass rests on the newer object
  EXPECT_EQ(c.step("a")["state"], "Succeeded");
  EXPECT_EQ(c.step("b")["attempts"], 1);
}

TEST(Rule9Status, FieldsThatVanishAreExplicitNulls) {
  SmallCluster c;
  c.started().succeed("a");
  c.see();
  c.reconcile();
  c.succeed("b");
  c.see();
  c.reconcile();
  const json patch = c.sent(kStatusPatch)["status"];
  ASSERT_TRUE(patch["progress"].contains("current"));
  EXPECT_TRUE(patch["progress"]["current"].is_null());
  EXPECT_FALSE(c.status()["progress"].contains("current"));
}

TEST(Rule9Status, OnlyWhatChangesIsSent) {
  SmallCluster c;
  c.started().succeed("a");
  c.see();
  c.reconcile();
  const json patch = c.sent(kStatusPatch)["status"];
  for (const char* key : {"uid", "run", "plan", "startTime", "state"})
    EXPECT_FALSE(patch.contains(key)) << key;
}

TEST(Rule9Status, AWorkflowDeletedMeanwhileIsNoProblem) {
  SmallCluster c;
  c.see();
  c.remove("bootstrapworkflows/w");
  EXPECT_EQ(c.reconcile(), "done");
  EXPECT_THAT(c.problems, IsEmpty());
  EXPECT_THAT(c.told, IsEmpty());
}

}  // namespace
}  // namespace bootstrap
