// Steps that run a template as a child workflow: made once, followed, stopped in time, and their
// result kept.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/child_workflow.h"
#include "controllers/decide.h"
#include "tests/unit/controllers/scenario.h"
#include "tests/unit/controllers/without_hint.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

json running(const char* step, const char* name, json parameters = json::array()) {
  json one{{"name", step}, {"workflow", {{"templateRef", {{"name", name}}}}}};
  if (!parameters.empty()) one["workflow"]["parameters"] = std::move(parameters);
  return one;
}

json one_step(const json& step) {
  return {{"tools", {{"image", "tools:1"}}},
          {"phases", json::array({{{"name", "one"}, {"steps", json::array({step})}}})}};
}

json with_parameters() {
  json spec = three_steps();
  spec["parameters"] = json::parse(R"([{"name": "who", "required": true, "pattern": "[a-z]+"},
                                       {"name": "size", "default": "s", "allowed": ["s", "l"]}])");
  return spec;
}

// Step one/a is a child, after it one/b and two/c.
json with_child() {
  json spec = three_steps();
  spec["phases"][0]["steps"][0] = running("a", "t");
  return spec;
}

Scenario with_template(const json& spec) {
  Scenario s(spec);
  set_template(s, "t", three_steps());
  return s;
}

std::string key(const std::string& verb = "child") {
  return verb + "/" + Scenario::child("one", "a");
}

TEST(Children, AreMadeOnceAndFollowed) {
  Scenario s = with_template(with_child());
  const Status& begun = s.pass(at(0));
  EXPECT_THAT(s.done, ElementsAre(::testing::StartsWith("plan/"), key()));
  const std::string child = Scenario::child("one", "a");
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
  EXPECT_EQ(s.step("one", "a").child, child);
  EXPECT_EQ(s.step("one", "a").child_uid, "uid-of-" + child);
  EXPECT_EQ(s.step("one", "a").job, "");
  EXPECT_EQ(begun.message, "one/a runs workflow " + child);
  EXPECT_EQ(begun.reason, "ChildRunning");

  s.end_child("one", "a", WorkflowState::Running, "StepRunning", "p/s is running");
  s.child_view("one", "a").status.progress = Progress{1, 3, 50, "1/3 50%", "p/s", "", {}};
  const Status& half = s.pass(at(10));
  EXPECT_EQ(half.message, "one/a runs workflow " + child + " (1/3 50%): p/s is running");
  EXPECT_EQ(half.progress->text, "0/3 16%") << "by its fraction";
  s.pass(at(20));
  EXPECT_THAT(s.last.transitions, IsEmpty());

  s.end_child("one", "a", WorkflowState::Succeeded, "Completed");
  const Status& after = s.pass(at(30));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
  EXPECT_EQ(after.progress->text, "1/3 33%");
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
  s.remove_child("one", "a");
  s.pass(at(40));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded) << "its result is kept";
  EXPECT_FALSE(s.asked(LiveChild{child}));
}

