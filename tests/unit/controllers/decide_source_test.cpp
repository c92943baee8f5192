// One commit for a whole run: who finds out, who waits, and what a crash in between changes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controllers/scenario.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kFirst(40, 'a');
const std::string kOther(40, 'b');

json with_git(const char* revision = "main") {
  json spec = three_steps();
  spec["tools"]["source"]["git"] = {{"repository", "https://h/x.git"}, {"revision", revision}};
  return spec;
}

// Steps a, b and c may all start at once.
Scenario at_once(json spec = with_git()) {
  Scenario s(std::move(spec));
  s.on_plan = [](Plan& plan) {
    for (PlanStep& step : plan.steps) step.after.clear();
  };
  return s;
}

// The commits Jobs were created with, in order; "" for who finds out.
struct Commits {
  explicit Commits(Scenario& s) {
    s.on_action = [this](const Action& action) {
      if (const auto* job = std::get_if<CreateJob>(&action))
        all.push_back(job->values.source_commit);
    };
  }
  std::vector<std::string> all;
};

void end_clone(Scenario& s, const char* phase, const char* step, const std::string& commit,
               int exit_code = 0) {
  PodView& pod = s.pod(phase, step);
  pod.init_containers = {{.name = "source",
                          .state = ContainerState::Terminated,
                          .reason = "",
                          .message = exit_code == 0 ? "commit=" + commit + "\n" : commit,
                          .exit_code = exit_code,
                          .started = at(1),
                          .finished = at(2)}};
  if (exit_code != 0) pod.phase = "Failed";
}

TEST(DecideSource, TheFirstStepFindsOutAndTheOthersWait) {
  Scenario s = at_once();
  Commits commits(s);
  s.pass(at(0));
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "a")));
  EXPECT_EQ(s.step("one", "b").reason, "WaitingForSource");
  EXPECT_EQ(s.step("one", "b").message,
            "waits until one/a knows which commit main of https://h/x.git is");
  EXPECT_EQ(s.step("two", "c").reason, "WaitingForSource");
  for (const Transition& t : s.last.transitions)
    EXPECT_FALSE(t.warning) << t.message << ": nobody has to act";
  end_clone(s, "one", "a", kFirst);
  s.pass(at(3));
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "a"), Scenario::job("one", "b"),
                                       Scenario::job("two", "c")));
  EXPECT_THAT(commits.all, ElementsAre("", kFirst, kFirst));
  for (const char* step : {"a", "b"}) EXPECT_EQ(s.step("one", step).source_revision, kFirst);
  EXPECT_EQ(s.step("one", "b").reason, "");
}

// One branch, written in two ways.
TEST(DecideSource, WhatItIsCalledAfterItsParametersAreReplacedCounts) {
  json spec = with_git();
  spec["parameters"] = json::array({{{"name", "branch"}, {"value", "main"}}});
  spec["phases"][0]["steps"][1]["tools"]["source"]["git"] = {{"repository", "https://h/x.git"},
                                                             {"revision", "$(params.branch)"}};
  Scenario s = at_once(spec);
  Commits commits(s);
  s.pass(at(0));
  EXPECT_EQ(s.step("one", "b").reason, "WaitingForSource");
  end_clone(s, "one", "a", kFirst);
  s.pass(at(3));
  EXPECT_THAT(commits.all, ElementsAre("", kFirst, kFirst));
}

