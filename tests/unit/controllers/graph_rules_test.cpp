#include "controllers/graph_rules.h"

#include <gtest/gtest.h>

#include "controllers/plan.h"
#include "controllers/validation.h"
#include "tests/unit/controllers/specs.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using namespace testing_specs;

json phase(const char* name, json more = json::object()) {
  more["name"] = name;
  more["steps"] = json::array({{{"name", "s"}, {"command", {"tool"}}}});
  return more;
}

json spec_of(json phases, const json& more = json::object()) {
  json spec = small_spec();
  spec["parameters"] = json::array({{{"name", "mode"}, {"value", "a"}},
                                    {{"name", "id"}},
                                    {{"name", "size"}, {"allowed", {"s", "l"}}}});
  spec["phases"] = std::move(phases);
  spec.merge_patch(more);
  return spec;
}

json with_when(const json& entry) {
  return spec_of({phase("a"), phase("b", {{"when", json::array({entry})}})});
}

TEST(GraphRules, NameWhatIsWrongAndWhatIsAllowed) {
  struct Row {
    json spec;
    Problems expected;
  };
  const json graph = {{"order", "Graph"}};
  const auto finally = [](json more) {
    return json{{"finally", json::array({phase("end", std::move(more))})}};
  };
  const std::vector<Row> rows{
      {spec_of({phase("a"), phase("b", {{"dependsOn", {"a"}}})}, graph), {}},
      {spec_of({phase("a"), phase("b", {{"dependsOn", {"a"}}})}),
       {{"phases[b].dependsOn", "needs order: Graph; phases run as listed otherwise"}}},
      {spec_of({phase("a", {{"dependsOn", {"b"}}}), phase("b")}, graph),
       {{"phases[a].dependsOn", "\"b\" is no phase listed before; there is none"}}},
      {spec_of({phase("a"), phase("b", {{"dependsOn", {"b"}}})}, graph),
       {{"phases[b].dependsOn", "\"b\" is no phase listed before; allowed: a"}}},
      {spec_of(json::array({phase("a")}), {{"order", "Any"}}),
       {{"order", "\"Any\" is not an order; allowed: Sequential, Graph"}}},
      {spec_of(json::array({phase("a")}), finally({{"dependsOn", {"a"}}})),
       {{"finally[end].dependsOn", "is not for phases of finally, which run as listed"}}},
      {spec_of(json::array({phase("end")}), finally({})),
       {{"finally[end].name", "is there twice; phase names are unique"}}},
      {with_when({{"param", "mode"}, {"operator", "In"}, {"values", {"a"}}}), {}},
      {with_when({{"param", "none"}, {"operator", "Exists"}}),
       {{"phases[b].when[0].param", "there is no parameter \"none\"; allowed: id, mode, size"}}},
      {with_when({{"param", "size"}, {"operator", "NotIn"}, {"values", {"l", ""}}}), {}},
      {with_when({{"param", "size"}, {"operator", "In"}, {"values", {"xl"}}}),
       {{"phases[b].when[0].values", "\"xl\" is no value of size; allowed: s, l"}}},
      {with_when({{"param", "mode"}, {"operator", "In"}}),
       {{"phases[b].when[0].values", "operator In needs at least one value"}}},
      {with_when({{"param", "mode"}, {"operator", "Exists"}, {"values", {"a"}}}),
       {{"phases[b].when[0].values", "operator Exists takes no values"}}},
      {with_when({{"param", "mode"}, {"operator", "Is"}}),
       {{"phases[b].when[0].operator",
         "\"Is\" is not an operator; allowed: In, NotIn, Exists, DoesNotExist"}}},
      {with_when(json::object()),
       {{"phases[b].when[0]", "needs exactly one of param, phase, output, resource, result"}}},
      {with_when({{"output", "a.s.url"}, {"operator", "Exists"}}), {}},
      {with_when({{"output", "a.url"}, {"operator", "Exists"}}),
       {{"phases[b].when[0].output",
         "\"a.url\" is not an output; it is written <phase>.<step>.<key>"}}},
      {with_when({{"output", "a.s.url"}, {"operator", "In"}}),
       {{"phases[b].when[0].values", "operator In needs at least one value"}}},
      {with_when({{"output", "a.s.url"}, {"param", "mode"}, {"operator", "Exists"}}),
       {{"phases[b].when[0]", "needs exactly one of param, phase, output, resource, result"}}},
      {with_when(
           {{"resource", {{"apiVersion", "v1"}, {"kind", "Node"}, {"name", "$(params.mode)"}}},
            {"exists", true}}),
       {}},
      {with_when({{"resource", {{"apiVersion", "v1"}, {"kind", "nodes"}, {"name", "$(params.x)"}}},
                  {"condition", {{"type", "Ready"}}}}),
       {{"phases[b].when[0].resource.name",
         "$(params.x) is not known; known are: params.mode, workflow.name, workflow.namespace, "
         "workflow.uid, workflow.run, workflow.startTime"},
        {"phases[b].when[0].resource.kind", "must be the name of a kind such as Deployment"}}},
      {with_when({{"resource",
                   {{"apiVersion", "v1"}, {"kind", "nodes"}, {"name", "$(steps.a.s.outputs.x)"}}},
                  {"condition", {{"type", "Ready"}}}}),
       {{"phases[b].when[0].resource.kind", "must be the name of a kind such as Deployment"}}},
      {with_when({{"resource", {{"apiVersion", "v1"}, {"kind", "Node"}, {"name", "n"}}}}),
       {{"phases[b].when[0]", "needs exactly one of condition, exists, jsonPath"}}},
      {with_when({{"phase", "a"}, {"states", {"Failed"}}}), {}},
      {with_when({{"phase", "b"}, {"states", {"Failed"}}}),
       {{"phases[b].when[0].phase", "\"b\" is no phase that is over by then; allowed: a"}}},
      {with_when({{"phase", "a"}, {"states", {"Running"}}}),
       {{"phases[b].when[0].states",
         "\"Running\" is not a state of a phase that is over; allowed: Succeeded, Failed, "
         "Cancelled, Skipped, "
         "Pending"}}},
      // With order Graph only what dependsOn leads to is over by then.
      {spec_of({phase("a"), phase("b", {{"dependsOn", {"a"}}}),
                phase("c", {{"dependsOn", {"b"}},
                            {"when", {{{"phase", "a"}, {"states", {"Failed"}}}}}})},
               graph),
       {}},
      {spec_of({phase("a"), phase("c", {{"when", {{{"phase", "a"}, {"states", {"Failed"}}}}}})},
               graph),
       {{"phases[c].when[0].phase", "\"a\" is no phase that is over by then; there is none"}}},
      {spec_of({phase("a")}, finally({{"when", {{{"phase", "a"}, {"states", {"Pending"}}}}}})), {}},
      {spec_of({phase("a")}, finally({{"when", {{{"result", "Failed"}}}}})), {}},
      {spec_of({phase("a")}, finally({{"when", {{{"result", "Skipped"}}}}})),
       {{"finally[end].when[0].result",
         "\"Skipped\" is no result of a run; allowed: Succeeded, Failed, Cancelled"}}},
      {with_when({{"result", "Failed"}}),
       {{"phases[b].when[0].result", "is known in finally only; name a phase and its states"}}},
  };
  for (const Row& row : rows) EXPECT_EQ(problems_of(row.spec), row.expected) << row.spec;
}

