#include "controllers/definition.h"

#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "controllers/limits.h"
#include "controllers/validation.h"
#include "tests/unit/controllers/specs.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using namespace testing_specs;

Problems problems_reading(const json& spec) {
  const auto definition = read_definition(spec);
  return definition ? Problems{} : definition.error();
}

TEST(Definition, IsReadWhole) {
  const auto definition = read_definition(full_spec());
  ASSERT_TRUE(definition) << testing::PrintToString(definition.error());

  ASSERT_EQ(definition->parameters.size(), 3U);
  EXPECT_EQ(definition->parameters[0].name, "region");
  EXPECT_EQ(definition->parameters[0].value, std::nullopt);
  EXPECT_EQ(definition->parameters[0].default_value, "us-east-1");
  EXPECT_EQ(definition->parameters[0].allowed,
            (std::vector<std::string>{"us-east-1", "eu-west-1"}));
  EXPECT_FALSE(definition->parameters[0].required);
  EXPECT_EQ(definition->parameters[1].value, "east-1");
  EXPECT_TRUE(definition->parameters[1].required);
  EXPECT_EQ(definition->notes.success, "open $(params.cluster-name)");
  EXPECT_EQ(definition->notes.failure, "look at $(workflow.name)");

  ASSERT_EQ(definition->phases.size(), 2U);
  EXPECT_EQ(definition->phases[0].name, "infra");
  EXPECT_EQ(definition->phases[0].title, "Infrastructure");
  ASSERT_EQ(definition->phases[0].steps.size(), 2U);
  const StepDefinition& step = definition->phases[0].steps[0];
  EXPECT_EQ(step.name, "bootstrap");
  EXPECT_EQ(step.title, "Bootstrap");
  EXPECT_EQ(std::get<ToolWork>(step.work).tool, "bootstrap.sh");
  EXPECT_EQ(step.args, (std::vector<std::string>{"--region", "$(params.region)"}));
  EXPECT_EQ(step.timeout, 30min);
  EXPECT_EQ(step.start_timeout, 90s);
  EXPECT_EQ(step_path(definition->phases[0], step), "phases[infra].steps[bootstrap]");
  EXPECT_EQ(std::get<CommandWork>(definition->phases[0].steps[1].work).command,
            (std::vector<std::string>{"tool", "$(params.cluster-name)"}));
  EXPECT_EQ(std::get<ScriptWork>(definition->phases[1].steps[0].work).script,
            "#!/bin/bash\necho \"$PARAM_REGION\"\n");
}

TEST(Definition, MonitoringHasDefaultsAndLimits) {
  json spec = small_spec();
  const auto read = [&] { return read_definition(spec)->monitoring; };
  EXPECT_FALSE(read().disabled);
  EXPECT_EQ(read().interval, 30s);
  EXPECT_EQ(read().limits, (LoadLimits{85, 95}));
  spec["monitoring"] = {{"interval", "15s"}, {"cpuPercent", 100}};
  EXPECT_EQ(read().interval, 15s);
  EXPECT_EQ(read().limits, (LoadLimits{85, 100}));
  spec["monitoring"] = {{"disabled", true}};
  EXPECT_TRUE(read().disabled);

  spec["monitoring"] = {{"interval", "14s"}, {"memoryPercent", 0}, {"cpuPercent", "many"}};
  EXPECT_EQ(
      problems_reading(spec),
      (Problems{{"monitoring.interval", "must be at least 15s: the metrics of nodes are no newer"},
                {"monitoring.memoryPercent", "must be a whole number from 1 to 100"},
                {"monitoring.cpuPercent", "must be a whole number from 1 to 100"}}));
  spec["monitoring"] = {{"interval", "0s"}};
  EXPECT_EQ(problems_reading(spec).size(), 1U) << "what is wrong is said once";
  spec["monitoring"] = true;
  EXPECT_EQ(problems_reading(spec).size(), 1U);
}

