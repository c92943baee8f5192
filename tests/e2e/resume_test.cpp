// Resume, suspend and cancel with real pods: what succeeded is not run again, what runs is ended
// with its grace period, and a workflow goes on where it stopped.

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/golden.h"
#include "tests/e2e/samples.h"
#include "tests/e2e/user_view.h"
#include "tests/integration/audit_log.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

// How often each step's Job was created, by its name without the hash.
std::map<std::string, int> creations_of_jobs(const std::string& ns) {
  std::map<std::string, int> created;
  for (const Request& r : AuditLog::of_namespace(ns).select([](const Request& r) {
         return r.verb == "create" && r.resource == "jobs" && r.succeeded();
       }))
    ++created[r.name.substr(0, r.name.rfind('-'))];
  return created;
}

void patch(Cluster& cluster, const std::string& ns, const std::string& workflow,
           const std::string& spec) {
  cluster.kubectl_output(
      {"patch", "bwf", workflow, "-n", ns, "--type", "merge", "-p", "{\"spec\":" + spec + "}"});
}

// The command that a workflow's message ends with, as it would be pasted.
std::string command_in(const std::string& message) {
  const auto at = message.find("kubectl patch ");
  const auto end = message.find('\'', message.find('\'', at) + 1);
  return message.substr(at, end + 1 - at);
}

class Resume : public ::testing::Test {
 protected:
  Cluster& cluster_ = Cluster::of_test();
  const TestNamespace ns_{cluster_, "e2e-resume"};
};

TEST_F(Resume, FullSetupGoesOnWhereItFailedOnceTheToolIsMended) {
  cluster_.kubectl_output({"apply", "-n", ns_, "-f", kSamples + "fullsetup-tools.yaml"});
  const std::string broken =
      R"({"data":{"new-cluster":"#!/bin/sh\necho the cloud says no >&2\nexit 4\n"}})";
  cluster_.kubectl_output(
      {"patch", "configmap", "fullsetup-tools", "-n", ns_, "--type", "merge", "-p", broken});
  cluster_.kubectl_output({"apply", "-n", ns_, "-f", kSamples + "fullsetup-workflow.yaml"});
  const json failed = cluster_.await_state(ns_, "full-setup", "Failed", 120s);
  EXPECT_THAT(status_text(failed, "message"), HasSubstr("exit code 4: the cloud says no"));

  cluster_.kubectl_output({"apply", "-n", ns_, "-f", kSamples + "fullsetup-tools.yaml"});
  const Completed typed = cluster_.typed(command_in(status_text(failed, "message")));
  ASSERT_EQ(0, typed.code) << typed.err;
  const json workflow = cluster_.await_state(ns_, "full-setup", "Succeeded", 120s);

  EXPECT_EQ(2, workflow.at("status").at("run"));
  EXPECT_EQ("6/6 100%", workflow.at("status").at("progress").at("text"));
  EXPECT_EQ((std::map<std::string, int>{{"full-setup-bootstrap", 1},
                                        {"full-setup-vault-integration", 1},
                                        {"full-setup-new-cluster", 2},
                                        {"full-setup-health-check", 1},
                                        {"full-setup-generate-docs", 1},
                                        {"full-setup-update-dynamic-docs", 1}}),
            creations_of_jobs(ns_))
      << "phases 1 and 2 are not run again";
  const std::string first_plan = step_of(workflow, "secrets", "vault-integration").at("plan");
  EXPECT_EQ(first_plan, failed.at("status").at("plan"));
  EXPECT_NE(first_plan, step_of(workflow, "cluster", "new-cluster").at("plan"));
  expect_golden("resumed", user_view(cluster_, ns_, "full-setup"), {ns_, "full-setup"});
}

constexpr const char* kSlow = R"yaml(
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: slow}
spec:
  tools: {image: "docker.io/library/busybox:1.35"}
  phases:
  - name: work
    steps:
    - {name: first, command: ["true"]}
    - name: tool
      script: |
        trap 'echo was told to end; exit 143' TERM
        echo works
        i=0
        while [ $i -lt ${SECONDS_TO_RUN:-600} ]; do sleep 1; i=$((i+1)); done
    - {name: last, command: ["true"]}
  finally:
  - name: clean
    steps:
    - {name: up, script: "echo cleaning up after $BOOTSTRAP_WORKFLOW_RESULT"}
)yaml";

// Its script has come so far that it would notice SIGTERM.
void await_working(Cluster& cluster, const std::string& ns) {
  ASSERT_TRUE(eventually(30s, [&] {
    const std::string job = step_of(cluster.workflow(ns, "slow"), "work", "tool").value("job", "");
    return !job.empty() && cluster.kubectl({"logs", "-n", ns, "job/" + job}).out == "works\n";
  })) << "the tool does not run";
}

