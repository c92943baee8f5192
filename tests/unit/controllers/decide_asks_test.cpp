// Steps that ask people: waiting, answers that come, go and are wrong, time that stands still, and
// what the steps after them are told.

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
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

json ask(const char* name, const char* parameter = "clusterName") {
  return {{"name", name}, {"ask", {{"parameters", json::array({{{"name", parameter}}})}}}};
}

// one/a asks for clusterName; then one/b, two/c.
json asking() {
  json spec = three_steps();
  spec["phases"][0]["steps"][0] = ask("a");
  return spec;
}

// As whoever edits the spec.
void answer(Scenario& s, const GivenAnswers& answers) {
  s.workflow.answers = answers;
  json spec = json::parse(s.workflow.spec);
  spec.erase("answers");
  for (const GivenAnswer& a : answers)
    spec["answers"].push_back({{"name", a.name}, {"value", a.value}});
  s.workflow.spec = spec.dump();
  ++s.workflow.meta.generation;
}

std::vector<std::string> events(const Scenario& s) {
  std::vector<std::string> reasons;
  for (const Transition& t : s.last.transitions)
    if (t.event) reasons.push_back(t.reason);
  return reasons;
}

TEST(Asks, WaitWithoutAJobAndSaySo) {
  Scenario s(asking());
  const Status& status = s.pass(at(0));
  EXPECT_EQ(status.state, WorkflowState::Waiting);
  EXPECT_EQ(status.reason, "WaitingForAnswers");
  EXPECT_EQ(status.message,
            "one/a waits for an answer: clusterName. Answer with: kubectl patch bwf w -n ns --type "
            R"(merge -p '{"spec":{"answers":[{"name":"clusterName","value":"<clusterName>"}]}}')");
  EXPECT_EQ("one/a " + s.step("one", "a").message, status.message);
  EXPECT_EQ(status.progress->current, "one/a");
  EXPECT_EQ(s.step("one", "a").state, StepState::Waiting);
  EXPECT_THAT(s.created(), IsEmpty());
  EXPECT_THAT(events(s), ElementsAre("WorkflowStarted", "WaitingForAnswers"));
  EXPECT_EQ(s.last.wake, at(2 * 3600)) << "its timeout";
  const auto progressing = std::ranges::find(status.conditions, "Progressing", &Condition::type);
  EXPECT_EQ(progressing->status, "False");
  EXPECT_EQ(progressing->reason, "Waiting");
}

TEST(Asks, NothingIsWrittenWhileNothingHappens) {
  Scenario s(asking());
  const Status first = s.pass(at(0));
  EXPECT_TRUE(same_when_stored(first, s.pass(at(600))));
  EXPECT_THAT(s.last.transitions, IsEmpty());
}

TEST(Asks, GoOnWithTheAnswer) {
  Scenario s(asking());
  s.pass(at(0));
  answer(s, {{"clusterName", "east-1"}});
  const Status& answered = s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
  EXPECT_THAT(s.step("one", "a").outputs, ElementsAre(Pair("clusterName", "east-1")));
  EXPECT_EQ(s.step("one", "a").message, "");
  EXPECT_EQ(answered.state, WorkflowState::Running);
  EXPECT_EQ(answered.conditions.back().type, "PlanCurrent");
  EXPECT_EQ(answered.conditions.back().status, "True") << "an answer is no edit of what is pinned";
  EXPECT_THAT(events(s), ElementsAre("StepSucceeded"));
}

TEST(Asks, AJobRestsOnAnswersThatAreStored) {
  Scenario s(asking());
  answer(s, {{"clusterName", "east-1"}});
  s.pass(at(0));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded) << "nobody had to be asked";
  EXPECT_THAT(s.created(), IsEmpty()) << "before the status has the answer";
  s.pass(at(0));
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "b")));
}

