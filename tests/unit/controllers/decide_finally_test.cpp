// Phases of finally: once at the end, whatever came of the run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/decide.h"
#include "controllers/job_builder.h"
#include "tests/unit/controllers/scenario.h"
#include "tests/unit/controllers/without_hint.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

json with_two_at_end() {
  json spec = three_steps();
  spec["phases"].erase(1);
  const auto step = [](const char* name) { return json{{"name", name}, {"command", {"true"}}}; };
  spec["finally"] = {{{"name", "clean"}, {"steps", {step("x"), step("y")}}},
                     {{"name", "tell"}, {"steps", json::array({step("z")})}}};
  return spec;
}

TEST(Finally, RunsAfterSuccessOutsideTheTotals) {
  Scenario s(with_two_at_end());
  s.pass(at(0));
  succeed(s, "one", "a", 10);
  succeed(s, "one", "b", 20);
  EXPECT_EQ(s.step("clean", "x").state, StepState::Running);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running) << "not final before finally has run";
  EXPECT_EQ(s.workflow.status.message, "finally: clean/x is running");
  EXPECT_EQ(s.workflow.status.progress->text, "2/2 100%");
  EXPECT_EQ(s.workflow.status.progress->current, "clean/x");
  succeed(s, "clean", "x", 30);
  succeed(s, "clean", "y", 40);
  EXPECT_EQ(s.step("tell", "z").state, StepState::Running);
  succeed(s, "tell", "z", 50);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Succeeded);
  EXPECT_EQ(s.workflow.status.message, "all 2 steps succeeded in 50s");
}

TEST(Finally, RunsAfterAFailureThatStaysTheReason) {
  Scenario s(with_two_at_end());
  s.pass(at(0));
  s.end_pod("one", "a", 3);
  const Status& going = s.pass(at(10));
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "a"), Scenario::job("clean", "x")));
  EXPECT_EQ(going.state, WorkflowState::Running);
  EXPECT_EQ(going.reason, "StepFailed");
  EXPECT_EQ(going.message, "one/a failed (ToolFailed): exit code 3; finally: clean/x is running");
  EXPECT_EQ(going.progress->text, "0/2 0%");
  succeed(s, "clean", "x", 20);
  succeed(s, "clean", "y", 30);
  succeed(s, "tell", "z", 40);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
  EXPECT_EQ(s.workflow.status.reason, "StepFailed");
  EXPECT_EQ(without_hint(s.workflow.status.message), "one/a failed (ToolFailed): exit code 3");
  EXPECT_EQ(s.step("one", "b").state, StepState::Pending);
}

// two/c fails before it is launched, in the same moment in which two/b is.
TEST(Finally, WaitsForWhatIsLaunchedAtTheFailure) {
  json spec = three_steps();
  spec["phases"][0]["steps"].erase(1);
  json& steps = spec["phases"][1]["steps"];
  steps = {{{"name", "b"}, {"command", {"true"}}},
           {{"name", "c"}, {"command", {"show", "$(steps.one.a.outputs.url)"}}}};
  spec["phases"][1]["parallel"] = true;
  spec["finally"] = with_two_at_end()["finally"];
  Scenario s(spec);
  s.pass(at(0));
  s.end_pod("one", "a", 0);
  s.pass(at(10));
  EXPECT_EQ(s.step("two", "c").reason, "OutputMissing");
  EXPECT_EQ(s.step("two", "b").state, StepState::Running);
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "a"), Scenario::job("two", "b")));
  s.end_pod("two", "b", 0);
  s.pass(at(20));
  EXPECT_EQ(s.created().back(), Scenario::job("clean", "x"));
}

TEST(Finally, WaitsForWhatRunsAtTheFailure) {
  json spec = with_two_at_end();
  spec["phases"][0]["parallel"] = true;
  Scenario s(spec);
  s.pass(at(0));
  s.end_pod("one", "a", 3);
  s.pass(at(10));
  EXPECT_EQ(s.step("clean", "x").state, StepState::Pending);
  succeed(s, "one", "b", 20);
  EXPECT_EQ(s.step("clean", "x").state, StepState::Running);
}

