// Locks: on record first, taken, held, given up; and who waits for whom.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/child_workflow.h"
#include "controllers/lineage.h"
#include "controllers/lock.h"
#include "tests/unit/controllers/resume_scenario.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr const char* kEast = "cluster-east";

json locked(const char* lock = "cluster-$(params.name)") {
  json spec = three_steps();
  spec["parameters"] = json::array({{{"name", "name"}, {"value", "east"}}});
  spec["lock"] = lock;
  return spec;
}

std::string key(const char* verb, const char* lock = kEast) {
  return std::string(verb) + "/" + lease_name(lock);
}

LeaseView lease_of(const std::string& workflow) {
  LeaseView lease;
  lease.meta.uid = "lease-of-" + workflow;
  lease.meta.controller_uid = "uid-of-" + workflow;
  lease.holder = workflow;
  return lease;
}

// At work under a lock; of another workflow, unless it is said.
PodView pod_of(const std::string& workflow) {
  PodView pod;
  pod.meta.name = workflow + "-pod";
  pod.meta.labels = {{labels::kWorkflow, workflow}, {labels::kWorkflowUid, "uid-of-" + workflow}};
  pod.phase = "Running";
  return pod;
}

Scenario running(json spec = locked()) {
  Scenario s(std::move(spec));
  s.pass(at(0));
  s.pass(at(1));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running) << s.workflow.status.message;
  return s;
}

// Its first run has failed and given the lock up; run 2 is asked for.
Scenario failed_and_to_be_resumed() {
  Scenario s = running();
  s.end_pod("one", "a", 3);
  s.pass(at(10));
  s.pass(at(11));
  EXPECT_FALSE(s.lease);
  s.answer_pods("one", "a");
  s.workflow.steering.resume.run = 2;
  return s;
}

// one/a and one/b have succeeded, and two/c as well, if it has a Job.
void succeed_all(Scenario& s, int second) {
  succeed(s, "one", "a", second);
  succeed(s, "one", "b", second + 1);
  succeed(s, "two", "c", second + 2);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Succeeded);
}

TEST(Lock, IsOnRecordBeforeItIsTakenAndTakenBeforeTheRunBegins) {
  Scenario s(locked());
  s.pass(at(0));
  EXPECT_THAT(s.done, IsEmpty());
  EXPECT_EQ(s.workflow.status.lock, kEast);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Pending);
  EXPECT_EQ(s.workflow.status.reason, "WaitingForLock");
  s.pass(at(1));
  EXPECT_THAT(s.done,
              ElementsAre(key("lock"), StartsWith("plan/"), key("mark"), StartsWith("job/")));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running);
  EXPECT_EQ(s.workflow.status.start, at(1)) << "the time it has waited is none of the run";
}

TEST(Lock, IsGivenUpOnceTheEndIsOnRecord) {
  Scenario s = running();
  succeed_all(s, 10);
  EXPECT_TRUE(s.lease) << "the end was not on record yet";
  EXPECT_EQ(s.workflow.status.lock, kEast);
  s.pass(at(20));
  EXPECT_EQ(s.done.back(), key("delete/lock"));
  EXPECT_EQ(s.workflow.status.lock, "");
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Succeeded);
  const auto done = s.done.size();
  s.pass(at(30));
  EXPECT_EQ(s.done.size(), done);
  EXPECT_FALSE(s.asked(LockNow{kEast}));
}

TEST(Lock, StaysOnRecordUntilItsLeaseIsGone) {
  Scenario s = running();
  succeed_all(s, 10);
  s.refuse[key("delete/lock")] = NotKnown{"connection reset"};
  s.pass(at(20));
  EXPECT_EQ(s.workflow.status.lock, kEast);
  EXPECT_EQ(s.last.retry, "connection reset");
  s.refuse.clear();
  s.pass(at(21));
  EXPECT_EQ(s.workflow.status.lock, "");
  EXPECT_FALSE(s.lease);
}