// It sees the Job that its heir has made of one/b, but not yet the answer on which that rests.
TEST(Asks, AnOperatorThatLagsLaunchesNothingWithoutTheAnswer) {
  Scenario s(asking());
  s.pass(at(0));
  s.add_job("one", "b");
  s.pass(at(10));
  s.end_pod("one", "b", 0);
  s.pass(at(20));
  EXPECT_EQ(s.step("one", "a").state, StepState::Waiting);
  EXPECT_EQ(s.step("one", "b").state, StepState::Succeeded);
  EXPECT_THAT(s.created(), IsEmpty()) << "two/c would not be told";
}

TEST(Asks, TheJobsAfterThemAreTold) {
  json spec = asking();
  spec["phases"][0]["steps"][1]["args"] = {"$(params.clusterName)"};
  Scenario s(spec);
  std::vector<json> jobs;
  Plan plan;
  s.on_plan = [&](Plan& p) { plan = p; };
  s.on_action = [&](const Action& action) {
    if (const auto* create = std::get_if<CreateJob>(&action))
      for (const PlanStep& step : plan.steps)
        if (step.ref == create->step)
          jobs.push_back(build_job(s.workflow.meta, plan, step, create->attempt, create->values, {},
                                   create->result));
  };
  s.pass(at(0));
  answer(s, {{"clusterName", "a$(HOME)"}});
  s.pass(at(10));
  answer(s, {});  // an apply from Git
  s.pass(at(20));
  s.end_pod("one", "b", 0);
  s.pass(at(30));
  ASSERT_EQ(jobs.size(), 2U) << "one/b and two/c";
  const json& main = jobs[0]["spec"]["template"]["spec"]["containers"][0];
  EXPECT_EQ(main["args"], json({"a$$(HOME)"}));
  for (const json& job : jobs)
    EXPECT_THAT(job["spec"]["template"]["spec"]["containers"][0]["env"].dump(),
                HasSubstr(R"json({"name":"PARAM_CLUSTERNAME","value":"a$$(HOME)"})json"));
}

TEST(Asks, WhatIsRecordedIsNotUndone) {
  json spec = asking();
  spec["phases"][0]["steps"][0]["ask"]["parameters"].push_back({{"name", "region"}});
  Scenario s(spec);
  s.pass(at(0));
  answer(s, {{"clusterName", "east-1"}});
  s.pass(at(10));
  EXPECT_THAT(s.step("one", "a").outputs, ElementsAre(Pair("clusterName", "east-1")));
  EXPECT_THAT(s.step("one", "a").message, HasSubstr("waits for an answer: region"));
  EXPECT_THAT(events(s), IsEmpty()) << "it has said that it waits";
  answer(s, {});
  s.pass(at(20));
  answer(s, {{"region", "r"}});
  s.pass(at(30));
  EXPECT_THAT(s.step("one", "a").outputs,
              ElementsAre(Pair("clusterName", "east-1"), Pair("region", "r")));
  answer(s, {{"clusterName", "other"}, {"region", "other"}});
  s.pass(at(40));
  EXPECT_THAT(s.step("one", "a").outputs,
              ElementsAre(Pair("clusterName", "east-1"), Pair("region", "r")))
      << "the first recorded result is final";
}

TEST(Asks, AWrongAnswerIsSaidAndNothingStarts) {
  json spec = asking();
  spec["phases"][0]["steps"][0]["ask"]["parameters"][0]["allowed"] = {"a", "b"};
  Scenario s(spec);
  s.pass(at(0));
  answer(s, {{"clusterName", "c"}});
  const Status& wrong = s.pass(at(10));
  EXPECT_EQ(wrong.state, WorkflowState::Waiting);
  EXPECT_EQ(wrong.reason, "AnswerRefused");
  EXPECT_THAT(wrong.message,
              HasSubstr("one/a waits for an answer: clusterName must be one of a, b, "
                        "not \"c\". Answer with: kubectl patch"));
  EXPECT_THAT(events(s), ElementsAre("AnswerRefused"));
  EXPECT_TRUE(s.last.transitions[0].warning);
  EXPECT_THAT(s.created(), IsEmpty());
  answer(s, {{"clusterName", "d"}});
  s.pass(at(15));
  EXPECT_THAT(events(s), ElementsAre("AnswerRefused")) << "each wrong answer is told";
  s.pass(at(16));
  EXPECT_THAT(events(s), IsEmpty());
  answer(s, {});
  EXPECT_EQ(s.pass(at(20)).reason, "WaitingForAnswers");
  EXPECT_THAT(events(s), IsEmpty()) << "taken back";
  answer(s, {{"clusterName", "b"}});
  s.pass(at(30));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
}