TEST(Definition, AppliesTheDefaultsOfTheOperator) {
  const auto definition = read_definition(small_spec());
  ASSERT_TRUE(definition);
  const StepDefinition& step = definition->phases[0].steps[0];
  EXPECT_EQ(step.timeout, 2h);
  EXPECT_EQ(step.start_timeout, 15min);
  EXPECT_TRUE(step.args.empty());
  EXPECT_TRUE(step.tools.env.is_null());
  EXPECT_TRUE(step.tools.service_account.empty());
}

TEST(Definition, AStepWithoutToolsHasThoseOfTheWorkflow) {
  const auto definition = read_definition(full_spec());
  ASSERT_TRUE(definition);
  const json spec = full_spec();
  const Tools& tools = definition->phases[1].steps[0].tools;
  EXPECT_EQ(tools.image, "registry.example/tools:$(params.region)");
  EXPECT_EQ(tools.path, "bin");
  EXPECT_EQ(tools.working_dir, "/work");
  EXPECT_EQ(tools.source_config_map, "bootstrap-tools");
  EXPECT_EQ(tools.service_account, "bootstrap");
  EXPECT_EQ(tools.env, spec["tools"]["env"]);
  EXPECT_EQ(tools.env_from, spec["tools"]["envFrom"]);
  EXPECT_EQ(tools.resources, spec["tools"]["resources"]);
  EXPECT_EQ(tools.node_selector, spec["tools"]["nodeSelector"]);
  EXPECT_EQ(tools.tolerations, spec["tools"]["tolerations"]);
  EXPECT_EQ(tools.volumes, spec["tools"]["volumes"]);
  EXPECT_EQ(tools.volume_mounts, spec["tools"]["volumeMounts"]);
  EXPECT_EQ(tools.image_pull_secrets, spec["tools"]["imagePullSecrets"]);
}

TEST(Definition, AStepsEnvironmentIsMergedByName) {
  struct Row {
    const char* what;
    json base;
    json own;
    json expected;
  };
  const json a = {{"name", "A"}, {"value", "base"}}, b = {{"name", "B"}, {"value", "base"}};
  const json own_a = {{"name", "A"}, {"value", "own"}}, c = {{"name", "C"}, {"value", "own"}};
  const json from_secret = {{"name", "A"},
                            {"valueFrom", {{"secretKeyRef", {{"name", "s"}, {"key", "k"}}}}}};
  const std::vector<Row> rows{
      {"only the workflow's", {a, b}, nullptr, {a, b}},
      {"only the step's", nullptr, {own_a, c}, {own_a, c}},
      {"neither", nullptr, nullptr, nullptr},
      {"the step's wins, in the place of the workflow's", {a, b}, {c, own_a}, {own_a, b, c}},
      {"an entry is replaced whole", {a}, json::array({from_secret}), json::array({from_secret})},
      {"an empty list changes nothing", {a, b}, json::array(), {a, b}},
  };
  for (const Row& row : rows) {
    json spec = small_spec();
    if (!row.base.is_null()) spec["tools"]["env"] = row.base;
    if (!row.own.is_null()) spec["phases"][0]["steps"][0]["tools"]["env"] = row.own;
    const auto definition = read_definition(spec);
    ASSERT_TRUE(definition) << row.what << testing::PrintToString(definition.error());
    EXPECT_EQ(definition->phases[0].steps[0].tools.env, row.expected) << row.what;
  }
}

