// The life of a workflow from its start to its end, its identity and its plan.

#include "controllers/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/attempt.h"
#include "controllers/limits.h"
#include "tests/unit/controllers/scenario.h"
#include "tests/unit/controllers/without_hint.h"

namespace bootstrap::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// --- the whole of it ---

TEST(Decide, StartsWithThePlanThenTheFirstJobThenOneStatus) {
  Scenario s;
  s.pass(at(0));
  EXPECT_THAT(s.done, ElementsAre("plan/" + plan_name("w", "uid-of-w", 1),
                                  "job/" + Scenario::job("one", "a")));
  const Status& status = s.workflow.status;
  EXPECT_EQ(status.state, WorkflowState::Running);
  EXPECT_EQ(status.reason, "StepRunning");
  EXPECT_EQ(status.message, "one/a is running");
  EXPECT_EQ(status.run, 1);
  EXPECT_EQ(status.uid, "uid-of-w");
  EXPECT_EQ(status.observed_generation, 1);
  EXPECT_EQ(status.start, at(0));
  EXPECT_EQ(status.progress->text, "0/3 0%");
  EXPECT_EQ(status.progress->current, "one/a");
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
  EXPECT_EQ(s.step("one", "a").job_uid, Scenario::job_uid("one", "a"));
  EXPECT_EQ(s.step("one", "a").attempts, 1);
  EXPECT_EQ(s.step("one", "b").state, StepState::Pending);
  EXPECT_EQ(condition(status, "Valid"), "True");
  EXPECT_EQ(condition(status, "Progressing"), "True");
  EXPECT_EQ(condition(status, "Succeeded"), "Unknown");
  EXPECT_EQ(condition(status, "PlanCurrent"), "True");
}

TEST(Decide, RunsEveryStepInOrderAndSucceeds) {
  Scenario s;
  s.pass(at(0));
  s.end_container("one", "a", 0);
  s.pass(at(10));
  EXPECT_EQ(s.workflow.status.progress->text, "1/3 33%");
  EXPECT_EQ(s.workflow.status.progress->elapsed, "10s");
  s.end_container("one", "b", 0);
  s.pass(at(20));
  EXPECT_EQ(s.workflow.status.phases[0].state, PhaseState::Succeeded);
  EXPECT_EQ(s.workflow.status.phases[1].state, PhaseState::Running);
  s.end_container("two", "c", 0);
  const Status& status = s.pass(at(70));
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "a"), Scenario::job("one", "b"),
                                       Scenario::job("two", "c")));
  EXPECT_EQ(status.state, WorkflowState::Succeeded);
  EXPECT_EQ(status.reason, "Completed");
  EXPECT_EQ(status.message, "all 3 steps succeeded in 1m10s");
  EXPECT_EQ(status.duration, "1m10s");
  EXPECT_EQ(status.completion, at(70));
  EXPECT_EQ(status.progress->text, "3/3 100%");
  EXPECT_EQ(status.progress->current, "");
  EXPECT_EQ(condition(status, "Progressing"), "False");
  EXPECT_EQ(condition(status, "Succeeded"), "True");
}

TEST(Decide, HandsOverInOnePassWithOneStatus) {
  Scenario s;
  s.pass(at(0));
  s.done.clear();
  s.end_container("one", "a", 0);
  s.pass(at(10));
  EXPECT_THAT(s.done, ElementsAre("job/" + Scenario::job("one", "b")));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
}

TEST(Decide, ChangesNothingWhileNothingHappens) {
  Scenario s;
  s.pass(at(0));
  for (const auto& change : std::vector<std::function<void()>>{
           [&] { s.pod("one", "a"); }, [&] { s.run_container("one", "a"); }, [] {}}) {
    change();
    const auto before = to_json(s.workflow.status);
    s.pass(at(100));
    EXPECT_EQ(to_json(s.workflow.status), before);
    EXPECT_THAT(s.last.transitions, IsEmpty());
  }
}

TEST(Decide, AFailureWithoutALogNamesNone) {
  Scenario s;
  s.pass(at(0));
  s.end_pod("one", "a", 3);
  EXPECT_EQ(without_hint(s.pass(at(10)).message), "one/a failed (ToolFailed): exit code 3");
}

