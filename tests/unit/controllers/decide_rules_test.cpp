// The rules that keep a step from being launched twice, and a result from being lost.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/decide.h"
#include "tests/unit/controllers/resume_scenario.h"

namespace bootstrap::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// --- rule 1: names ---

TEST(Rule1Names, AJobOfSomebodyElseUnderOurNameFailsTheStep) {
  Scenario s;
  const std::string name = Scenario::job("one", "a");
  s.refuse["job/" + name] = NameTaken{"nobody"};
  s.pass(at(0));
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_EQ(s.step("one", "a").reason, "NameTaken");
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
}

// --- rule 3: adopt first ---

TEST(Rule3Adopt, AJobThatStatusDoesNotKnowIsAdoptedNotRepeated) {
  Scenario s;
  s.pass(at(0));
  s.end_container("one", "a", 0);
  s.add_job("one", "b");  // created, then the operator crashed before its status patch
  s.restart();
  s.done.clear();
  s.pass(at(20));
  EXPECT_THAT(s.created(), IsEmpty());
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
  EXPECT_EQ(s.step("one", "b").job_uid, Scenario::job_uid("one", "b"));
}

TEST(Rule3Adopt, AJobWithForgedLabelsIsNotAdopted) {
  Scenario s;
  s.pass(at(0));
  s.end_container("one", "a", 0);
  s.add_job("one", "b");
  s.job_view("one", "b").meta.controller_uid = "somebody-else";
  s.done.clear();
  s.pass(at(20));
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "b")));
}

TEST(Rule3Adopt, AJobFoundAfterTheEndIsStoppedAndRecorded) {
  Scenario s;
  s.pass(at(0));
  s.end_pod("one", "a", 1);
  s.pass(at(10));
  s.add_job("one", "b");
  s.done.clear();
  s.pass(at(20));
  EXPECT_THAT(s.done, ElementsAre("suspend/" + Scenario::job("one", "b")));
  EXPECT_EQ(s.step("one", "b").attempts, 1) << "its name must never be met again";
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
}

// --- rule 5: the pod's container statuses are the trigger ---

TEST(Rule5Trigger, SuccessIsSeenBeforeThePodOrTheJobSaySo) {
  Scenario s;
  s.pass(at(0));
  s.end_container("one", "a", 0);  // phase still Running, no Job condition
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
}

TEST(Rule5Trigger, SuccessOfThePodWinsOverAJobThatSaysFailed) {
  Scenario s;
  s.pass(at(0));
  s.end_pod("one", "a", 0);
  s.job_view("one", "a").conditions = {{"Failed", "True", "DeadlineExceeded", "too late"}};
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
}

TEST(Rule5Trigger, APodOfAnotherJobSaysNothing) {
  Scenario s;
  s.pass(at(0));
  s.end_container("one", "a", 0);
  s.pod("one", "a").meta.controller_uid = "another-job";
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
}

TEST(Rule5Trigger, TheFirstRecordedResultIsFinal) {
  Scenario s;
  s.pass(at(0));
  s.end_container("one", "a", 0);
  s.pass(at(10));
  s.end_pod("one", "a", 1);  // however it could come to that
  s.job_view("one", "a").conditions = {{"Failed", "True", "X", "y"}};
  s.pass(at(20));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
}

TEST(Rule5Trigger, ExitZeroOnTheDeadlinesSignalIsNoSuccess) {
  Scenario s;
  s.pass(at(0));
  s.end_pod("one", "a", 0);
  s.pod("one", "a").phase = "Failed";
  s.pod("one", "a").reason = "DeadlineExceeded";
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_EQ(s.step("one", "a").reason, "TimedOut");
}

// --- rule 6: ended before again; startTimeout ---

TEST(Rule6Ended, AStepThatDoesNotStartIsStoppedAndFailsWhenItsPodHasEnded) {
  Scenario s;
  s.pass(at(0));
  s.pod("one", "a");
  s.facts[EventsAbout{"pod-" + Scenario::job("one", "a")}] =
      Found<EventsAbout::Answer>(EventsAbout::Answer{});
  s.pass(at(899));
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
  EXPECT_EQ(s.last.wake, at(900));
  s.done.clear();
  s.pass(at(900));
  EXPECT_THAT(s.done, ElementsAre("suspend/" + Scenario::job("one", "a")));
  EXPECT_EQ(s.step("one", "a").state, StepState::Ending);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running);

  s.remove_pod("one", "a");
  s.facts[LivePods{{"one", "a"}}] = Found<LivePods::Answer>(LivePods::Answer{PodView{}});
  s.pass(at(901));
  EXPECT_EQ(s.step("one", "a").state, StepState::Ending) << "the live API still shows its pod";

  s.facts[LivePods{{"one", "a"}}] = Found<LivePods::Answer>(LivePods::Answer{});
  s.pass(at(902));
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_EQ(s.step("one", "a").reason, "NotStarted");
  EXPECT_EQ(s.step("one", "a").message, "did not start within 15m0s");
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
}