TEST_F(Resume, CancelEndsTheToolRunsFinallyAndAResumeGoesOn) {
  cluster_.apply(ns_, kSlow);
  await_working(cluster_, ns_);
  patch(cluster_, ns_, "slow", R"({"cancel": true})");
  const json cancelled = cluster_.await_state(ns_, "slow", "Cancelled", 60s);
  EXPECT_EQ("Cancelled", step_of(cancelled, "work", "tool").at("state"));
  // Its pod goes with the suspension of its Job; what it said last is on record.
  EXPECT_EQ(143, step_of(cancelled, "work", "tool").value("exitCode", 0));
  EXPECT_THAT(step_of(cancelled, "work", "tool").value("logTail", ""),
              HasSubstr("was told to end"));
  EXPECT_EQ("cleaning up after Cancelled\n", log_of(cluster_, ns_, "slow", "clean", "up"));
  expect_end(cluster_, ns_, "slow", "cancelled");

  patch(cluster_, ns_, "slow", R"({"resume": {"run": 2}})");
  ASSERT_TRUE(eventually(10s, [&] {
    const json said = condition_of(cluster_.workflow(ns_, "slow"), "ResumeAccepted");
    return !said.is_null() && said.at("reason") == "CancelIsSet";
  })) << "a resume of what is still told to be cancelled is not refused";
  // The step with another definition: it ends by itself.
  std::string mended = kSlow;
  mended.replace(mended.find("${SECONDS_TO_RUN:-600}"), 22, "1");
  cluster_.apply(ns_, mended);
  const Completed typed = cluster_.typed(command_in(status_text(cancelled, "message")));
  ASSERT_EQ(0, typed.code) << typed.err;
  cluster_.await_state(ns_, "slow", "Succeeded", 60s);
  EXPECT_EQ((std::map<std::string, int>{
                {"slow-first", 1}, {"slow-tool", 2}, {"slow-last", 1}, {"slow-up", 2}}),
            creations_of_jobs(ns_));
  EXPECT_EQ("cleaning up after Succeeded\n", log_of(cluster_, ns_, "slow", "clean", "up"));
}

TEST_F(Resume, SuspendLetsTheToolEndAndStartsNothing) {
  std::string brief = kSlow;
  brief.replace(brief.find("${SECONDS_TO_RUN:-600}"), 22, "3");
  cluster_.apply(ns_, brief);
  await_working(cluster_, ns_);
  patch(cluster_, ns_, "slow", R"({"suspend": true})");
  const json suspended = cluster_.await_state(ns_, "slow", "Suspended", 60s);
  EXPECT_EQ("Succeeded", step_of(suspended, "work", "tool").at("state"));
  EXPECT_EQ("Pending", step_of(suspended, "work", "last").at("state"));
  expect_end(cluster_, ns_, "slow", "suspended");
  patch(cluster_, ns_, "slow", R"({"suspend": false})");
  cluster_.await_state(ns_, "slow", "Succeeded", 60s);
  EXPECT_EQ((std::map<std::string, int>{
                {"slow-first", 1}, {"slow-tool", 1}, {"slow-last", 1}, {"slow-up", 1}}),
            creations_of_jobs(ns_));
}

constexpr const char* kParent = R"yaml(
apiVersion: v1
kind: ConfigMap
metadata: {name: tools}
data:
  second: "#!/bin/sh\nexit 5\n"
---
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflowTemplate
metadata: {name: two-steps}
spec:
  tools: {image: "docker.io/library/busybox:1.35", source: {configMap: {name: tools}}}
  phases:
  - name: work
    steps:
    - {name: first, command: ["true"]}
    - {name: second, tool: second}
---
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: parent}
spec:
  phases:
  - name: p
    steps:
    - {name: s, workflow: {templateRef: {name: two-steps}}}
)yaml";

TEST_F(Resume, PassesDownToAChildWhichKeepsWhatItHas) {
  cluster_.apply(ns_, kParent);
  const json failed = cluster_.await_state(ns_, "parent", "Failed", 60s);
  const std::string child = step_of(failed, "p", "s").at("child");
  cluster_.kubectl_output({"patch", "configmap", "tools", "-n", ns_, "--type", "merge", "-p",
                           R"({"data":{"second":"#!/bin/sh\nexit 0\n"}})"});
  patch(cluster_, ns_, "parent", R"({"resume": {"run": 2}})");
  const json workflow = cluster_.await_state(ns_, "parent", "Succeeded", 60s);
  EXPECT_EQ(child, step_of(workflow, "p", "s").at("child"));
  const json resumed = cluster_.workflow(ns_, child);
  EXPECT_EQ(2, resumed.at("status").at("run"));
  EXPECT_EQ(1, step_of(resumed, "work", "first").at("attempts"));
  EXPECT_EQ(2, step_of(resumed, "work", "second").at("attempts"));
}

}  // namespace
}  // namespace bootstrap::testing
