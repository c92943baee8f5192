#include "controllers/job_builder.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "controllers/validation.h"
#include "tests/unit/controllers/specs.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using namespace testing_specs;

Plan plan_of(const json& spec) {
  const auto definition = read_definition(spec);
  EXPECT_TRUE(definition) << testing::PrintToString(definition.error());
  EXPECT_EQ(validate(*definition), Problems{});
  const PlanRecord record{2, TimePoint(1'700'000'000'000ms), 3, pinned_part(spec),
                          *resolve_parameters(definition->parameters)};
  auto plan = compile(workflow_meta(), record);
  EXPECT_TRUE(plan);
  return *plan;
}

json job_of(const json& spec, std::size_t step = 0, Platform platform = {}) {
  const Plan plan = plan_of(spec);
  return build_job(workflow_meta(), plan, plan.steps.at(step), 1, {}, platform);
}

// The value of a variable, null when there is none.
json variable(const json& job, const std::string& name) {
  json value;
  for (const json& entry : main_of(job)["env"])
    if (entry["name"] == name) value = entry["value"];
  return value;
}

// --- whole Jobs ---

// UPDATE_GOLDEN=1 in the environment writes the files anew; look at the difference before it is
// committed, it is what clusters will get.
void expect_golden(const std::string& name, const json& job) {
  const auto file = std::filesystem::path(BOOTSTRAP_GOLDEN_DIR) / (name + ".json");
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {  // NOLINT(concurrency-mt-unsafe)
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << job.dump(2) << '\n';
  }
  std::ifstream in(file);
  ASSERT_TRUE(in) << file;
  const json golden = json::parse(in);
  EXPECT_EQ(job, golden) << "the Job differs from " << file << " (patch from it to the Job):\n"
                         << json::diff(golden, job).dump(2);
}

TEST(GoldenJob, Command) {
  expect_golden("command", job_of(small_spec()));
}

TEST(GoldenJob, ToolFromAConfigMapWithEverythingSet) {
  expect_golden("tool", job_of(full_spec(), 0));
}

TEST(GoldenJob, CommandWithTheStepsOwnTools) {
  expect_golden("command-overrides", job_of(full_spec(), 1));
}

TEST(GoldenJob, ScriptWithItsInterpreter) {
  expect_golden("script-interpreter", job_of(full_spec(), 2));
}

TEST(GoldenJob, ScriptWithoutAnInterpreterOnOpenShift) {
  const json spec = with_step(small_spec(), {{"command", nullptr}, {"script", "echo $(date)\n"}});
  expect_golden("script-openshift", job_of(spec, 0, {.openshift = true}));
}

// --- what they must keep ---

// One of each kind of work.
std::vector<json> all_jobs() {
  std::vector<json> jobs;
  for (const bool openshift : {false, true})
    for (std::size_t step = 0; step < 3; ++step)
      jobs.push_back(job_of(full_spec(), step, {.openshift = openshift}));
  jobs.push_back(job_of(small_spec()));
  return jobs;
}

TEST(Job, HasOnePodOnce) {
  for (const json& job : all_jobs()) {
    EXPECT_EQ(job["spec"]["backoffLimit"], 0);
    EXPECT_EQ(job["spec"]["podReplacementPolicy"], "Failed");
    EXPECT_EQ(pod_of(job)["restartPolicy"], "Never");
    EXPECT_FALSE(job["spec"].contains("completions"));
    EXPECT_FALSE(job["spec"].contains("parallelism"));
  }
}

TEST(Job, IsNeverDeletedOrEndedByItself) {
  for (const json& job : all_jobs()) {
    EXPECT_FALSE(job["spec"].contains("ttlSecondsAfterFinished"));
    EXPECT_FALSE(job["spec"].contains("activeDeadlineSeconds"));
  }
}

TEST(Job, ItsConditionKeepsTheDisruptionOrTheExitCode) {
  for (const json& job : all_jobs())
    EXPECT_EQ(job["spec"]["podFailurePolicy"], json::parse(R"({"rules": [
      {"action": "FailJob", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
      {"action": "FailJob",
       "onExitCodes": {"containerName": "main", "operator": "NotIn", "values": [0]}}]})"));
}

TEST(Job, TheTimeoutIsThePodsAndRoundedUp) {
  const std::vector<std::pair<const char*, int>> rows{
      {"1s", 1}, {"1500ms", 2}, {"30m", 1800}, {"1h1ms", 3601}, {"168h", 604800}};
  for (const auto& [timeout, seconds] : rows)
    EXPECT_EQ(
        pod_of(job_of(with_step(small_spec(), {{"timeout", timeout}})))["activeDeadlineSeconds"],
        seconds)
        << timeout;
  EXPECT_EQ(pod_of(job_of(small_spec()))["activeDeadlineSeconds"], 7200);
}