// Only people can go on: this workflow waits for them as well, and its time stands still.
TEST(Children, ThatWaitForPeopleLetTheirParentWait) {
  json spec = with_child();
  spec["timeout"] = "1h";
  Scenario s = with_template(spec);
  s.pass(at(0));
  const std::string child = Scenario::child("one", "a");
  s.end_child("one", "a", WorkflowState::Waiting, "WaitingForAnswers", "p/ask waits for x: do so");
  const Status& waits = s.pass(at(10));
  EXPECT_EQ(waits.state, WorkflowState::Waiting);
  EXPECT_EQ(waits.reason, "ChildWaiting");
  EXPECT_EQ(waits.message,
            "one/a runs workflow " + child + ", which waits for people: p/ask waits for x: do so");
  EXPECT_EQ(waits.paused_since, at(10));
  for (const Transition& t : s.last.transitions) EXPECT_FALSE(t.warning) << t.message;
  s.pass(at(7'000));
  EXPECT_EQ(s.step("one", "a").state, StepState::Running) << "the timeout stands still";

  s.end_child("one", "a", WorkflowState::Waiting, "WaitingForAnswers", std::string(500, 'x'));
  EXPECT_THAT(s.pass(at(7'010)).message,
              ::testing::EndsWith("kubectl get bwf " + child +
                                  " -n ns -o jsonpath='{.status.message}' says for what"));
  s.end_child("one", "a", WorkflowState::Running, "StepRunning", "p/s is running");
  const Status& goes_on = s.pass(at(7'020));
  EXPECT_EQ(goes_on.state, WorkflowState::Running);
  EXPECT_EQ(goes_on.paused, std::chrono::seconds(7'010));
}

TEST(Children, ReceiveValuesWithReferencesReplaced) {
  json spec = three_steps();
  spec["parameters"] = json::array({{{"name", "p"}, {"value", "east"}}});
  spec["phases"][0]["steps"][1] =
      running("b", "t", json::parse(R"json([{"name": "who", "value": "$(params.p)$$(x)"
},
                                        {"name": "size", "value": "$(steps.one.a.outputs.k)"}])json"));
  Scenario s(spec);
  json loose = with_parameters();
  loose["parameters"][0].erase("pattern");
  set_template(s, "t", loose);
  std::optional<CreateChild> made;
  s.on_action = [&](const Action& action) {
    if (const auto* create = std::get_if<CreateChild>(&action)) made = *create;
  };
  s.pass(at(0));
  s.end_container("one", "a", 0, "k=l\n");
  s.pass(at(10));
  ASSERT_TRUE(made) << s.workflow.status.message;
  EXPECT_EQ(made->template_name, "t");
  EXPECT_EQ(made->parameters, (ParameterValues{{"who", "east$$(x)"}, {"size", "l"}}));
  EXPECT_EQ(made->ancestors, Ancestors{""});
}

TEST(Children, PassTheirFailureUp) {
  Scenario s = with_template(with_child());
  s.pass(at(0));
  s.end_child("one", "a", WorkflowState::Failed, "StepFailed", "p/s failed (ToolFailed): exit 3");
  const Status& failed = s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").reason, "ChildFailed");
  EXPECT_EQ(failed.state, WorkflowState::Failed);
  EXPECT_EQ(without_hint(failed.message),
            "one/a failed (ChildFailed): workflow " + Scenario::child("one", "a") +
                " failed (StepFailed): p/s failed (ToolFailed): exit 3");
}

TEST(Children, ThatAreInvalidHaveFailed) {
  Scenario s = with_template(with_child());
  s.pass(at(0));
  s.end_child("one", "a", WorkflowState::Invalid, "InvalidSpec", "the spec cannot run: …");
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").reason, "ChildInvalid");
  EXPECT_THAT(s.done, ::testing::Not(::testing::Contains(key("steer"))));
}

TEST(Children, ThatAreInvalidStartNothingWhenSomethingIsMended) {
  Scenario s(json{{"templateRef", {{"name", "t"}}}});
  s.workflow.meta.controller_uid = "uid-of-parent";
  s.workflow.meta.labels = {{labels::kPhase, "p"}, {labels::kStep, "s"}, {labels::kAttempt, "1"}};
  set_template(s, "t", {{"phases", json::array()}});
  EXPECT_EQ(s.pass(at(0)).state, WorkflowState::Invalid);
  set_template(s, "t", three_steps());
  EXPECT_EQ(s.pass(at(10)).state, WorkflowState::Invalid);
  EXPECT_THAT(s.done, IsEmpty());
}

TEST(Children, ThatTakeTooLongAreCancelledAndWaitedFor) {
  json spec = with_child();
  spec["phases"][0]["steps"][0]["timeout"] = "1m";
  Scenario s = with_template(spec);
  s.pass(at(0));
  s.pass(at(1));  // for the child has been seen
  EXPECT_EQ(s.last.wake, at(60));
  s.pass(at(60));
  EXPECT_EQ(s.step("one", "a").state, StepState::Ending);
  EXPECT_EQ(s.done.back(), key("steer"));
  EXPECT_TRUE(s.child_view("one", "a").steering.cancel);
  s.pass(at(61));
  EXPECT_EQ(s.step("one", "a").state, StepState::Ending) << "its finally runs";
  EXPECT_EQ(s.done.size(), 3U) << "it is cancelled once";
  s.end_child("one", "a", WorkflowState::Cancelled, "Cancelled", "cancelled after 1m0s");
  const Status& ended = s.pass(at(70));
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_EQ(s.step("one", "a").reason, "TimedOut");
  EXPECT_EQ(s.step("one", "a").message,
            "did not end within its timeout of 1m0s: runs workflow " + Scenario::child("one", "a"));
  EXPECT_EQ(ended.state, WorkflowState::Failed);
}

TEST(Children, ThatSucceedWhileTheyAreCancelledHaveSucceeded) {
  json spec = with_child();
  spec["phases"][0]["steps"][0]["timeout"] = "1m";
  Scenario s = with_template(spec);
  s.pass(at(0));
  s.pass(at(60));
  s.end_child("one", "a", WorkflowState::Succeeded, "Completed");
  s.pass(at(61));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
}

// By an operator that another one had overtaken; without a record of that it is what this run says.
TEST(Children, ThatAreCancelledForTheRunBeforeHaveFailed) {
  for (const int run : {1, 2}) {
    Scenario s = with_template(with_child());
    s.pass(at(0));
    s.workflow.steering.resume.run = 2;
    s.pass(at(10));
    ASSERT_EQ(s.workflow.status.run, 2);
    s.child_view("one", "a").stop = {reasons::kCancelled, run};
    s.end_child("one", "a", WorkflowState::Cancelled, "Cancelled", "cancelled after 3s");
    s.pass(at(20));
    const bool is_former = run == 1;
    EXPECT_EQ(s.step("one", "a").state, is_former ? StepState::Failed : StepState::Cancelled);
    EXPECT_EQ(s.step("one", "a").reason, is_former ? "ChildFailed" : "Cancelled");
  }
}

TEST(Children, ThatSomebodyCancelsHaveFailed) {
  Scenario s = with_template(with_child());
  s.pass(at(0));
  s.end_child("one", "a", WorkflowState::Cancelled, "Cancelled", "cancelled after 3s");
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_EQ(s.step("one", "a").reason, "ChildFailed");
  EXPECT_EQ(s.step("one", "a").message, "workflow " + Scenario::child("one", "a") +
                                            " was cancelled (Cancelled): cancelled after 3s");
}

TEST(Children, EndWithTheirPhase) {
  json spec = with_child();
  spec["phases"][0]["timeout"] = "1m";
  Scenario s = with_template(spec);
  s.pass(at(0));
  s.pass(at(60));
  EXPECT_EQ(s.step("one", "a").state, StepState::Ending);
  EXPECT_EQ(s.step("one", "a").reason, "PhaseTimedOut");
  EXPECT_EQ(s.done.back(), key("steer"));
}

// The status that said why was never written; the child knows it.
TEST(Children, ThatWereEndedByTheirStepHaveItsReason) {
  json spec = with_child();
  spec["phases"][0]["steps"][0]["timeout"] = "1m";
  Scenario s = with_template(spec);
  s.pass(at(0));
  const Status before = s.workflow.status;
  s.pass(at(60));
  s.workflow.status = before;
  s.end_child("one", "a", WorkflowState::Cancelled, "Cancelled", "cancelled after 1m0s");
  s.pass(at(70));
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_EQ(s.step("one", "a").reason, "TimedOut");
  EXPECT_EQ(s.step("one", "a").message, "did not end within its timeout");
}

TEST(Rule7Vanished, AChildThatSomebodyDeletesIsLookedForAndItsPodsToo) {
  Scenario s = with_template(with_child());
  s.pass(at(0));
  s.remove_child("one", "a");
  PodView pod;
  pod.meta.name = "x";
  const PodsOfWorkflow pods{"uid-of-" + Scenario::child("one", "a")};
  s.facts[pods] = Found<PodsOfWorkflow::Answer>(PodsOfWorkflow::Answer{pod});
  s.pass(at(10));
  EXPECT_TRUE(s.asked(LiveChild{Scenario::child("one", "a")}));
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
  EXPECT_EQ(s.step("one", "a").reason, "PodEnding");
  s.facts[pods] = Found<PodsOfWorkflow::Answer>(PodsOfWorkflow::Answer{});
  s.pass(at(20));
  EXPECT_EQ(s.step("one", "a").reason, "ChildDeleted");
}

TEST(Rule3Adopt, AChildThatTheStatusDoesNotKnow) {
  Scenario s = with_template(with_child());
  s.refuse[key()] = NotKnown{"connection reset"};  // done all the same
  s.pass(at(0));
  EXPECT_EQ(s.last.retry, "connection reset");
  s.add_child({Scenario::child("one", "a"), {"one", "a"}, 1, 1, "t", {}, {}});
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
  EXPECT_EQ(s.step("one", "a").child, Scenario::child("one", "a"));
  EXPECT_EQ(std::count(s.done.begin(), s.done.end(), key()), 1);
}

TEST(Rule3Adopt, AChildThatIsFoundWithAFailureBesideItGoesOn) {
  json spec = with_child();
  spec["phases"][0]["parallel"] = true;
  Scenario s = with_template(spec);
  s.refuse[key()] = NotKnown{"connection reset"};
  s.pass(at(0));
  s.end_pod("one", "b", 1);
  s.add_child({Scenario::child("one", "a"), {"one", "a"}, 1, 1, "t", {}, {}});
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").state, StepState::Running) << "it was there before the failure";
}

TEST(Rule1Names, AChildOfSomebodyElseIsNotTaken) {
  Scenario s = with_template(with_child());
  s.refuse[key()] = NameTaken{"nobody"};
  s.pass(at(0));
  EXPECT_EQ(s.step("one", "a").reason, "NameTaken");
  EXPECT_EQ(s.step("one", "a").message, "there is a workflow " + Scenario::child("one", "a") +
                                            " already, which belongs to nobody");
}

TEST(Children, ThatAreRefusedForNowAreTriedAgain) {
  Scenario s = with_template(with_child());
  s.refuse[key()] = Refused{"Forbidden", "exceeded quota", true};
  s.pass(at(0));
  EXPECT_EQ(s.step("one", "a").reason, "LaunchRefused");
  s.refuse[key()] = Refused{"Invalid", "no such field", false};
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").reason, "ChildInvalid");
}

// --- before anything starts ---

std::string why_invalid(Scenario& s) {
  const Status& status = s.pass(at(0));
  EXPECT_EQ(status.state, WorkflowState::Invalid) << status.message;
  EXPECT_THAT(s.done, IsEmpty());
  return status.message;
}

TEST(Nesting, ATemplateThatIsNotThereIsWaitedFor) {
  Scenario s(with_child());
  s.facts[TemplateOf{"t"}] = Found<TemplateOf::Answer>(std::nullopt);
  s.facts[WatchedTemplate{"t"}] = Found<WatchedTemplate::Answer>(nullptr);
  const Status& waits = s.pass(at(0));
  EXPECT_EQ(waits.state, WorkflowState::Pending);
  EXPECT_EQ(waits.reason, "TemplateNotFound");
  EXPECT_TRUE(s.asked(WatchedTemplate{"t"}));
}

TEST(Nesting, ValuesAreLookedAtBeforeAnythingStarts) {
  Scenario s(one_step(running("a", "t", json::parse(R"json([{"name": "who", "value": "A"},
      {"name": "size", "value": "$(workflow.name)"}, {"name": "x", "value": ""}])json"))));
  set_template(s, "t", with_parameters());
  EXPECT_EQ(why_invalid(s),
            "the spec cannot run, 2 problems: phases[one].steps[a].workflow.parameters[x]: the "
            "template t has no such parameter; it has: who, size; "
            "phases[one].steps[a].workflow.parameters[who]: \"A\" does not match the pattern "
            "[a-z]+");
  Scenario missing(one_step(running("a", "t")));
  set_template(missing, "t", with_parameters());
  EXPECT_EQ(why_invalid(missing),
            "the spec cannot run: phases[one].steps[a].workflow.parameters[who]: is required: set "
            "its value");
}

TEST(Nesting, ATemplateThatIsWrongItselfIsNamed) {
  Scenario s(one_step(running("a", "t")));
  json wrong = three_steps();
  wrong["phases"][0]["steps"][0]["args"] = {"$(params.none)"};
  set_template(s, "t", wrong);
  EXPECT_THAT(why_invalid(s),
              HasSubstr("template t, phases[one].steps[a].args[0]: $(params.none)"));
}

TEST(Nesting, NoTemplateRunsItself) {
  Scenario s(json{{"templateRef", {{"name", "a"}}}});
  set_template(s, "a", one_step(running("s", "b")));
  set_template(s, "b", one_step(running("s", "a")));
  EXPECT_EQ(why_invalid(s),
            "the spec cannot run: template b, phases[one].steps[s].workflow.templateRef: the "
            "template a would run itself: a -> b -> a");
}

TEST(Nesting, IsFourDeepAtMost) {
  Scenario s(one_step(running("s", "b")));
  set_template(s, "b", one_step(running("s", "c")));
  set_template(s, "c", one_step(running("s", "d")));
  set_template(s, "d", three_steps());
  EXPECT_EQ(s.pass(at(0)).state, WorkflowState::Running) << "with this one four";
  Scenario deeper(one_step(running("s", "b")));
  set_template(deeper, "b", one_step(running("s", "c")));
  set_template(deeper, "c", one_step(running("s", "d")));
  set_template(deeper, "d", one_step(running("s", "e")));
  EXPECT_EQ(why_invalid(deeper),
            "the spec cannot run: template d, phases[one].steps[s].workflow.templateRef: workflows "
            "would be nested too deep, at most 4: this workflow -> b -> c -> d -> e");
}

// Templates may have changed since the first of them began.
TEST(Nesting, IsKnownToAChild) {
  Scenario s(json{{"templateRef", {{"name", "c"}}}});
  s.workflow.ancestors = {"a", "b"};
  set_template(s, "c", one_step(running("s", "a")));
  EXPECT_THAT(why_invalid(s), HasSubstr("would run itself: a -> b -> c -> a"));
}

TEST(ChildWorkflow, IsOwnedAndLabelledAndKnowsItsAncestors) {
  ObjectMeta parent;
  parent.ns = "ns";
  parent.name = "w";
  parent.uid = "u";
  parent.labels = {{"argocd.argoproj.io/instance", "x"}};
  const json child =
      build_child(parent, {"w-s-x", {"p", "s"}, 1, 1, "t", {{"who", "me"}}, {"", "a"}});
  EXPECT_EQ(child["spec"], json::parse(R"({"templateRef": {"name": "t"},
                                           "parameters": [{"name": "who", "value": "me"}]})"));
  EXPECT_EQ(child["metadata"]["ownerReferences"][0]["uid"], "u");
  EXPECT_EQ(child["metadata"]["labels"].size(), 9U) << "those of the parent are not copied";
  json read = child;
  read["metadata"]["uid"] = "child";
  const auto view = kWorkflowProjection.read(read);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->ancestors, (Ancestors{"", "a"}));
  EXPECT_TRUE(is_child(view->meta));
  EXPECT_FALSE(is_child(parent));
  EXPECT_EQ(ancestors_from(""), Ancestors{});
}

// --- what people want of the parent ---

TEST(Children, AreSuspendedWithTheirParentAndGoOnWithIt) {
  Scenario s = with_template(with_child());
  s.pass(at(0));
  s.workflow.steering.suspend = true;
  EXPECT_EQ(s.pass(at(10)).state, WorkflowState::Running) << "the child may have work that ends";
  EXPECT_TRUE(s.child_view("one", "a").steering.suspend);
  s.end_child("one", "a", WorkflowState::Suspended, "Suspended", "nothing new starts");
  EXPECT_EQ(s.pass(at(11)).state, WorkflowState::Suspended);
  EXPECT_EQ(s.step("one", "a").reason, "ChildSuspended");
  s.workflow.steering.suspend = false;
  s.pass(at(20));
  EXPECT_FALSE(s.child_view("one", "a").steering.suspend);
  EXPECT_EQ(s.done.size(), 4U) << "plan, child, and two changes of it";
}

TEST(Children, AreCancelledWithTheirParent) {
  Scenario s = with_template(with_child());
  s.pass(at(0));
  s.workflow.steering.cancel = true;
  s.pass(at(10));
  EXPECT_TRUE(s.child_view("one", "a").steering.cancel);
  EXPECT_EQ(s.step("one", "a").state, StepState::Ending);
  s.end_child("one", "a", WorkflowState::Cancelled, "Cancelled");
  EXPECT_EQ(s.pass(at(20)).state, WorkflowState::Cancelled);
  EXPECT_EQ(s.step("one", "a").state, StepState::Cancelled);
}

// Of a workflow whose child has failed in its first run.
Scenario with_failed_child() {
  Scenario s = with_template(with_child());
  s.pass(at(0));
  s.end_child("one", "a", WorkflowState::Failed, "StepFailed", "p/s failed");
  s.child_view("one", "a").status.run = 1;
  s.pass(at(10));
  s.answer_pods("one", "a");
  return s;
}

TEST(Children, ThatHaveFailedAreResumedWithTheirParent) {
  Scenario s = with_failed_child();
  s.workflow.steering.resume.run = 2;
  s.pass(at(20));
  EXPECT_EQ(s.done.back(), key("steer"));
  EXPECT_EQ(s.child_view("one", "a").steering.resume.run, 2);
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
  EXPECT_EQ(s.step("one", "a").attempts, 1) << "it is the same attempt, which goes on";
  s.pass(at(21));
  EXPECT_EQ(s.step("one", "a").state, StepState::Running) << "the child has not taken it up yet";
  s.end_child("one", "a", WorkflowState::Succeeded, "Completed");
  s.child_view("one", "a").status.run = 2;
  s.pass(at(30));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
  EXPECT_EQ(std::count(s.done.begin(), s.done.end(), key("child")), 1);
}

// The answer to the request that resumes it was lost, and then its parent is cancelled.
TEST(Rule6Ended, AChildThatMayHaveGoneOnIsLookedForBeforeItsParentEnds) {
  for (const bool has_gone_on : {true, false}) {
    Scenario s = with_failed_child();
    s.workflow.steering.suspend = true;
    s.workflow.steering.resume.run = 2;
    s.pass(at(20));
    ASSERT_EQ(s.workflow.status.run, 2);
    ASSERT_EQ(s.step("one", "a").state, StepState::Pending);
    Workflow& child = s.child_view("one", "a");
    if (has_gone_on) {
      child.steering.resume.run = child.status.run = 2;
      child.status.state = WorkflowState::Running;
    }
    s.workflow.steering.suspend = false;
    s.workflow.steering.cancel = true;
    s.pass(at(30));
    if (has_gone_on) {
      EXPECT_EQ(s.step("one", "a").state, StepState::Ending);
      EXPECT_TRUE(s.child_view("one", "a").steering.cancel);
      EXPECT_EQ(s.step("one", "a").attempts, 1) << "it is that attempt, which goes on";
      s.end_child("one", "a", WorkflowState::Cancelled, "Cancelled");
      s.pass(at(40));
    }
    EXPECT_EQ(s.step("one", "a").state, StepState::Cancelled);
    EXPECT_EQ(s.workflow.status.state, WorkflowState::Cancelled);
  }
}

TEST(Children, ThatCannotBeResumedHaveFailedAgain) {
  Scenario s = with_failed_child();
  s.workflow.steering.resume.run = 2;
  s.pass(at(20));
  Workflow& child = s.child_view("one", "a");
  child.status.conditions.push_back(
      {kResumeAccepted, "False", "InvalidSpec", "no image", child.meta.generation, {}});
  EXPECT_EQ(s.pass(at(30)).state, WorkflowState::Failed);
  EXPECT_EQ(s.step("one", "a").message,
            "workflow " + Scenario::child("one", "a") + " could not be resumed: no image");
}

TEST(Children, ThatAreNamedInFromAreMadeAnew) {
  Scenario s = with_failed_child();
  s.workflow.steering.resume = {2, "one/a"};
  s.pass(at(20));
  EXPECT_EQ(s.step("one", "a").attempts, 2);
  EXPECT_EQ(s.child_view("one", "a").steering.resume.run, 0);
}

TEST(Children, ThatAreStillToBeResumedAreMadeAnewByTheNextFrom) {
  Scenario s = with_failed_child();
  s.workflow.steering.resume.run = 2;
  s.workflow.steering.suspend = true;
  s.pass(at(20));
  ASSERT_EQ(s.step("one", "a").state, StepState::Pending);
  ASSERT_EQ(s.step("one", "a").child, Scenario::child("one", "a"));
  s.workflow.steering.suspend = false;
  s.workflow.steering.resume = {3, "one"};
  s.pass(at(30));
  EXPECT_EQ(s.workflow.status.run, 3);
  EXPECT_EQ(s.step("one", "a").attempts, 2);
  EXPECT_EQ(s.child_view("one", "a").steering.resume.run, 0);
}

// The operator was killed after it had resumed the child, before the parent's status said so.
TEST(Children, ThatHaveGoneOnAlreadyAreTakenUpAsTheyAre) {
  for (const WorkflowState state : {WorkflowState::Running, WorkflowState::Succeeded}) {
    Scenario s = with_failed_child();
    s.workflow.steering.resume.run = 2;
    Workflow& child = s.child_view("one", "a");
    child.steering.resume.run = child.status.run = 2;
    child.status.state = state;
    s.pass(at(20));
    EXPECT_EQ(s.step("one", "a").state, StepState::Running);
    s.pass(at(21));
    EXPECT_EQ(s.step("one", "a").state,
              state == WorkflowState::Running ? StepState::Running : StepState::Succeeded);
    EXPECT_EQ(std::count(s.done.begin(), s.done.end(), key("child")), 1) << "none is made anew";
    EXPECT_EQ(std::count(s.done.begin(), s.done.end(), key("steer")), 0) << "none is resumed twice";
  }
}

}  // namespace
}  // namespace bootstrap::testing
