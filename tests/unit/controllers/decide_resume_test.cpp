// Resuming: what is kept, what is done again, and when a request is refused or waits.

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/decide.h"
#include "controllers/resume.h"
#include "tests/unit/controllers/scenario.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// one/a has succeeded, one/b has failed for good, two/c was not started.
Scenario failed_at_b(json spec = three_steps()) {
  Scenario s(std::move(spec));
  s.pass(at(0));
  succeed(s, "one", "a", 10);
  s.end_pod("one", "b", 3);
  s.pass(at(20));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
  for (const char* step : {"a", "b"}) s.answer_pods("one", step);
  s.answer_pods("two", "c");
  return s;
}

void change(Scenario& s, const json& spec) {
  s.workflow.spec = spec.dump();
  ++s.workflow.meta.generation;
}

const Condition* refused(const Status& status) {
  return find_condition(status, kResumeAccepted);
}

TEST(Resume, GoesOnFromWhatHasFailedAndKeepsWhatSucceeded) {
  Scenario s = failed_at_b();
  const StepRecord kept = s.step("one", "a");
  s.workflow.steering.resume.run = 2;
  const Status& status = s.pass(at(100));
  EXPECT_EQ(status.state, WorkflowState::Running);
  EXPECT_EQ(status.run, 2);
  EXPECT_EQ(status.start, at(100));
  EXPECT_FALSE(status.completion);
  EXPECT_EQ(s.step("one", "a"), kept);
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
  EXPECT_EQ(s.step("one", "b").attempts, 2) << "attempts are numbered on";
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "a"), Scenario::job("one", "b"),
                                       Scenario::job("one", "b", 2)));
  EXPECT_EQ(refused(status), nullptr);
  ASSERT_FALSE(s.last.transitions.empty());
  EXPECT_EQ(s.last.transitions.front().reason, "WorkflowResumed");
  EXPECT_EQ(s.last.transitions.front().message, "resumed as run 2: 1 of 3 steps are done already");
  succeed(s, "one", "b", 110);
  succeed(s, "two", "c", 120);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Succeeded);
  EXPECT_EQ(s.workflow.status.duration, "20s") << "of this run";
}

TEST(Resume, IsWhatTheMessageOfAFailureEndsWithUnlessAParentResumesIt) {
  Scenario s = failed_at_b();
  EXPECT_EQ(s.workflow.status.message,
            "one/b failed (ToolFailed): exit code 3; to resume: kubectl patch bwf w -n ns --type "
            "merge -p '{\"spec\":{\"resume\":{\"run\":2}}}'");
  Scenario child;
  child.workflow.meta.controller_uid = "uid-of-parent";
  child.workflow.meta.labels = {
      {labels::kPhase, "p"}, {labels::kStep, "s"}, {labels::kAttempt, "1"}};
  child.pass(at(0));
  child.end_pod("one", "a", 3);
  EXPECT_EQ(child.pass(at(10)).message, "one/a failed (ToolFailed): exit code 3");
}

TEST(Resume, ANumberThatTheRunHasDoesNothing) {
  Scenario s = failed_at_b();
  for (const int run : {0, 1}) {
    s.workflow.steering.resume.run = run;
    s.pass(at(100));
    EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
  }
  s.workflow.steering.resume.run = 7;
  s.pass(at(110));
  EXPECT_EQ(s.workflow.status.run, 7);
  s.workflow.steering.resume.run = 2;  // a revert in Git
  succeed(s, "one", "b", 120);
  EXPECT_EQ(s.workflow.status.run, 7);
}

TEST(Resume, AtTheFirstStartOnlySetsTheNumber) {
  Scenario s;
  s.workflow.steering.resume = {3, "two"};
  s.pass(at(0));
  EXPECT_EQ(s.workflow.status.run, 3);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running);
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "a")));
}