TEST(Definition, EverythingElseOfAStepsToolsReplacesTheWorkflows) {
  struct Row {
    const char* key;
    json own;
    std::function<json(const Tools&)> read;
  };
  const std::vector<Row> rows{
      {"image", "own:1", [](const Tools& t) { return json(t.image); }},
      {"path", "/own", [](const Tools& t) { return json(t.path); }},
      {"workingDir", "/own", [](const Tools& t) { return json(t.working_dir); }},
      {"serviceAccountName", "own", [](const Tools& t) { return json(t.service_account); }},
      {"envFrom", json::array(), [](const Tools& t) { return t.env_from; }},
      {"securityContext",
       {{"runAsUser", 7}},
       [](const Tools& t) {
         return t.security ? json{{"runAsUser", *t.security->user}} : json();
       }},
      {"resources", {{"requests", {{"cpu", "1"}}}}, [](const Tools& t) { return t.resources; }},
      {"nodeSelector", {{"own", "yes"}}, [](const Tools& t) { return t.node_selector; }},
      {"tolerations", json::array(), [](const Tools& t) { return t.tolerations; }},
      {"volumes", json::array({{{"name", "own"}}}), [](const Tools& t) { return t.volumes; }},
      {"volumeMounts", json::array({{{"name", "own"}, {"mountPath", "/own"}}}),
       [](const Tools& t) { return t.volume_mounts; }},
      {"imagePullSecrets", json::array(), [](const Tools& t) { return t.image_pull_secrets; }},
  };
  for (const Row& row : rows) {
    const json spec = with_step(full_spec(), {{"tools", {{row.key, row.own}}}});
    const auto definition = read_definition(spec);
    ASSERT_TRUE(definition) << row.key;
    EXPECT_EQ(row.read(definition->phases[0].steps[0].tools), row.own) << row.key;
    // And the neighbour has still the workflow's.
    EXPECT_EQ(row.read(definition->phases[1].steps[0].tools), full_spec()["tools"][row.key])
        << row.key;
  }
}

TEST(Definition, TheSourceOfAStepReplacesTheWorkflowsWhateverItIs) {
  const json git{{"git", {{"repository", "https://h/x"}}}};
  const json map{{"configMap", {{"name", "tools"}}}};
  for (const bool own_is_git : {false, true}) {
    json spec = with_step(small_spec(), {{"tools", {{"source", own_is_git ? git : map}}}});
    spec["tools"]["source"] = own_is_git ? map : git;
    const Tools tools = read_definition(spec)->phases[0].steps[0].tools;
    EXPECT_EQ(tools.source_git.has_value(), own_is_git);
    EXPECT_EQ(tools.source_config_map, own_is_git ? "" : "tools");
  }
}

TEST(Definition, WhatIsLeftOutOfASourceOrAWorkspaceHasItsDefault) {
  json spec = small_spec();
  spec["tools"]["source"]["git"] = {{"repository", "https://h/x"}};
  spec["workspace"] = {{"size", "1Gi"}};
  auto read = read_definition(spec);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->phases[0].steps[0].tools.source_git,
            (GitSource{"https://h/x", "HEAD", "", "", false}));
  EXPECT_EQ(read->workspace, (Workspace{"", "1Gi", "ReadWriteOnce", {}}));
  spec["tools"]["source"]["git"] = {{"repository", "git@h:x"},
                                    {"revision", "main"},
                                    {"image", "git:2"},
                                    {"secretRef", {{"name", "key"}}},
                                    {"credentials", "Steps"}};
  spec["workspace"] = {{"size", "2Gi"}, {"accessMode", "ReadWriteMany"}, {"storageClassName", ""}};
  read = read_definition(spec);
  EXPECT_EQ(read->phases[0].steps[0].tools.source_git,
            (GitSource{"git@h:x", "main", "git:2", "key", true}));
  EXPECT_EQ(read->workspace, (Workspace{"", "2Gi", "ReadWriteMany", ""}));
}

