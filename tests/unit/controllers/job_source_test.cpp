// The parts of a Job around its tool: the clone, stdin, the volume all share, as whom it runs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/job_builder.h"
#include "controllers/source_container.h"
#include "controllers/validation.h"
#include "tests/unit/controllers/specs.h"

namespace bootstrap {
namespace {

using namespace testing_specs;
using ::testing::HasSubstr;

json job_with_source(const json& spec, const LaunchValues& values = {}, Platform platform = {}) {
  const auto definition = read_definition(spec);
  EXPECT_TRUE(definition) << testing::PrintToString(definition.error());
  EXPECT_EQ(validate(*definition), Problems{});
  const auto plan = compile(
      workflow_meta(), {1, {}, 1, pinned_part(spec), *resolve_parameters(definition->parameters)});
  return build_job(workflow_meta(), *plan, plan->steps[0], 1, values, platform);
}

const json& clone_of(const json& job) {
  return pod_of(job)["initContainers"][0];
}

json named(const json& list, const std::string& name) {
  for (const json& entry : list)
    if (entry["name"] == name) return entry;
  return {};
}

json with_git(const json& git) {
  return with_step(small_spec(), {{"tools", {{"source", {{"git", git}}}}}});
}

json https() {
  return {{"repository", "https://h/x.git"}, {"secretRef", {{"name", "key"}}}};
}

json ssh() {
  return {{"repository", "git@h:x.git"}, {"secretRef", {{"name", "key"}}}};
}

// --- the clone ---

TEST(JobSource, IsClonedByAnInitContainerIntoAFolderOfThePod) {
  const json job = job_with_source(with_git({{"repository", "https://h/x.git"}}));
  const json& clone = clone_of(job);
  EXPECT_EQ(clone["name"], "source");
  EXPECT_EQ(clone["image"], "registry.example/tools:1");
  EXPECT_EQ(clone["terminationMessagePolicy"], "FallbackToLogsOnError");
  EXPECT_EQ(clone["securityContext"], main_of(job)["securityContext"]);
  EXPECT_EQ(named(pod_of(job)["volumes"], "bootstrap-source")["emptyDir"], json::object());
  EXPECT_EQ(named(clone["volumeMounts"], "bootstrap-source")["mountPath"], "/workspace/source");
  EXPECT_EQ(main_of(job)["workingDir"], "/workspace/source");
  EXPECT_FALSE(named(main_of(job)["volumeMounts"], "bootstrap-source").contains("readOnly"));
  const std::vector<std::pair<const char*, const char*>> rows{
      {"SOURCE_REPOSITORY", "https://h/x.git"},
      {"SOURCE_REVISION", "HEAD"},
      {"SOURCE_COMMIT", ""},
      {"SOURCE_FOLDER", "/workspace/source"},
      {"SOURCE_CREDENTIALS", ""},
      {"SOURCE_FOR_STEPS", "no"},
      {"SOURCE_MESSAGE", "/dev/termination-log"},
      {"HOME", "/workspace/home"}};
  for (const auto& [name, value] : rows)
    EXPECT_EQ(named(clone["env"], name)["value"], value) << name;
}

// The kubelet makes "$" of "$$" and looks for "$(…)".
TEST(JobSource, TheScriptReachesTheShellAsItIs) {
  std::string sent = clone_of(job_with_source(with_git(https())))["command"][2];
  std::string received;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    if (sent[i] == '$') {
      ASSERT_EQ(sent[i + 1], '$') << "an open $ at " << i;
      ++i;
    }
    received += sent[i];
  }
  EXPECT_EQ(received, kFetchSource);
  EXPECT_THAT(received, HasSubstr("git fetch"));
}

TEST(JobSource, ItsConditionKeepsWhyTheCloneFailed) {
  const auto rules = job_with_source(with_git(https()))["spec"]["podFailurePolicy"]["rules"];
  ASSERT_EQ(rules.size(), 3U);
  EXPECT_EQ(rules[2]["onExitCodes"]["containerName"], "source");
}

TEST(JobSource, TheCommitOfTheRunAndTheProxiesOfTheStepAreHandedOver) {
  json spec =
      with_git({{"repository", "https://h/x.git"}, {"revision", "main"}, {"image", "git:2"}});
  spec["tools"]["env"] = json::parse(R"([{"name": "HTTPS_PROXY", "value": "http://proxy:3128"},
                                         {"name": "no_proxy", "value": ".local"},
                                         {"name": "TOKEN", "value": "x"}])");
  const std::string commit(40, 'c');
  const json job = job_with_source(spec, {{}, commit});
  EXPECT_EQ(clone_of(job)["image"], "git:2");
  const json& env = clone_of(job)["env"];
  EXPECT_EQ(named(env, "SOURCE_COMMIT")["value"], commit);
  EXPECT_EQ(named(env, "HTTPS_PROXY")["value"], "http://proxy:3128");
  EXPECT_EQ(named(env, "no_proxy")["value"], ".local");
  EXPECT_TRUE(named(env, "TOKEN").is_null());
}