TEST(Resume, TakesTheNewDefinitionAndSaysWhichStepsRanWithWhich) {
  Scenario s = failed_at_b();
  const std::string former = s.workflow.status.plan;
  json spec = three_steps();
  spec["phases"][0]["steps"][1]["command"] = {"mended"};
  change(s, spec);
  s.pass(at(50));
  EXPECT_EQ(condition(s.workflow.status, "PlanCurrent"), "False");
  s.workflow.steering.resume.run = 2;
  s.pass(at(100));
  EXPECT_EQ(condition(s.workflow.status, "PlanCurrent"), "True");
  EXPECT_NE(s.workflow.status.plan, former);
  EXPECT_EQ(s.step("one", "a").plan, former);
  EXPECT_EQ(s.step("one", "b").plan, s.workflow.status.plan);
}

TEST(Resume, FromAStepRunsItAndWhatDependsOnItAgain) {
  struct Case {
    const char* from;
    std::vector<std::string> again;
  };
  for (const Case& c : {Case{"one/a", {"one/a", "one/b", "two/c"}},
                        {"one", {"one/a", "one/b", "two/c"}},
                        {"one/b", {"one/b", "two/c"}},
                        {"two", {"two/c"}}}) {
    Scenario s;
    s.pass(at(0));
    succeed(s, "one", "a", 10);
    succeed(s, "one", "b", 20);
    succeed(s, "two", "c", 30);
    ASSERT_EQ(s.workflow.status.state, WorkflowState::Succeeded);
    for (const char* step : {"a", "b"}) s.answer_pods("one", step);
    s.answer_pods("two", "c");
    s.workflow.steering.resume = {2, c.from};
    s.pass(at(100));
    std::vector<std::string> again;
    for (const PhaseRecord& phase : s.workflow.status.phases)
      for (const StepRecord& step : phase.steps)
        if (step.state != StepState::Succeeded) again.push_back(phase.name + "/" + step.name);
    EXPECT_EQ(again, c.again) << c.from;
    EXPECT_EQ(s.workflow.status.state, WorkflowState::Running) << c.from;
  }
}

TEST(Resume, IsRefusedWithAReasonAndStartsNothing) {
  struct Case {
    const char* what;
    std::function<void(Scenario&)> ask;
    std::string reason, message;
  };
  const std::vector<Case> cases{
      {"an unknown phase",
       [](Scenario& s) {
         s.workflow.steering.resume = {2, "three"};
       },
       "ResumeFromUnknown",
       "spec.resume.from: there is no phase or step three; phases: one, two; steps are named "
       "phase/step"},
      {"an unknown step",
       [](Scenario& s) {
         s.workflow.steering.resume = {2, "one/c"};
       },
       "ResumeFromUnknown",
       "spec.resume.from: there is no phase or step one/c; phases: one, two; steps are named "
       "phase/step"},
      {"cancelled",
       [](Scenario& s) {
         s.workflow.steering = {false, true, {2, ""}, ResumePolicy::Manual};
       },
       "CancelIsSet", "spec.cancel is true: take it out to resume"},
      {"an invalid definition",
       [](Scenario& s) {
         json spec = three_steps();
         spec["phases"][1]["steps"][0]["timeout"] = "soon";
         change(s, spec);
         s.workflow.steering.resume.run = 2;
       },
       "InvalidSpec", "phases[two].steps[c].timeout"},
  };
  for (const Case& c : cases) {
    Scenario s = failed_at_b();
    const auto before = s.done;
    c.ask(s);
    const Status& status = s.pass(at(100));
    EXPECT_EQ(status.state, WorkflowState::Failed) << c.what;
    EXPECT_EQ(status.run, 1) << c.what;
    EXPECT_EQ(s.done, before) << c.what;
    ASSERT_NE(refused(status), nullptr) << c.what;
    EXPECT_EQ(refused(status)->status, "False") << c.what;
    EXPECT_EQ(refused(status)->reason, c.reason) << c.what;
    EXPECT_THAT(refused(status)->message, HasSubstr(c.message)) << c.what;
    ASSERT_FALSE(s.last.transitions.empty()) << c.what;
    EXPECT_EQ(s.last.transitions.front().reason, "ResumeRefused") << c.what;
    s.pass(at(101));
    EXPECT_THAT(s.last.transitions, IsEmpty()) << "it is said once; " << c.what;
    s.workflow.steering = {};
    s.pass(at(110));
    EXPECT_EQ(refused(s.workflow.status), nullptr) << "nobody asks any more; " << c.what;
  }
}