TEST(Lock, WhoWaitsSaysWhoHoldsIt) {
  Scenario s(locked());
  s.lease = lease_of("other");
  s.claims = {{"other", at(-10), true}};
  s.pass(at(0));
  s.pass(at(1));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Pending);
  EXPECT_EQ(s.workflow.status.reason, "WaitingForLock");
  EXPECT_EQ(s.workflow.status.message, "waits for lock cluster-east, which workflow other holds");
  s.claims.clear();
  s.pass(at(2));
  EXPECT_EQ(s.workflow.status.message,
            "waits for lock cluster-east, which workflow other gives up");
  EXPECT_EQ(s.last.wake, at(4)) << "nobody tells when its Lease has gone with it";
  EXPECT_THAT(s.done, ElementsAre(key("stray"))) << "or it has it without knowing";
  s.lease.reset();
  s.pass(at(4));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running);
}

TEST(Lock, GoesToTheOldestFirst) {
  for (const bool is_older : {true, false}) {
    Scenario s(locked());
    s.workflow.meta.creation = at(-5);
    s.claims = {{"other", at(is_older ? -6 : -4), false}, {"another", at(-3), false}};
    s.pass(at(0));
    s.pass(at(1));
    EXPECT_EQ(s.workflow.status.state, is_older ? WorkflowState::Pending : WorkflowState::Running);
    if (is_older) {
      EXPECT_EQ(s.workflow.status.message,
                "waits for lock cluster-east; workflow other is older and comes first");
    }
  }
}

// Somebody has deleted its Lease.
TEST(Lock, IsNotTakenFromAWorkflowThatRunsWithoutItsLease) {
  Scenario s(locked());
  s.workflow.meta.creation = at(-5);
  s.claims = {{"younger", at(-1), true}};
  s.pass(at(0));
  s.pass(at(1));
  EXPECT_THAT(s.done, IsEmpty());
  EXPECT_EQ(s.workflow.status.message,
            "waits for lock cluster-east, under which workflow younger runs");
}

TEST(Lock, IsHeldOnlyWhenNoPodOfAFormerHolderIsAtWork) {
  Scenario s(locked());
  s.pods_under_it = {pod_of("old"), pod_of("w")};
  s.pods_under_it[1].meta.labels[labels::kRootUid] = s.workflow.meta.uid;  // of a child
  s.pass(at(0));
  s.pass(at(1));
  EXPECT_THAT(s.done, ElementsAre(key("lock")));
  EXPECT_EQ(s.workflow.status.message,
            "waits for lock cluster-east: pod old-pod of workflow old, which held it before, is "
            "still ending");
  EXPECT_EQ(s.last.wake, at(3));
  s.pods_under_it[0].phase = "Failed";
  s.pass(at(3));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running) << "its own pods do not matter";
}

TEST(Lock, ThatAnotherWasFasterToTakeIsWaitedFor) {
  Scenario s(locked());
  s.workflow.meta.creation = at(-5);
  s.pass(at(0));
  s.refuse[key("lock")] = NameTaken{"other"};
  s.claims = {{"other", at(10), false}};
  s.pass(at(1));
  EXPECT_EQ(s.workflow.status.message, "waits for lock cluster-east, which workflow other holds");
  EXPECT_EQ(s.workflow.status.run, 0);
}

TEST(Lock, IsGivenUpWhenTheRunIsNotToBegin) {
  struct Case {
    const char* what;
    std::function<void(Scenario&)> then;
    WorkflowState state;
  };
  const Case cases[] = {
      {"suspended", [](Scenario& s) { s.workflow.steering.suspend = true; },
       WorkflowState::Suspended},
      {"cancelled", [](Scenario& s) { s.workflow.steering.cancel = true; },
       WorkflowState::Cancelled},
      {"invalid",
       [](Scenario& s) {
         change(s, json{{"phases", json::array()}});
       },
       WorkflowState::Invalid},
  };
  for (const Case& c : cases) {
    for (const bool has_it : {true, false}) {
      SCOPED_TRACE(c.what);
      Scenario s(locked());
      if (has_it) s.pods_under_it = {pod_of("old")};
      if (!has_it) s.lease = lease_of("other");
      s.pass(at(0));
      s.pass(at(1));
      c.then(s);
      s.pass(at(2));
      EXPECT_EQ(s.workflow.status.state, c.state);
      EXPECT_EQ(s.workflow.status.lock, "") << "it would keep others waiting";
      EXPECT_EQ(s.lease.has_value(), !has_it) << "only its own";
      EXPECT_EQ(s.workflow.status.run, 0);
    }
  }
}