TEST(Definition, DurationsAreReadOrRefused) {
  struct Row {
    const char* written;
    Duration expected;
  };
  for (const Row& row : {Row{"1s", 1s}, Row{"90s", 90s}, Row{"1h30m", 90min}, Row{"168h", 168h},
                         Row{"1500ms", 1500ms}}) {
    const auto read = read_definition(
        with_step(small_spec(), {{"timeout", row.written}, {"startTimeout", row.written}}));
    ASSERT_TRUE(read) << row.written;
    EXPECT_EQ(read->phases[0].steps[0].timeout, row.expected);
    EXPECT_EQ(read->phases[0].steps[0].start_timeout, row.expected);
  }
  for (const char* bad : {"", "0s", "999ms", "168h1s", "1d", "30", "30 m", "-30m", "forever"})
    EXPECT_EQ(problems_reading(with_step(small_spec(), {{"timeout", bad}})),
              (Problems{{"phases[p].steps[s].timeout",
                         std::string("\"") + bad +
                             "\" is not a duration from 1s to 168h, such as \"90s\", \"30m\" or "
                             "\"1h30m\""}}));
}

TEST(Definition, AStepMayRunATemplate) {
  const auto step = [](json patch) {
    patch["command"] = nullptr;
    return with_step(small_spec(), patch);
  };
  const json child = json::parse(R"json({"templateRef": {"name": "t"},
                                         "parameters": [{"name": "a", "value": "$(params.x)"}]})json");
  const auto read = read_definition(step({{"workflow", child}}));
  ASSERT_TRUE(read);
  const StepDefinition& made = read->phases[0].steps[0];
  const auto& work = std::get<ChildWork>(made.work);
  EXPECT_EQ(work.template_name, "t");
  EXPECT_EQ(work.parameters, (ParameterValues{{"a", "$(params.x)"}}));
  EXPECT_EQ(made.timeout, limits::kLongestTimeout) << "its own steps have timeouts";
  EXPECT_EQ(made.tools.image, "") << "the tools are the template's";

  const std::string at = "phases[p].steps[s].";
  for (const auto& [field, value] :
       std::vector<std::pair<std::string, json>>{{"args", {"x"}},
                                                 {"stdin", "x"},
                                                 {"startTimeout", "1m"},
                                                 {"retry", json::object()},
                                                 {"tools", {{"image", "x"}}}})
    EXPECT_EQ(problems_of(step({{"workflow", child}, {field, value}})),
              (Problems{{at + field, "has no meaning beside workflow"}}));
  EXPECT_EQ(
      problems_of(step({{"workflow", json::parse(R"({"parameters": [{"name": "a"},
                {"name": "a", "value": 3}]})")}})),
      (Problems{{at + "workflow.templateRef.name", "is needed"},
                {at + "workflow.parameters[a].value", "is needed"},
                {at + "workflow.parameters[a].value", "must be a string, not 3; put it in quotes"},
                {at + "workflow.parameters[a].name", "is there twice"}}));
}

TEST(Definition, AStepHasExactlyOneAction) {
  const Problems problem{
      {"phases[p].steps[s]",
       "needs exactly one of tool, command, script, waitFor, approve, ask, workflow"}};
  const std::vector<std::pair<json, Problems>> rows{
      {{{"command", {"x"}}}, {}},
      {{{"tool", "x"}}, {}},
      {{{"script", "x"}}, {}},
      {json::object(), problem},
      {{{"command", nullptr}}, problem},
      {{{"command", nullptr}, {"script", "x"}}, {}},  // null is as good as absent
      {{{"tool", "x"}, {"command", {"x"}}}, problem},
      {{{"tool", "x"}, {"script", "x"}}, problem},
      {{{"tool", "x"}, {"command", {"x"}}, {"script", "x"}}, problem},
  };
  for (const auto& [action, expected] : rows) {
    json spec = small_spec();
    spec["phases"][0]["steps"][0] = action;
    spec["phases"][0]["steps"][0]["name"] = "s";
    EXPECT_EQ(problems_reading(spec), expected) << action;
  }
}

TEST(Definition, WrongTypesAreNamedWithTheirPath) {
  struct Row {
    const char* pointer;
    json wrong;
    Problem expected;
  };
  const std::vector<Row> rows{
      {"/parameters", "x", {"parameters", "must be a list"}},
      {"/parameters/0", "x", {"parameters[0]", "must be an object"}},
      {"/parameters/0/name",
       5,
       {"parameters[0].name", "must be a string, not 5; put it in quotes"}},
      {"/parameters/0/value",
       true,
       {"parameters[region].value", "must be a string, not true; put it in quotes"}},
      {"/parameters/0/default",
       1.5,
       {"parameters[region].default", "must be a string, not 1.5; put it in quotes"}},
      {"/parameters/0/allowed", "x", {"parameters[region].allowed", "must be a list"}},
      {"/parameters/0/allowed/1",
       5,
       {"parameters[region].allowed[1]", "must be a string, not 5; put it in quotes"}},
      {"/parameters/0/required", "yes", {"parameters[region].required", "must be true or false"}},
      {"/notes", json::array(), {"notes", "must be an object"}},
      {"/notes/success", json::array(), {"notes.success", "must be a string, not a list"}},
      {"/tools", "x", {"tools", "must be an object"}},
      {"/tools/image", json::object(), {"tools.image", "must be a string, not an object"}},
      {"/tools/source", "x", {"tools.source", "must be an object"}},
      {"/tools/source/configMap", "x", {"tools.source.configMap", "must be an object"}},
      {"/tools/source/configMap/name",
       1,
       {"tools.source.configMap.name", "must be a string, not 1; put it in quotes"}},
      {"/tools/source/git",
       json::parse(R"({"repository": "https://h/x"})"),
       {"tools.source", "has both configMap and git; only one can be the source"}},
      {"/tools/source",
       json::parse(R"({"git": {"repository": "https://h/x", "credentials": "All"}})"),
       {"tools.source.git.credentials", "\"All\" is not allowed; allowed: CloneOnly, Steps"}},
      {"/tools/source",
       json::parse(R"({"git": {"repository": 5}})"),
       {"tools.source.git.repository", "must be a string, not 5; put it in quotes"}},
      {"/tools/securityContext", "root", {"tools.securityContext", "must be an object"}},
      {"/tools/securityContext",
       json::parse(R"({"readOnlyRootFilesystem": "yes"})"),
       {"tools.securityContext.readOnlyRootFilesystem", "must be true or false"}},
      {"/workspace", "1Gi", {"workspace", "must be an object"}},
      {"/workspace",
       json::parse(R"({"size": 1})"),
       {"workspace.size", "must be a string, not 1; put it in quotes"}},
      {"/phases/0/steps/0/stdin",
       true,
       {"phases[infra].steps[bootstrap].stdin", "must be a string, not true; put it in quotes"}},
      {"/tools/env", json::object(), {"tools.env", "must be a list"}},
      {"/tools/env/0", "A=a", {"tools.env[0]", "must be an object"}},
      {"/tools/env/0/name", 1, {"tools.env[0].name", "must be a string, not 1; put it in quotes"}},
      {"/tools/env/0", json::object(), {"tools.env[0].name", "is needed"}},
      {"/tools/env/0/value",
       8080,
       {"tools.env[A].value", "must be a string, not 8080; put it in quotes"}},
      {"/tools/envFrom", "x", {"tools.envFrom", "must be a list"}},
      {"/tools/envFrom/0", "x", {"tools.envFrom[0]", "must be an object"}},
      {"/tools/resources", "x", {"tools.resources", "must be an object"}},
      {"/tools/nodeSelector", json::array(), {"tools.nodeSelector", "must be an object"}},
      {"/tools/tolerations", json::object(), {"tools.tolerations", "must be a list"}},
      {"/tools/volumes", "x", {"tools.volumes", "must be a list"}},
      {"/tools/volumes/0/name",
       json::array(),
       {"tools.volumes[0].name", "must be a string, not a list"}},
      {"/tools/volumeMounts/0/mountPath",
       5,
       {"tools.volumeMounts[cache].mountPath", "must be a string, not 5; put it in quotes"}},
      {"/tools/volumeMounts/0/name", nullptr, {"tools.volumeMounts[0].name", "is needed"}},
      {"/tools/imagePullSecrets/0", "pull", {"tools.imagePullSecrets[0]", "must be an object"}},
      {"/phases", json::object(), {"phases", "must be a list"}},
      {"/phases/1", 5, {"phases[1]", "must be an object"}},
      {"/phases/0/name", 5, {"phases[0].name", "must be a string, not 5; put it in quotes"}},
      {"/phases/0/steps", "x", {"phases[infra].steps", "must be a list"}},
      {"/phases/0/steps/1", "x", {"phases[infra].steps[1]", "must be an object"}},
      {"/phases/0/steps/0/args",
       "--all",
       {"phases[infra].steps[bootstrap].args", "must be a list"}},
      {"/phases/0/steps/0/args/1",
       3,
       {"phases[infra].steps[bootstrap].args[1]", "must be a string, not 3; put it in quotes"}},
      {"/phases/0/steps/1/command",
       "tool --all",
       {"phases[infra].steps[own].command", "must be a list"}},
      {"/phases/0/steps/0/timeout",
       1800,
       {"phases[infra].steps[bootstrap].timeout", "must be a string, not 1800; put it in quotes"}},
      {"/phases/0/steps/1/tools/env/1/value",
       false,
       {"phases[infra].steps[own].tools.env[C].value",
        "must be a string, not false; put it in quotes"}},
  };
  for (const Row& row : rows) {
    json spec = full_spec();
    spec[json::json_pointer(row.pointer)] = row.wrong;
    EXPECT_EQ(problems_reading(spec), Problems{row.expected}) << row.pointer;
  }
}

TEST(Definition, ThatIsNoObjectIsOneProblem) {
  for (const json& spec :
       {json(), json(5), json("x"), json::array(), json(json::value_t::discarded)})
    EXPECT_EQ(problems_reading(spec), (Problems{{"spec", "must be an object"}}));
}

TEST(Definition, EverythingWrongIsNamedAtOnce) {
  json spec = full_spec();
  spec["parameters"][0]["value"] = 5;
  spec["phases"][0]["steps"][0]["timeout"] = "soon";
  spec["phases"][1]["steps"][0]["args"] = {1, 2};
  spec["phases"][1]["steps"][0]["command"] = {"x"};
  EXPECT_EQ(problems_reading(spec).size(), 5U);
}

TEST(Definition, FieldsOfOtherVersionsAreLeftAlone) {
  json spec = full_spec();
  spec["later"] = {{"x", 1}};
  spec["phases"][0]["steps"][0]["later"] = 1;
  EXPECT_EQ(problems_reading(spec), Problems{});
}

// --- whatever is in it ---

// Definitions come from files as well, which no API server has looked at.
TEST(Definition, NoJsonWhateverMakesReadingOrValidatingThrow) {
  std::mt19937 random(20240229);  // NOLINT: the same every time
  int valid = 0, unreadable = 0, refused = 0;
  for (int round = 0; round < 1'000; ++round) {
    const json spec = mutated(full_spec(), random);
    ASSERT_NO_THROW({
      const auto definition = read_definition(spec);
      if (!definition) {
        ++unreadable;
        EXPECT_FALSE(definition.error().empty()) << spec;
        EXPECT_LE(problems_text(definition.error(), 512).size(), 512U);
      } else {
        ++(validate(*definition).empty() ? valid : refused);
      }
    }) << spec;
  }
  // Else the mutations would be too tame or too wild to say anything.
  EXPECT_GT(valid, 50);
  EXPECT_GT(refused, 50);
  EXPECT_GT(unreadable, 50);
}

}  // namespace
}  // namespace bootstrap