TEST(Resume, FromFinallyIsRefused) {
  json spec = three_steps();
  spec["finally"] = {{{"name", "clean"}, {"steps", spec["phases"][1]["steps"]}}};
  Scenario s(spec);
  s.pass(at(0));
  s.end_pod("one", "a", 3);
  s.pass(at(10));
  succeed(s, "clean", "c", 20);
  s.workflow.steering.resume = {2, "clean"};
  s.pass(at(100));
  ASSERT_NE(refused(s.workflow.status), nullptr);
  EXPECT_THAT(refused(s.workflow.status)->message,
              HasSubstr("clean is in finally, which runs again after every resume"));
}

TEST(Resume, OfASuccessSaysThatThereIsNothingToDo) {
  Scenario s;
  s.pass(at(0));
  succeed(s, "one", "a", 10);
  succeed(s, "one", "b", 20);
  succeed(s, "two", "c", 30);
  s.workflow.steering.resume.run = 2;
  s.pass(at(100));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Succeeded);
  ASSERT_NE(refused(s.workflow.status), nullptr);
  EXPECT_EQ(refused(s.workflow.status)->reason, "NothingToDo");
  json spec = three_steps();
  spec["phases"][1]["steps"].push_back({{"name", "d"}, {"command", {"true"}}});
  change(s, spec);
  s.pass(at(110));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running) << "a new step is something to do";
  EXPECT_EQ(s.step("two", "d").state, StepState::Running);
  EXPECT_EQ(s.step("two", "c").state, StepState::Succeeded);
}

TEST(Resume, GivesAStepAllItsAttemptsAgain) {
  json spec = three_steps();
  spec["phases"][0]["steps"][1]["retry"] = {{"attempts", 2}, {"delay", "1s"}};
  Scenario s(spec);
  s.pass(at(0));
  succeed(s, "one", "a", 10);
  s.answer_pods("one", "b");
  for (const int second : {20, 30}) {
    s.end_pod("one", "b", 3);
    s.pass(at(second));
    s.pass(at(second + 5));
  }
  EXPECT_EQ(s.step("one", "b").attempts, 2);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
  s.workflow.steering.resume.run = 2;
  s.pass(at(100));
  EXPECT_EQ(s.workflow.status.message, "one/b is running, attempt 1 of 2");
  s.end_pod("one", "b", 3);
  s.pass(at(110));
  EXPECT_EQ(s.step("one", "b").state, StepState::Backoff) << "one more is left";
}

TEST(Resume, TakesUpARetryThatIsWaitedForAtOnce) {
  json spec = three_steps();
  spec["phases"][0]["steps"][0]["retry"] = {{"attempts", 3}, {"delay", "5m"}};
  Scenario s(spec);
  s.pass(at(0));
  s.end_pod("one", "a", 3);
  s.pass(at(10));
  ASSERT_EQ(s.step("one", "a").state, StepState::Backoff);
  s.answer_pods("one", "a");
  s.workflow.steering.resume.run = 2;
  s.pass(at(20));
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
  EXPECT_EQ(s.step("one", "a").attempts, 2);
}

// --- a run that goes on ---

json two_at_once() {
  json spec = three_steps();
  spec["phases"][0]["parallel"] = true;
  return spec;
}

TEST(Resume, LeavesWhatRunsAlone) {
  Scenario s(two_at_once());
  s.pass(at(0));
  s.end_pod("one", "b", 3);
  s.pass(at(10));
  ASSERT_EQ(s.workflow.status.state, WorkflowState::Running);
  const StepRecord running = s.step("one", "a");
  s.answer_pods("one", "b");
  s.workflow.steering.resume.run = 2;
  s.pass(at(20));
  EXPECT_EQ(s.step("one", "a"), running) << "with the plan it was launched with";
  EXPECT_EQ(s.step("one", "b").attempts, 2);
  succeed(s, "one", "a", 30);
  succeed(s, "one", "b", 40);
  EXPECT_EQ(s.step("two", "c").state, StepState::Running);
}

