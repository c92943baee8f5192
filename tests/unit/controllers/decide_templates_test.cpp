// Workflows that take their definition from a template: when a run begins, with what, and what
// later edits change (nothing but what PlanCurrent says).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/decide.h"
#include "controllers/status_summary.h"
#include "tests/unit/controllers/scenario.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

json from_template(json parameters = json::array()) {
  json spec{{"templateRef", {{"name", "t"}}}};
  if (!parameters.empty()) spec["parameters"] = std::move(parameters);
  return spec;
}

json with_parameters() {
  json spec = three_steps();
  spec["parameters"] = json::parse(R"([{"name": "cluster", "required": true, "pattern": "[a-z]+"},
    {"name": "size", "default": "small", "allowed": ["small", "large"]},
    {"name": "reason", "requiredWhen": [{"param": "size", "operator": "In", "values": ["large"]}]}
  ])");
  return spec;
}

TemplateView view(const json& spec, int generation, const char* uid) {
  TemplateView one;
  one.meta.ns = "ns";
  one.meta.name = "t";
  one.meta.uid = uid;
  one.meta.generation = generation;
  one.spec = spec.dump();
  return one;
}

// Both the live API and the watch have it.
void set_template(Scenario& s, const json& spec, int generation = 1, const char* uid = "uid-t") {
  const TemplateView one = view(spec, generation, uid);
  s.facts.insert_or_assign(TemplateOf{"t"}, Found<TemplateOf::Answer>(one));
  s.facts.insert_or_assign(WatchedTemplate{"t"}, Found<WatchedTemplate::Answer>(
                                                     std::make_shared<const TemplateView>(one)));
}

void no_template(Scenario& s) {
  s.facts.insert_or_assign(TemplateOf{"t"}, Found<TemplateOf::Answer>(std::nullopt));
  s.facts.insert_or_assign(WatchedTemplate{"t"}, Found<WatchedTemplate::Answer>(nullptr));
}

const Condition& plan_current(const Scenario& s) {
  static const Condition kNone;
  for (const Condition& c : s.workflow.status.conditions)
    if (c.type == "PlanCurrent") return c;
  ADD_FAILURE() << "no condition PlanCurrent";
  return kNone;
}

TEST(Templates, GiveTheDefinitionAndTheWorkflowItsValues) {
  Scenario s(from_template({{{"name", "cluster"}, {"value", "east"}}}));
  set_template(s, with_parameters(), 7);
  std::optional<PlanRecord> pinned;
  s.on_action = [&](const Action& action) {
    if (const auto* plan = std::get_if<CreatePlan>(&action)) pinned = plan->record;
  };
  const Status& started = s.pass(at(0));
  EXPECT_EQ(started.state, WorkflowState::Running);
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "a")));
  ASSERT_TRUE(pinned);
  EXPECT_EQ(pinned->parameters, (ParameterValues{{"cluster", "east"}, {"size", "small"}}));
  EXPECT_EQ(pinned->pin, (TemplatePin{"t", "uid-t", 7}));
  EXPECT_EQ(pinned->definition["phases"], three_steps()["phases"]);
  EXPECT_EQ(plan_current(s).status, "True");
}

TEST(Templates, AreWaitedFor) {
  Scenario s(from_template());
  no_template(s);
  const Status& waits = s.pass(at(0));
  EXPECT_EQ(waits.state, WorkflowState::Pending);
  EXPECT_EQ(waits.reason, "TemplateNotFound");
  EXPECT_EQ(waits.message, "BootstrapWorkflowTemplate t does not exist in namespace ns");
  EXPECT_TRUE(s.asked(WatchedTemplate{"t"})) << "its coming wakes the workflow";
  EXPECT_EQ(s.last.wake, std::nullopt);
  EXPECT_THAT(s.done, IsEmpty());
  set_template(s, three_steps());
  EXPECT_EQ(s.pass(at(10)).state, WorkflowState::Running);
}

// Somebody changes a template and then creates a workflow: the watch may be late.
TEST(Templates, AreThoseOfTheLiveApi) {
  Scenario s(from_template());
  set_template(s, three_steps(), 1);
  json newer = three_steps();
  newer["phases"][0]["steps"].erase(0);
  s.facts.insert_or_assign(TemplateOf{"t"}, Found<TemplateOf::Answer>(view(newer, 2, "uid-t")));
  s.pass(at(0));
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "b")));
}

TEST(Templates, ThatCannotBeReadNowAreReadLater) {
  Scenario s(from_template());
  no_template(s);
  s.facts.insert_or_assign(TemplateOf{"t"},
                           Found<TemplateOf::Answer>(tl::unexpected(Unavailable{"no answer"})));
  s.pass(at(0));
  EXPECT_EQ(s.last.retry, "no answer");
  EXPECT_THAT(s.done, IsEmpty());
}

TEST(Templates, OfImpossibleNamesAreNotAskedFor) {
  Scenario s(json{{"templateRef", {{"name", "../Full Setup"}}}});
  const Status& refused = s.pass(at(0));
  EXPECT_EQ(refused.state, WorkflowState::Invalid);
  EXPECT_THAT(refused.message,
              ::testing::HasSubstr("templateRef.name: \"../Full Setup\" cannot be the name of a"));
  EXPECT_FALSE(s.asked(TemplateOf{"../Full Setup"}));
}