TEST(Job, ThereIsNoTokenWithoutAServiceAccount) {
  const json without = job_of(small_spec());
  EXPECT_EQ(pod_of(without)["automountServiceAccountToken"], false);
  EXPECT_FALSE(pod_of(without).contains("serviceAccountName"));
  const json with =
      job_of(with_step(small_spec(), {{"tools", {{"serviceAccountName", "bootstrap"}}}}));
  EXPECT_EQ(pod_of(with)["automountServiceAccountToken"], true);
  EXPECT_EQ(pod_of(with)["serviceAccountName"], "bootstrap");
}

// https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
TEST(Job, ItsPodIsRestricted) {
  for (const json& job : all_jobs()) {
    EXPECT_EQ(main_of(job)["securityContext"], json::parse(R"({
      "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}})"));
    const json& security = pod_of(job)["securityContext"];
    EXPECT_EQ(security["runAsNonRoot"], true);
    EXPECT_EQ(security["seccompProfile"], (json{{"type", "RuntimeDefault"}}));
    EXPECT_EQ(pod_of(job)["enableServiceLinks"], false);
  }
}

TEST(Job, OpenShiftChoosesTheUserElsewhereItIsNamed) {
  const json here = pod_of(job_of(small_spec(), 0, {.openshift = false}))["securityContext"];
  EXPECT_EQ(here["runAsUser"], 65532);
  EXPECT_EQ(here["runAsGroup"], 65532);
  EXPECT_EQ(here["fsGroup"], 65532);
  const json there = pod_of(job_of(small_spec(), 0, {.openshift = true}))["securityContext"];
  for (const char* key : {"runAsUser", "runAsGroup", "fsGroup"})
    EXPECT_FALSE(there.contains(key)) << key;
}

TEST(Job, IsFoundByItsLabelsAndSoIsItsPod) {
  const Plan plan = plan_of(full_spec());
  const json job = build_job(workflow_meta(), plan, plan.steps[0], 12, {}, {});
  const json labels = json::parse(R"({
    "app.kubernetes.io/managed-by": "bootstrap-operator",
    "bootstrap.openshift.io/workflow": "full-setup",
    "bootstrap.openshift.io/workflow-uid": "6f1f0c2e-8d0b-4c2e-9a55-0f6f0f3a1b2c",
    "bootstrap.openshift.io/phase": "infra", "bootstrap.openshift.io/step": "bootstrap",
    "bootstrap.openshift.io/attempt": "12", "bootstrap.openshift.io/run": "2",
    "bootstrap.openshift.io/root": "full-setup",
    "bootstrap.openshift.io/root-uid": "6f1f0c2e-8d0b-4c2e-9a55-0f6f0f3a1b2c"})");
  EXPECT_EQ(job["metadata"]["labels"], labels);
  EXPECT_EQ(job["spec"]["template"]["metadata"]["labels"], labels);
  EXPECT_EQ(job["metadata"]["name"],
            job_name("full-setup", workflow_meta().uid, {"infra", "bootstrap"}, 12));
}

// Tracking labels of Argo CD on a child would make it prune the child.
TEST(Job, NothingOfTheWorkflowsLabelsIsCopied) {
  ObjectMeta labelled = workflow_meta();
  labelled.labels = {{"app.kubernetes.io/instance", "argo"}, {"team", "platform"}};
  const Plan plan = plan_of(small_spec());
  EXPECT_EQ(build_job(labelled, plan, plan.steps[0], 1, {}, {}), job_of(small_spec()));
  EXPECT_FALSE(job_of(small_spec())["metadata"].contains("annotations"));
}

TEST(Job, IsOwnedByTheWorkflow) {
  for (const json& job : all_jobs())
    EXPECT_EQ(job["metadata"]["ownerReferences"], json::array({owner_reference(workflow_meta())}));
}

