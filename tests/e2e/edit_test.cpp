// Edits of a workflow that runs: the run keeps what it was started with.

#include <gtest/gtest.h>

#include "tests/e2e/golden.h"
#include "tests/e2e/user_view.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr const char* kEdited = R"yaml(
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: edited}
spec:
  parameters:
  - {name: who, value: before}
  tools: {image: "docker.io/library/busybox:1.35"}
  phases:
  - name: work
    steps:
    - {name: first, script: sleep 3}
    - {name: second, command: [echo], args: ["$(params.who)"]
}
)yaml";

TEST(Edit, ChangesNothingThatRuns) {
  Cluster& cluster = Cluster::of_test();
  const TestNamespace ns(cluster, "e2e-edit");
  cluster.apply(ns, kEdited);
  cluster.await_state(ns, "edited", "Running", 30s);
  std::string edited = kEdited;
  edited.replace(edited.find("value: before"), 13, "value: after");
  edited += "    - {name: third, command: [\"true\"]}\n";
  cluster.apply(ns, edited);

  ASSERT_TRUE(eventually(10s, [&] {
    const json current = condition_of(cluster.workflow(ns, "edited"), "PlanCurrent");
    return !current.is_null() && current.at("status") == "False";
  })) << "nothing says that the edit waits";
  const json workflow = cluster.await_state(ns, "edited", "Succeeded", 60s);

  EXPECT_EQ("DefinitionChanged", condition_of(workflow, "PlanCurrent").at("reason"));
  EXPECT_EQ("2/2 100%", workflow.at("status").at("progress").at("text"));
  EXPECT_EQ("before\n", log_of(cluster, ns, "edited", "work", "second"));
  EXPECT_EQ(workflow.at("metadata").at("generation"),
            workflow.at("status").at("observedGeneration"));
  expect_golden("edited", user_view(cluster, ns, "edited"), {ns, "edited"});
}

constexpr const char* kTemplate = R"yaml(
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflowTemplate
metadata: {name: edited-template}
spec:
  parameters: [{name: who, required: true}]
  tools: {image: "docker.io/library/busybox:1.35"}
  phases:
  - name: work
    steps:
    - {name: first, script: sleep 3}
    - {name: second, command: [echo, before], args: ["$(params.who)"]}
)yaml";

TEST(Edit, OfATemplateChangesNothingThatRuns) {
  Cluster& cluster = Cluster::of_test();
  const TestNamespace ns(cluster, "e2e-edit");
  cluster.apply(ns, kTemplate);
  cluster.apply(ns, R"yaml(
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: of-template}
spec:
  templateRef: {name: edited-template}
  parameters: [{name: who, value: me}]
)yaml");
  cluster.await_state(ns, "of-template", "Running", 30s);
  std::string edited = kTemplate;
  edited.replace(edited.find("echo, before"), 12, "echo, after");
  edited += "    - {name: third, command: [\"true\"]}\n";
  cluster.apply(ns, edited);
  const json workflow = cluster.await_state(ns, "of-template", "Succeeded", 60s);

  const json current = condition_of(workflow, "PlanCurrent");
  EXPECT_EQ("False", current.at("status"));
  EXPECT_EQ("DefinitionChanged", current.at("reason"));
  EXPECT_EQ("2/2 100%", workflow.at("status").at("progress").at("text"));
  EXPECT_EQ("before me\n", log_of(cluster, ns, "of-template", "work", "second"));
}

}  // namespace
}  // namespace bootstrap::testing
