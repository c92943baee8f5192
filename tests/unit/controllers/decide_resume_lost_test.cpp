// Resuming when requests, answers or operators are lost: the stored plan is the run, whatever the
// spec says by then, and a Job that turns up late is known for what it is.

#include <functional>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/decide.h"
#include "controllers/resume.h"
#include "tests/unit/controllers/resume_scenario.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::StartsWith;

TEST(Rule6Ended, NothingIsRunAgainBeforeItsLastAttemptHasEnded) {
  Scenario s = failed_at_b();
  s.answer_pods("one", "b", true);
  s.workflow.steering.resume.run = 2;
  s.pass(at(100));
  EXPECT_EQ(s.step("one", "b").reason, "PodEnding");
  EXPECT_EQ(s.step("one", "b").attempts, 1);
  s.answer_pods("one", "b");
  s.pass(at(110));
  EXPECT_EQ(s.step("one", "b").attempts, 2);
}

TEST(Rule2Order, TheNextPlanIsStoredBeforeAnythingElseIsDone) {
  Scenario s = failed_at_b();
  const auto before = static_cast<std::ptrdiff_t>(s.done.size());
  s.workflow.steering.resume.run = 2;
  s.pass(at(100));
  EXPECT_THAT(std::vector(s.done.begin() + before, s.done.end()),
              ElementsAre(StartsWith("plan/"), "job/" + Scenario::job("one", "b", 2)));
}

// The operator was killed after each of the writes of a resume: the next one does the same.
TEST(Resume, IsTheSameAfterACrash) {
  for (const bool job_too : {false, true}) {
    Scenario s = failed_at_b();
    s.workflow.steering.resume.run = 2;
    const Status before = s.workflow.status;
    s.pass(at(100));
    const Status first = s.workflow.status;
    s.workflow.status = before;  // never written
    if (!job_too) s.remove_job("one", "b");
    s.restart();
    s.pass(at(200));
    EXPECT_EQ(s.workflow.status.start, first.start) << "the stored plan is the run's commit record";
    EXPECT_EQ(s.step("one", "b").attempts, 2);
    EXPECT_EQ(std::ranges::count(s.created(), Scenario::job("one", "b", 2)), job_too ? 1 : 2);
  }
}

TEST(Resume, GoesOnWhenThePlanIsStoredWhateverTheSpecSaysThen) {
  Scenario s = failed_at_b();
  s.workflow.steering.resume = {2, "one/a"};
  const Status before = s.workflow.status;
  s.refuse["job/" + Scenario::job("one", "a", 2)] = NotKnown{"connection reset"};
  s.pass(at(100));
  s.workflow.status = before;  // not written
  s.refuse.clear();
  s.workflow.steering = {};
  s.pass(at(110));
  EXPECT_EQ(s.workflow.status.run, 2);
  EXPECT_EQ(s.step("one", "a").attempts, 2) << "as was asked when the plan was stored";
}

// What was stored by an operator that has died, or by a request whose answer was lost, is the run:
// its Jobs may be at work.
TEST(Resume, ThatHasBegunIsNotRefused) {
  struct Case {
    const char* what;
    std::function<void(Steering&)> then;
    WorkflowState state;
  };
  const Case cases[] = {
      {"cancelled", [](Steering& s) { s.cancel = true; }, WorkflowState::Running},
      {"suspended", [](Steering& s) { s.suspend = true; }, WorkflowState::Running},
      {"from nowhere", [](Steering& s) { s.resume.from = "nowhere"; }, WorkflowState::Running},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    Scenario s = failed_at_b();
    const Status before = s.workflow.status;
    s.workflow.steering.resume.run = 2;
    s.pass(at(100));
    s.workflow.status = before;  // never written
    s.restart();
    c.then(s.workflow.steering);
    s.pass(at(110));
    EXPECT_EQ(s.workflow.status.run, 2);
    EXPECT_EQ(s.workflow.status.state, c.state);
    EXPECT_EQ(refused(s.workflow.status), nullptr);
    EXPECT_EQ(s.step("one", "b").attempts, 2) << "its Job is known";
  }
}

// The cancel was taken out before it was on record; the Job had been told already.
TEST(Resume, WaitsForAJobThatHasBeenToldToEnd) {
  Scenario s(three_steps());
  s.pass(at(0));
  s.job_view("one", "a").suspended = true;
  s.job_view("one", "a").stop = {reasons::kCancelled, 1};
  s.run_container("one", "a");
  s.workflow.steering.resume.run = 2;
  s.pass(at(10));
  ASSERT_NE(refused(s.workflow.status), nullptr);
  EXPECT_EQ(refused(s.workflow.status)->message,
            "the resume waits for that to end: one/a is being stopped");
  EXPECT_EQ(s.workflow.status.run, 1);
}