TEST(Decide, AFailureEndsTheWorkflowAndNamesEverything) {
  auto spec = three_steps();
  spec["notes"] = {{"failure", "ask $(workflow.namespace) admins"}};
  Scenario s(spec);
  s.pass(at(0));
  s.end_pod("one", "a", 3, "connecting\nno route to host\n");
  const Status& status = s.pass(at(10));
  EXPECT_EQ(status.state, WorkflowState::Failed);
  EXPECT_EQ(status.reason, "StepFailed");
  EXPECT_EQ(without_hint(status.message),
            "one/a failed (ToolFailed): exit code 3: no route to host; its log: kubectl logs -n ns "
            "job/" +
                Scenario::job("one", "a") + ". ask ns admins");
  const StepRecord& step = s.step("one", "a");
  EXPECT_EQ(step.state, StepState::Failed);
  EXPECT_EQ(step.exit_code, 3);
  EXPECT_EQ(step.log_tail, "connecting\nno route to host\n");
  EXPECT_EQ(step.completion, at(9));
  EXPECT_EQ(s.created().size(), 1U) << "nothing is launched after a failure";
  EXPECT_EQ(condition(status, "Succeeded"), "False");
  EXPECT_EQ(status.phases[0].state, PhaseState::Failed);
  EXPECT_EQ(status.phases[1].state, PhaseState::Pending);
}

TEST(Decide, TellsWhatHappenedOnceForEventsAndHistory) {
  Scenario s;
  std::vector<std::string> events;
  const auto collect = [&] {
    for (const Transition& t : s.last.transitions)
      if (t.event) events.push_back(t.reason);
  };
  s.pass(at(0));
  collect();
  for (const auto& [phase, step] : {std::pair{"one", "a"}, {"one", "b"}, {"two", "c"}}) {
    s.end_container(phase, step, 0);
    s.pass(at(10));
    collect();
  }
  EXPECT_THAT(events, ElementsAre("WorkflowStarted", "StepSucceeded", "StepSucceeded",
                                  "StepSucceeded", "WorkflowSucceeded"));
  std::vector<std::string> history;
  for (const HistoryEntry& h : s.workflow.status.history) history.push_back(h.step + ":" + h.state);
  EXPECT_THAT(history,
              ElementsAre(":Running", "one/a:Running", "one/a:Succeeded", "one/b:Running",
                          "one/b:Succeeded", "two/c:Running", "two/c:Succeeded", ":Succeeded"));
}

// --- identity ---

TEST(Identity, AStatusOfAnotherObjectLaunchesNothing) {
  Scenario s;
  s.pass(at(0));
  s.done.clear();
  s.workflow.meta.uid = "restored";
  s.restart();
  s.pass(at(10));
  EXPECT_THAT(s.done, IsEmpty());
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Suspended);
  EXPECT_EQ(s.workflow.status.reason, "Restored");
  const auto before = to_json(s.workflow.status);
  s.pass(at(20));
  EXPECT_EQ(to_json(s.workflow.status), before);
}

TEST(Identity, PodsOfAFormerWorkflowOfThisNameMustEndFirst) {
  Scenario s;
  PodView old;
  old.meta.name = "old-pod";
  old.phase = "Running";
  s.facts[FormerPods{}] = Found<FormerPods::Answer>(FormerPods::Answer{old});
  s.pass(at(0));
  EXPECT_THAT(s.done, IsEmpty());
  EXPECT_EQ(s.workflow.status.reason, "PreviousRunTerminating");
  EXPECT_THAT(s.workflow.status.message, HasSubstr("old-pod"));
  EXPECT_EQ(s.last.wake, at(5));
  s.facts[FormerPods{}] = Found<FormerPods::Answer>(FormerPods::Answer{});
  s.pass(at(5));
  EXPECT_EQ(s.created().size(), 1U);
}

TEST(Identity, ADeletedWorkflowIsLeftAlone) {
  Scenario s;
  s.workflow.meta.deletion = at(0);
  s.pass(at(1));
  EXPECT_THAT(s.done, IsEmpty());
  EXPECT_FALSE(s.workflow.status.state);
}

// --- the plan ---

TEST(Plan, AnInvalidSpecLaunchesNothingAndNamesEveryProblem) {
  auto spec = three_steps();
  spec["phases"][0]["steps"][0]["timeout"] = "soon";
  spec["phases"][0]["steps"][1]["args"] = {1};
  Scenario s(spec);
  const Status& status = s.pass(at(0));
  EXPECT_THAT(s.done, IsEmpty());
  EXPECT_EQ(status.state, WorkflowState::Invalid);
  EXPECT_EQ(status.reason, "InvalidSpec");
  EXPECT_THAT(status.message, HasSubstr("phases[one].steps[a].timeout"));
  EXPECT_THAT(status.message, HasSubstr("phases[one].steps[b].args[0]"));
  EXPECT_EQ(condition(status, "Valid"), "False");
}