TEST(Rule6Ended, AStepThatSucceededWhileItWasStoppedHasSucceeded) {
  Scenario s;
  s.pass(at(0));
  s.pass(at(900));
  ASSERT_EQ(s.step("one", "a").state, StepState::Ending);
  s.end_container("one", "a", 0);
  s.pass(at(901));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
}

TEST(Rule6Ended, APodOnALostNodeKeepsTheStepRunningAndSaysWhatToDo) {
  Scenario s;
  s.pass(at(0));
  s.run_container("one", "a");
  s.pod("one", "a").meta.deletion = at(100);
  s.pass(at(110));
  EXPECT_EQ(s.last.wake, at(130));
  s.pass(at(130));
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
  EXPECT_EQ(s.step("one", "a").reason, "NodeLost");
  EXPECT_THAT(s.workflow.status.message, HasSubstr("node node-1 does not answer"));
  EXPECT_EQ(s.created().size(), 1U);
}

// --- rule 7: nothing vanishes unseen ---

TEST(Rule7Vanished, AJobThatIsGoneFailsOnlyAfterTheLiveApiConfirmsIt) {
  Scenario s;
  s.pass(at(0));
  s.remove_job("one", "a");
  s.facts[LiveJob{Scenario::job("one", "a")}] = Found<LiveJob::Answer>(JobView{});
  s.pass(at(5));
  EXPECT_EQ(s.step("one", "a").state, StepState::Running) << "only the store is behind";

  s.facts[LiveJob{Scenario::job("one", "a")}] = Found<LiveJob::Answer>(std::nullopt);
  s.facts[LivePods{{"one", "a"}}] = Found<LivePods::Answer>(LivePods::Answer{PodView{}});
  s.pass(at(6));
  EXPECT_EQ(s.step("one", "a").state, StepState::Running) << "its pod may still be at work";

  s.facts[LivePods{{"one", "a"}}] = Found<LivePods::Answer>(LivePods::Answer{});
  s.pass(at(7));
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_EQ(s.step("one", "a").reason, "JobDeleted");
}

// --- rule 8: read your own writes, and what others write ---

// People cancel a run, take that back and resume it, and another operator begins the next run.
TEST(Rule8OwnWrites, NothingIsDecidedByAnObjectThatIsOlderThanThePlanOfItsRun) {
  Scenario s = failed_at_b();
  const Workflow before = s.workflow;
  s.workflow.meta.generation = 3;
  s.workflow.steering.resume.run = 2;
  s.pass(at(100));
  ASSERT_EQ(s.step("one", "b").attempts, 2);
  const Workflow news = s.workflow;
  s.done.clear();
  s.workflow = before;
  s.workflow.meta.generation = 2;
  s.workflow.steering.resume.run = 2;
  s.workflow.steering.cancel = true;
  s.restart();
  s.pass(at(110));
  EXPECT_THAT(s.done, IsEmpty());
  EXPECT_EQ(to_json(s.workflow.status), to_json(before.status));
  s.workflow = news;
  s.pass(at(120));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running);
}

// --- rule 10: terminal is final ---

TEST(Rule10Final, AFinishedWorkflowLaunchesNothingWhateverChanges) {
  Scenario s;
  s.pass(at(0));
  s.end_pod("one", "a", 1);
  s.pass(at(10));
  const Status failed = s.workflow.status;
  s.done.clear();
  s.end_pod("one", "a", 0);
  s.remove_job("one", "a");
  s.workflow.meta.generation = 2;
  auto spec = three_steps();
  spec["phases"][0]["steps"][0]["command"] = {"false"};
  s.workflow.spec = spec.dump();
  s.restart();
  s.pass(at(100));
  EXPECT_THAT(s.done, IsEmpty());
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_EQ(s.workflow.status.completion, failed.completion);
  EXPECT_EQ(s.workflow.status.observed_generation, 2);
  EXPECT_EQ(condition(s.workflow.status, "PlanCurrent"), "False");
}

}  // namespace
}  // namespace bootstrap::testing