TEST(Templates, RefuseWhatTheyDoNotAllowAndNameItAll) {
  struct Case {
    json parameters;
    std::string message;
  };
  const Case cases[] = {
      {json::array(), "the spec cannot run: parameters[cluster]: is required: set its value"},
      {{{{"name", "cluster"}, {"value", ""}}},
       "the spec cannot run: parameters[cluster]: is required: set its value"},
      {{{{"name", "cluster"}, {"value", "east"}}, {{"name", "x"}, {"value", "y"}}},
       "the spec cannot run: parameters[x]: the template t has no such parameter; it has: cluster, "
       "size, reason"},
      {{{{"name", "cluster"}, {"value", "East"}}, {{"name", "size"}, {"value", "huge"}}},
       "the spec cannot run, 2 problems: parameters[cluster]: \"East\" does not match the pattern "
       "[a-z]+; parameters[size]: \"huge\" is not allowed; allowed: small, large"},
      {{{{"name", "cluster"}, {"value", "east"}}, {{"name", "size"}, {"value", "large"}}},
       "the spec cannot run: parameters[reason]: is required because size is \"large\": set its "
       "value"},
  };
  for (const Case& one : cases) {
    Scenario s(from_template(one.parameters));
    set_template(s, with_parameters());
    const Status& refused = s.pass(at(0));
    EXPECT_EQ(refused.state, WorkflowState::Invalid);
    EXPECT_EQ(refused.message, one.message);
    EXPECT_THAT(s.done, IsEmpty());
  }
}

TEST(Templates, ThatAreWrongThemselvesSaySo) {
  Scenario s(from_template());
  json spec = three_steps();
  spec["phases"][0]["steps"][0]["args"] = {"$(params.none)"};
  set_template(s, spec);
  EXPECT_EQ(s.pass(at(0)).state, WorkflowState::Invalid);
  EXPECT_THAT(
      s.workflow.status.message,
      ::testing::StartsWith("the spec cannot run: template t, phases[one].steps[a].args[0]: "
                            "$(params.none) is not known"));
  EXPECT_TRUE(s.asked(WatchedTemplate{"t"}));
  set_template(s, three_steps(), 2);
  EXPECT_EQ(s.pass(at(10)).state, WorkflowState::Running) << "mending the template is enough";
}

TEST(Templates, AllowNoDefinitionBesideThem) {
  json both = from_template();
  both["phases"] = three_steps()["phases"];
  Scenario s(both);
  set_template(s, three_steps());
  EXPECT_EQ(s.pass(at(0)).message,
            "the spec cannot run: phases: cannot stand beside templateRef; the definition is the "
            "template's");
}

// --- later edits ---

TEST(PlanCurrent, FollowsTheTemplate) {
  Scenario s(from_template());
  set_template(s, three_steps(), 1);
  s.pass(at(0));
  json edited = three_steps();
  edited["phases"].erase(1);
  set_template(s, edited, 2);
  s.pass(at(10));
  EXPECT_EQ(plan_current(s).status, "False");
  EXPECT_EQ(plan_current(s).reason, "DefinitionChanged");
  EXPECT_EQ(plan_current(s).message,
            "the template t was changed after this run had started; the run goes on with what it "
            "started with, a resume takes the new one");
  EXPECT_TRUE(s.asked(WatchedTemplate{"t"}));
  set_template(s, three_steps(), 3);
  s.pass(at(20));
  EXPECT_EQ(plan_current(s).status, "True") << "the edit was taken back";
  no_template(s);
  s.pass(at(30));
  EXPECT_EQ(plan_current(s).status, "False");
  EXPECT_EQ(plan_current(s).message,
            "the template t is gone; the run goes on with what it started with");
  set_template(s, three_steps(), 1, "another-uid");
  s.pass(at(40));
  EXPECT_EQ(plan_current(s).status, "True") << "created anew, the same";
}

TEST(PlanCurrent, IsFalseWhenTheWorkflowNamesAnotherTemplateOrOtherValues) {
  json small = from_template({{{"name", "cluster"}, {"value", "east"}}});
  json other_value = small, own = three_steps(), untouched = small;
  other_value["parameters"][0]["value"] = "west";
  untouched["parameters"].push_back({{"name", "size"}});  // no value: nothing is changed by it
  const std::pair<json, const char*> edits[] = {
      {other_value, "False"}, {own, "False"}, {untouched, "True"}};
  for (const auto& [edit, status] : edits) {
    Scenario s(small);
    set_template(s, with_parameters());
    s.pass(at(0));
    s.workflow.spec = edit.dump();
    s.workflow.meta.generation = 2;
    s.pass(at(10));
    EXPECT_EQ(plan_current(s).status, status) << edit;
    EXPECT_EQ(plan_current(s).observed_generation, 2);
  }
}

TEST(PlanCurrent, OfARunThatGoesOnChangesNothingElse) {
  Scenario s(from_template());
  set_template(s, three_steps(), 1);
  s.pass(at(0));
  set_template(s, json{{"phases", "nonsense"}}, 2);
  s.restart();
  for (const auto& [phase, step] :
       std::vector<std::pair<const char*, const char*>>{{"one", "a"}, {"one", "b"}, {"two", "c"}}) {
    s.end_container(phase, step, 0);
    s.pass(at(10));
  }
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Succeeded);
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "a"), Scenario::job("one", "b"),
                                       Scenario::job("two", "c")));
  EXPECT_EQ(plan_current(s).status, "False");
}

TEST(PlanCurrent, AsksForNoTemplateWhenThereIsNone) {
  Scenario s;
  s.pass(at(0));
  EXPECT_FALSE(s.asked(WatchedTemplate{""}));
  EXPECT_EQ(plan_current(s).status, "True");
  json edited = three_steps();
  edited["phases"].erase(1);
  s.workflow.spec = edited.dump();
  s.workflow.meta.generation = 2;
  s.pass(at(10));
  EXPECT_EQ(plan_current(s).status, "False");
  EXPECT_EQ(plan_current(s).message, kDefinitionEdited);
}

}  // namespace
}  // namespace bootstrap::testing
