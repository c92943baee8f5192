// Templates with real pods: the sample that uses one twice, and children that fail, take too long,
// or go with their parent.

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
using ::testing::MatchesRegex;

constexpr const char* kTemplate = R"yaml(
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflowTemplate
metadata: {name: one-script}
spec:
  parameters: [{name: seconds, default: "0"}, {name: code, default: "0"}]
  tools: {image: "docker.io/library/busybox:1.35"}
  phases:
  - name: work
    steps:
    - name: run
      script: |
        trap 'sleep 3; exit 143' TERM
        sleep "$PARAM_SECONDS" & wait $!
        exit "$PARAM_CODE"
  finally:
  - name: clean
    steps:
    - {name: up, script: "echo cleaning up after $BOOTSTRAP_WORKFLOW_RESULT"}
)yaml";

std::string parent(const std::string& name, const std::string& parameter, const std::string& value,
                   const std::string& timeout = "1h") {
  return "apiVersion: bootstrap.openshift.io/v1alpha1\nkind: BootstrapWorkflow\nmetadata: {name: " +
         name + "}\nspec: {phases: [{name: p, steps: [{name: s, timeout: " + timeout +
         ", workflow: {templateRef: {name: one-script}, parameters: [{name: " + parameter +
         ", value: \"" + value + "\"}]}}]}]}\n";
}

std::string child_of(const json& workflow) {
  return step_of(workflow, "p", "s").value("child", "");
}

class Templates : public ::testing::Test {
 protected:
  Cluster& cluster_ = Cluster::of_test();
  const TestNamespace ns_{cluster_, "e2e-templates"};
};

TEST_F(Templates, UsedTwice) {
  cluster_.kubectl_output({"apply", "-n", ns_, "-f", kSamples + "two-clusters.yaml"});
  const json waits = cluster_.await_reason(ns_, "two-clusters", "TemplateNotFound", 30s);
  EXPECT_EQ("Pending", status_text(waits, "state"));
  cluster_.kubectl_output({"apply", "-n", ns_, "-f", kSamples + "new-cluster-template.yaml"});
  const json workflow = cluster_.await_state(ns_, "two-clusters", "Succeeded", 120s);

  EXPECT_EQ("2/2 100%", workflow.at("status").at("progress").at("text"));
  const std::string east = step_of(workflow, "clusters", "east").at("child");
  const std::string west = step_of(workflow, "clusters", "west").at("child");
  EXPECT_EQ("creating shop-east in us-east-1\n", log_of(cluster_, ns_, east, "cluster", "create"));
  EXPECT_EQ("creating shop-west in eu-west-1\n", log_of(cluster_, ns_, west, "cluster", "create"));
  EXPECT_EQ(3U, AuditLog::of_namespace(ns_).count([](const Request& r) {
    return r.verb == "create" && r.resource == "bootstrapworkflows" && r.succeeded();
  })) << "the workflow and its two children, each once";
  // Which of the two ends first is open, so the history is not looked at.
  std::string seen;
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"get", "bwft"}, {"get", "bwf"}, {"get", "bwf", "-o", "wide"}}) {
    seen += "$ kubectl";
    for (const std::string& word : command) seen += " " + word;
    std::vector<std::string> here = command;
    here.insert(here.end(), {"-n", ns_});
    seen += "\n" + cluster_.kubectl_output(here) + "\n";
  }
  expect_golden("two-clusters", seen, {ns_, "two-clusters"});
}

TEST_F(Templates, PassAFailureUp) {
  cluster_.apply(ns_, kTemplate);
  cluster_.apply(ns_, parent("fails", "code", "3"));
  const json workflow = cluster_.await_state(ns_, "fails", "Failed", 60s);
  EXPECT_EQ("ChildFailed", step_of(workflow, "p", "s").at("reason"));
  EXPECT_THAT(status_text(workflow, "message"),
              MatchesRegex("p/s failed \\(ChildFailed\\): workflow fails-s-[a-z2-7]+ failed "
                           "\\(StepFailed\\): work/run failed \\(ToolFailed\\): exit code 3.*"));
  EXPECT_EQ("cleaning up after Failed\n", log_of(cluster_, ns_, child_of(workflow), "clean", "up"));
}

TEST_F(Templates, AreStoppedInTimeWithTheirPods) {
  cluster_.apply(ns_, kTemplate);
  cluster_.apply(ns_, parent("late", "seconds", "600", "10s"));
  const json workflow = cluster_.await_state(ns_, "late", "Failed", 120s);
  EXPECT_EQ("TimedOut", step_of(workflow, "p", "s").at("reason"));
  EXPECT_THAT(status_text(workflow, "message"),
              HasSubstr("did not end within its timeout of 10s: runs workflow "));
  EXPECT_EQ("Cancelled", status_text(cluster_.workflow(ns_, child_of(workflow)), "state"));
  EXPECT_EQ("cleaning up after Cancelled\n",
            log_of(cluster_, ns_, child_of(workflow), "clean", "up"));
  for (const json& pod : cluster_.items(kube::resources::kPods, ns_))
    for (const json& container : pod.at("status").value("containerStatuses", json::array()))
      EXPECT_TRUE(container.at("state").contains("terminated"))
          << "it was over before its pod had ended";
}

TEST_F(Templates, GoWithTheirParent) {
  cluster_.apply(ns_, kTemplate);
  cluster_.apply(ns_, parent("deleted", "seconds", "600"));
  ASSERT_TRUE(eventually(60s, [&] {
    const json workflow = cluster_.workflow(ns_, "deleted");
    return status_text(workflow, "message").find("work/run is running") != std::string::npos;
  })) << cluster_.workflow(ns_, "deleted").dump(1);
  cluster_.kubectl_output({"delete", "bwf", "-n", ns_, "deleted"});
  EXPECT_TRUE(eventually(90s, [&] {
    return cluster_.items(kube::resources::kWorkflows, ns_).empty() &&
           cluster_.items(kube::resources::kPods, ns_).empty();
  }));
}

// The pods of its children count as its own.
TEST_F(Templates, OfADeletedWorkflowAreWaitedForByTheNextOfItsName) {
  cluster_.apply(ns_, kTemplate);
  cluster_.apply(ns_, parent("again", "seconds", "600"));
  ASSERT_TRUE(eventually(60s, [&] {
    const json workflow = cluster_.workflow(ns_, "again");
    return status_text(workflow, "message").find("work/run is running") != std::string::npos;
  })) << cluster_.workflow(ns_, "again").dump(1);
  const auto pods = cluster_.items(kube::resources::kPods, ns_);
  ASSERT_EQ(pods.size(), 1U);
  const std::string pod = pods[0].at("metadata").at("name");
  cluster_.kubectl_output({"delete", "bwf", "-n", ns_, "again"});
  cluster_.apply(ns_, parent("again", "seconds", "0"));
  const json waits = cluster_.await_reason(ns_, "again", "PreviousRunTerminating", 10s);
  EXPECT_EQ("waits for pod " + pod + " of a former workflow of this name to end",
            status_text(waits, "message"));
  cluster_.await_state(ns_, "again", "Succeeded", 60s);
}

}  // namespace
}  // namespace bootstrap::testing
