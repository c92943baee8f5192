// The life of a workflow, rule by rule.

#include "controllers/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controllers/scenario.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using testing::at;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Scenario;
using testing::three_steps;

std::string condition(const Status& status, const std::string& type) {
  for (const Condition& c : status.conditions)
    if (c.type == type) return c.status;
  return "absent";
}

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
  EXPECT_EQ(s.pass(at(10)).message, "one/a failed (ToolFailed): exit code 3");
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
  EXPECT_EQ(status.message,
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

// --- launching ---

TEST(Launch, AQuotaOrAdmissionRefusalIsSaidAndTriedAgain) {
  Scenario s;
  const std::string key = "job/" + Scenario::job("one", "a");
  s.refuse[key] = Refused{"Forbidden", "exceeded quota: jobs", true};
  s.pass(at(0));
  EXPECT_EQ(s.step("one", "a").state, StepState::Pending);
  EXPECT_EQ(s.step("one", "a").reason, "LaunchRefused");
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Pending);
  EXPECT_EQ(s.workflow.status.message, "one/a waits: exceeded quota: jobs");
  EXPECT_EQ(s.last.wake, at(5));
  s.refuse.clear();
  s.pass(at(5));
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
  EXPECT_EQ(s.step("one", "a").reason, "");
}

// The API server does not know the owner's kind for some seconds after its definition was
// installed.
TEST(Launch, APlanThatIsRefusedIsTriedAgainSoon) {
  Scenario s;
  s.workflow.meta.creation = at(0);
  const auto& meta = s.workflow.meta;
  s.refuse["plan/" + plan_name(meta.name, meta.uid, 1)] = Refused{"Forbidden", "no kind", true};
  s.pass(at(0));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Pending);
  EXPECT_EQ(s.workflow.status.message, "its plan cannot be stored: no kind");
  EXPECT_EQ(s.last.wake, at(5));
  s.pass(at(5));
  EXPECT_EQ(s.last.wake, at(10));
  s.refuse.clear();
  s.pass(at(10));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running);
}

TEST(Launch, AJobThatIsNotValidFailsTheStep) {
  Scenario s;
  s.refuse["job/" + Scenario::job("one", "a")] = Refused{"Invalid", "spec.x: bad", false};
  s.pass(at(0));
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_EQ(s.step("one", "a").reason, "JobInvalid");
}

TEST(Launch, ALostAnswerKeepsTheResultThatIsKnownAndTriesAgain) {
  Scenario s;
  s.pass(at(0));
  s.end_container("one", "a", 0);
  s.refuse["job/" + Scenario::job("one", "b")] = NotKnown{"timeout"};
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
  EXPECT_EQ(s.step("one", "b").state, StepState::Pending);
  EXPECT_EQ(s.last.retry, "timeout");
}

struct Account {
  const char* name;
  Found<ServiceAccountOf::Answer> answer;
  const char* reason;  // "" = launched
};

TEST(Launch, NamedServiceAccountsMustCarryTheLabel) {
  ServiceAccountView plain, allowed, other;
  allowed.meta.labels = {{labels::kAllowWorkflows, "true"}};
  other.meta.labels = {{labels::kAllowWorkflows, "no"}};
  for (const Account& row : {Account{"absent", std::nullopt, "ServiceAccountNotFound"},
                             {"without label", plain, "ServiceAccountNotAllowed"},
                             {"another value", other, "ServiceAccountNotAllowed"},
                             {"allowed", allowed, ""}}) {
    auto spec = three_steps();
    spec["tools"]["serviceAccountName"] = "robot";
    Scenario s(spec);
    s.facts[ServiceAccountOf{"robot"}] = row.answer;
    s.pass(at(0));
    const bool launched = *row.reason == '\0';
    EXPECT_EQ(s.created().size(), launched ? 1U : 0U) << row.name;
    EXPECT_EQ(s.step("one", "a").reason, row.reason) << row.name;
    EXPECT_EQ(s.last.wake.has_value() && !launched, !launched) << row.name;
  }
}

TEST(Launch, NothingIsLaunchedWhileTheServiceAccountIsNotKnown) {
  auto spec = three_steps();
  spec["tools"]["serviceAccountName"] = "robot";
  Scenario s(spec);
  s.facts[ServiceAccountOf{"robot"}] =
      Found<ServiceAccountOf::Answer>(tl::unexpected(Unavailable{"down"}));
  s.pass(at(0));
  EXPECT_THAT(s.created(), IsEmpty());
  EXPECT_EQ(s.last.retry, "down");
}

// --- why nothing runs ---

TEST(Waiting, TheReasonOfAStepThatDoesNotStartIsShownAndGoesAway) {
  Scenario s;
  s.pass(at(0));
  PodView& pod = s.pod("one", "a");
  pod.containers[0].reason = "ErrImagePull";
  pod.containers[0].message = "not found";
  s.pass(at(3));
  EXPECT_EQ(s.step("one", "a").state, StepState::Starting);
  EXPECT_EQ(s.step("one", "a").reason, "ImagePullFailed");
  EXPECT_EQ(s.workflow.status.reason, "ImagePullFailed");
  EXPECT_EQ(s.workflow.status.message,
            "one/a is starting, but nothing runs yet: ErrImagePull: not found");
  const auto before = to_json(s.workflow.status);
  pod.containers[0].reason = "ImagePullBackOff";
  pod.containers[0].message = "Back-off pulling image";
  s.pass(at(13));
  EXPECT_EQ(to_json(s.workflow.status), before) << "one class of trouble is written once";
  s.run_container("one", "a");
  s.pass(at(20));
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
  EXPECT_EQ(s.step("one", "a").reason, "");
  EXPECT_EQ(s.workflow.status.message, "one/a is running");
}

TEST(Waiting, EventsAreLookedUpAfterFiveSecondsOfSilence) {
  Scenario s;
  s.pass(at(0));
  const EventsAbout about_job{Scenario::job_uid("one", "a")};
  s.pass(at(4));
  EXPECT_FALSE(s.asked(about_job));
  EXPECT_EQ(s.last.wake, at(5));
  s.facts[about_job] = Found<EventsAbout::Answer>(EventsAbout::Answer{
      {"Warning", "FailedCreate", "pods \"x\" is forbidden: exceeded quota", at(1)}});
  s.pass(at(5));
  EXPECT_TRUE(s.asked(about_job));
  EXPECT_EQ(s.last.wake, at(10));
  EXPECT_EQ(s.step("one", "a").reason, "PodRefused");
  EXPECT_THAT(s.workflow.status.message, HasSubstr("exceeded quota"));
}

}  // namespace
}  // namespace bootstrap
