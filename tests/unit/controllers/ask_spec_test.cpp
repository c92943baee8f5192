// `ask` in a spec: reading it, and everything that is wrong before anything starts.

#include "controllers/ask_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/validation.h"
#include "tests/unit/controllers/specs.h"

namespace bootstrap {
namespace {

using namespace testing_specs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// p/ask asks for `asked`; then p/b and q/c.
json asking(const json& asked) {
  json spec = json::parse(R"json({
    "parameters": [{"name": "region", "value": "us-east-1"}],
    "tools": {"image": "x"},
    "phases": [
      {"name": "p", "steps": [{"name": "ask"}, {"name": "b", "command": ["true"]}]},
      {"name": "q", "steps": [{"name": "c", "command": ["true"]}]}]
  })json");
  spec["phases"][0]["steps"][0]["ask"]["parameters"] = asked;
  return spec;
}

json for_name() {
  return asking(json::array({{{"name", "clusterName"}}}));
}

constexpr const char* kAt = "phases[p].steps[ask].ask.parameters[x]";

TEST(AskSpec, IsReadWithEverythingThatItMayHave) {
  const auto definition = read_definition(asking(json::parse(R"json([
    {"name": "a", "description": "what", "allowed": ["x", "y"], "pattern": "[a-z]"},
    {"name": "b", "default": "d"},
    {"name": "c", "required": false},
    {"name": "e", "required": true}
  ])json")));
  ASSERT_TRUE(definition);
  const auto& ask = std::get<AskWork>(definition->phases[0].steps[0].work);
  ASSERT_EQ(ask.parameters.size(), 4U);
  EXPECT_EQ(ask.parameters[0].description, "what");
  EXPECT_THAT(ask.parameters[0].allowed, ElementsAre("x", "y"));
  EXPECT_EQ(ask.parameters[0].pattern, "[a-z]");
  EXPECT_TRUE(ask.parameters[0].required) << "unless it is said";
  EXPECT_EQ(ask.parameters[1].default_value, "d");
  EXPECT_FALSE(ask.parameters[1].required) << "the default will do";
  EXPECT_FALSE(ask.parameters[2].required);
  EXPECT_TRUE(ask.parameters[3].required);
  EXPECT_THAT(validate(*definition), IsEmpty());
}

TEST(AskSpec, NeedsNoImage) {
  json spec = for_name();
  spec.erase("tools");
  spec["phases"].erase(1);
  spec["phases"][0]["steps"].erase(1);
  EXPECT_THAT(problems_of(spec), IsEmpty());
}

TEST(AskSpec, WhatHasNoMeaningBesideItIsRefused) {
  for (const auto& [key, value] : {std::pair<const char*, json>{"args", {"x"}},
                                   {"stdin", "x"},
                                   {"startTimeout", "1m"},
                                   {"retry", {{"attempts", 2}}},
                                   {"tools", {{"image", "y"}}}}) {
    const json spec = with_step(for_name(), {{key, value}});
    EXPECT_EQ(
        problems_of(spec),
        (Problems{{std::string("phases[p].steps[ask].") + key, "has no meaning beside ask"}}));
  }
  EXPECT_EQ(
      problems_of(with_step(for_name(), {{"command", {"true"}}})),
      (Problems{{"phases[p].steps[ask]",
                 "needs exactly one of tool, command, script, waitFor, approve, ask, workflow"}}));
}

TEST(AskSpec, WhatIsWrongWithAParameter) {
  struct Row {
    const char* what;
    json asked;
    Problems expected;
  };
  const std::vector<Row> rows{
      {"none",
       json::array(),
       {{"phases[p].steps[ask].ask.parameters", "needs at least one parameter"}}},
      {"a name that is no variable",
       {{{"name", "1x"}}},
       {{"phases[p].steps[ask].ask.parameters[1x].name",
         "must be at most 63 letters, digits, '-' and '_', beginning with a letter"}}},
      {"a value",
       {{{"name", "x"}, {"value", "v"}}},
       {{std::string(kAt) + ".value", "has no meaning in ask"}}},
      {"a default that is not allowed",
       {{{"name", "x"}, {"default", "c"}, {"allowed", {"a", "b"}}}},
       {{std::string(kAt) + ".default", "\"c\" is not allowed; allowed: a, b"}}},
      {"a default that does not match",
       {{{"name", "x"}, {"default", "c1"}, {"pattern", "[a-z]+"}}},
       {{std::string(kAt) + ".default", "\"c1\" does not match the pattern [a-z]+"}}},
      {"an answer that is allowed and does not match",
       {{{"name", "x"}, {"allowed", {"a", "B"}}, {"pattern", "[a-z]+"}}},
       {{std::string(kAt) + ".allowed", "\"B\" does not match the pattern [a-z]+"}}},
      {"a default that is required",
       {{{"name", "x"}, {"default", "c"}, {"required", true}}},
       {{std::string(kAt) + ".default", "and required exclude each other; remove one"}}},
      {"no pattern",
       {{{"name", "x"}, {"pattern", "("}}},
       {{std::string(kAt) + ".pattern", "is no regular expression: missing ): ("}}},
      {"the name of a parameter",
       {{{"name", "region"}}},
       {{"phases[p].steps[ask].ask.parameters[region]",
         "its variable PARAM_REGION is one of spec.parameters already; rename it"}}},
      {"the variable of one",
       {{{"name", "REGION"}}},
       {{"phases[p].steps[ask].ask.parameters[REGION]",
         "its variable PARAM_REGION is one of spec.parameters already; rename it"}}},
      {"twice",
       {{{"name", "x"}}, {{"name", "X"}}},
       {{"phases[p].steps[ask].ask.parameters[X]",
         "its variable PARAM_X is one of phases[p].steps[ask] already; rename it"}}},
      {"longer than what is recorded",
       {{{"name", "x"}, {"default", std::string(1022, 'd')}}},
       {{"phases[p].steps[ask].ask.parameters",
         "names and defaults are longer than 1024 bytes together, which is what the answers of a "
         "step may have"}}},
  };
  for (const Row& row : rows) EXPECT_EQ(problems_of(asking(row.asked)), row.expected) << row.what;
}

TEST(AskSpec, OneNameIsAskedForOnce) {
  json spec = for_name();
  spec["phases"][1]["steps"][0] = {
      {"name", "again"}, {"ask", {{"parameters", json::array({{{"name", "cluster_name"}}})}}}};
  EXPECT_THAT(problems_of(spec), IsEmpty());
  spec["phases"][1]["steps"][0]["ask"]["parameters"][0]["name"] = "clustername";
  EXPECT_EQ(problems_of(spec),
            (Problems{{"phases[q].steps[again].ask.parameters[clustername]",
                       "its variable PARAM_CLUSTERNAME is one of phases[p].steps[ask] already; "
                       "rename it"}}));
}

TEST(AskSpec, AnswersAreReadAfterTheStepOnly) {
  const auto with = [](const json::json_pointer& place, const json& value) {
    json spec = for_name();
    const json first{{"name", "first"}, {"command", {"true"}}};
    spec["phases"][0]["steps"].insert(spec["phases"][0]["steps"].begin(), first);
    spec[place] = value;
    return problems_of(spec);
  };
  const json reference = "$(params.clusterName)";
  EXPECT_THAT(with("/phases/0/steps/2/args"_json_pointer, json::array({reference})), IsEmpty());
  EXPECT_THAT(with("/phases/1/steps/0/stdin"_json_pointer, reference), IsEmpty());
  EXPECT_THAT(with("/notes/success"_json_pointer, reference), IsEmpty());
  EXPECT_EQ(with("/phases/0/steps/0/args"_json_pointer, json::array({reference})),
            (Problems{{"phases[p].steps[first].args[0]",
                       "$(params.clusterName): p/ask, which asks for it, does not come before this "
                       "step"}}));
  const std::string late =
      "$(params.clusterName) cannot be used here, because it is asked for while the run goes on; "
      "only in args, command, env values, image, stdin, waitFor, when, workflow.parameters and "
      "notes";
  EXPECT_EQ(with("/workspace"_json_pointer, {{"claimName", reference}}),
            (Problems{{"workspace.claimName", late}}));
  EXPECT_EQ(with("/phases/1/steps/0/tools"_json_pointer,
                 {{"source", {{"configMap", {{"name", reference}}}}}}),
            (Problems{{"phases[q].steps[c].tools.source.configMap.name", late}}));
}

// A reference that is not known is told what is, answers that are there by then among it.
TEST(AskSpec, WhatIsAskedForIsKnownAfterTheStep) {
  const auto told = [](const json::json_pointer& place, const json& value) {
    json spec = for_name();
    spec["phases"][0]["steps"][0]["ask"]["parameters"].push_back(
        {{"name", "note"}, {"required", false}});
    const json first{{"name", "first"}, {"command", {"true"}}};
    spec["phases"][0]["steps"].insert(spec["phases"][0]["steps"].begin(), first);
    spec["finally"] = json::parse(R"([{"name": "end", "steps": [{"name": "s", "tool": "t"}]}])");
    spec[place] = value;
    const Problems all = problems_of(spec);
    EXPECT_EQ(all.size(), 1U);
    const std::string& message = all.at(0).message;
    return message.substr(0, message.find(", workflow.name"));
  };
  const json typo = "$(params.clusterNam)";
  const std::string without = "$(params.clusterNam) is not known; known are: params.region";
  const std::string with =
      "$(params.clusterNam) is not known; known are: params.clusterName, params.region";
  EXPECT_EQ(told("/phases/0/steps/2/stdin"_json_pointer, typo), with);
  EXPECT_EQ(told("/phases/1/steps/0/args"_json_pointer, json::array({typo})), with);
  EXPECT_EQ(told("/phases/0/steps/0/stdin"_json_pointer, typo), without) << "not asked for yet";
  EXPECT_EQ(told("/workspace"_json_pointer, {{"claimName", typo}}), without);
  EXPECT_EQ(told("/notes/success"_json_pointer, typo),
            "$(params.clusterNam) is not known; known are: params.clusterName, params.note, "
            "params.region")
      << "notes have what is there";
}

TEST(AskSpec, ParallelStepsDoNotKnowEachOthersAnswers) {
  json spec = for_name();
  spec["phases"][0]["parallel"] = true;
  spec["phases"][0]["steps"][1]["args"] = {"$(params.clusterName)"};
  EXPECT_EQ(problems_of(spec),
            (Problems{{"phases[p].steps[b].args[0]",
                       "$(params.clusterName): p/ask, which asks for it, does not come before this "
                       "step"}}));
}

TEST(AskSpec, WhatMayStayAbsentIsNoReference) {
  json spec = asking(json::array({{{"name", "note"}, {"required", false}}}));
  spec["phases"][0]["steps"][1]["args"] = {"$(params.note)"};
  EXPECT_EQ(problems_of(spec),
            (Problems{{"phases[p].steps[b].args[0]",
                       "$(params.note): the parameter may stay without a value; give it a default, "
                       "or make it required"}}));
}

TEST(AskSpec, AnswersAreNoProgramText) {
  json spec = for_name();
  spec["phases"][0]["steps"][1]["command"] = {"sh", "-c", "echo $(params.clusterName)"};
  EXPECT_EQ(problems_of(spec),
            (Problems{{"phases[p].steps[b].command[2]",
                       "$(params.clusterName) cannot be used in program text; use the environment "
                       "variable \"$PARAM_CLUSTERNAME\""}}));
}

TEST(AskSpec, WhenLooksAtAnswersThatAreThere) {
  const json when = json::array({{{"param", "clusterName"}, {"operator", "Exists"}}});
  json spec = for_name();
  spec["phases"][0]["steps"][1]["when"] = when;
  spec["phases"][1]["when"] = when;
  EXPECT_THAT(problems_of(spec), IsEmpty());
  spec["phases"][0]["when"] = when;
  spec["phases"][0]["steps"][0]["when"] = when;
  const char* const early = "p/ask, which asks for \"clusterName\", does not come before";
  EXPECT_EQ(problems_of(spec), (Problems{{"phases[p].when[0].param", early},
                                         {"phases[p].steps[ask].when[0].param", early}}));
}

TEST(AskSpec, RequiredWhenIsDecidedBefore) {
  json spec = for_name();
  spec["parameters"][0]["requiredWhen"] =
      json::array({{{"param", "clusterName"}, {"operator", "Exists"}}});
  EXPECT_EQ(problems_of(spec),
            (Problems{{"parameters[region].requiredWhen[0].param",
                       "\"clusterName\" is asked for while the run goes on; this is decided "
                       "before"}}));
}

TEST(AskSpec, AnswersAndApprovalsArePinnedNowhere) {
  json spec = for_name();
  const json pinned = pinned_part(spec);
  spec["answers"] = json::array({{{"name", "clusterName"}, {"value", "x"}}});
  spec["approvals"] =
      json::array({{{"step", "p/s"}, {"run", 1}, {"decision", "Approve"}, {"by", "alice"}}});
  EXPECT_EQ(pinned_part(spec), pinned);
}

}  // namespace
}  // namespace bootstrap