TEST(Job, EveryToolKnowsWhereItRuns) {
  const json job = job_of(full_spec());
  const std::vector<std::pair<const char*, const char*>> rows{
      {"ORCHESTRATION_CONTEXT", "bootstrap/full-setup/infra/bootstrap"},
      {"OUTPUT_FORMAT", "orchestration"},
      {"BOOTSTRAP_WORKFLOW_ID", "6f1f0c2e-8d0b-4c2e-9a55-0f6f0f3a1b2c"},
      {"BOOTSTRAP_WORKFLOW_NAME", "full-setup"},
      {"BOOTSTRAP_WORKFLOW_START_TIME", "1700000000"},
      {"BOOTSTRAP_RUN", "2"},
      {"BOOTSTRAP_PHASE", "infra"},
      {"BOOTSTRAP_STEP", "bootstrap"},
      {"BOOTSTRAP_ATTEMPT", "1"},
      {"BOOTSTRAP_OUTPUTS", "/dev/termination-log"},
      {"HOME", "/workspace/home"},
      {"GIT_CONFIG_COUNT", "1"},
      {"GIT_CONFIG_KEY_0", "safe.directory"},
      {"GIT_CONFIG_VALUE_0", "*"},
      {"PARAM_REGION", "us-east-1"},
      {"PARAM_CLUSTER_NAME", "east-1"},
      {"A", "a"},
  };
  for (const auto& [name, value] : rows) EXPECT_EQ(variable(job, name), value) << name;
  EXPECT_TRUE(variable(job, "PARAM_UNSET").is_null());
  EXPECT_EQ(main_of(job)["terminationMessagePath"], "/dev/termination-log");
  EXPECT_EQ(main_of(job)["terminationMessagePolicy"], "FallbackToLogsOnError");
}

TEST(Job, NoVariableIsThereTwice) {
  for (const json& job : all_jobs()) {
    std::set<std::string> names;
    for (const json& entry : main_of(job)["env"])
      EXPECT_TRUE(names.insert(entry["name"].get<std::string>()).second) << entry;
  }
}

// The author's variables may be made of the operator's: those must stand before them.
TEST(Job, TheAuthorsVariablesComeLast) {
  const json env = main_of(job_of(full_spec()))["env"];
  EXPECT_EQ(env.back()["name"], "B");
  EXPECT_EQ(env[env.size() - 2]["name"], "A");
}

TEST(Job, ValuesOfParametersAreNeverExpandedByTheKubelet) {
  json spec = json::parse(R"json({
    "parameters": [{"name": "evil", "value": "$(AWS_SECRET_ACCESS_KEY) costs $5"}],
    "tools": {"image": "x", "env": [{"name": "OWN", "value": "a $(params.evil) $(HOME)"},
                                    {"name": "KEY", "valueFrom": {"secretKeyRef":
                                       {"name": "keys", "key": "$(HOME)"}}}]},
    "phases": [{"name": "p", "steps": [
      {"name": "s", "command": ["tool", "--x=$(params.evil)", "$(HOME)"],
       "args": ["$(params.evil)", "$$(params.evil)"]}]}]
  })json");
  const json job = job_of(spec);
  const char* const safe = "$$(AWS_SECRET_ACCESS_KEY) costs $$5";
  EXPECT_EQ(variable(job, "PARAM_EVIL"), safe);
  EXPECT_EQ(variable(job, "OWN"), std::string("a ") + safe + " $(HOME)");
  EXPECT_EQ(main_of(job)["command"], (json{"tool", std::string("--x=") + safe, "$(HOME)"}));
  EXPECT_EQ(main_of(job)["args"], (json{safe, std::string("$$") + safe}));
  EXPECT_EQ(main_of(job)["env"].back(), spec["tools"]["env"][1]) << "handed over as it is";
}

TEST(Job, OutputsArePutInLikeParameters) {
  const json spec = json::parse(R"json({
    "tools": {"image": "x:$(steps.p.a.outputs.tag)"},
    "phases": [{"name": "p", "steps": [
      {"name": "a", "command": ["true"]},
      {"name": "b", "command": ["tool", "$(steps.p.a.outputs.url)"],
       "args": ["--at=$(steps.p.a.outputs.url)"],
       "tools": {"image": "x:$(steps.p.a.outputs.tag)",
                 "env": [{"name": "URL", "value": "$(steps.p.a.outputs.url)"}]}}]}]
  })json");
  json own = spec;
  own["tools"]["image"] = "x";
  const Plan plan = plan_of(own);
  const LaunchValues values{
      {{"steps.p.a.outputs.url", "$(SECRET)$"}, {"steps.p.a.outputs.tag", "1$2"}}};
  const json job = build_job(workflow_meta(), plan, plan.steps[1], 1, values, {});
  EXPECT_EQ(main_of(job)["command"], (json{"tool", "$$(SECRET)$$"}));
  EXPECT_EQ(main_of(job)["args"], (json::array({"--at=$$(SECRET)$$"})));
  EXPECT_EQ(variable(job, "URL"), "$$(SECRET)$$");
  EXPECT_EQ(main_of(job)["image"], "x:1$2");
}

