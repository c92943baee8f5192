// References to outputs, before anything starts.

#include <gtest/gtest.h>

#include "controllers/validation.h"
#include "tests/unit/controllers/specs.h"

namespace bootstrap {
namespace {

using namespace testing_specs;

Problems problems_of(const json& spec) {
  const auto definition = read_definition(spec);
  EXPECT_TRUE(definition) << testing::PrintToString(definition.error());
  return definition ? validate(*definition) : Problems{};
}

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

struct Row {
  const char* what;
  json step;
  Problems expected;
};

void expect(const std::vector<Row>& rows) {
  for (const Row& row : rows) EXPECT_EQ(problems_of(three(row.step)), row.expected) << row.what;
}

TEST(ValidationOutputs, ComeFromAStepBefore) {
  const auto args = [](const char* text) { return json{{"command", {"x"}}, {"args", {text}}}; };
  const std::string field = "phases[p].steps[b].args[0]";
  expect({
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
      "image, stdin and notes";
  expect({
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

TEST(ValidationOutputs, AreNoProgramText) {
  const std::string instead =
      "; give it to a variable of tools.env, such as {name: MY_VALUE, value: "
      "$(steps.p.a.outputs.k)}, and use \"$MY_VALUE\"";
  expect({
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