TEST(Lock, ThatTheDefinitionNamesNoMoreIsGivenUpForTheNewOne) {
  Scenario s(locked());
  s.pods_under_it = {pod_of("old")};
  s.pass(at(0));
  s.pass(at(1));
  ASSERT_TRUE(s.lease);
  s.pods_under_it.clear();
  change(s, locked("west"));
  s.pass(at(2));
  EXPECT_EQ(s.done.back(), key("delete/lock"));
  EXPECT_EQ(s.workflow.status.lock, "west");
  s.pass(at(3));
  EXPECT_THAT(s.done, Contains(key("lock", "west")));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running);
}

// The status of the new run was never written, nor was the record of its lock read back.
TEST(Lock, IsKeptByARunWhosePlanIsStored) {
  Scenario s(locked());
  s.pass(at(0));
  const Status before = s.workflow.status;
  s.pass(at(1));
  s.workflow.status = before;
  s.restart();
  s.workflow.steering.suspend = true;
  s.pass(at(2));
  EXPECT_TRUE(s.lease);
  EXPECT_EQ(s.workflow.status.lock, kEast);
  EXPECT_EQ(s.workflow.status.run, 1);
}

// Of two operators one begins the run and the other gives it up: who comes second fails.
TEST(Lock, OfARunThatAnotherOperatorHasBegunIsNotGivenUp) {
  Scenario s(locked());
  s.pass(at(0));
  s.lease = lease_of("w");
  s.lease->meta.labels = {{labels::kRun, "1"}, {labels::kBegun, "true"}};
  s.workflow.steering.suspend = true;  // and it has read before that no plan is stored
  s.pass(at(1));
  EXPECT_THAT(s.done, IsEmpty());
  EXPECT_EQ(s.workflow.status.lock, kEast);
  EXPECT_EQ(s.last.wake, at(3)) << "the plan is seen soon";
}

TEST(Lock, OfARunThatHasNotBegunIsGivenUpAsItWasSeen) {
  Scenario s(locked());
  s.pods_under_it = {pod_of("old")};
  s.pass(at(0));
  s.pass(at(1));
  s.workflow.steering.suspend = true;
  s.refuse[key("delete/lock")] = Refused{"Conflict", "it is another version", true};
  s.pass(at(2));
  EXPECT_TRUE(s.lease);
  EXPECT_EQ(s.workflow.status.lock, kEast);
  s.refuse.clear();
  s.pass(at(3));
  EXPECT_FALSE(s.lease);
}

TEST(Lock, ThatWasGivenUpBetweenPlanAndBeginIsTakenAnew) {
  for (const bool is_resume : {true, false}) {
    SCOPED_TRACE(is_resume);
    Scenario s = is_resume ? failed_and_to_be_resumed() : Scenario(locked());
    s.pass(at(20));
    s.refuse[key("mark")] = Refused{"NotFound", "leases \"x\" not found", true};
    s.done.clear();
    s.pass(at(21));
    EXPECT_THAT(s.done, ElementsAre(key("lock"), StartsWith("plan/"), key("mark")));
    EXPECT_EQ(s.last.retry, "leases \"x\" not found");
    s.refuse.clear();
    s.lease = lease_of("other");
    s.claims = {{"other", at(15), true}};
    s.pass(at(22));
    s.pass(at(23));
    EXPECT_EQ(s.workflow.status.run, is_resume ? 1 : 0) << "it has a plan, and no lock";
    EXPECT_EQ(is_resume ? refused(s.workflow.status)->reason : s.workflow.status.reason,
              "WaitingForLock");
    s.lease.reset();
    s.claims.clear();
    s.done.clear();
    s.pass(at(24));
    EXPECT_THAT(s.done, ElementsAre(key("lock"), key("mark"), StartsWith("job/")));
    EXPECT_EQ(s.workflow.status.run, is_resume ? 2 : 1);
  }
}