TEST(Resume, WaitsForWhatRunsAndIsToBeRunAgain) {
  Scenario s;
  s.pass(at(0));
  succeed(s, "one", "a", 10);
  s.workflow.steering.resume = {2, "one"};
  s.pass(at(20));
  EXPECT_EQ(s.workflow.status.run, 1);
  ASSERT_NE(refused(s.workflow.status), nullptr);
  EXPECT_EQ(refused(s.workflow.status)->status, "Unknown");
  EXPECT_EQ(refused(s.workflow.status)->message,
            "the resume waits for that to end: one/b is running and is to be run again");
  for (const char* step : {"a", "b"}) s.answer_pods("one", step);
  succeed(s, "one", "b", 30);
  EXPECT_EQ(s.workflow.status.run, 1) << "what has ended is on record first";
  EXPECT_THAT(s.created(), Not(Contains(Scenario::job("two", "c")))) << "nothing new starts";
  s.pass(at(31));
  EXPECT_EQ(s.workflow.status.run, 2);
  EXPECT_EQ(s.step("one", "a").attempts, 2);
  EXPECT_EQ(s.step("one", "b").state, StepState::Pending);
}

TEST(Resume, WaitsForAJobWhoseStepHasBecomeSomethingElse) {
  Scenario s;
  s.pass(at(0));
  json spec = three_steps();
  spec["phases"][0]["steps"].erase(0);
  change(s, spec);
  s.workflow.steering.resume.run = 2;
  s.pass(at(10));
  EXPECT_EQ(s.workflow.status.run, 1);
  EXPECT_THAT(refused(s.workflow.status)->message, HasSubstr("one/a is running"));
  succeed(s, "one", "a", 20);
  s.pass(at(21));
  EXPECT_EQ(s.workflow.status.run, 2);
  EXPECT_EQ(s.step("one", "a").state, StepState::Removed);
  EXPECT_EQ(s.step("one", "a").attempts, 1);
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
}

// Its launch was answered by nobody, the operator died, and the definition has it no more.
TEST(Rule3Adopt, ALateJobOfAStepThatIsRemovedIsStoppedAndItsNumberKept) {
  Scenario s = failed_at_b();
  json spec = three_steps();
  spec["phases"].erase(1);
  change(s, spec);
  s.workflow.steering.resume.run = 2;
  s.pass(at(100));
  EXPECT_EQ(s.step("two", "c").state, StepState::Removed);
  s.add_job("two", "c");
  s.pass(at(101));
  EXPECT_EQ(s.done.back(), "suspend/" + Scenario::job("two", "c"));
  EXPECT_EQ(s.step("two", "c").attempts, 1);
}

TEST(Resume, OfARunInFinallyComesAfterIt) {
  json spec = three_steps();
  spec["finally"] = {{{"name", "clean"}, {"steps", spec["phases"][1]["steps"]}}};
  Scenario s(spec);
  s.pass(at(0));
  s.end_pod("one", "a", 3);
  s.pass(at(10));
  ASSERT_EQ(s.step("clean", "c").state, StepState::Running);
  s.workflow.steering.resume.run = 2;
  s.pass(at(20));
  EXPECT_EQ(s.workflow.status.run, 1);
  EXPECT_THAT(refused(s.workflow.status)->message, HasSubstr("finally is running"));
  succeed(s, "clean", "c", 30);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
  for (const char* step : {"a", "b"}) s.answer_pods("one", step);
  s.answer_pods("clean", "c");
  s.pass(at(31));
  EXPECT_EQ(s.workflow.status.run, 2);
  succeed(s, "one", "a", 40);
  succeed(s, "one", "b", 50);
  succeed(s, "two", "c", 60);
  EXPECT_EQ(s.step("clean", "c").attempts, 2) << "finally runs again";
}

