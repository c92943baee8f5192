// Waits on a real API server: kinds and objects that come and go, conditions, labels, rights, and a
// server that is restarted meanwhile.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/audit_log.h"
#include "tests/integration/played_cluster.h"
#include "tests/integration/running_engine.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

// A namespace whose default account may read what the tests wait for, and the engine as
// administrator.
class Waits : public ::testing::Test {
 protected:
  Waits() : ns_(cluster_, "it-waits") {
    cluster_.apply("default", R"(
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: )" + ns_.name() + R"(}
rules:
- apiGroups: ["", apiextensions.k8s.io, )" +
                                  group() + R"(]
  resources: [componentstatuses, configmaps, customresourcedefinitions, widgets]
  verbs: [get, list]
)");
    cluster_.kubectl_output({"create", "clusterrolebinding", ns_.name(),
                             "--clusterrole=" + ns_.name(),
                             "--serviceaccount=" + ns_.name() + ":default"});
  }
  ~Waits() override {
    cluster_.kubectl({"delete", "clusterrolebinding", ns_.name(), "--ignore-not-found"});
    cluster_.kubectl({"delete", "clusterrole", ns_.name(), "--ignore-not-found"});
    cluster_.kubectl({"delete", "crd", "widgets." + group(), "--ignore-not-found"});
  }

  // A group of this test alone.
  std::string group() const { return ns_.name() + ".example.com"; }

  // A workflow of one step that waits for `query`, a YAML flow mapping.
  void wait_for(const std::string& name, const std::string& query,
                const std::string& timeout = "10m") {
    cluster_.apply(ns_,
                   "apiVersion: bootstrap.openshift.io/v1alpha1\nkind: BootstrapWorkflow\n"
                   "metadata: {name: " +
                       name +
                       "}\n"
                       "spec: {phases: [{name: p, steps: [{name: s, timeout: " +
                       timeout + ", waitFor: " + query + "}]}]}\n");
  }
  void create_kind() {
    cluster_.apply("default", R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.)" + group() +
                                  R"(}
spec:
  group: )" + group() + R"(
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema:
      openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
)");
  }
  // Retried: the kind is served a moment after it is Established.
  void create_widget(const std::string& name, const std::string& labels = "{}") {
    const std::string yaml = "apiVersion: " + group() +
                             "/v1\nkind: Widget\nmetadata: {name: " + name + ", labels: " + labels +
                             "}\n";
    ASSERT_TRUE(eventually(20s, [&] {
      return cluster_.kubectl({"apply", "-n", ns_, "-f", "-"}, {.input = yaml}).code == 0;
    }));
  }
  void set_ready(const std::string& name, const std::string& status) {
    cluster_.kubectl_output(
        {"patch", "widgets." + group(), name, "-n", ns_, "--subresource=status", "--type=merge",
         "-p", R"({"status":{"conditions":[{"type":"Ready","status":")" + status + R"("}]}})"});
  }
  std::string widget(const std::string& which) const {
    return "{resource: {apiVersion: " + group() + "/v1, kind: Widget, " + which + "}, ";
  }
  void await_message(const std::string& name, const std::string& part) {
    EXPECT_TRUE(eventually(30s, [&] {
      return status_text(cluster_.workflow(ns_, name), "message").find(part) != std::string::npos;
    })) << status_text(cluster_.workflow(ns_, name), "message");
  }
  json ended(const std::string& name, const std::string& state = "Succeeded") {
    return cluster_.await_state(ns_, name, state, 60s);
  }

  Cluster& cluster_ = install(Cluster::of_test());
  TestNamespace ns_;
};

TEST_F(Waits, ForACustomResourceDefinitionAndForObjectsOfIt) {
  RunningEngine engine(cluster_, {});
  ASSERT_TRUE(engine.await_synced());
  wait_for("crd",
           "{resource: {apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, "
           "name: widgets." +
               group() + "}, condition: {type: Established}}");
  wait_for("object", widget("name: x") + "condition: {type: Ready}}");
  await_message("crd", "it does not exist yet");
  await_message("object", "there is no kind Widget in " + group() + "/v1 yet");
  create_kind();
  ended("crd");
  create_widget("x");
  await_message("object", "condition Ready is not there yet");
  set_ready("x", "False");
  await_message("object", "condition Ready is \"False\"");
  set_ready("x", "True");
  const json workflow = ended("object");
  EXPECT_EQ(step_of(workflow, "p", "s").at("attempts"), 1);
  EXPECT_FALSE(step_of(workflow, "p", "s").contains("job"));
  EXPECT_EQ(0U, AuditLog::of_namespace(ns_).count([](const Request& r) {
    return r.verb == "create" && (r.resource == "jobs" || r.resource == "pods");
  }));
}