// The operator was killed before the status said that the run has begun, and something else is
// asked for since: nobody but this workflow can give the lock up, so it must find its run.
TEST(Lock, OfARunThatHasBegunIsFoundWhateverIsAskedForSince) {
  struct Case {
    const char* what;
    bool is_resume;
    std::function<void(Scenario&)> then;
  };
  const Case cases[] = {
      {"a higher number", false, [](Scenario& s) { s.workflow.steering.resume.run = 2; }},
      {"cancelled by another operator", false,
       [](Scenario& s) {
         s.workflow.status.state = WorkflowState::Cancelled;
         s.workflow.steering.cancel = true;
       }},
      {"the resume taken back", true, [](Scenario& s) { s.workflow.steering.resume.run = 0; }},
      {"a still higher number", true, [](Scenario& s) { s.workflow.steering.resume.run = 3; }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    Scenario s = c.is_resume ? failed_and_to_be_resumed() : Scenario(locked());
    s.pass(at(20));
    const Status before = s.workflow.status;
    s.pass(at(21));
    ASSERT_EQ(s.workflow.status.run, c.is_resume ? 2 : 1);
    s.workflow.status = before;
    s.restart();
    c.then(s);
    for (int second = 30; second < 40; second += 2) s.pass(at(second));
    EXPECT_GE(s.workflow.status.run, c.is_resume ? 2 : 1) << s.workflow.status.message;
  }
}

TEST(Lock, OfAResumeIsTakenAgain) {
  Scenario s = failed_and_to_be_resumed();
  ASSERT_EQ(s.workflow.status.state, WorkflowState::Failed);
  s.lease = lease_of("other");
  s.claims = {{"other", at(5), true}};
  s.pass(at(20));
  s.pass(at(21));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
  ASSERT_NE(refused(s.workflow.status), nullptr);
  EXPECT_EQ(refused(s.workflow.status)->status, "Unknown");
  EXPECT_EQ(refused(s.workflow.status)->message,
            "waits for lock cluster-east, which workflow other holds");
  s.lease.reset();
  s.claims.clear();
  s.pass(at(22));
  EXPECT_EQ(s.workflow.status.run, 2);
  ASSERT_TRUE(s.lease);
  EXPECT_EQ(s.lease->meta.uid, "lease-of-run-2");
}

TEST(Lock, OfAResumeThatIsTakenBackIsGivenUp) {
  Scenario s = running();
  s.end_pod("one", "a", 3);
  s.pass(at(10));
  s.pass(at(11));
  s.pods_under_it = {pod_of("old")};
  s.workflow.steering.resume.run = 2;
  s.pass(at(20));
  s.pass(at(21));
  ASSERT_TRUE(s.lease);
  s.workflow.steering.resume.run = 0;
  s.pass(at(22));
  EXPECT_FALSE(s.lease);
  EXPECT_EQ(s.workflow.status.lock, "");
}

// Another operator, which has not seen the resume, may be about to delete the Lease of the run that
// is over.
TEST(Lock, OfARunThatIsOverIsNotThatOfTheNext) {
  Scenario s = running();
  s.end_pod("one", "a", 3);
  s.pass(at(10));
  ASSERT_EQ(s.lease->meta.uid, "lease-of-run-1");
  s.answer_pods("one", "a");
  s.workflow.steering.resume.run = 2;
  s.pass(at(11));
  EXPECT_FALSE(s.lease);
  EXPECT_EQ(s.workflow.status.run, 1);
  EXPECT_EQ(s.last.wake, at(11));
  s.pass(at(11));
  ASSERT_TRUE(s.lease);
  EXPECT_EQ(s.lease->meta.uid, "lease-of-run-2");
  EXPECT_EQ(s.workflow.status.run, 2);
}

TEST(Lock, IsKeptByARunThatIsResumedWhileItGoesOn) {
  json spec = locked();
  spec["phases"][0]["parallel"] = true;
  Scenario s = running(spec);
  s.end_pod("one", "a", 3);
  s.pass(at(10));
  ASSERT_EQ(s.workflow.status.state, WorkflowState::Running) << "one/b runs";
  s.answer_pods("one", "a");
  s.workflow.steering.resume.run = 2;
  s.pass(at(11));
  EXPECT_EQ(s.workflow.status.run, 2);
  EXPECT_EQ(s.lease->meta.uid, "lease-of-run-1");
  EXPECT_EQ(s.lease->meta.labels[labels::kRun], "2") << "no view of run 1 may give it up";
}

TEST(Lock, AnotherOneIsTakenOnlyWhenNothingRunsUnderTheOldOne) {
  Scenario s = running();
  change(s, locked("west"));
  s.workflow.steering.resume.run = 2;
  s.pass(at(11));
  ASSERT_NE(refused(s.workflow.status), nullptr);
  EXPECT_EQ(refused(s.workflow.status)->message,
            "the resume waits for that to end: one/a is running under another lock");
  s.end_container("one", "a", 0);
  s.pass(at(12));
  s.pass(at(13));
  s.pass(at(14));
  EXPECT_EQ(s.workflow.status.run, 2);
  EXPECT_EQ(s.workflow.status.lock, "west");
  EXPECT_EQ(s.lease->meta.name, lease_name("west"));
}

// By a request that was done late.
TEST(Lock, ThatIsNotOnRecordIsGivenUpWhenSomebodyWaitsForIt) {
  for (const bool ours : {true, false}) {
    Scenario s;
    s.pass(at(0));
    s.lease = lease_of(ours ? "w" : "other");
    s.stray_locks = {kEast};
    s.pass(at(1));
    EXPECT_EQ(s.lease.has_value(), !ours);
  }
  Scenario s = running();
  s.stray_locks = {kEast};
  s.pass(at(2));
  EXPECT_TRUE(s.lease) << "this one is on record";
}

TEST(Lock, OfAWorkflowAboveIsHeldByAChildAsWell) {
  Scenario s(locked());
  s.workflow.meta.controller_uid = "uid-of-parent";
  s.workflow.meta.labels = {{labels::kPhase, "p"},
                            {labels::kStep, "s"},
                            {labels::kAttempt, "1"},
                            {label_of_lock(kEast), "true"}};
  s.pass(at(0));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running);
  EXPECT_EQ(s.workflow.status.lock, "");
  EXPECT_THAT(s.done, ElementsAre(StartsWith("plan/"), StartsWith("job/")));
}