TEST(JobSource, CredentialsAreForTheCloneOrForTheStepAsWell) {
  for (const bool steps : {false, true}) {
    json git = https();
    if (steps) git["credentials"] = "Steps";
    const json job = job_with_source(with_git(git));
    EXPECT_EQ(named(pod_of(job)["volumes"], "bootstrap-credentials")["secret"],
              json::parse(R"({"secretName": "key", "defaultMode": 292})"));
    const json mount = named(clone_of(job)["volumeMounts"], "bootstrap-credentials");
    EXPECT_EQ(mount["mountPath"], "/workspace/credentials");
    EXPECT_EQ(mount["readOnly"], true);
    EXPECT_EQ(named(main_of(job)["volumeMounts"], "bootstrap-credentials").is_null(), !steps);
    EXPECT_EQ(named(clone_of(job)["env"], "SOURCE_FOR_STEPS")["value"], steps ? "yes" : "no");
  }
}

// ssh refuses to work for a user without a name; OpenShift gives its users one.
TEST(JobSource, ForSshTheUserHasAName) {
  struct Row {
    bool openshift;
    json git;
    bool named;
  };
  for (const Row& row :
       {Row{false, ssh(), true}, Row{true, ssh(), false}, Row{false, https(), false}}) {
    const json job = job_with_source(with_git(row.git), {}, {.openshift = row.openshift});
    const json& metadata = job["spec"]["template"]["metadata"];
    EXPECT_EQ(metadata.contains("annotations"), row.named);
    const json mount = named(clone_of(job)["volumeMounts"], "bootstrap-script");
    EXPECT_EQ(mount.is_null(), !row.named);
    if (!row.named) continue;
    EXPECT_EQ(mount["mountPath"], "/etc/passwd");
    EXPECT_EQ(mount["subPath"], "passwd");
    EXPECT_THAT(metadata["annotations"]["bootstrap.openshift.io/passwd"].get<std::string>(),
                HasSubstr("bootstrap:x:65532:65532:bootstrap:/workspace/home:/bin/sh\n"));
    EXPECT_TRUE(named(main_of(job)["volumeMounts"], "bootstrap-script").is_null());
  }
}

TEST(JobSource, AToolOfACloneIsBelowItsPath) {
  json spec = with_git(https());
  spec["phases"][0]["steps"][0].merge_patch({{"command", nullptr}, {"tool", "x"}});
  spec["tools"]["path"] = "bin";
  EXPECT_EQ(main_of(job_with_source(spec))["command"], json::array({"/workspace/source/bin/x"}));
}

// --- stdin ---

TEST(JobStdin, IsAFileTheShellOpensBeforeTheToolTakesItsPlace) {
  json spec = with_step(small_spec(), {{"stdin", "$(params.x)\n$(HOME) $$\n"}, {"args", {"a b"}}});
  spec["parameters"] = json::parse(R"([{"name": "x", "value": "$(SECRET) \"q\""}])");
  const json job = job_with_source(spec);
  EXPECT_EQ(main_of(job)["command"],
            (json{"/bin/sh", "-c", "exec \"$0\" \"$@\" </workspace/script/stdin", "tool"}));
  EXPECT_EQ(main_of(job)["args"], json::array({"a b"}));
  EXPECT_EQ(job["spec"]["template"]["metadata"]["annotations"],
            (json{{"bootstrap.openshift.io/stdin", "$(SECRET) \"q\"\n$(HOME) $$\n"}}));
  const json items = named(pod_of(job)["volumes"], "bootstrap-script")["downwardAPI"]["items"];
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0]["path"], "stdin");
  EXPECT_EQ(items[0]["fieldRef"]["fieldPath"],
            "metadata.annotations['bootstrap.openshift.io/stdin']");
}