TEST(GraphRules, OfRetry) {
  struct Row {
    json retry;
    Problems expected;
  };
  constexpr const char* kAt = "phases[p].steps[s].retry";
  const std::vector<Row> rows{
      {json::object(), {}},
      {{{"delay", "10m"}}, {}},  // maxDelay follows
      {{{"delay", "10m"}, {"maxDelay", "5m"}},
       {{std::string(kAt) + ".maxDelay", "must not be shorter than delay, which is 10m0s"}}},
      {{{"attempts", 0}},
       {{std::string(kAt) + ".attempts", "must be a whole number from 1 to 20"}}},
      {{{"attempts", 2.5}},
       {{std::string(kAt) + ".attempts", "must be a whole number from 1 to 20"}}},
      {{{"attempts", 18446744073709551615ULL}},
       {{std::string(kAt) + ".attempts", "must be a whole number from 1 to 20"}}},
      {{{"factor", 11}}, {{std::string(kAt) + ".factor", "must be a whole number from 1 to 10"}}},
      {{{"jitter", -1}}, {{std::string(kAt) + ".jitter", "must be a whole number from 0 to 100"}}},
      {{{"fatalExitCodes", {2, 256}}},
       {{std::string(kAt) + ".fatalExitCodes[1]", "must be a whole number from 1 to 255"}}},
      {"often", {{kAt, "must be an object"}}},
  };
  for (const Row& row : rows)
    EXPECT_EQ(problems_of(with_step(small_spec(), {{"retry", row.retry}})), row.expected)
        << row.retry;
}

TEST(GraphRules, RetryIsReadWithItsDefaults) {
  const auto read = [](const json& retry) {
    return *read_definition(with_step(small_spec(), {{"retry", retry}}))->phases[0].steps[0].retry;
  };
  EXPECT_EQ(read(json::object()), (Retry{3, 5s, 2, 6min, 0, {}}));
  EXPECT_EQ(read({{"attempts", 5},
                  {"delay", "10m"},
                  {"factor", 3},
                  {"jitter", 20},
                  {"fatalExitCodes", {2}}}),
            (Retry{5, 10min, 3, 10min, 20, {2}}));
  EXPECT_FALSE(read_definition(small_spec())->phases[0].steps[0].retry);
}