// An operator that another one has overtaken has told it to end, after the next run had begun:
// what goes on from the run before, and what only this one has launched.
TEST(Resume, WhatIsStoppedForTheRunBeforeIsLostToThisOne) {
  for (const char* reason : {reasons::kCancelled, reasons::kWorkflowTimedOut})
    for (const bool retries : {true, false})
      for (const bool goes_on : {true, false}) {
        SCOPED_TRACE(fmt::format("{}, retries {}, goes on {}", reason, retries, goes_on));
        json spec = three_steps();
        if (retries) spec["phases"][0]["steps"][0]["retry"] = {{"attempts", 2}};
        Scenario s(spec);
        s.pass(at(0));
        if (!goes_on) s.end_pod("one", "a", 3);
        s.pass(at(5));
        s.answer_pods("one", "a");
        s.workflow.steering.resume.run = 2;
        s.pass(at(10));
        ASSERT_EQ(s.workflow.status.run, 2);
        ASSERT_EQ(s.step("one", "a").state, StepState::Running);
        ASSERT_EQ(s.step("one", "a").attempts, goes_on ? 1 : 2);
        s.job_view("one", "a").suspended = true;
        s.job_view("one", "a").stop = {reason, 1};
        s.end_pod("one", "a", 143);
        s.answer_pods("one", "a");
        s.pass(at(20));
        EXPECT_EQ(s.step("one", "a").state, retries ? StepState::Backoff : StepState::Failed)
            << "nobody wants run 2 to be cancelled";
        EXPECT_EQ(s.step("one", "a").reason, "Disrupted");
        EXPECT_EQ(s.step("one", "a").message, "it was stopped with the run before");
        EXPECT_EQ(s.step("one", "a").uncounted, retries ? 1 : 0) << "no fault of the tool";
      }
}

// The run has begun although nobody can tell yet what its cancel meets.
TEST(Resume, ProgressAndConditionsAreThoseOfTheNewRunFromItsFirstStatusOn) {
  Scenario s = failed_at_b();
  ASSERT_EQ(s.workflow.status.progress->completed, 1);
  ASSERT_EQ(condition(s.workflow.status, "Succeeded"), "False");
  const Status before = s.workflow.status;
  s.workflow.steering.resume = {2, "one"};
  s.pass(at(100));
  ASSERT_EQ(s.workflow.status.run, 2);
  s.workflow.status = before;  // its write was lost, and the Job with the request for it
  s.remove_job("one", "a");
  s.workflow.steering.cancel = true;
  s.facts[LiveJob{Scenario::job("one", "a", 2)}] =
      Found<LiveJob::Answer>(tl::unexpected(Unavailable{"down"}));
  s.pass(at(110));
  EXPECT_EQ(s.workflow.status.run, 2);
  EXPECT_FALSE(s.last.retry.empty());
  EXPECT_EQ(s.step("one", "a").state, StepState::Pending);
  EXPECT_EQ(s.workflow.status.progress->text, "0/3 0%");
  EXPECT_EQ(condition(s.workflow.status, "Succeeded"), "Unknown");
  EXPECT_EQ(condition(s.workflow.status, "Progressing"), "True");
}

// Its status was not written, or is of a version of the operator that did not say in which run.
TEST(Resume, WhatIsStoppedForThisRunEndsIt) {
  for (const int run : {0, 2}) {
    Scenario s(three_steps());
    s.pass(at(0));
    s.workflow.steering.resume.run = 2;
    s.pass(at(10));
    ASSERT_EQ(s.workflow.status.run, 2);
    s.job_view("one", "a").suspended = true;
    s.job_view("one", "a").stop = {reasons::kCancelled, run};
    s.end_pod("one", "a", 143);
    s.answer_pods("one", "a");
    s.pass(at(20));
    EXPECT_EQ(s.step("one", "a").state, StepState::Cancelled) << run;
  }
}

TEST(Resume, AJobRestsOnNothingThatOnlyThisPassHasDecided) {
  json spec = three_steps();
  spec["phases"][0]["steps"][0] = {{"name", "a"},
                                   {"ask", {{"parameters", json::array({{{"name", "who"}}})}}}};
  Scenario s(spec);
  s.workflow.answers = {{"who", "me"}};
  s.pass(at(0));
  s.pass(at(1));
  s.pass(at(2));
  s.end_pod("one", "b", 3);
  s.pass(at(10));
  s.answer_pods("one", "b");
  s.workflow.steering.resume = {2, "one/a"};
  s.pass(at(100));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
  EXPECT_EQ(s.step("one", "b").attempts, 1) << "the new answer is not on record yet";
  s.pass(at(101));
  EXPECT_EQ(s.step("one", "b").attempts, 2);
}

