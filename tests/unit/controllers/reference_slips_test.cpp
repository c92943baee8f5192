#include "controllers/reference_slips.h"

#include <gtest/gtest.h>

#include "tests/unit/controllers/specs.h"

namespace bootstrap {

void PrintTo(const Slip& slip, std::ostream* out) {
  *out << slip.written << " for " << slip.meant;
}

namespace {

using namespace testing_specs;

using Slips = std::vector<Slip>;

Slips slips(std::string_view text) {
  return slips_in(text, {"region", "cluster-name"});
}

TEST(ReferenceSlips, AreWhatCanMeanNothingElse) {
  const std::vector<std::pair<const char*, Slips>> rows{
      {"$(params.region", {{"params.region", ""}}},
      {"--region=$(params.region --fast", {{"params.region", ""}}},
      {"\"$(steps.a.b.outputs.c\" and so on", {{"steps.a.b.outputs.c", ""}}},
      {"$(date) $(workflow.", {{"workflow.", ""}}},
      {"$(params.region) $(params.region", {{"params.region", ""}}},
      {"$(param.region)", {{"param.region", "params.region"}}},
      {"x-$(Params.region)-$(PARAMS.cluster-name)",
       {{"Params.region", "params.region"}, {"PARAMS.cluster-name", "params.cluster-name"}}},
      {"$(parmas.region)", {{"parmas.region", "params.region"}}},
      {"$(perams.region)", {{"perams.region", "params.region"}}},
      {"$(paramss.region)", {{"paramss.region", "params.region"}}},
      {"$(parameters.region)", {{"parameters.region", "params.region"}}},
      {"$(step.a.b.outputs.c)", {{"step.a.b.outputs.c", "steps.a.b.outputs.c"}}},
      {"$(tasks.a.b.outputs.c)", {{"tasks.a.b.outputs.c", "steps.a.b.outputs.c"}}},
      {"$(workflows.name)", {{"workflows.name", "workflow.name"}}},
      {"$(Workflow.startTime)", {{"Workflow.startTime", "workflow.startTime"}}},
      {"$( params.region )", {{" params.region ", "params.region"}}},
      {"$(\tworkflow.uid)", {{"\tworkflow.uid", "workflow.uid"}}},
      {"echo $(cat $(param.region))", {{"param.region", "params.region"}}},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(slips(text), expected) << text;
}

TEST(ReferenceSlips, AreNotWhatMayBelongToSomebodyElse) {
  for (const char* text :
       {"", "$", "$(", "$()", "$(date)", "$(cat file)", "$(cat a.b.outputs.c)", "$(HOME)", "$(date",
        "$(params)", "$(params", "$(workflow)", "$(param.zone)", "$(param.sh)", "$(step.sh)",
        "$(step.a.b.output.c)", "$(workflows.list)", "$(region)", "$(my.region)",
        "${params.region}", "{{params.region}}", "$params.region", "$$(param.region)",
        "$$(params.region", "$(my-tool.a.b.outputs.c)", "$(dirname workflow.name)",
        // Those that are references are looked at elsewhere, also when they are wrong.
        "$(params.region)", "$(params.none)", "$(params.)", "$(steps.a)", "$(workflow.x)"})
    EXPECT_EQ(slips(text), Slips{}) << text;
}

json with(const json& step) {
  json spec = with_step(small_spec(), step);
  spec["parameters"] = json::parse(R"([{"name": "region", "value": "us-east-1"}])");
  return spec;
}

TEST(ReferenceSlips, AreRefusedWhereReferencesAreReplaced) {
  const std::string unclosed = "$(params.region is not closed; a reference ends with ')'";
  const std::string param = "$(param.region) is no reference; write $(params.region)";
  const std::string at = "phases[p].steps[s].";
  const std::vector<std::pair<json, std::string>> rows{
      {{{"args", {"$(params.region"}}}, "args[0]"},
      {{{"command", {"tool", "$(params.region"}}}, "command[1]"},
      {{{"stdin", "$(params.region"}}, "stdin"},
      {{{"tools", {{"image", "x:$(params.region"}}}}, "tools.image"},
      {{{"tools", {{"env", {{{"name", "A"}, {"value", "$(params.region"}}}}}}},
       "tools.env[A].value"},
      {{{"tools",
         {{"source",
           {{"git", {{"repository", "https://h/$(params.region"}, {"revision", "main"}}}}}}}},
       "tools.source.git.repository"},
  };
  for (const auto& [step, field] : rows) {
    EXPECT_EQ(problems_of(with(step)), (Problems{{at + field, unclosed}}));
    json other = json::parse(
        step.dump().replace(step.dump().find("$(params.region"), 15, "$(param.region)"));
    EXPECT_EQ(problems_of(with(other)), (Problems{{at + field, param}}));
  }
  json notes = with(json::object());
  notes["notes"]["success"] = "see $(step.p.s.outputs.url)";
  EXPECT_EQ(
      problems_of(notes),
      (Problems{{"notes.success",
                 "$(step.p.s.outputs.url) is no reference; write $(steps.p.s.outputs.url)"}}));
  EXPECT_EQ(problems_of(with({{"command", nullptr}, {"script", "echo $(param.region) $(date)"}})),
            Problems{});
}

// A name that the kubelet replaces by a variable.
TEST(ReferenceSlips, AreNoNamesOfVariablesOfTheStep) {
  const auto with_tools = [](const json& tools) {
    return problems_of(with({{"args", {"$(param.region)"}}, {"tools", tools}}));
  };
  const Problems refused{
      {"phases[p].steps[s].args[0]", "$(param.region) is no reference; write $(params.region)"}};
  const auto from = [](const json& entry) { return json{{"envFrom", json::array({entry})}}; };
  const json reference = {{"name", "c"}};
  EXPECT_EQ(with_tools({{"env", {{{"name", "param.region"}, {"value", "x"}}}}}), Problems{});
  EXPECT_EQ(with_tools({{"env", {{{"name", "region"}, {"value", "x"}}}}}), refused);
  EXPECT_EQ(with_tools(from({{"configMapRef", reference}})), Problems{});
  EXPECT_EQ(with_tools(from({{"configMapRef", reference}, {"prefix", "param."}})), Problems{});
  EXPECT_EQ(with_tools(from({{"configMapRef", reference}, {"prefix", "AWS_"}})), refused);
}

}  // namespace
}  // namespace bootstrap