TEST(JobStdin, FeedsAScriptToo) {
  const json job = job_with_source(
      with_step(small_spec(), {{"command", nullptr}, {"script", "read -r x\n"}, {"stdin", ""}}));
  EXPECT_EQ(main_of(job)["command"][3], "/workspace/script/run");
  EXPECT_EQ(named(pod_of(job)["volumes"], "bootstrap-script")["downwardAPI"]["items"].size(), 2U);
}

// --- the volume all steps share ---

TEST(JobWorkspace, IsMountedInEveryStep) {
  json spec = small_spec();
  EXPECT_TRUE(named(pod_of(job_with_source(spec))["volumes"], "bootstrap-shared").is_null());
  spec["workspace"] = {{"size", "1Gi"}};
  EXPECT_EQ(
      named(pod_of(job_with_source(spec))["volumes"], "bootstrap-shared")["persistentVolumeClaim"],
      (json{{"claimName", claim_name("full-setup", workflow_meta().uid)}}));
  EXPECT_EQ(named(main_of(job_with_source(spec))["volumeMounts"], "bootstrap-shared")["mountPath"],
            "/workspace/shared");
  spec["parameters"] = json::parse(R"([{"name": "team", "value": "a"}])");
  spec["workspace"] = {{"claimName", "shared-$(params.team)"}};
  EXPECT_EQ(
      named(pod_of(job_with_source(spec))["volumes"], "bootstrap-shared")["persistentVolumeClaim"],
      (json{{"claimName", "shared-a"}}));
}

// --- as whom it runs ---

TEST(JobSecurity, WhatIsAskedForIsSetEverywhereTheRestDependsOnThePlatform) {
  struct Row {
    json asked;
    bool openshift;
    json expected;  // besides runAsNonRoot and seccompProfile
  };
  for (const Row& row : {
           Row{json::object(),
               false,
               {{"runAsUser", 65532}, {"runAsGroup", 65532}, {"fsGroup", 65532}}},
           Row{json::object(), true, json::object()},
           Row{{{"runAsUser", 1000}},
               false,
               {{"runAsUser", 1000}, {"runAsGroup", 65532}, {"fsGroup", 65532}}},
           Row{{{"runAsUser", 1000}}, true, {{"runAsUser", 1000}}},
           Row{{{"runAsGroup", 0}, {"fsGroup", 7}}, true, {{"runAsGroup", 0}, {"fsGroup", 7}}},
           Row{{{"runAsUser", 1000650000}, {"runAsGroup", 0}, {"fsGroup", 7}},
               false,
               {{"runAsUser", 1000650000}, {"runAsGroup", 0}, {"fsGroup", 7}}},
       }) {
    json spec = small_spec();
    spec["tools"]["securityContext"] = row.asked;
    json security =
        pod_of(job_with_source(spec, {}, {.openshift = row.openshift}))["securityContext"];
    EXPECT_EQ(security["runAsNonRoot"], true);
    EXPECT_EQ(security["seccompProfile"]["type"], "RuntimeDefault");
    security.erase("runAsNonRoot");
    security.erase("seccompProfile");
    EXPECT_EQ(security, row.expected) << row.asked;
  }
}

TEST(JobSecurity, AReadOnlyRootIsForTheCloneToo) {
  json spec = with_git(https());
  EXPECT_FALSE(
      main_of(job_with_source(spec))["securityContext"].contains("readOnlyRootFilesystem"));
  spec["tools"]["securityContext"] = {{"readOnlyRootFilesystem", true}};
  EXPECT_EQ(main_of(job_with_source(spec))["securityContext"]["readOnlyRootFilesystem"], true);
  EXPECT_EQ(clone_of(job_with_source(spec))["securityContext"]["readOnlyRootFilesystem"], true);
}

}  // namespace
}  // namespace bootstrap
