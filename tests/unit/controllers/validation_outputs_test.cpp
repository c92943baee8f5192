// References to outputs, before anything starts.

#include <gtest/gtest.h>

#include "controllers/validation.h"
#include "tests/unit/controllers/specs.h"

namespace bootstrap {
namespace {

using namespace testing_specs;

// p/a, p/b, q/c; `b` is the middle one.
json three(const json& b) {
  json spec = json::parse(R"json({
    "parameters": [{"name": "region", "value": "us-east-1"}],
    "tools": {"image": "x"},
    "phases": [
      {"name": "p", "steps": [{"name": "a", "command": ["true"]}, {"name": "b"}]},
      {"name": "q", "steps": [{"name": "c", "command": ["true"]}]}]
  })json");
  spec["phases"][0]["steps"][1].update(b);
  return spec;
}

struct OutputRow {
  const char* what;
  json step;
  Problems expected;
};

void expect_of_outputs(const std::vector<OutputRow>& rows) {
  for (const OutputRow& row : rows)
    EXPECT_EQ(problems_of(three(row.step)), row.expected) << row.what;
}

TEST(ValidationOutputs, ComeFromAStepBefore) {
  const auto args = [](const char* text) { return json{{"command", {"x"}}, {"args", {text}}}; };
  const std::string field = "phases[p].steps[b].args[0]";
  expect_of_outputs({
      {"the step before", args("$(steps.p.a.outputs.k)"), {}},
      {"itself",
       args("$(steps.p.b.outputs.k)"),
       {{field,
         "$(steps.p.b.outputs.k): p/b does not come before this step, so its outputs would not be "
         "there"}}},
      {"a later one",
       args("$(steps.q.c.outputs.k)"),
       {{field,
         "$(steps.q.c.outputs.k): q/c does not come before this step, so its outputs would not be "
         "there"}}},
      {"none",
       args("$(steps.p.z.outputs.k)"),
       {{field, "$(steps.p.z.outputs.k): there is no step p/z"}}},
      {"written differently",
       args("$(steps.p.a.k)"),
       {{field,
         "$(steps.p.a.k) is not known; an output is written "
         "$(steps.<phase>.<step>.outputs.<key>)"}}},
  });
}

TEST(ValidationOutputs, StandWhereTheyAreKnownInTime) {
  const char* const url = "$(steps.p.a.outputs.url)";
  const std::string later =
      "$(steps.p.a.outputs.url) cannot be used here; outputs only in args, command, env values, "
      "image, stdin, waitFor, when, workflow.parameters and notes";
  expect_of_outputs({
      {"command", {{"command", {"x", url}}}, {}},
      {"image", {{"command", {"x"}}, {"tools", {{"image", url}}}}, {}},
      {"env",
       {{"command", {"x"}}, {"tools", {{"env", json::array({{{"name", "URL"}, {"value", url}}})}}}},
       {}},
      {"tool", {{"tool", url}}, {{"phases[p].steps[b].tool", later}}},
      {"source",
       {{"command", {"x"}}, {"tools", {{"source", {{"configMap", {{"name", url}}}}}}}},
       {{"phases[p].steps[b].tools.source.configMap.name", later}}},
  });
  json spec = three({{"command", {"x"}}});
  spec["notes"]["success"] = "$(steps.q.c.outputs.url)";
  spec["notes"]["failure"] = "$(steps.q.z.outputs.url)";
  EXPECT_EQ(problems_of(spec),
            (Problems{{"notes.failure", "$(steps.q.z.outputs.url): there is no step q/z"}}));
}

// In conditions and in what is waited for.
TEST(ValidationOutputs, DecideAndNameResources) {
  const auto when = [](json entry) {
    return json{{"command", {"x"}}, {"when", json::array({std::move(entry)})}};
  };
  const auto output = [&](const char* path) {
    return when({{"output", path}, {"operator", "Exists"}});
  };
  const auto node = [](const char* name) {
    return json{{"resource", {{"apiVersion", "v1"}, {"kind", "Node"}, {"name", name}}},
                {"exists", true}};
  };
  const auto wait = [&](const char* name) { return json{{"waitFor", node(name)}}; };
  const std::string here = "phases[p].steps[b].";
  expect_of_outputs({
      {"the step before", output("p.a.k"), {}},
      {"a later one",
       output("q.c.k"),
       {{here + "when[0].output",
         "q.c.k: q/c does not come before this step, so its outputs would not be there"}}},
      {"none", output("p.z.k"), {{here + "when[0].output", "p.z.k: there is no step p/z"}}},
      {"of a resource", when(node("$(steps.p.a.outputs.k)")), {}},
      {"of a resource, too late",
       when(node("$(steps.q.c.outputs.k)")),
       {{here + "when[0].resource.name",
         "$(steps.q.c.outputs.k): q/c does not come before this step, so its outputs would not be "
         "there"}}},
      {"waited for", wait("x-$(steps.p.a.outputs.k)"), {}},
      {"waited for in vain",
       wait("$(steps.p.z.outputs.k)"),
       {{here + "waitFor.resource.name", "$(steps.p.z.outputs.k): there is no step p/z"}}},
      {"what stands beside it counts",
       wait("a/$(steps.p.a.outputs.k)"),
       {{here + "waitFor.resource.name",
         "\"a/x\" cannot be the name of an object: at most 253 characters, without '/' and '%'"}}},
  });
}

TEST(ValidationOutputs, OfAPhaseComeBeforeItsFirstStep) {
  const auto with = [](const char* path) {
    json spec = three({{"command", {"x"}}});
    spec["phases"][1]["when"] =
        json::array({{{"output", path}, {"operator", "In"}, {"values", {"x"}}}});
    return problems_of(spec);
  };
  EXPECT_EQ(with("p.b.k"), Problems{});
  EXPECT_EQ(with("q.c.k"),
            (Problems{{"phases[q].when[0].output",
                       "q.c.k: q/c does not come before this phase, so its outputs would not be "
                       "there"}}));
  json spec = three({{"waitFor",
                      {{"resource", {{"apiVersion", "v1"}, {"kind", "Node"}, {"name", "n"}}},
                       {"exists", true}}}});
  spec["phases"][1]["when"] = json::array({{{"output", "p.b.k"}, {"operator", "Exists"}}});
  EXPECT_EQ(
      problems_of(spec),
      (Problems{{"phases[q].when[0].output", "p.b.k: p/b only waits, so it gives no outputs"}}));
}

TEST(ValidationOutputs, AreNoProgramText) {
  const std::string instead =
      "; give it to a variable of tools.env, such as {name: MY_VALUE, value: "
      "$(steps.p.a.outputs.k)}, and use \"$MY_VALUE\"";
  expect_of_outputs({
      {"script",
       {{"script", "echo $(steps.p.a.outputs.k)"}},
       {{"phases[p].steps[b].script",
         "$(steps.p.a.outputs.k) cannot be used in a script" + instead}}},
      {"sh -c",
       {{"command", {"sh", "-c"}}, {"args", {"echo $(steps.p.a.outputs.k)"}}},
       {{"phases[p].steps[b].args[0]",
         "$(steps.p.a.outputs.k) cannot be used in program text" + instead}}},
      {"behind it", {{"command", {"sh", "-c", "echo $1", "sh", "$(steps.p.a.outputs.k)"}}}, {}},
  });
}

}  // namespace
}  // namespace bootstrap