TEST(Lock, IsNotHeldByALabelThatSomebodyWrites) {
  Scenario s(locked());
  s.workflow.meta.labels = {{label_of_lock(kEast), "true"}};
  s.lease = lease_of("other");
  s.claims = {{"other", at(-10), true}};
  s.pass(at(0));
  s.pass(at(1));
  EXPECT_EQ(s.workflow.status.reason, "WaitingForLock");
}

TEST(Lock, IsALabelOfAllThatRunsUnderIt) {
  ObjectMeta workflow;
  workflow.name = "w";
  workflow.uid = "u";
  workflow.labels = {{label_of_lock("above"), "true"}};
  workflow.controller_uid = "uid-of-parent";
  workflow.labels.insert({{labels::kPhase, "p"}, {labels::kStep, "s"}, {labels::kAttempt, "1"}});
  const auto labels = labels_of_attempt(workflow, {"p", "s"}, 1, 1, kEast);
  EXPECT_EQ(labels.at(label_of_lock(kEast)), "true");
  EXPECT_EQ(labels.at(label_of_lock("above")), "true");
  CreateChild child;
  child.name = "c";
  child.step = {"p", "s"};
  child.lock = kEast;
  EXPECT_EQ(build_child(workflow, child)["metadata"]["labels"][label_of_lock(kEast)], "true");
}

TEST(Lock, ItsLeaseSaysWhoseItIs) {
  ObjectMeta workflow;
  workflow.ns = "ns";
  workflow.name = "w";
  workflow.uid = "u";
  const json lease = build_lease(workflow, {lease_name(kEast), kEast, 3, at(0)});
  EXPECT_EQ(lease["metadata"]["name"], lease_name(kEast));
  EXPECT_EQ(lease["metadata"]["annotations"]["bootstrap.openshift.io/lock"], kEast);
  EXPECT_EQ(lease["metadata"]["ownerReferences"][0]["uid"], "u");
  EXPECT_EQ(lease["metadata"]["labels"][labels::kRun], "3");
  EXPECT_EQ(lease["spec"]["holderIdentity"], "w");
  EXPECT_EQ(lease["spec"]["acquireTime"], "2026-01-02T00:00:00.000000Z");
}

}  // namespace
}  // namespace bootstrap::testing
