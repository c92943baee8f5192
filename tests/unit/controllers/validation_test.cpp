#include "controllers/validation.h"

#include <gtest/gtest.h>

#include "tests/unit/controllers/specs.h"

namespace bootstrap {
namespace {

using namespace testing_specs;

// The one step of the small spec, with parameters to refer to.
json step_spec(const json& step) {
  json spec = with_step(small_spec(), step);
  spec["parameters"] = json::parse(R"([{"name": "region", "value": "us-east-1"},
                                       {"name": "shell", "value": "bash"},
                                       {"name": "outside", "value": "../../bin/sh"},
                                       {"name": "absolute", "value": "/bin/sh"},
                                       {"name": "unset"}])");
  return spec;
}

constexpr const char* kKnown =
    "known are: params.absolute, params.outside, params.region, params.shell, workflow.name, "
    "workflow.namespace, workflow.uid, workflow.run, workflow.startTime";

struct StepRow {
  const char* what;
  json step;
  Problems expected;
};

void expect_problems(const std::vector<StepRow>& rows) {
  for (const StepRow& row : rows)
    EXPECT_EQ(problems_of(step_spec(row.step)), row.expected) << row.what;
}

TEST(Validation, FindsNothingInDefinitionsThatCanRun) {
  EXPECT_EQ(problems_of(small_spec()), Problems{});
  EXPECT_EQ(problems_of(full_spec()), Problems{});
}

TEST(Validation, EveryNameIsADnsLabelAndThereOnce) {
  constexpr const char* kRule =
      "must be a DNS label of at most 40 characters: a-z, 0-9 and '-', beginning and ending with a "
      "letter or digit";
  const auto phase = [](const char* name, const std::vector<const char*>& steps) {
    json all = json::array();
    for (const char* step : steps) all.push_back({{"name", step}, {"command", {"tool"}}});
    return json{{"name", name}, {"steps", all}};
  };
  struct NameRow {
    json phases;
    Problems expected;
  };
  const std::string long_name(41, 'x');
  const std::vector<NameRow> rows{
      {json::array({phase("a", {"s"}), phase("b", {"s"})}), {}},
      {json::array({phase("a", {"s"}), phase("b", {"s"}), phase("a", {"t"})}),
       {{"phases[a].name", "is there twice; phase names are unique"}}},
      {json::array({phase("a", {"s", "t", "s"})}),
       {{"phases[a].steps[s].name", "is there twice; step names of a phase are unique"}}},
      {json::array({phase("A", {"s"})}), {{"phases[A].name", kRule}}},
      {json::array({phase("", {"s"})}), {{"phases[].name", kRule}}},
      {json::array({phase("a", {"s_1"})}), {{"phases[a].steps[s_1].name", kRule}}},
      {json::array({phase("a", {long_name.c_str()})}),
       {{"phases[a].steps[" + long_name + "].name", kRule}}},
  };
  for (const NameRow& row : rows) {
    json spec = small_spec();
    spec["phases"] = row.phases;
    EXPECT_EQ(problems_of(spec), row.expected) << row.phases;
  }
}

TEST(Validation, SizesAreBounded) {
  const auto spec = [](int phases, int steps_each) {
    json all = json::array();
    for (int p = 0; p < phases; ++p) {
      json steps = json::array();
      for (int s = 0; s < steps_each; ++s)
        steps.push_back({{"name", "s" + std::to_string(s)}, {"command", {"tool"}}});
      all.push_back({{"name", "p" + std::to_string(p)}, {"steps", steps}});
    }
    json whole = small_spec();
    whole["phases"] = all;
    return whole;
  };
  EXPECT_EQ(problems_of(spec(32, 3)), Problems{});
  EXPECT_EQ(problems_of(spec(2, 32)), Problems{});
  EXPECT_EQ(problems_of(spec(4, 25)), Problems{});
  EXPECT_EQ(problems_of(spec(0, 0)), (Problems{{"phases", "needs at least one phase"}}));
  EXPECT_EQ(problems_of(spec(1, 0)), (Problems{{"phases[p0].steps", "needs at least one step"}}));
  EXPECT_EQ(problems_of(spec(33, 1)), (Problems{{"phases", "has 33 phases; at most 32"}}));
  EXPECT_EQ(problems_of(spec(1, 33)), (Problems{{"phases[p0].steps", "has 33 steps; at most 32"}}));
  json too_many = spec(4, 25);
  too_many["phases"][3]["steps"].push_back({{"name", "one-more"}, {"command", {"tool"}}});
  EXPECT_EQ(problems_of(too_many), (Problems{{"phases", "have 101 steps in all; at most 100"}}));
}

TEST(Validation, EveryReferenceMustBeKnown) {
  const std::string unknown = "$(params.typo) is not known; " + std::string(kKnown);
  const std::string unset =
      "$(params.unset): the parameter has no value; give it a value or a default";
  expect_problems({
      {"known ones", {{"args", {"$(params.region) $(workflow.startTime)"}}}, {}},
      {"what belongs to the tool", {{"args", {"$(date) $(HOME) $$ $(params)"}}}, {}},
      {"args", {{"args", {"x", "$(params.typo)"}}}, {{"phases[p].steps[s].args[1]", unknown}}},
      {"no value", {{"args", {"$(params.unset)"}}}, {{"phases[p].steps[s].args[0]", unset}}},
      {"command",
       {{"command", {"tool", "$(params.typo)"}}},
       {{"phases[p].steps[s].command[1]", unknown}}},
      {"tool",
       {{"command", nullptr}, {"tool", "$(params.typo)"}},
       {{"phases[p].steps[s].tool", unknown}}},
      {"image",
       {{"tools", {{"image", "x:$(params.typo)"}}}},
       {{"phases[p].steps[s].tools.image", unknown}}},
      {"source",
       {{"tools", {{"source", {{"configMap", {{"name", "$(params.typo)"}}}}}}}},
       {{"phases[p].steps[s].tools.source.configMap.name", unknown}}},
      {"env",
       {{"tools", {{"env", {{{"name", "A"}, {"value", "$(params.typo)"}}}}}}},
       {{"phases[p].steps[s].tools.env[A].value", unknown}}},
  });
  json notes = step_spec(json::object());
  notes["notes"] = {{"success", "$(params.typo)"}, {"failure", "$(params.unset)"}};
  EXPECT_EQ(problems_of(notes), (Problems{{"notes.success", unknown}, {"notes.failure", unset}}));
}

TEST(Validation, TheResultIsKnownInFinally) {
  json spec = step_spec(json::object());
  spec["finally"] = json::parse(
      R"json([{"name": "end", "steps": [{"name": "s", "tool": "t", "args": ["$(workflow.x)"]}]}])json");
  EXPECT_EQ(
      problems_of(spec),
      (Problems{{"finally[end].steps[s].args[0]",
                 "$(workflow.x) is not known; " + std::string(kKnown) + ", workflow.result"}}));
}

TEST(Validation, ReferencesAreRefusedWhereNothingReplacesThem) {
  const std::string where =
      "$(params.region) cannot be used here; only in args, command, env values, image, source, "
      "stdin, workflow.parameters, workspace.claimName, lock, notes, and name, labels and value of "
      "waitFor and when";
  expect_problems({
      {"path",
       {{"tools", {{"path", "/opt/$(params.region)"}}}},
       {{"phases[p].steps[s].tools.path", where}}},
      {"workingDir",
       {{"tools", {{"workingDir", "/$(params.region)"}}}},
       {{"phases[p].steps[s].tools.workingDir", where}}},
      {"a volume",
       {{"tools",
         {{"volumes",
           json::array({{{"name", "v"}, {"secret", {{"secretName", "$(params.region)"}}}}})}}}},
       {{"phases[p].steps[s].tools.volumes[0].secret.secretName", where}}},
      {"envFrom",
       {{"tools",
         {{"envFrom", json::array({{{"configMapRef", {{"name", "$(params.region)"}}}}})}}}},
       {{"phases[p].steps[s].tools.envFrom[0].configMapRef.name", where}}},
      {"serviceAccountName",
       {{"tools", {{"serviceAccountName", "$(params.region)"}}}},
       {{"phases[p].steps[s].tools.serviceAccountName", where}}},
  });
}

TEST(Validation, NoReferenceStandsInAScript) {
  expect_problems({
      {"variables are the way",
       {{"command", nullptr}, {"script", "echo \"$PARAM_REGION\" $(date)"}},
       {}},
      {"a parameter",
       {{"command", nullptr}, {"script", "echo $(params.region)"}},
       {{"phases[p].steps[s].script",
         "$(params.region) cannot be used in a script; use the environment variable "
         "\"$PARAM_REGION\""}}},
      {"something of the workflow",
       {{"command", nullptr}, {"script", "echo $(workflow.name)"}},
       {{"phases[p].steps[s].script",
         "$(workflow.name) cannot be used in a script; use an environment variable such as "
         "\"$BOOTSTRAP_WORKFLOW_NAME\""}}},
      {"its arguments are arguments",
       {{"command", nullptr}, {"script", "echo \"$1\""}, {"args", {"-c", "$(params.region)"}}},
       {}},
      {"an empty one",
       {{"command", nullptr}, {"script", ""}},
       {{"phases[p].steps[s].script", "must not be empty"}}},
  });
}

TEST(Validation, NoReferenceStandsInProgramText) {
  const auto refused = [](const char* field) {
    return Problems{{std::string("phases[p].steps[s].") + field,
                     "$(params.region) cannot be used in program text; use the environment "
                     "variable \"$PARAM_REGION\""}};
  };
  const char* const text = "echo $(params.region)";
  expect_problems({
      {"no reference, no problem", {{"command", {"sh", "-c", "echo $(date) $HOME"}}}, {}},
      {"command", {{"command", {"sh", "-c", text}}}, refused("command[2]")},
      {"a path and more letters", {{"command", {"/bin/bash", "-ec", text}}}, refused("command[2]")},
      {"in args", {{"command", {"/bin/bash", "-ec"}}, {"args", {text}}}, refused("args[0]")},
      {"all in args", {{"command", {"bash"}}, {"args", {"-c", text}}}, refused("args[1]")},
      {"env", {{"command", {"env", "sh", "-c", text}}}, refused("command[3]")},
      {"busybox", {{"command", {"busybox", "sh", "-c", text}}}, refused("command[3]")},
      {"python", {{"command", {"python3", "-c", text}}}, refused("command[2]")},
      {"perl", {{"command", {"perl", "-e", text}}}, refused("command[2]")},
      {"behind an option", {{"command", {"bash", "-c", "-e", text}}}, refused("command[3]")},
      {"a shell as the tool",
       {{"command", nullptr},
        {"tool", "sh"},
        {"args", {"-c", text}},
        {"tools", {{"path", "/bin"}}}},
       refused("args[1]")},
      {"a shell by a parameter",
       {{"command", {"$(params.shell)", "-c", text}}},
       refused("command[2]")},
      {"the arguments of the text are safe",
       {{"command", {"sh", "-c", "echo \"$1\"", "sh", "$(params.region)"}}},
       {}},
      {"-c of a script", {{"command", {"bash", "deploy.sh", "-c", "$(params.region)"}}}, {}},
      {"-c of a tool", {{"command", {"tool", "-c", "$(params.region)"}}}, {}},
  });
}

TEST(Validation, ToolsAreFilesBelowTheirPath) {
  const auto tool = [](const char* file, const json& tools) {
    return json{{"command", nullptr}, {"tool", file}, {"tools", tools}};
  };
  const json in_image = {{"path", "/opt/tools"}};
  const json in_source = {{"path", "bin"}, {"source", {{"configMap", {{"name", "x"}}}}}};
  const char* const outside = "must not contain \"..\"; it names a file below tools.path";
  expect_problems({
      {"in the image", tool("x", in_image), {}},
      {"in the source", tool("x", in_source), {}},
      {"in the PATH of the image", tool("x", json::object()), {}},
      {"absolute", tool("/usr/bin/x", json::object()), {}},
      {"by a parameter", tool("$(params.region).sh", in_source), {}},
      {"empty", tool("", in_image), {{"phases[p].steps[s].tool", "must not be empty"}}},
      {"up", tool("../x", in_image), {{"phases[p].steps[s].tool", outside}}},
      {"up by a parameter",
       tool("$(params.outside)", in_image),
       {{"phases[p].steps[s].tool", outside}}},
      {"away by a parameter",
       tool("$(params.absolute)", in_image),
       {{"phases[p].steps[s].tool",
         "must not become an absolute path by the value of a parameter"}}},
      {"relative to nothing",
       tool("x", {{"path", "bin"}}),
       {{"phases[p].steps[s].tool",
         "tools.path \"bin\" is relative to a source and there is none; set tools.source or an "
         "absolute path"}}},
      {"up by the path",
       tool("x", {{"path", "../bin"}, {"source", {{"configMap", {{"name", "x"}}}}}}),
       {{"phases[p].steps[s].tools.path",
         "\"../bin\" must not contain \"..\"; it is a folder of the source"}}},
      {"up and down again",
       tool("x", {{"path", "bin/../.."}, {"source", {{"configMap", {{"name", "x"}}}}}}),
       {{"phases[p].steps[s].tools.path",
         "\"bin/../..\" must not contain \"..\"; it is a folder of the source"}}},
      {"dots in a name",
       tool("x", {{"path", "v1..2/..bin"}, {"source", {{"configMap", {{"name", "x"}}}}}}),
       {}},
      {"of the image", tool("x", {{"path", "/opt/tools/../bin"}}), {}},
      {"no command at all",
       {{"command", json::array()}},
       {{"phases[p].steps[s].command", "must not be empty"}}},
  });
}

TEST(Validation, AnImageIsNeededSomewhere) {
  json spec = small_spec();
  spec.erase("tools");
  EXPECT_EQ(
      problems_of(spec),
      (Problems{{"phases[p].steps[s].tools.image", "is needed here or in spec.tools.image"}}));
  EXPECT_EQ(problems_of(with_step(spec, {{"tools", {{"image", "own"}}}})), Problems{});
}

TEST(Validation, TheOperatorsVariablesAreReserved) {
  const char* const reserved =
      "is set by the operator; names ORCHESTRATION_CONTEXT, OUTPUT_FORMAT, HOME and those that "
      "begin with BOOTSTRAP_, PARAM_ or GIT_CONFIG_ are reserved";
  for (const std::string name : {"ORCHESTRATION_CONTEXT", "OUTPUT_FORMAT", "HOME", "BOOTSTRAP_",
                                 "BOOTSTRAP_X", "PARAM_REGION", "GIT_CONFIG_COUNT"})
    EXPECT_EQ(problems_of(step_spec({{"tools", {{"env", {{{"name", name}, {"value", "x"}}}}}}})),
              (Problems{{"phases[p].steps[s].tools.env[" + name + "]", reserved}}));
  for (const char* name : {"PATH", "home", "HOME2", "GIT_SSH_COMMAND", "PARAMS", "KUBECONFIG"})
    EXPECT_EQ(problems_of(step_spec({{"tools", {{"env", {{{"name", name}, {"value", "x"}}}}}}})),
              Problems{})
        << name;
}

TEST(Validation, MountsHaveVolumesAndLeaveTheOperatorsFoldersAlone) {
  const auto tools = [](const char* volume, const char* mount, const char* path) {
    return json{{"tools",
                 {{"volumes", {{{"name", volume}, {"emptyDir", json::object()}}}},
                  {"volumeMounts", {{{"name", mount}, {"mountPath", path}}}}}}};
  };
  const char* const reserved =
      "is reserved, as are /workspace itself and its folders source, script, home, shared and "
      "credentials with everything in them";
  expect_problems({
      {"fits", tools("cache", "cache", "/cache"), {}},
      {"a neighbour of ours", tools("cache", "cache", "/workspace/sources"), {}},
      {"below the workspace", tools("cache", "cache", "/workspace/cache"), {}},
      {"no such volume",
       tools("cache", "cash", "/cache"),
       {{"phases[p].steps[s].tools.volumeMounts[/cache]",
         "there is no volume \"cash\" in tools.volumes"}}},
      {"a reserved name",
       tools("bootstrap-home", "bootstrap-home", "/cache"),
       {{"phases[p].steps[s].tools.volumes[bootstrap-home]",
         "names that begin with bootstrap- are reserved"}}},
      {"our folder",
       tools("cache", "cache", "/workspace/home"),
       {{"phases[p].steps[s].tools.volumeMounts[/workspace/home]", reserved}}},
      {"our folder in disguise",
       tools("cache", "cache", "/workspace/home/"),
       {{"phases[p].steps[s].tools.volumeMounts[/workspace/home/]", reserved}}},
      {"below our folder",
       tools("cache", "cache", "/workspace/source/bin"),
       {{"phases[p].steps[s].tools.volumeMounts[/workspace/source/bin]", reserved}}},
      {"the volume all share",
       tools("cache", "cache", "/workspace/shared/cache"),
       {{"phases[p].steps[s].tools.volumeMounts[/workspace/shared/cache]", reserved}}},
      {"where credentials are",
       tools("cache", "cache", "/workspace/credentials"),
       {{"phases[p].steps[s].tools.volumeMounts[/workspace/credentials]", reserved}}},
      {"above our folders",
       tools("cache", "cache", "/workspace"),
       {{"phases[p].steps[s].tools.volumeMounts[/workspace]", reserved}}},
  });
}

TEST(Validation, ParametersMustFit) {
  struct ParameterRow {
    const char* parameters;
    Problems expected;
  };
  constexpr const char* kRule =
      "must be at most 63 letters, digits, '-' and '_', beginning with a letter";
  const std::vector<ParameterRow> rows{
      {R"json([{"name": "a", "required": true}])json",
       {{"parameters[a]", "is required: set its value"}}},
      {R"json([{"name": "a", "value": "z", "allowed": ["x", "y"]}])json",
       {{"parameters[a]", "\"z\" is not allowed; allowed: x, y"}}},
      {R"json([{"name": "a", "value": "x", "allowed": ["x", "Y"], "pattern": "[a-z]"}])json",
       {{"parameters[a].allowed", "\"Y\" does not match the pattern [a-z]"}}},
      {R"json([{"name": "a", "allowed": ["x", "y"], "pattern": "[a-z]"}])json", {}},
      {R"json([{"name": "a", "value": "x", "default": "Z", "pattern": "[a-z]"}])json",
       {{"parameters[a].default", "\"Z\" does not match the pattern [a-z]"}}},
      {R"json([{"name": "a", "value": "x", "default": "z", "allowed": ["x", "y"]}])json",
       {{"parameters[a].default", "\"z\" is not allowed; allowed: x, y"}}},
      {R"json([{"name": "a", "default": "Z", "pattern": "[a-z]"}])json",
       {{"parameters[a]", "\"Z\" does not match the pattern [a-z]"}}},
      {R"json([{"name": "a-b", "value": "1"}, {"name": "A_b", "value": "2"}])json",
       {{"parameters[A_b]", "has the same environment variable PARAM_A_B as a-b; rename one"}}},
      {R"json([{"name": "", "value": "1"}])json", {{"parameters[].name", kRule}}},
      {R"json([{"value": "1"}])json", {{"parameters[].name", kRule}}},
      {R"json([{"name": "1st", "value": "1"}])json", {{"parameters[1st].name", kRule}}},
      {R"json([{"name": "a.b", "value": "1"}])json", {{"parameters[a.b].name", kRule}}},
      {R"json([{"name": "a=b", "value": "1"}])json", {{"parameters[a=b].name", kRule}}},
      {R"json([{"name": "a)", "value": "1"}])json", {{"parameters[a)].name", kRule}}},
  };
  for (const ParameterRow& row : rows) {
    json spec = small_spec();
    spec["parameters"] = json::parse(row.parameters);
    EXPECT_EQ(problems_of(spec), row.expected) << row.parameters;
  }
}