// A request of the former run that was done late, for a step whose turn comes later in this one.
TEST(Rule3Adopt, AJobOfAFormerRunIsPutAsideUntilItsStepHasItsTurn) {
  Scenario s = failed_at_b();
  s.workflow.steering.resume.run = 2;
  s.pass(at(100));
  for (const int run : {0, 2}) {
    Scenario other = s;
    other.add_job("two", "c");
    other.job_view("two", "c").meta.labels[labels::kRun] = std::to_string(run);
    other.pass(at(110));
    EXPECT_EQ(other.step("two", "c").state, StepState::Running)
        << "of this run, as far as is known";
  }
  s.add_job("two", "c");
  s.job_view("two", "c").meta.labels[labels::kRun] = "1";
  s.pass(at(110));
  EXPECT_EQ(s.done.back(), "suspend/" + Scenario::job("two", "c"));
  EXPECT_EQ(s.step("two", "c").state, StepState::Pending);
  EXPECT_EQ(s.step("two", "c").attempts, 1);
  EXPECT_EQ(s.step("two", "c").former, 1) << "it uses up none of retry";
}

TEST(Rule3Adopt, AJobIsPutAsideOnlyOnceItHasBeenToldToEnd) {
  Scenario s = failed_at_b();
  s.workflow.steering.resume.run = 2;
  s.pass(at(100));
  s.add_job("two", "c");
  s.job_view("two", "c").meta.labels[labels::kRun] = "1";
  const std::string stop = "suspend/" + Scenario::job("two", "c");
  s.refuse[stop] = NotKnown{"connection reset"};
  s.pass(at(110));
  EXPECT_EQ(s.step("two", "c").attempts, 0) << "nobody would look for it any more";
  EXPECT_EQ(s.last.retry, "connection reset");
  s.refuse.clear();
  s.pass(at(111));
  EXPECT_EQ(s.step("two", "c").attempts, 1);
  EXPECT_EQ(std::ranges::count(s.done, stop), 2);
}

// two/c runs a template.
Scenario failed_before_a_child() {
  json spec = three_steps();
  spec["phases"][1]["steps"][0] = {{"name", "c"}, {"workflow", {{"templateRef", {{"name", "t"}}}}}};
  Scenario s(spec);
  set_template(s, "t", three_steps());
  return failed_at_b(std::move(s));
}

CreateChild late_child() {
  CreateChild late;
  late.name = Scenario::child("two", "c");
  late.step = {"two", "c"};
  return late;
}

TEST(Rule3Adopt, AChildOfAFormerRunIsPutAsideAndItsEndWaitedFor) {
  Scenario s = failed_before_a_child();
  s.workflow.steering.resume.run = 2;
  s.pass(at(100));
  s.add_child(late_child());
  s.pass(at(110));
  EXPECT_EQ(s.done.back(), "steer/" + Scenario::child("two", "c"));
  EXPECT_TRUE(s.child_view("two", "c").steering.cancel);
  EXPECT_EQ(s.step("two", "c").state, StepState::Pending);
  EXPECT_EQ(s.step("two", "c").attempts, 1);
  EXPECT_EQ(s.step("two", "c").former, 1);
  s.end_container("one", "b", 0);
  s.pass(at(120));
  EXPECT_EQ(s.step("two", "c").state, StepState::Pending);
  EXPECT_EQ(s.step("two", "c").reason, "ChildEnding");
  EXPECT_EQ(s.step("two", "c").message,
            "waits for workflow " + Scenario::child("two", "c") + " of a former attempt to end");
  s.end_child("two", "c", WorkflowState::Cancelled, "Cancelled");
  s.pass(at(130));
  EXPECT_EQ(s.step("two", "c").state, StepState::Running);
  EXPECT_EQ(s.step("two", "c").attempts, 2);
}

TEST(Rule3Adopt, WhatIsNotTheWorkOfItsStepAnyMoreIsPutAside) {
  Scenario s = failed_at_b();
  s.workflow.steering.resume.run = 2;
  s.pass(at(100));
  s.end_container("one", "b", 0);
  s.refuse["job/" + Scenario::job("two", "c")] = Refused{"Forbidden", "quota", true};
  s.pass(at(110));
  ASSERT_EQ(s.step("two", "c").reason, "LaunchRefused") << "its turn has come";
  s.add_child(late_child());
  s.pass(at(120));
  EXPECT_TRUE(s.child_view("two", "c").steering.cancel);
  EXPECT_EQ(s.step("two", "c").attempts, 1);
  EXPECT_EQ(s.step("two", "c").child, "");
}