// Step a may be launched once c has seen its node; the answer comes when b is launched already, in
// the same pass.
TEST(DecideSource, OneThatWasLaunchedAMomentAgoFindsOutForThoseBeforeIt) {
  json spec = with_git();
  spec["phases"][1]["steps"][0] = json::parse(
      R"({"name": "c", "waitFor": {"resource": {"apiVersion": "v1", "kind": "Node", "name": "n"},
                                   "exists": true}})");
  Scenario s(spec);
  s.on_plan = [](Plan& plan) {
    plan.steps[0].after = {2};
    plan.steps[1].after.clear();
    plan.steps[2].after.clear();
  };
  Commits commits(s);
  const ResourceQuery query{{"v1", "Node", "n", {}, ResourceRef::Match::All}, ExistsTest{true}};
  s.facts.insert_or_assign(MayRead{"default", "v1", "Node", "n"}, Found<bool>(true));
  s.facts.insert_or_assign(ResourceState{query}, Found<ResourceFinding>(finding_of(query, {})));
  s.refuse["job/" + Scenario::job("one", "b")] = Refused{"Forbidden", "quota", true};
  s.pass(at(0));
  s.refuse.clear();
  s.facts.erase(ResourceState{query});
  s.later.insert_or_assign(ResourceState{query},
                           Found<ResourceFinding>(finding_of(query, {{"n", {true, {}, {}}}})));
  s.pass(at(20));
  EXPECT_EQ(s.step("two", "c").state, StepState::Succeeded);
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
  s.pass(at(21));
  EXPECT_EQ(s.step("one", "a").message,
            "waits until one/b knows which commit main of https://h/x.git is");
  end_clone(s, "one", "b", kFirst);
  s.pass(at(23));
  EXPECT_THAT(commits.all, ElementsAre("", "", kFirst));
}

TEST(DecideSource, LaterStepsGetThatCommitWhateverTheirCloneSays) {
  Scenario s(with_git());
  Commits commits(s);
  s.pass(at(0));
  end_clone(s, "one", "a", kFirst);
  s.end_container("one", "a", 0);
  s.pass(at(10));
  end_clone(s, "one", "b", kOther);
  s.end_container("one", "b", 0);
  s.pass(at(20));
  EXPECT_THAT(commits.all, ElementsAre("", kFirst, kFirst));
  EXPECT_EQ(s.step("one", "b").source_revision, kFirst);
}

TEST(DecideSource, ACommitNeedsNobodyToFindOut) {
  Scenario s = at_once(with_git(kOther.c_str()));
  Commits commits(s);
  s.pass(at(0));
  EXPECT_THAT(commits.all, ElementsAre(kOther, kOther, kOther));
}

TEST(DecideSource, OtherSourcesAndNoneDoNotWait) {
  json spec = with_git();
  spec["phases"][0]["steps"][1]["tools"]["source"]["git"] = {{"repository", "https://h/x.git"},
                                                             {"revision", "other"}};
  spec["phases"][1]["steps"][0]["tools"]["source"]["configMap"] = {{"name", "tools"}};
  Scenario s = at_once(spec);
  s.pass(at(0));
  EXPECT_EQ(s.created().size(), 3U);
}

TEST(DecideSource, WhenNobodyFoundOutTheNextOneAsks) {
  Scenario s(with_git());
  Commits commits(s);
  s.pass(at(0));
  s.answer_pods("one", "a");
  s.job_view("one", "a").conditions.push_back({"Complete", "True", "", ""});  // and no pod
  s.pass(at(10));
  EXPECT_THAT(commits.all, ElementsAre("", ""));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
  EXPECT_EQ(s.step("one", "a").source_revision, "");
}

TEST(DecideSource, AFailedCloneIsAFailedStepWithGitsWords) {
  Scenario s(with_git());
  s.pass(at(0));
  end_clone(s, "one", "a", "cannot read https://h/x.git: fatal: repository not found\n", 128);
  const Status& status = s.pass(at(5));
  EXPECT_EQ(s.step("one", "a").reason, "SourceFailed");
  EXPECT_THAT(s.step("one", "a").message,
              HasSubstr("cannot read https://h/x.git: fatal: repository not found; all of it: "
                        "kubectl logs job/"));
  EXPECT_EQ(status.state, WorkflowState::Failed);
}

// --- crashes ---