TEST(Asks, FailWhenTheirTimeoutHasPassed) {
  json spec = asking();
  spec["phases"][0]["steps"][0]["timeout"] = "10m";
  Scenario s(spec);
  s.pass(at(0));
  const Status& ended = s.pass(at(600));
  EXPECT_EQ(s.step("one", "a").reason, "TimedOut");
  EXPECT_EQ(ended.state, WorkflowState::Failed);
  EXPECT_EQ(without_hint(ended.message),
            "one/a failed (TimedOut): within its timeout of 10m0s nobody gave an answer: "
            "clusterName");
}

TEST(Asks, AnAnswerInTimeCountsWhenItIsSeenLate) {
  json spec = asking();
  spec["phases"][0]["steps"][0]["timeout"] = "10m";
  Scenario s(spec);
  s.pass(at(0));
  answer(s, {{"clusterName", "x"}});
  s.restart();
  s.pass(at(900));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
}

TEST(Asks, ThatTimedOutMayBeToleratedAndGaveNothing) {
  json spec = asking();
  spec["phases"][0]["steps"][0]["timeout"] = "10m";
  spec["phases"][0]["steps"][0]["continueOnFailure"] = true;
  spec["phases"][1]["steps"][0]["args"] = {"$(params.clusterName)"};
  Scenario s(spec);
  s.pass(at(0));
  s.pass(at(600));
  s.pass(at(601));
  s.end_pod("one", "b", 0);
  s.pass(at(610));
  EXPECT_EQ(s.step("two", "c").reason, "OutputMissing");
  EXPECT_EQ(s.step("two", "c").message,
            "needs $(params.clusterName), but one/a, which asks for it, has not succeeded");
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "b")));
}

TEST(Asks, ThatWereSkippedGaveNothing) {
  json spec = asking();
  spec["parameters"] = json::array({{{"name", "p"}, {"value", "x"}}});
  spec["phases"][0]["steps"][0]["when"] =
      json::array({{{"param", "p"}, {"operator", "DoesNotExist"}}});
  spec["phases"][0]["steps"][1]["when"] =
      json::array({{{"param", "clusterName"}, {"operator", "Exists"}}});
  spec["phases"][1]["when"] =
      json::array({{{"param", "clusterName"}, {"operator", "NotIn"}, {"values", {"x"}}}});
  spec["phases"][1]["steps"][0]["args"] = {"$(params.clusterName)"};
  Scenario s(spec);
  answer(s, {{"clusterName", "y"}});  // nobody asks
  s.pass(at(0));
  EXPECT_EQ(s.step("one", "a").state, StepState::Skipped);
  EXPECT_EQ(s.step("one", "b").state, StepState::Skipped);
  EXPECT_EQ(s.step("one", "b").message, "parameter clusterName has no value, and must have one");
  EXPECT_EQ(s.step("two", "c").message,
            "needs $(params.clusterName), but one/a, which asks for it, was skipped");
}

