// Resuming: what is kept, what is done again, and when a request is refused or waits.

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/decide.h"
#include "controllers/resume.h"
#include "tests/unit/controllers/resume_scenario.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

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

TEST(Resume, AStepThatJoinsASkippedPhaseIsHeldToTheConditionOfThePhase) {
  json spec = three_steps();
  spec["parameters"] = {{{"name", "mode"}, {"value", "small"}}};
  spec["phases"][1]["when"] = {{{"param", "mode"}, {"operator", "In"}, {"values", {"full"}}}};
  Scenario s(spec);
  s.pass(at(0));
  succeed(s, "one", "a", 10);
  succeed(s, "one", "b", 20);
  ASSERT_EQ(s.step("two", "c").state, StepState::Skipped);
  spec["phases"][1]["steps"].push_back({{"name", "d"}, {"command", {"true"}}});
  change(s, spec);
  s.workflow.steering.resume = {2, ""};
  s.pass(at(100));
  EXPECT_EQ(s.workflow.status.run, 2);
  EXPECT_EQ(s.step("two", "d").state, StepState::Skipped);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Succeeded);
}

// What could not be decided has failed all of its phase, tolerated or not.
TEST(Resume, AConditionThatCouldNotBeKnownIsLookedAtAgain) {
  json spec = three_steps();
  spec["phases"][1]["when"] = {
      {{"output", "one.a.mode"}, {"operator", "In"}, {"values", {"full"}}}};
  spec["phases"][1]["steps"][0]["continueOnFailure"] = true;
  spec["phases"][1]["steps"].push_back({{"name", "d"}, {"command", {"true"}}});
  Scenario s(spec);
  s.pass(at(0));
  s.answer_pods("one", "a");
  s.job_view("one", "a").conditions = {{"Complete", "True", "", ""}};  // its pod is gone
  s.pass(at(10));
  succeed(s, "one", "b", 20);
  ASSERT_EQ(s.step("two", "c").state, StepState::Failed) << s.workflow.status.message;
  ASSERT_EQ(s.step("two", "d").state, StepState::Failed);
  s.workflow.steering.resume = {2, ""};
  s.pass(at(100));
  EXPECT_EQ(s.workflow.status.run, 2);
  EXPECT_EQ(s.step("two", "c").state, StepState::Failed);
  EXPECT_EQ(s.step("two", "d").state, StepState::Failed) << "not run without its condition";
  EXPECT_EQ(s.step("two", "d").attempts, 0);
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

}  // namespace
}  // namespace bootstrap::testing