TEST(Finally, ItsFailureMakesASucceededRunFailedAndTheNextPhaseRuns) {
  Scenario s(with_two_at_end());
  s.pass(at(0));
  succeed(s, "one", "a", 10);
  succeed(s, "one", "b", 20);
  s.end_pod("clean", "x", 4);
  s.pass(at(30));
  EXPECT_EQ(s.step("clean", "y").state, StepState::Pending);
  EXPECT_EQ(s.step("tell", "z").state, StepState::Running);
  succeed(s, "tell", "z", 40);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
  EXPECT_EQ(s.workflow.status.reason, "FinallyFailed");
  EXPECT_EQ(
      without_hint(s.workflow.status.message),
      "all 2 steps succeeded in 40s, but in finally clean/x failed (ToolFailed): exit code 4");
}

// The request to launch y was answered by nobody, and done all the same.
TEST(Finally, ItsNextPhaseWaitsForALaunchWhoseAnswerWasLost) {
  json spec = with_two_at_end();
  spec["finally"][0]["parallel"] = true;
  Scenario s(spec);
  s.refuse["job/" + Scenario::job("clean", "y")] = NotKnown{"timeout"};
  s.pass(at(0));
  succeed(s, "one", "a", 10);
  succeed(s, "one", "b", 20);
  s.end_pod("clean", "x", 1);
  JobView lost;
  lost.meta.name = Scenario::job("clean", "y");
  lost.meta.uid = Scenario::job_uid("clean", "y");
  lost.meta.controller_uid = "uid-of-w";
  s.facts[LiveJob{lost.meta.name}] = Found<LiveJob::Answer>(lost);
  s.refuse["suspend/" + lost.meta.name] = Done{lost.meta.uid};
  s.pass(at(30));
  EXPECT_EQ(s.step("clean", "y").state, StepState::Ending);
  EXPECT_EQ(s.step("tell", "z").state, StepState::Pending);
}

TEST(Finally, ItsFailureAfterAFailureIsNamedToo) {
  Scenario s(with_two_at_end());
  s.pass(at(0));
  s.end_pod("one", "a", 3);
  s.pass(at(10));
  s.end_pod("clean", "x", 4);
  s.pass(at(20));
  succeed(s, "tell", "z", 30);
  EXPECT_EQ(s.workflow.status.reason, "StepFailed");
  EXPECT_EQ(without_hint(s.workflow.status.message),
            "one/a failed (ToolFailed): exit code 3; in finally clean/x failed as well");
}

TEST(Finally, RunsAfterATimeoutAndHasItsOwn) {
  json spec = with_two_at_end();
  spec["timeout"] = "1m";
  spec["finally"][0]["timeout"] = "30s";
  Scenario s(spec);
  s.pass(at(0));
  s.run_container("one", "a");
  s.pass(at(60));
  s.answer_pods("one", "a");
  s.remove_pod("one", "a");
  s.pass(at(65));
  EXPECT_EQ(s.step("clean", "x").state, StepState::Running);
  EXPECT_EQ(s.last.wake, at(95));
  s.run_container("clean", "x");
  s.pass(at(94));
  EXPECT_EQ(s.step("clean", "x").state, StepState::Running);
  EXPECT_EQ(s.last.wake, at(95));
  s.pass(at(95));
  EXPECT_EQ(s.step("clean", "x").reason, "PhaseTimedOut");
  s.answer_pods("clean", "x");
  s.remove_pod("clean", "x");
  s.pass(at(99));
  succeed(s, "tell", "z", 110);
  EXPECT_EQ(s.workflow.status.reason, "TimedOut");
  EXPECT_EQ(without_hint(s.workflow.status.message),
            "one/a was stopped: the workflow did not end within its timeout of 1m0s; in finally "
            "clean/x failed as well");
}

TEST(Finally, ThatIsLateBeforeItsLastStepCouldStartHasFailed) {
  json spec = with_two_at_end();
  spec["finally"][0]["timeout"] = "30s";
  Scenario s(spec);
  s.refuse["job/" + Scenario::job("clean", "y")] = Refused{"Forbidden", "exceeded quota", true};
  s.pass(at(0));
  succeed(s, "one", "a", 10);
  succeed(s, "one", "b", 20);
  succeed(s, "clean", "x", 30);
  EXPECT_EQ(s.step("clean", "y").reason, "LaunchRefused");
  s.pass(at(50));
  succeed(s, "tell", "z", 60);
  EXPECT_EQ(s.step("clean", "y").state, StepState::Pending);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
  EXPECT_EQ(s.workflow.status.reason, "FinallyFailed");
  EXPECT_EQ(s.workflow.status.message,
            "all 2 steps succeeded in 1m0s, but in finally phase clean did not end within its "
            "timeout of 30s");
}