// Whose source it has cloned, and whose definition it follows, is on record.
TEST(Rule3Adopt, AJobOfAFormerRunIsRecordedWithThePlanOfThatRun) {
  for (const bool is_seen : {true, false}) {
    SCOPED_TRACE(is_seen ? "seen before it is launched" : "met when it is launched");
    Scenario s = failed_at_b();
    const std::string job = Scenario::job("one", "b", 2);
    if (is_seen) {
      s.add_job("one", "b", 2);
      s.job_view("one", "b").meta.labels[labels::kRun] = "1";
    } else {
      s.refuse["job/" + job] = Done{Scenario::job_uid("one", "b", 2), 1};
    }
    s.workflow.steering.resume.run = 2;
    s.pass(at(100));
    EXPECT_EQ(s.step("one", "b").job, job);
    EXPECT_EQ(s.step("one", "b").plan, plan_name("w", "uid-of-w", 1));
  }
}

TEST(Rule3Adopt, AJobFoundAfterACancelIsCancelled) {
  Scenario s;
  s.pass(at(0));
  s.workflow.steering.cancel = true;
  s.add_job("two", "c");
  s.pass(at(10));
  EXPECT_EQ(s.step("two", "c").state, StepState::Ending);
  EXPECT_EQ(s.step("two", "c").reason, "Cancelled");
}

TEST(Resume, SaysThatItIsNotKnownWhetherItHasBegun) {
  Scenario s = failed_at_b();
  const std::string plan = plan_name("w", "uid-of-w", 2);
  s.facts.insert_or_assign(StoredPlan{plan},
                           Found<StoredPlan::Answer>(tl::unexpected(Unavailable{"Forbidden: no"})));
  s.workflow.steering.resume.run = 2;
  s.pass(at(100));
  EXPECT_EQ(s.last.retry, "Forbidden: no");
  ASSERT_NE(refused(s.workflow.status), nullptr);
  EXPECT_EQ(refused(s.workflow.status)->status, "Unknown");
  EXPECT_EQ(refused(s.workflow.status)->message,
            "whether run 2 has begun is not known: Forbidden: no");
  s.facts.erase(StoredPlan{plan});
  s.pass(at(110));
  EXPECT_EQ(s.workflow.status.run, 2);
  EXPECT_EQ(refused(s.workflow.status), nullptr);
}

// What it would end for the run that goes on would be ended in the next one, which may have begun.
TEST(Resume, NothingElseIsDoneWhileItsPlanMayBeStored) {
  json spec = three_steps();
  spec["timeout"] = "1m";
  Scenario s(spec);
  s.pass(at(0));
  s.run_container("one", "a");
  s.workflow.steering.resume.run = 2;
  s.refuse["plan/" + plan_name("w", "uid-of-w", 2)] = NotKnown{"connection reset"};
  s.pass(at(70));
  EXPECT_EQ(s.last.retry, "connection reset");
  EXPECT_EQ(std::ranges::count(s.done, "suspend/" + Scenario::job("one", "a")), 0)
      << "ended for the timeout of the run before";
  s.refuse.clear();
  s.pass(at(71));
  EXPECT_EQ(s.workflow.status.run, 2);
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
}

TEST(Resume, IsToldWhenItsPlanCannotBeStored) {
  Scenario s = failed_at_b();
  s.workflow.steering.resume.run = 2;
  s.refuse["plan/" + plan_name("w", "uid-of-w", 2)] = Refused{"Forbidden", "quota", true};
  s.pass(at(100));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
  ASSERT_NE(refused(s.workflow.status), nullptr);
  EXPECT_EQ(refused(s.workflow.status)->status, "Unknown");
  EXPECT_EQ(refused(s.workflow.status)->message, "its plan cannot be stored: quota");
  ASSERT_TRUE(s.last.wake);
}

TEST(Begin, OfARunThatHasBegunIsNotHeldByATemplateThatIsGone) {
  Scenario s = failed_at_b();
  const Plan plan = *compile(s.workflow.meta, PlanRecord{1, at(0), 1, three_steps(), {}, {}, ""});
  s.workflow.status = {};  // never written
  s.workflow.spec = R"({"templateRef": {"name": "gone"}})";
  s.facts.insert_or_assign(TemplateOf{"gone"}, Found<TemplateOf::Answer>(std::nullopt));
  s.facts.insert_or_assign(WatchedTemplate{"gone"}, Found<WatchedTemplate::Answer>(nullptr));
  s.restart();
  s.pass(at(100));
  EXPECT_EQ(s.workflow.status.run, 1);
  EXPECT_EQ(s.workflow.status.plan, plan.name);
  EXPECT_EQ(s.step("one", "a").attempts, 1) << "what it has launched is known";
}

}  // namespace
}  // namespace bootstrap::testing