TEST(Job, ImagesAreNotQuoted) {
  json spec = small_spec();
  spec["parameters"] =
      json::parse(R"([{"name": "x", "value": "a$b"}, {"name": "y", "value": "a.b"}])");
  spec["tools"] = {{"image", "x:$(params.x)"},
                   {"source", {{"configMap", {{"name", "$(params.y)"}}}}}};
  const json job = job_of(spec);
  EXPECT_EQ(main_of(job)["image"], "x:a$b");
  EXPECT_EQ(pod_of(job)["volumes"][1]["configMap"]["name"], "a.b");
}

TEST(Job, AToolIsFoundInItsSourceOrTheImage) {
  struct Row {
    const char* tool;
    const char* path;
    bool source;
    const char* expected;
  };
  for (const Row& row :
       {Row{"x", "", false, "x"}, Row{"x", "/opt/bin", false, "/opt/bin/x"},
        Row{"x", "", true, "/workspace/source/x"}, Row{"x", "bin", true, "/workspace/source/bin/x"},
        Row{"sub/x", "bin", true, "/workspace/source/bin/sub/x"},
        Row{"x", "/opt/bin", true, "/opt/bin/x"}, Row{"/usr/bin/x", "bin", true, "/usr/bin/x"}}) {
    json tools{{"path", row.path}};
    if (row.source) tools["source"] = {{"configMap", {{"name", "tools"}}}};
    const json job = job_of(
        with_step(small_spec(), {{"command", nullptr}, {"tool", row.tool}, {"tools", tools}}));
    EXPECT_EQ(main_of(job)["command"], json::array({row.expected}));
    EXPECT_EQ(main_of(job).value("workingDir", ""), row.source ? "/workspace/source" : "");
  }
}

TEST(Job, AScriptIsAFileAndNeverAnArgument) {
  struct Row {
    const char* script;
    const char* file;
  };
  for (const Row& row :
       {Row{"echo $(date) $$\n", "#!/bin/sh -e\necho $(date) $$\n"},
        Row{"#!/usr/bin/env python3\nprint(1)\n", "#!/usr/bin/env python3\nprint(1)\n"},
        Row{"# !no\n", "#!/bin/sh -e\n# !no\n"}}) {
    const json job = job_of(
        with_step(small_spec(),
                  {{"command", nullptr}, {"script", row.script}, {"args", {"$(workflow.name)"}}}));
    EXPECT_EQ(job["spec"]["template"]["metadata"]["annotations"],
              (json{{"bootstrap.openshift.io/script", row.file}}));
    EXPECT_EQ(main_of(job)["command"], json::array({"/workspace/script/run"}));
    EXPECT_EQ(main_of(job)["args"], json::array({"full-setup"}));
    EXPECT_EQ(pod_of(job)["volumes"].back()["downwardAPI"]["defaultMode"], 0555);
  }
  EXPECT_FALSE(job_of(small_spec())["spec"]["template"]["metadata"].contains("annotations"));
}

TEST(Job, EveryMountHasItsVolume) {
  for (const json& job : all_jobs()) {
    std::set<json> volumes, paths;
    for (const json& volume : pod_of(job)["volumes"])
      EXPECT_TRUE(volumes.insert(volume["name"]).second) << volume;
    for (const json& mount : main_of(job)["volumeMounts"]) {
      EXPECT_TRUE(volumes.contains(mount["name"])) << mount;
      EXPECT_TRUE(paths.insert(mount["mountPath"]).second) << mount;
    }
  }
}

// Whatever validation lets through becomes a Job without an exception.
TEST(Job, IsMadeOfEveryDefinitionThatIsValid) {
  std::mt19937 random(42);  // NOLINT: the same every time
  int built = 0;
  for (int round = 0; round < 1'000; ++round) {
    const json spec = mutated(full_spec(), random);
    const auto definition = read_definition(spec);
    if (!definition || !validate(*definition).empty()) continue;
    const auto plan =
        compile(workflow_meta(),
                {1, {}, 1, pinned_part(spec), *resolve_parameters(definition->parameters)});
    ASSERT_TRUE(plan);
    for (const PlanStep& step : plan->steps)
      ASSERT_NO_THROW(built += build_job(workflow_meta(), *plan, step, 1, {}, {}).empty() ? 0 : 1)
          << spec;
  }
  EXPECT_GT(built, 100);
}

}  // namespace
}  // namespace bootstrap