TEST(Finally, IsNotRunAgainAfterACrashAtItsEnd) {
  Scenario s(with_two_at_end());
  s.pass(at(0));
  s.end_pod("one", "a", 3);
  s.pass(at(10));
  succeed(s, "clean", "x", 20);
  succeed(s, "clean", "y", 30);
  const Status before = s.workflow.status;
  succeed(s, "tell", "z", 40);
  s.workflow.status = before;
  s.restart();
  s.done.clear();
  s.pass(at(50));
  EXPECT_THAT(s.done, IsEmpty());
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
}

TEST(Finally, KnowsWhatCameOfTheRun) {
  json spec = with_two_at_end();
  spec["finally"][0]["steps"][0]["args"] = {"$(workflow.result)"};
  Scenario s(spec);
  const Plan plan = *compile(s.workflow.meta, {1, at(0), 1, spec, {}});
  const PlanStep& step = plan.steps[2];
  const json job = build_job(s.workflow.meta, plan, step, 1, {}, {}, RunResult{"Failed", "one/a"});
  const json& main = job["spec"]["template"]["spec"]["containers"][0];
  EXPECT_EQ(main["args"], json::array({"Failed"}));
  const auto variable = [&](const std::string& name) {
    for (const json& entry : main["env"])
      if (entry["name"] == name) return entry["value"].get<std::string>();
    return std::string("none");
  };
  EXPECT_EQ(variable("BOOTSTRAP_WORKFLOW_RESULT"), "Failed");
  EXPECT_EQ(variable("BOOTSTRAP_FAILED_STEP"), "one/a");
}

// On its way to the Job.
TEST(Finally, IsToldWhatCameOfTheRun) {
  for (const int exit_code : {0, 3}) {
    Scenario s(with_two_at_end());
    std::map<std::string, std::optional<RunResult>> told;
    s.on_action = [&](const Action& action) {
      if (const auto* job = std::get_if<CreateJob>(&action)) told[job->step.step] = job->result;
    };
    s.pass(at(0));
    s.end_pod("one", "a", exit_code);
    s.pass(at(10));
    if (exit_code == 0) succeed(s, "one", "b", 20);
    EXPECT_FALSE(told.at("a"));
    ASSERT_TRUE(told.contains("x") && told.at("x"));
    EXPECT_EQ(told.at("x")->state, exit_code == 0 ? "Succeeded" : "Failed");
    EXPECT_EQ(told.at("x")->failed_step, exit_code == 0 ? "" : "one/a");
  }
}

TEST(Finally, MayDependOnWhatCameOfTheRun) {
  json spec = with_two_at_end();
  spec["finally"][0]["when"] = json::parse(R"([{"result": "Failed"}])");
  spec["finally"][1]["steps"][0]["when"] = json::parse(R"([{"result": "Succeeded"}])");
  Scenario good(spec), bad(spec);
  good.pass(at(0));
  succeed(good, "one", "a", 10);
  succeed(good, "one", "b", 20);
  EXPECT_EQ(good.step("clean", "y").state, StepState::Skipped);
  EXPECT_EQ(good.step("clean", "y").message,
            "its phase was skipped: the run is Succeeded, not Failed");
  EXPECT_EQ(good.step("tell", "z").state, StepState::Running);
  bad.pass(at(0));
  bad.end_pod("one", "a", 3);
  bad.pass(at(10));
  EXPECT_EQ(bad.step("clean", "x").state, StepState::Running);
  succeed(bad, "clean", "x", 20);
  succeed(bad, "clean", "y", 30);
  EXPECT_EQ(bad.step("tell", "z").state, StepState::Skipped);
  EXPECT_EQ(bad.workflow.status.state, WorkflowState::Failed);
}

TEST(Finally, AFailureThatIsToleratedThereChangesNothing) {
  json spec = with_two_at_end();
  spec["finally"][0]["steps"][0]["continueOnFailure"] = true;
  Scenario s(spec);
  s.pass(at(0));
  succeed(s, "one", "a", 10);
  succeed(s, "one", "b", 20);
  s.end_pod("clean", "x", 1);
  s.pass(at(30));
  EXPECT_EQ(s.step("clean", "y").state, StepState::Running);
  succeed(s, "clean", "y", 40);
  succeed(s, "tell", "z", 50);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Succeeded);
}

}  // namespace
}  // namespace bootstrap::testing