TEST(GraphRules, OfParameters) {
  const auto with = [](const json& parameter) {
    json spec = spec_of(json::array({phase("a")}));
    spec["parameters"][1].merge_patch(parameter);
    return problems_of(spec);
  };
  const json required = {
      {"requiredWhen", {{{"param", "mode"}, {"operator", "In"}, {"values", {"a"}}}}}};
  EXPECT_EQ(with(required),
            (Problems{{"parameters[id]", "is required because mode is \"a\": set its value"}}));
  json given = required;
  given["value"] = "x";
  EXPECT_EQ(with(given), Problems{});
  EXPECT_EQ(
      with({{"requiredWhen", {{{"param", "mode"}, {"operator", "NotIn"}, {"values", {"a"}}}}}}),
      Problems{});
  EXPECT_EQ(with({{"pattern", "[a-z]+"}, {"value", "abc"}}), Problems{});
  EXPECT_EQ(with({{"pattern", "[a-z]+"}, {"value", "abc1"}}),
            (Problems{{"parameters[id]", "\"abc1\" does not match the pattern [a-z]+"}}))
      << "as a whole";
  EXPECT_EQ(with({{"pattern", "[a-"}, {"value", "abc"}}),
            (Problems{{"parameters[id].pattern", "is no regular expression: missing ]: [a-"}}));
}

TEST(GraphRules, AnUnknownOperationIsNamedWithWhatIsAllowed) {
  json spec = spec_of(json::array({phase("a")}));
  spec["parameters"][0]["allowed"] = {"create", "bulk-update", "cleanup"};
  EXPECT_EQ(problems_of(spec),
            (Problems{{"parameters[mode]",
                       "\"a\" is not allowed; allowed: create, bulk-update, cleanup"}}));
}

TEST(GraphRules, TheResultIsKnownInFinallyOnly) {
  json spec = spec_of(json::array({phase("a")}), {{"finally", json::array({phase("end")})}});
  spec["finally"][0]["steps"][0]["args"] = {"$(workflow.result)"};
  EXPECT_EQ(problems_of(spec), Problems{});
  spec["phases"][0]["steps"][0]["args"] = {"$(workflow.result)"};
  EXPECT_EQ(problems_of(spec),
            (Problems{{"phases[a].steps[s].args[0]",
                       "$(workflow.result) is known in steps of finally only"}}));
}

// --- compiled ---

std::vector<std::vector<StepIndex>> edges(const json& spec) {
  const auto plan = compile(workflow_meta(), {1, TimePoint{}, 1, spec, {}});
  std::vector<std::vector<StepIndex>> all;
  for (const PlanStep& step : plan->steps) all.push_back(step.after);
  return all;
}

TEST(PlanEdges, OrderParallelAndDependsOnAreCompiledAway) {
  const auto two = [](const char* name, json more = json::object()) {
    json p = phase(name, std::move(more));
    p["steps"].push_back({{"name", "t"}, {"command", {"tool"}}});
    return p;
  };
  using Edges = std::vector<std::vector<StepIndex>>;
  EXPECT_EQ(edges(spec_of({two("a"), two("b")})), (Edges{{}, {0}, {1}, {2}}));
  EXPECT_EQ(edges(spec_of({two("a", {{"parallel", true}}), two("b")})),
            (Edges{{}, {}, {0, 1}, {2}}));
  EXPECT_EQ(edges(spec_of({two("a"), two("b", {{"parallel", true}}), phase("c")})),
            (Edges{{}, {0}, {1}, {1}, {2, 3}}));
  EXPECT_EQ(edges(spec_of({two("a"), phase("b"), phase("c", {{"dependsOn", {"a", "b"}}})},
                          {{"order", "Graph"}})),
            (Edges{{}, {0}, {}, {1, 2}}));
}

TEST(PlanEdges, FinallyComesAfterTheEndOfEverythingBefore) {
  json spec =
      spec_of(json::array({phase("a")}), {{"finally", json::array({phase("x"), phase("y")})}});
  const auto plan = compile(workflow_meta(), {1, TimePoint{}, 1, spec, {}});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->phases[0].runs_on, RunsOn::Success);
  EXPECT_EQ(plan->phases[1].runs_on, RunsOn::Always);
  EXPECT_EQ(plan->steps[1].after_end, (std::vector<StepIndex>{0}));
  EXPECT_EQ(plan->steps[2].after_end, (std::vector<StepIndex>{1}));
}

}  // namespace
}  // namespace bootstrap
