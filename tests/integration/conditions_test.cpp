// Conditions on a real API server: what is in the cluster, what steps have given, and the rights
// that looking takes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/played_cluster.h"
#include "tests/integration/running_engine.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

// A namespace whose default account may read ConfigMaps, and the engine as administrator.
class Conditions : public ::testing::Test {
 protected:
  Conditions() : ns_(cluster_, "it-conditions"), played_(cluster_, ns_.name()) {
    allow("configmaps");
  }

  void allow(const std::string& resource) {
    cluster_.kubectl_output(
        {"create", "role", "-n", ns_, resource, "--verb=get,list", "--resource=" + resource});
    cluster_.kubectl_output({"create", "rolebinding", "-n", ns_, resource, "--role=" + resource,
                             "--serviceaccount=" + ns_.name() + ":default"});
  }
  // A workflow of one phase p with these steps, YAML flow mappings.
  void start(const std::string& name, const std::string& steps, const std::string& tools = "") {
    cluster_.apply(ns_, R"(
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: )" + name + "}\nspec:\n  tools: {image: tools" +
                            tools + "}\n  phases:\n  - name: p\n    steps:\n" + steps);
  }
  void end_step(const std::string& workflow, const std::string& step,
                const std::string& outputs = "") {
    played_.end_pod(played_.run_pod_of(workflow, step), 0, outputs);
  }
  void await_message(const std::string& name, const std::string& part) {
    EXPECT_TRUE(eventually(30s, [&] {
      return status_text(cluster_.workflow(ns_, name), "message").find(part) != std::string::npos;
    })) << status_text(cluster_.workflow(ns_, name), "message");
  }
  json step(const json& workflow, const std::string& name) { return step_of(workflow, "p", name); }

  Cluster& cluster_ = install(Cluster::of_test());
  TestNamespace ns_;
  PlayedCluster played_;
};

TEST_F(Conditions, DecideByTheClusterAndByOutputs) {
  cluster_.kubectl_output({"create", "configmap", "-n", ns_, "present"});
  RunningEngine engine(cluster_, {});
  ASSERT_TRUE(engine.await_synced());
  start("w", R"(
    - {name: look, command: [look]}
    - name: absent
      command: [x]
      when: [{resource: {apiVersion: v1, kind: ConfigMap, name: present}, exists: false}]
    - {name: other, command: [x], when: [{output: p.look.made, operator: In, values: [other]}]}
    - name: wait
      waitFor: {resource: {apiVersion: v1, kind: ConfigMap, name: $(steps.p.look.outputs.made)}, exists: true}
    - name: use
      command: [x]
      when:
      - {output: p.look.made, operator: Exists}
      - resource: {apiVersion: v1, kind: ConfigMap, name: $(steps.p.look.outputs.made)}
        jsonPath: "{.data.state}"
        value: ready
)");
  end_step("w", "look", "made=hub\n");
  await_message("w", "p/wait waits for ConfigMap hub: it does not exist yet");
  cluster_.kubectl_output({"create", "configmap", "-n", ns_, "hub", "--from-literal=state=ready"});
  end_step("w", "use");
  const json workflow = cluster_.await_state(ns_, "w", "Succeeded", 30s);
  EXPECT_EQ(step(workflow, "absent").at("state"), "Skipped");
  EXPECT_EQ(step(workflow, "absent").at("message"), "ConfigMap present: it exists");
  EXPECT_EQ(step(workflow, "other").at("message"),
            "output p.look.made is \"hub\", and must be one of [other]");
  EXPECT_EQ(workflow.at("status").at("progress").at("text"), "3/3 100%");
}

TEST_F(Conditions, AreLookedAtOnlyForWhoMayRead) {
  cluster_.kubectl_output({"create", "serviceaccount", "-n", ns_, "admin"});
  cluster_.kubectl_output({"create", "secret", "generic", "-n", ns_, "s"});
  RunningEngine engine(cluster_, {});
  const std::string step_a = R"(
    - name: a
      command: [x]
      when: [{resource: {apiVersion: v1, kind: Secret, name: s}, exists: true}]
)";
  start("named", step_a, ", serviceAccountName: admin");
  start("plain", step_a);
  cluster_.await_reason(ns_, "named", "ServiceAccountNotAllowed", 20s);
  cluster_.await_reason(ns_, "plain", "ServiceAccountMayNotRead", 20s);
  await_message("plain", "p/a waits: ServiceAccount default may not get Secret s (v1)");
  EXPECT_EQ(step(cluster_.workflow(ns_, "plain"), "a").at("state"), "Pending");
  EXPECT_FALSE(played_.has_job("plain", "a"));
  cluster_.kubectl_output({"label", "serviceaccount", "-n", ns_, "admin",
                           "bootstrap.openshift.io/allow-workflows=true"});
  cluster_.await_reason(ns_, "named", "ServiceAccountMayNotRead", 60s);
  allow("secrets");
  end_step("plain", "a");
  cluster_.await_state(ns_, "plain", "Succeeded", 30s);
}

}  // namespace
}  // namespace bootstrap::testing