TEST_F(Waits, ForDeletion) {
  cluster_.kubectl_output({"create", "configmap", "-n", ns_, "old"});
  RunningEngine engine(cluster_, {});
  wait_for("gone", "{resource: {apiVersion: v1, kind: ConfigMap, name: old}, exists: false}");
  await_message("gone", "ConfigMap old: it still exists");
  cluster_.kubectl_output({"delete", "configmap", "-n", ns_, "old"});
  ended("gone");
}

TEST_F(Waits, ForAValueAndForLabels) {
  create_kind();
  create_widget("a", "{app: web}");
  create_widget("b", "{app: web}");
  create_widget("c", "{app: db}");
  set_ready("b", "True");
  RunningEngine engine(cluster_, {});
  const std::string web = widget("labelSelector: {matchLabels: {app: web}}");
  std::string any = widget("match: Any, labelSelector: {matchLabels: {app: web}}");
  wait_for("all", web + "condition: {type: Ready}}");
  wait_for("any", any + "condition: {type: Ready}}");
  wait_for("path", widget("name: c") +
                       "jsonPath: '{.status.conditions[?(@.type==\"Ready\")].status}', "
                       "value: \"Unknown\"}");
  ended("any");
  await_message("all", "1 of 2; a: condition Ready is not there yet");
  set_ready("a", "True");
  ended("all");
  set_ready("c", "Unknown");
  ended("path");
}

TEST_F(Waits, TimeOut) {
  RunningEngine engine(cluster_, {});
  wait_for("late", "{resource: {apiVersion: v1, kind: ConfigMap, name: never}, exists: true}",
           "3s");
  const json workflow = ended("late", "Failed");
  EXPECT_EQ(step_of(workflow, "p", "s").at("reason"), "TimedOut");
  EXPECT_EQ(step_of(workflow, "p", "s").at("message"),
            "did not come within its timeout of 3s: ConfigMap never: it does not exist yet");
}

TEST_F(Waits, EndAtOnceWhenNothingWouldTellOfAChange) {
  RunningEngine engine(cluster_, {});
  wait_for("probe",
           "{resource: {apiVersion: v1, kind: ComponentStatus, name: etcd-0}, "
           "condition: {type: Healthy}}");
  const json workflow = ended("probe", "Failed");
  EXPECT_EQ(step_of(workflow, "p", "s").at("reason"), "ResourceCannotBeWatched");
  await_message("probe", "ComponentStatus etcd-0: ComponentStatus of v1 cannot be watched");
}

TEST_F(Waits, AreOverOnlyForWhatTheAccountMayRead) {
  RunningEngine engine(cluster_, {});
  cluster_.kubectl_output({"create", "secret", "generic", "-n", ns_, "s"});
  wait_for("secret", "{resource: {apiVersion: v1, kind: Secret, name: s}, exists: true}");
  cluster_.await_reason(ns_, "secret", "ServiceAccountMayNotRead", 20s);
  await_message("secret", "ServiceAccount default may not get Secret s (v1)");
  cluster_.kubectl_output({"create", "role", "-n", ns_, "s", "--verb=get", "--resource=secrets"});
  cluster_.kubectl_output({"create", "rolebinding", "-n", ns_, "s", "--role=s",
                           "--serviceaccount=" + ns_.name() + ":default"});
  ended("secret");
}

TEST_F(Waits, SurviveARestartOfTheApiServer) {
  RunningEngine engine(cluster_, {});
  wait_for("w", "{resource: {apiVersion: v1, kind: ConfigMap, name: later}, exists: true}");
  await_message("w", "it does not exist yet");
  ASSERT_EQ(0, run({"bash", SOURCE_DIR "/tests/integration/restart_api_server.sh"}).code);
  ASSERT_TRUE(eventually(60s, [&] {
    return cluster_.kubectl({"create", "configmap", "-n", ns_, "later"}).code == 0;
  }));
  ended("w");
}

}  // namespace
}  // namespace bootstrap::testing
