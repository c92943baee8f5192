// Queries about resources: reading, references, rules, selection.

#include "controllers/resource_query.h"

#include <gtest/gtest.h>

#include "controllers/definition.h"
#include "controllers/validation.h"
#include "tests/unit/controllers/specs.h"

namespace bootstrap {
namespace {

using namespace testing_specs;

// small_spec() with one step that waits.
json waiting(const json& wait) {
  json spec = small_spec();
  spec["phases"][0]["steps"][0] = {{"name", "s"}, {"waitFor", wait}};
  return spec;
}

json crd(const char* name = "x") {
  return {{"apiVersion", "apiextensions.k8s.io/v1"},
          {"kind", "CustomResourceDefinition"},
          {"name", name}};
}

// What is wrong, whoever sees it.
std::string problems(const json& spec) {
  const auto definition = read_definition(spec);
  const Problems all = definition ? validate(*definition) : definition.error();
  std::string text;
  for (const Problem& p : all) text += (text.empty() ? "" : " | ") + p.field + ": " + p.message;
  return text;
}

ResourceQuery read(const json& wait) {
  const auto definition = read_definition(waiting(wait));
  EXPECT_TRUE(definition) << testing::PrintToString(definition.error());
  return std::get<WaitWork>(definition->phases[0].steps[0].work).query;
}

TEST(ResourceQuery, ConditionIsReadAndTrueUnlessSaidOtherwise) {
  const ResourceQuery query = read({{"resource", crd()}, {"condition", {{"type", "Established"}}}});
  EXPECT_EQ(query.resource.api_version, "apiextensions.k8s.io/v1");
  EXPECT_EQ(query.resource.kind, "CustomResourceDefinition");
  EXPECT_EQ(query.resource.name, "x");
  EXPECT_EQ(std::get<ConditionTest>(query.test), (ConditionTest{"Established", "True"}));
}

TEST(ResourceQuery, OtherTestsAreRead) {
  EXPECT_FALSE(std::get<ExistsTest>(read({{"resource", crd()}, {"exists", false}}).test).exists);
  const auto path = std::get<JsonPathTest>(
      read({{"resource", crd()}, {"jsonPath", "{.a}"}, {"value", "b"}}).test);
  EXPECT_EQ(path, (JsonPathTest{"{.a}", "b"}));
  EXPECT_EQ(std::get<JsonPathTest>(read({{"resource", crd()}, {"jsonPath", ".a"}}).test).value,
            std::nullopt);
}

TEST(ResourceQuery, LabelsAreRead) {
  const ResourceQuery query = read(json::parse(R"json({
    "resource": {"apiVersion": "apps/v1", "kind": "Deployment", "match": "Any", "labelSelector": {
      "matchLabels": {"app": "web", "tier": ""},
      "matchExpressions": [{"key": "x.y/z", "operator": "In", "values": ["a", "b"]},
                           {"key": "n", "operator": "NotIn", "values": ["c"]},
                           {"key": "m", "operator": "NotIn", "values": ["c", "d"]},
                           {"key": "e", "operator": "Exists"},
                           {"key": "d", "operator": "DoesNotExist"}]}},
    "exists": true})json"));
  EXPECT_EQ(query.resource.match, ResourceRef::Match::Any);
  EXPECT_EQ(selector_text(query.resource.labels),
            "app=web,tier=,x.y/z in (a,b),n!=c,m notin (c,d),e,!d");
  EXPECT_EQ(to_text(query.resource),
            "a Deployment with app=web,tier=,x.y/z in (a,b),n!=c,m notin (c,d),e,!d");
  const auto selected = [&](const char* labels) {
    return selects(query.resource,
                   {{"metadata", {{"name", "o"}, {"labels", json::parse(labels)}}}});
  };
  EXPECT_TRUE(selected(R"({"app":"web","tier":"","x.y/z":"b","e":"1"})"));
  EXPECT_TRUE(selected(R"({"app":"web","tier":"","x.y/z":"a","e":"","n":"d"})"));
  EXPECT_FALSE(selected(R"({"app":"web","x.y/z":"b","e":"1"})"));
  EXPECT_FALSE(selected(R"({"app":"web","tier":"","x.y/z":"c","e":"1"})"));
  EXPECT_FALSE(selected(R"({"app":"web","tier":"","x.y/z":"b","e":"1","n":"c"})"));
  EXPECT_FALSE(selected(R"({"app":"web","tier":"","x.y/z":"b"})"));
  EXPECT_FALSE(selected(R"({"app":"web","tier":"","x.y/z":"b","e":"1","d":""})"));
  EXPECT_FALSE(selects(query.resource, json::object()));
}

TEST(ResourceQuery, ANameSelectsThatObjectOnly) {
  const ResourceQuery query = read({{"resource", crd()}, {"exists", true}});
  EXPECT_TRUE(selects(query.resource, {{"metadata", {{"name", "x"}}}}));
  EXPECT_FALSE(selects(query.resource, {{"metadata", {{"name", "y"}}}}));
}

struct Mistake {
  const char* wait;
  const char* problem;
};
void PrintTo(const Mistake& row, std::ostream* out) {
  *out << row.wait;
}

class ResourceQueryMistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(ResourceQueryMistakes, AreNamedWithWhatIsAllowed) {
  EXPECT_EQ(problems(waiting(json::parse(GetParam().wait))), GetParam().problem);
}

#define AT "phases[p].steps[s].waitFor"
#define CRD R"("resource":{"apiVersion":"v1","kind":"Pod","name":"x"})"
#define OBJECT ": at most 253 characters, without '/' and '%'"
#define LABEL \
  "at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit"
#define LABELS(selector) \
  R"({"resource":{"apiVersion":"v1","kind":"Pod","labelSelector":)" selector R"(},"exists":true})"

INSTANTIATE_TEST_SUITE_P(
    All, ResourceQueryMistakes,
    ::testing::Values(
        Mistake{"{" CRD "}", AT ": needs exactly one of condition, exists, jsonPath"},
        Mistake{"{" CRD R"(,"exists":true,"jsonPath":".a"})",
                AT ": needs exactly one of condition, exists, jsonPath"},
        Mistake{"{" CRD R"(,"exists":true,"value":"a"})", AT ".value: goes with jsonPath only"},
        Mistake{"{" CRD R"(,"exists":"yes"})", AT ".exists: must be true or false"},
        Mistake{"{" CRD R"(,"condition":{}})", AT ".condition.type: must not be empty"},
        Mistake{"{" CRD R"(,"condition":{"type":"Ready","status":"Yes"}})",
                AT R"(.condition.status: must be one of "True", "False", "Unknown")"},
        Mistake{"{" CRD R"(,"condition":{"type":"Ready","status":true}})",
                AT ".condition.status: must be a string, not true; put it in quotes"},
        Mistake{"{" CRD R"(,"jsonPath":"{.a"})",
                AT ".jsonPath: position 4: a name, '[' or '}' is expected"},
        Mistake{"{" CRD R"~(,"jsonPath":"{.data.$(params.x)}"})~",
                AT ".jsonPath: $(params.x) cannot be used here; a path is taken as it is written"},
        Mistake{"{" CRD R"(,"jsonPath":".a","value":3})",
                AT ".value: must be a string, not 3; put it in quotes"},
        Mistake{"{" CRD R"~(,"jsonPath":".a","value":"$(params.none)"})~",
                AT ".value: $(params.none) is not known; known are: workflow.name, "
                   "workflow.namespace, workflow.uid, workflow.run, workflow.startTime"},
        Mistake{R"({"resource":{"apiVersion":"v1","kind":"Pod"},"exists":true})",
                AT ".resource: needs exactly one of name, labelSelector"},
        Mistake{
            R"({"resource":{"apiVersion":"v1","kind":"Pod","name":"x","match":"All"},"exists":true})",
            AT ".resource.match: goes with labelSelector only"},
        Mistake{R"({"resource":{"apiVersion":"v1","kind":"pods","name":"x"},"exists":true})",
                AT ".resource.kind: must be the name of a kind such as Deployment"},
        Mistake{R"({"resource":{"apiVersion":"apps/","kind":"Pod","name":"x"},"exists":true})", AT
                ".resource.apiVersion: must be a version such as v1, or a group and version such "
                "as apps/v1"},
        Mistake{R"({"resource":{"apiVersion":"v1","kind":"Pod","name":"a/b"},"exists":true})",
                AT R"(.resource.name: "a/b" cannot be the name of an object)" OBJECT},
        Mistake{LABELS("{}"), AT ".resource.labelSelector: needs at least one label"},
        Mistake{LABELS(R"({"matchLabels":{"a b":"c"}})"),
                AT R"(.resource.labelSelector[a b]: "a b" cannot be the key of a label: )" LABEL
                   ", perhaps behind a domain and '/', such as app or example.com/app"},
        Mistake{LABELS(R"({"matchLabels":{"a":"b,c"}})"),
                AT R"(.resource.labelSelector[a]: "b,c" cannot be the value of a label: )" LABEL},
        Mistake{LABELS(R"({"matchExpressions":[{"key":"a","operator":"Is"}]})"), AT
                ".resource.labelSelector.matchExpressions[0].operator: must be one of In, NotIn, "
                "Exists, DoesNotExist"},
        Mistake{LABELS(R"({"matchExpressions":[{"key":"a","operator":"In"}]})"),
                AT ".resource.labelSelector[a]: operators In and NotIn need values"},
        Mistake{LABELS(R"({"matchExpressions":[{"key":"a","operator":"Exists","values":["b"]}]})"),
                AT
                ".resource.labelSelector[a]: operators Exists and DoesNotExist take no values"}));

TEST(ResourceQuery, ReferencesAreReplacedBeforeTheRulesAreApplied) {
  json spec = waiting({{"resource", crd("$(params.name)")}, {"exists", true}});
  spec["parameters"] = {{{"name", "name"}, {"value", "good"}}};
  EXPECT_EQ(problems(spec), "");
  spec["parameters"][0]["value"] = "../bad";
  EXPECT_EQ(problems(spec),
            AT R"(.resource.name: "../bad" cannot be the name of an object)" OBJECT);
}

TEST(ResourceQuery, AStepThatWaitsNeedsNoImageAndHasNoArgs) {
  json spec = waiting({{"resource", crd()}, {"exists", true}});
  spec.erase("tools");
  EXPECT_EQ(problems(spec), "");
  spec["phases"][0]["steps"][0]["args"] = {"x"};
  spec["phases"][0]["steps"][0]["startTimeout"] = "1m";
  EXPECT_EQ(problems(spec),
            "phases[p].steps[s].args: has no meaning beside waitFor | "
            "phases[p].steps[s].startTimeout: has no meaning beside waitFor");
}

TEST(ResourceQuery, NoSpecBreaksTheReader) {
  std::mt19937 random(5);
  const json spec = waiting(json::parse(LABELS(
      R"({"matchLabels":{"a":"b"},"matchExpressions":[{"key":"a","operator":"In","values":["x"]}]})")));
  for (int round = 0; round < 5'000; ++round) problems(mutated(spec, random));
}

}  // namespace
}  // namespace bootstrap