TEST(Plan, ADefinitionMustLeaveRoomForItsStatus) {
  auto spec = three_steps();
  spec["description"] = "";
  const std::size_t room = limits::kDefinition - spec.dump().size() - 2;  // and no parameters: {}
  for (const std::size_t more : {0U, 1U}) {
    spec["description"] = std::string(room + more, 'x');
    Scenario s(spec);
    const Status& status = s.pass(at(0));
    if (more == 0) {
      EXPECT_EQ(status.state, WorkflowState::Running) << status.message;
    } else {
      EXPECT_EQ(status.state, WorkflowState::Invalid);
      EXPECT_THAT(status.message, HasSubstr("spec: with the values of its parameters has 1048577 "
                                            "bytes as JSON, at most 1048576"));
      EXPECT_THAT(s.done, IsEmpty());
    }
  }
}

TEST(Plan, AnInvalidWorkflowStartsByItselfWhenItIsMended) {
  auto spec = three_steps();
  spec["tools"].erase("image");
  Scenario s(spec);
  s.pass(at(0));
  ASSERT_EQ(s.workflow.status.state, WorkflowState::Invalid);
  s.workflow.spec = three_steps().dump();
  s.workflow.meta.generation = 2;
  s.pass(at(10));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running);
  EXPECT_EQ(condition(s.workflow.status, "Valid"), "True");
  EXPECT_EQ(s.created().size(), 1U);
}

TEST(Plan, LaterEditsChangeNothingThatRunsAndAreSaid) {
  Scenario s;
  s.pass(at(0));
  auto spec = three_steps();
  spec["phases"][0]["steps"].erase(1);
  s.workflow.spec = spec.dump();
  s.workflow.meta.generation = 2;
  s.restart();
  s.end_container("one", "a", 0);
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "b").state, StepState::Running) << "it is in the plan";
  EXPECT_EQ(condition(s.workflow.status, "PlanCurrent"), "False");
  EXPECT_EQ(s.workflow.status.observed_generation, 2);
}

TEST(Plan, AStoredPlanOfBeforeACrashCountsWithItsStartTime) {
  Scenario s;
  s.pass(at(0));
  s.workflow.status = {};  // the crash came before the status patch
  s.restart();
  s.pass(at(50));
  EXPECT_EQ(s.workflow.status.start, at(0));
  EXPECT_EQ(s.created().size(), 1U) << "and the Job is adopted";
}

TEST(Plan, ALostPlanStopsTheRunAndSaysSo) {
  Scenario s;
  s.pass(at(0));
  Scenario other;  // knows the status, but the cluster has no plan
  other.workflow.status = s.workflow.status;
  other.work = s.work;
  other.pass(at(10));
  EXPECT_THAT(other.done, IsEmpty());
  EXPECT_EQ(other.workflow.status.state, WorkflowState::Running);
  EXPECT_EQ(other.workflow.status.reason, "PlanMissing");
}

TEST(Plan, OneThatCannotBeReadStopsTheRunAndSaysSo) {
  Scenario s;
  s.pass(at(0));
  Scenario other;
  other.workflow.status = s.workflow.status;
  other.work = s.work;
  other.facts[StoredPlan{s.workflow.status.plan}] =
      Found<StoredPlan::Answer>(tl::unexpected(Unavailable{"of version 9", true}));
  other.pass(at(10));
  EXPECT_THAT(other.done, IsEmpty());
  EXPECT_EQ(other.workflow.status.reason, "PlanUnreadable");
  EXPECT_THAT(other.workflow.status.message, HasSubstr("cannot be used: of version 9"));
}

TEST(Plan, OneThatIsThereBeforeTheRunAndCannotBeReadIsSaid) {
  Scenario s;
  s.refuse["plan/" + plan_name("w", "uid-of-w", 1)] =
      Refused{reasons::kPlanUnreadable, "its stored plan cannot be read: of version 9", true};
  const Status& status = s.pass(at(0));
  EXPECT_EQ(status.state, WorkflowState::Pending);
  EXPECT_EQ(status.reason, "PlanUnreadable");
  EXPECT_EQ(status.message, "its stored plan cannot be read: of version 9");
}

}  // namespace
}  // namespace bootstrap::testing