TEST(Validation, ABadValueIsNotNamedAgainAtEachReferenceToIt) {
  json spec = with_step(small_spec(), {{"args", {"$(params.region)", "$(params.typo)"}}});
  spec["parameters"] = json::parse(R"json([{"name": "region", "required": true}])json");
  EXPECT_EQ(problems_of(spec),
            (Problems{{"parameters[region]", "is required: set its value"},
                      {"phases[p].steps[s].args[1]",
                       "$(params.typo) is not known; known are: params.region, workflow.name, "
                       "workflow.namespace, workflow.uid, workflow.run, workflow.startTime"}}));
}

TEST(Validation, EverythingWrongIsNamedAtOnce) {
  const json spec = json::parse(R"json({
    "parameters": [{"name": "region", "value": "mars", "allowed": ["us-east-1"]}],
    "notes": {"success": "$(params.nothing)"},
    "phases": [
      {"name": "A", "steps": [{"name": "s", "command": ["sh", "-c", "$(params.region)"]}]},
      {"name": "b", "steps": []}
    ]
  })json");
  std::vector<std::string> fields;
  for (const Problem& problem : problems_of(spec)) fields.push_back(problem.field);
  EXPECT_EQ(fields,
            (std::vector<std::string>{"parameters[region]", "notes.success", "phases[A].name",
                                      "phases[A].steps[s].command[2]",
                                      "phases[A].steps[s].tools.image", "phases[b].steps"}));
}

TEST(Validation, ProblemsAreToldInOneText) {
  const Problems one{{"phases[a]", "is bad"}};
  const Problems two{{"phases[a]", "is bad"}, {"phases[b]", "is worse"}};
  EXPECT_EQ(problems_text(one, 512), "the spec cannot run: phases[a]: is bad");
  EXPECT_EQ(problems_text(two, 512),
            "the spec cannot run, 2 problems: phases[a]: is bad; phases[b]: is worse");
  EXPECT_EQ(problems_text(two, 40), "the spec cannot run, 2 problems: phas…");
}

}  // namespace
}  // namespace bootstrap