TEST(Resume, RunsFinallyAloneWhenOnlyThatHasFailed) {
  json spec = three_steps();
  spec["phases"].erase(1);
  spec["finally"] = {{{"name", "clean"}, {"steps", three_steps()["phases"][1]["steps"]}}};
  Scenario s(spec);
  s.pass(at(0));
  succeed(s, "one", "a", 10);
  succeed(s, "one", "b", 20);
  s.end_pod("clean", "c", 1);
  ASSERT_EQ(s.pass(at(30)).reason, "FinallyFailed");
  s.answer_pods("clean", "c");
  s.workflow.steering.resume.run = 2;
  s.pass(at(40));
  EXPECT_EQ(s.step("clean", "c").attempts, 2);
  succeed(s, "clean", "c", 50);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Succeeded);
}

TEST(Resume, TimeoutsBeginAnew) {
  json spec = three_steps();
  spec["timeout"] = "2m";
  spec["phases"][0]["timeout"] = "1m";
  Scenario s(spec);
  s.pass(at(0));
  succeed(s, "one", "a", 50);
  s.pass(at(60));
  ASSERT_EQ(s.step("one", "b").state, StepState::Ending);
  s.end_pod("one", "b", 143);
  s.pass(at(61));
  ASSERT_EQ(s.workflow.status.state, WorkflowState::Failed);
  ASSERT_EQ(s.step("one", "b").reason, "PhaseTimedOut");
  s.answer_pods("one", "b");
  s.workflow.steering.resume.run = 2;
  s.pass(at(1000));
  s.pass(at(1059));
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
  EXPECT_EQ(s.last.wake, at(1060));
  s.pass(at(1060));
  EXPECT_EQ(s.step("one", "b").state, StepState::Ending);
}

// --- rules of the engine ---

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
  s.job_view("one", "a").stop_reason = reasons::kCancelled;
  s.run_container("one", "a");
  s.workflow.steering.resume.run = 2;
  s.pass(at(10));
  ASSERT_NE(refused(s.workflow.status), nullptr);
  EXPECT_EQ(refused(s.workflow.status)->message,
            "the resume waits for that to end: one/a is being stopped");
  EXPECT_EQ(s.workflow.status.run, 1);
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

TEST(Resume, FromAStepOfASkippedPhaseLooksAtTheConditionOfThePhaseAgain) {
  json spec = three_steps();
  spec["phases"][1]["steps"].push_back({{"name", "d"}, {"command", {"true"}}});
  spec["phases"][1]["parallel"] = true;
  spec["parameters"] = {{{"name", "mode"}, {"value", "small"}}};
  spec["phases"][1]["when"] = {{{"param", "mode"}, {"operator", "In"}, {"values", {"full"}}}};
  for (const bool holds_now : {false, true}) {
    Scenario s(spec);
    s.pass(at(0));
    succeed(s, "one", "a", 10);
    succeed(s, "one", "b", 20);
    ASSERT_EQ(s.workflow.status.state, WorkflowState::Succeeded);
    json now = spec;
    if (holds_now) now["parameters"][0]["value"] = "full";
    change(s, now);
    s.workflow.steering.resume = {2, "two/c"};
    s.pass(at(100));
    const StepState expected = holds_now ? StepState::Running : StepState::Skipped;
    EXPECT_EQ(s.step("two", "c").state, expected);
    EXPECT_EQ(s.step("two", "d").state, expected);
  }
}