TEST(Asks, WhenLooksAtTheAnswer) {
  json spec = asking();
  spec["phases"][0]["steps"][1]["when"] =
      json::array({{{"param", "clusterName"}, {"operator", "In"}, {"values", {"x"}}}});
  spec["phases"][1]["when"] =
      json::array({{{"param", "clusterName"}, {"operator", "In"}, {"values", {"y"}}}});
  Scenario s(spec);
  s.pass(at(0));
  answer(s, {{"clusterName", "y"}});
  s.pass(at(1));
  EXPECT_EQ(s.step("one", "b").state, StepState::Skipped);
  EXPECT_EQ(s.step("one", "b").message, "parameter clusterName is \"y\", and must be one of [x]");
  s.pass(at(2));
  EXPECT_EQ(s.step("two", "c").state, StepState::Running);
}

// Step b waits for the Node that the answer names.
json waiting_for_the_answer() {
  json spec = asking();
  spec["phases"][0]["steps"][1] = {
      {"name", "b"},
      {"waitFor",
       {{"resource", {{"apiVersion", "v1"}, {"kind", "Node"}, {"name", "$(params.clusterName)"}}},
        {"exists", true}}}};
  return spec;
}

TEST(Asks, AWaitAfterThemIsForTheAnswer) {
  Scenario s(waiting_for_the_answer());
  s.pass(at(0));
  answer(s, {{"clusterName", "n1"}});
  s.pass(at(1));
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
  EXPECT_TRUE(s.asked(MayRead{"default", "v1", "Node", "n1"}));
}

TEST(Asks, AnAnswerThatIsNoNameOfAnObjectStartsNoWait) {
  Scenario s(waiting_for_the_answer());
  answer(s, {{"clusterName", "../secrets/x"}});
  s.pass(at(0));
  EXPECT_EQ(s.step("one", "b").state, StepState::Failed);
  EXPECT_EQ(s.step("one", "b").reason, "OutputRefused");
}

TEST(Asks, BesideAToolTheWorkflowIsRunning) {
  json spec = asking();
  spec["phases"][0]["parallel"] = true;
  Scenario s(spec);
  const Status& both = s.pass(at(0));
  EXPECT_EQ(both.state, WorkflowState::Running);
  EXPECT_EQ(both.reason, "WaitingForAnswers");
  EXPECT_THAT(both.message, HasSubstr("; one/b is running"));
  EXPECT_FALSE(both.paused_since);
  s.end_pod("one", "b", 0);
  EXPECT_EQ(s.pass(at(10)).state, WorkflowState::Waiting);
  EXPECT_EQ(s.workflow.status.paused_since, at(10));
}

TEST(Asks, TroubleOfAToolIsNotForPeopleOnly) {
  json spec = asking();
  spec["phases"][0]["parallel"] = true;
  Scenario s(spec);
  s.refuse["job/" + Scenario::job("one", "b")] = Refused{"Forbidden", "exceeded quota", true};
  const Status& both = s.pass(at(0));
  EXPECT_EQ(both.state, WorkflowState::Running);
  EXPECT_EQ(both.reason, "LaunchRefused");
}

TEST(Asks, SeveralAtOnceAreNamed) {
  json spec = asking();
  spec["phases"][0]["parallel"] = true;
  spec["phases"][0]["steps"][1] = ask("b", "other");
  Scenario s(spec);
  EXPECT_EQ(s.pass(at(0)).message,
            "one/a and one/b wait for people; the message of each in status says for what");
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Waiting);
}

TEST(Asks, PausedTimeCountsForNoTimeoutOfPhaseAndWorkflow) {
  json spec = asking();
  spec["timeout"] = "30m";
  spec["phases"][0]["timeout"] = "10m";
  Scenario s(spec);
  s.pass(at(0));
  EXPECT_EQ(s.workflow.status.paused_since, at(0));
  EXPECT_EQ(s.last.wake, at(2 * 3600)) << "the timeout of the step is the only one";
  s.pass(at(3600));
  EXPECT_EQ(s.step("one", "a").state, StepState::Waiting);
  answer(s, {{"clusterName", "x"}});
  s.pass(at(4000));
  EXPECT_FALSE(s.workflow.status.paused_since);
  EXPECT_EQ(s.workflow.status.paused, std::chrono::seconds(4000));
  EXPECT_EQ(s.workflow.status.phases[0].paused, std::chrono::seconds(4000));
  EXPECT_EQ(s.workflow.status.phases[1].paused, Duration{}) << "it had not begun";
  s.pass(at(4001));
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
  EXPECT_EQ(s.last.wake, at(4000 + 600)) << "the phase's";
  s.pass(at(4000 + 600));
  EXPECT_EQ(s.step("one", "b").reason, "PhaseTimedOut");
}