// Between the creation of the first Job and its status: it is adopted, and is still who finds out.
TEST(DecideSource, AnAdoptedJobIsStillWhoFindsOut) {
  Scenario s = at_once();
  Commits commits(s);
  s.pass(at(0));
  s.workflow.status.phases[0].steps[0] = {};
  s.workflow.status.phases[0].steps[0].name = "a";
  s.restart();
  s.pass(at(1));
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "a"))) << "and nobody else";
  EXPECT_EQ(s.step("one", "b").reason, "WaitingForSource");
  end_clone(s, "one", "a", kFirst);
  s.pass(at(3));
  EXPECT_THAT(commits.all, ElementsAre("", kFirst, kFirst));
}

// Between the first launch and the record of its commit: the pod still says it, also when it has
// ended meanwhile.
TEST(DecideSource, TheCommitIsReadFromAPodThatHasEnded) {
  Scenario s(with_git());
  Commits commits(s);
  s.pass(at(0));
  s.restart();
  end_clone(s, "one", "a", kFirst);
  s.end_pod("one", "a", 0);
  s.pass(at(60));
  EXPECT_THAT(commits.all, ElementsAre("", kFirst));
  EXPECT_EQ(s.step("one", "a").source_revision, kFirst);
}

// Between the creation of a later Job and its status: what it was told is with the first step.
TEST(DecideSource, AnAdoptedLaterJobMakesNobodyWait) {
  Scenario s = at_once();
  Commits commits(s);
  s.pass(at(0));
  end_clone(s, "one", "a", kFirst);
  s.refuse["job/" + Scenario::job("two", "c")] = Refused{"Forbidden", "quota", true};
  s.pass(at(3));
  s.workflow.status.phases[0].steps[1] = {};
  s.workflow.status.phases[0].steps[1].name = "b";
  s.refuse.clear();
  s.restart();
  s.pass(at(4));
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
  EXPECT_EQ(commits.all.back(), kFirst);
  EXPECT_EQ(s.step("two", "c").state, StepState::Running);
}

// Another operator may launch it meanwhile: who finds out must not depend on who asks.
TEST(DecideSource, WhoIsRefusedKeepsItsTurn) {
  Scenario s = at_once();
  s.refuse["job/" + Scenario::job("one", "a")] = Refused{"Forbidden", "quota", true};
  s.pass(at(0));
  EXPECT_EQ(s.step("one", "a").reason, "LaunchRefused");
  for (const auto& [phase, step] : {std::pair{"one", "b"}, {"two", "c"}}) {
    EXPECT_EQ(s.step(phase, step).state, StepState::Pending);
    EXPECT_EQ(s.step(phase, step).message,
              "waits until one/a knows which commit main of https://h/x.git is");
  }
  s.refuse.clear();
  s.pass(at(20));
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
  EXPECT_EQ(s.step("one", "b").reason, "WaitingForSource");
}

// One that can never be launched is over, and the next one finds out.
TEST(DecideSource, WhoCanNeverBeLaunchedLosesItsTurn) {
  json spec = with_git();
  spec["phases"][0]["steps"][0]["continueOnFailure"] = true;
  Scenario s = at_once(spec);
  s.refuse["job/" + Scenario::job("one", "a")] = Refused{"Invalid", "no such field", false};
  s.pass(at(0));
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
  EXPECT_EQ(s.step("two", "c").reason, "WaitingForSource");
}

// It may run, and find out another commit than whoever would be launched beside it.
TEST(DecideSource, WhoseLaunchMayHaveBeenDoneIsWaitedFor) {
  Scenario s = at_once();
  s.refuse["job/" + Scenario::job("one", "a")] = NotKnown{"the answer was lost"};
  s.pass(at(0));
  EXPECT_THAT(s.created(), ::testing::Not(::testing::Contains(Scenario::job("one", "b"))));
  EXPECT_THAT(s.created(), ::testing::Not(::testing::Contains(Scenario::job("two", "c"))));
  EXPECT_EQ(s.last.retry, "the answer was lost");
  s.refuse.clear();
  s.pass(at(1));
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
  EXPECT_EQ(s.step("one", "b").reason, "WaitingForSource");
}

}  // namespace
}  // namespace bootstrap::testing