TEST(Resume, APhaseThatIsDoneAgainIsNotCancelledAnyMore) {
  Scenario s(three_steps());
  s.pass(at(0));
  s.workflow.steering.cancel = true;
  s.pass(at(1));
  s.end_pod("one", "a", 143);
  s.pass(at(10));
  ASSERT_EQ(s.workflow.status.state, WorkflowState::Cancelled);
  const Plan next = *compile(s.workflow.meta, PlanRecord{2, at(20), 1, three_steps(), {}, {}, ""});
  for (const PhaseRecord& phase : resumed(s.workflow.status, next, false).phases)
    EXPECT_EQ(phase.state, PhaseState::Pending) << phase.name;
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

// --- resumePolicy: OnDefinitionChange ---

TEST(ResumePolicy, ANewDefinitionResumesAFailedRun) {
  Scenario s = failed_at_b();
  s.workflow.steering.resume_policy = ResumePolicy::OnDefinitionChange;
  json spec = three_steps();
  spec["resumePolicy"] = "OnDefinitionChange";
  spec["answers"] = {{{"name", "x"}, {"value", "y"}}};
  change(s, spec);
  s.pass(at(50));
  EXPECT_EQ(s.workflow.status.run, 1) << "live fields are no definition";
  spec["phases"][0]["steps"][1]["command"] = {"mended"};
  change(s, spec);
  s.pass(at(100));
  EXPECT_EQ(s.workflow.status.run, 2);
  s.end_pod("one", "b", 3);
  s.pass(at(110));
  s.pass(at(120));
  EXPECT_EQ(s.workflow.status.run, 2) << "once for each change";
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
}

TEST(ResumePolicy, LeavesOtherStatesAlone) {
  Scenario s;
  s.workflow.steering.resume_policy = ResumePolicy::OnDefinitionChange;
  s.pass(at(0));
  json spec = three_steps();
  spec["phases"][1]["steps"][0]["command"] = {"other"};
  change(s, spec);
  s.pass(at(10));
  EXPECT_EQ(s.workflow.status.run, 1);
  succeed(s, "one", "a", 20);
  succeed(s, "one", "b", 30);
  succeed(s, "two", "c", 40);
  s.pass(at(50));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Succeeded);
  EXPECT_EQ(s.workflow.status.run, 1);
}

// --- restored objects ---

TEST(Restored, StandsStillUntilItIsResumedAndGoesOnFromItsStatus) {
  Scenario s = failed_at_b();
  s.workflow.status.uid = "uid-before-the-restore";
  s.workflow.status.state = WorkflowState::Running;
  find_step(s.workflow.status, {"one", "b"})->state = StepState::Running;
  s.restart();
  const Status& still = s.pass(at(100));
  EXPECT_EQ(still.state, WorkflowState::Suspended);
  EXPECT_EQ(still.reason, "Restored");
  EXPECT_THAT(still.message, HasSubstr("set spec.resume.run to 2"));
  s.workflow.steering.resume.run = 2;
  PodView pod;
  pod.meta.name = "old";
  s.facts[FormerPods{}] = Found<FormerPods::Answer>(FormerPods::Answer{pod});
  s.pass(at(110));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Suspended) << "its former pods may be at work";
  s.facts[FormerPods{}] = Found<FormerPods::Answer>(FormerPods::Answer{});
  s.pass(at(120));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running);
  EXPECT_EQ(s.workflow.status.uid, s.workflow.meta.uid);
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
  EXPECT_EQ(s.step("one", "b").attempts, 2) << "what ran there is no work of this object";
}

TEST(Restored, WithoutItsStatusStandsStillAsWell) {
  for (const int in_backup : {0, 3}) {
    Scenario s;
    s.workflow.meta.labels["velero.io/restore-name"] = "nightly";
    s.workflow.steering.resume.run = in_backup;
    s.pass(at(0));
    EXPECT_EQ(s.workflow.status.state, WorkflowState::Suspended);
    EXPECT_EQ(s.workflow.status.reason, "Restored");
    s.pass(at(10));
    EXPECT_EQ(s.workflow.status.state, WorkflowState::Suspended) << in_backup;
    EXPECT_THAT(s.done, IsEmpty()) << in_backup;
    s.workflow.steering.resume.run = in_backup + 1;
    s.pass(at(20));
    EXPECT_EQ(s.workflow.status.state, WorkflowState::Running) << in_backup;
    EXPECT_EQ(s.workflow.status.run, in_backup + 1);
    EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "a")));
  }
}

}  // namespace
}  // namespace bootstrap::testing