TEST(Asks, EndWithTheirPhaseWhenOthersHaveUsedUpItsTime) {
  json spec = asking();
  spec["phases"][0]["parallel"] = true;
  spec["phases"][0]["timeout"] = "10m";
  Scenario s(spec);
  s.pass(at(0));
  const Status& ended = s.pass(at(600));
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed) << "at once: nothing of it runs";
  EXPECT_EQ(s.step("one", "a").message,
            "phase one did not end within its timeout of 10m0s: one/a still waited for people");
  EXPECT_EQ(ended.state, WorkflowState::Running) << "the pod of one/b still ends";
}

TEST(Asks, InFinallyHaveTheirOwnTime) {
  json spec = three_steps();
  spec["finally"] = json::array({{{"name", "end"}, {"steps", json::array({ask("q")})}}});
  Scenario s(spec);
  s.pass(at(0));
  s.end_pod("one", "a", 1);
  const Status& asking = s.pass(at(10));
  EXPECT_EQ(asking.state, WorkflowState::Waiting);
  EXPECT_THAT(asking.message, HasSubstr("one/a failed (ToolFailed)"));
  EXPECT_THAT(asking.message, HasSubstr("end/q waits for an answer: clusterName"));
  answer(s, {{"clusterName", "x"}});
  EXPECT_EQ(s.pass(at(20)).state, WorkflowState::Failed);
  EXPECT_FALSE(s.workflow.status.paused_since);
}

// Pauses are kept in whole seconds, rounded up.
TEST(Asks, InFinallyGiveATimeoutThatHasPassedNoMoreTime) {
  json spec = three_steps();
  spec["timeout"] = "1m";
  const json clean{{"name", "clean"}, {"command", {"true"}}};
  spec["finally"] = json::array({{{"name", "end"}, {"steps", {ask("q"), clean}}}});
  Scenario s(spec);
  s.pass(at(0));
  s.end_pod("one", "a", 0);
  s.pass(at(60));
  ASSERT_EQ(s.step("end", "q").state, StepState::Waiting);
  answer(s, {{"clusterName", "x"}});
  for (const int ms : {100'500, 100'600}) s.pass(at(0) + std::chrono::milliseconds(ms));
  EXPECT_EQ(s.step("end", "clean").state, StepState::Running);
  EXPECT_EQ(s.step("one", "b").attempts, 0);
  EXPECT_EQ(s.workflow.status.reason, "TimedOut");
}

TEST(Asks, NotesHaveTheAnswers) {
  json spec = asking();
  spec["phases"].erase(1);
  spec["phases"][0]["steps"].erase(1);
  spec["notes"]["success"] = "cluster $(params.clusterName)";
  Scenario s(spec);
  answer(s, {{"clusterName", "x"}});
  const Status& ended = s.pass(at(0));
  EXPECT_EQ(ended.state, WorkflowState::Succeeded);
  EXPECT_EQ(ended.message, "its step succeeded in 0s. cluster x");
}

TEST(Asks, TheStatusIsReadBackAsItIs) {
  json spec = asking();
  spec["phases"][0]["timeout"] = "10m";
  Scenario s(spec);
  s.pass(at(0));
  const auto same = [&] {
    const auto read = read_status(to_json(s.workflow.status));
    return read && *read == s.workflow.status;
  };
  EXPECT_TRUE(same());
  answer(s, {{"clusterName", "x"}});
  s.pass(at(3700));
  EXPECT_TRUE(same());
}

}  // namespace
}  // namespace bootstrap::testing
