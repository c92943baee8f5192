// The shipped role under the operator itself: nothing it asks for is forbidden, and nothing in the
// role is there for nothing.

#include <set>

#include <gtest/gtest.h>

#include "tests/integration/audit_log.h"
#include "tests/integration/operator_process.h"
#include "tests/integration/played_cluster.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace nlohmann::literals;
using namespace std::chrono_literals;

std::string with_workspace(const std::string& name, const std::string& workspace) {
  std::string text = workflow_of_steps(name, {"a"});
  text.replace(text.find("spec:"), 5, "spec:\n  workspace: " + workspace);
  return text;
}

// Through everything the operator does that asks for another right.
void exercise(Cluster& cluster, const std::string& ns, OperatorProcess& op) {
  const PlayedCluster played(cluster, ns);
  cluster.apply(ns, R"(
apiVersion: v1
kind: Node
metadata: {name: node1}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: builder, labels: {bootstrap.openshift.io/allow-workflows: "true"}}
)");
  std::string full = workflow_of_steps("full", {"a", "b"});
  full.replace(full.find("{image:"), 1, "{serviceAccountName: builder, ");
  cluster.apply(ns, full);
  const std::string a = played.run_pod_of("full", "a");
  op.kill();  // the next one must read the stored plan
  op.start();
  played.end_pod(a, 0);
  played.end_pod(played.run_pod_of("full", "b"), 0);

  // A volume of its own, and one that somebody else would have to make.
  cluster.apply(ns, with_workspace("shares", "{size: 1Mi}"));
  played.end_pod(played.run_pod_of("shares", "a"), 0);
  cluster.apply(ns, with_workspace("claims", "{claimName: of-somebody-else}"));
  cluster.await_reason(ns, "claims", "ClaimNotFound", 30s);
  cluster.await_state(ns, "shares", "Succeeded", 30s);

  // A lock; and what it leaves behind is deleted at once.
  std::string locked = workflow_of_steps("locked", {"a"});
  locked.replace(locked.find("spec:"), 5, "spec:\n  lock: l\n  jobRetention: 1s");
  cluster.apply(ns, locked);
  played.end_pod(played.run_pod_of("locked", "a"), 0);
  EXPECT_TRUE(eventually(30s, [&] {
    return !status_text(cluster.workflow(ns, "locked"), "cleanupTime").empty();
  })) << cluster.workflow(ns, "locked").dump(1);

  // A wait: for what the operator may read and the workflow's account may not.
  cluster.apply(ns, R"(
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: waits}
spec:
  phases:
  - name: work
    steps:
    - name: a
      waitFor:
        resource:
          apiVersion: apiextensions.k8s.io/v1
          kind: CustomResourceDefinition
          name: bootstrapworkflows.bootstrap.openshift.io
        condition: {type: Established}
)");
  cluster.await_reason(ns, "waits", "ServiceAccountMayNotRead", 20s);

  // What is said again is counted in the same Event.
  cluster.apply(ns, R"(
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: asks}
spec: {phases: [{name: p, steps: [{name: s, ask: {parameters: [{name: go, allowed: ["yes"]}]}}]}]}
)");
  for (const auto& [answers, reason] :
       {std::pair{R"([{"name": "go", "value": "no"}])", "AnswerRefused"},
        std::pair{"null", "WaitingForAnswers"},
        std::pair{R"([{"name": "go", "value": "no"}])", "AnswerRefused"}}) {
    cluster.kubectl_output({"patch", "bwf", "-n", ns, "asks", "--type=merge", "-p",
                            std::string(R"({"spec": {"answers": )") + answers + "}}"});
    EXPECT_TRUE(eventually(20s, [&] {
      const json workflow = cluster.workflow(ns, "asks");
      return workflow.contains("/status/phases"_json_pointer) &&
             step_of(workflow, "p", "s").value("reason", "") == reason;
    })) << reason;
  }

  // A template, which is not there at first.
  cluster.apply(ns, R"(
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: of-template}
spec: {templateRef: {name: none}}
)");
  cluster.await_reason(ns, "of-template", "TemplateNotFound", 20s);

  // Children: one that takes too long, and one that somebody deletes.
  std::string of_chain = workflow_of_steps("chain", {"a"});
  of_chain.replace(of_chain.find("BootstrapWorkflow"), 17, "BootstrapWorkflowTemplate");
  cluster.apply(ns, of_chain);
  for (const char* name : {"late", "orphan"})
    cluster.apply(ns, std::string("apiVersion: bootstrap.openshift.io/v1alpha1\n"
                                  "kind: BootstrapWorkflow\nmetadata: {name: ") +
                          name + "}\nspec: {phases: [{name: p, steps: [{name: s, timeout: " +
                          (name == std::string("late") ? "5s" : "1h") +
                          ", "
                          "workflow: {templateRef: {name: chain}}}]}]}\n");
  cluster.await_reason(ns, "orphan", "ChildRunning", 20s);
  const std::string orphan = step_of(cluster.workflow(ns, "orphan"), "p", "s").at("child");
  cluster.kubectl_output({"delete", "bwf", "-n", ns, orphan, "--cascade=background"});
  cluster.await_state(ns, "orphan", "Failed", 20s);
  cluster.await_state(ns, "late", "Failed", 30s);

  // No pod ever comes: Events are looked at, and the Job is stopped in the end.
  std::string never = workflow_of_steps("never", {"a"});
  never.replace(never.find("{name: a,"), 9, "{name: a, startTimeout: 7s,");
  cluster.apply(ns, never);
  // A Job that somebody deletes: only the API server's word counts.
  cluster.apply(ns, workflow_of_steps("deleted", {"a"}));
  const json job = played.await_job("deleted", "a");
  cluster.kubectl_output({"delete", "job", "-n", ns, job.at("metadata").at("name")});
  cluster.await_state(ns, "deleted", "Failed", 30s);
  cluster.await_state(ns, "never", "Failed", 30s);
  cluster.await_state(ns, "full", "Succeeded", 30s);
  cluster.kubectl_output({"delete", "node", "node1"});
}

using Right = std::pair<std::string, std::string>;  // "group/resource", verb

std::set<Right> rights_of_role(Cluster& cluster) {
  std::set<Right> rights;
  const json role = json::parse(
      cluster.kubectl_output({"get", "clusterrole", "bootstrap-operator", "-o", "json"}));
  for (const json& rule : role.at("rules"))
    for (const std::string group : rule.at("apiGroups"))
      for (const std::string resource : rule.at("resources"))
        for (const std::string verb : rule.at("verbs"))
          rights.emplace(group + "/" + resource, verb);
  return rights;
}

std::set<Right> rights_used() {
  std::set<Right> used;
  for (const Request& r : AuditLog::of_user(kOperatorUser).all())
    if (!r.resource.empty()) used.emplace(r.group + "/" + r.resource, r.verb);
  return used;
}

// Needed, though no request of this test shows it.
const std::set<Right> kNeededOtherwise{
    // For API servers that cannot stream a list (WatchList).
    {"bootstrap.openshift.io/bootstrapworkflows", "list"},
    {"bootstrap.openshift.io/bootstrapworkflowtemplates", "list"},
    {"batch/jobs", "list"},
    {"apiextensions.k8s.io/customresourcedefinitions", "list"},
    // Asked by an admission plugin, see below.
    {"bootstrap.openshift.io/bootstrapworkflows/finalizers", "update"},
};

class Rights : public ::testing::Test {
 protected:
  Cluster& cluster_ = Cluster::of_test();
};

TEST_F(Rights, AreEnoughAndNoneIsSuperfluous) {
  install(cluster_);
  const TestNamespace ns(cluster_, "it-rights");
  OperatorProcess op(cluster_);
  exercise(cluster_, ns, op);
  EXPECT_EQ(0, op.stop());

  for (const Request& r : AuditLog::of_user(kOperatorUser).all()) {
    // Of other tests' namespaces: in one that is being deleted nothing may be created.
    if (r.path.find("/namespaces/it-") != std::string::npos &&
        r.path.find("/namespaces/" + ns.name() + "/") == std::string::npos)
      continue;
    EXPECT_NE(403, r.code) << r.verb << " " << r.path;
    EXPECT_NE(401, r.code) << r.verb << " " << r.path;
  }
  const auto granted = rights_of_role(cluster_);
  auto used = rights_used();
  for (const auto& [resource, verb] : used)
    EXPECT_TRUE(granted.contains({resource, verb})) << verb << " " << resource;
  used.insert(kNeededOtherwise.begin(), kNeededOtherwise.end());
  for (const auto& [resource, verb] : granted)
    EXPECT_TRUE(used.contains({resource, verb})) << verb << " " << resource << " is never used";
}

// As on OpenShift: without it no Job could be owned by a workflow.
TEST_F(Rights, FinalizersAreWhatOwnershipNeeds) {
  install(cluster_);
  const TestNamespace ns(cluster_, "it-finalizers");
  cluster_.apply(ns, workflow_of_steps("owner", {"a"}));
  const json owner = cluster_.workflow(ns, "owner");
  const json owned{{"apiVersion", "apps/v1"},
                   {"kind", "ControllerRevision"},
                   {"revision", 1},
                   {"data", json::object()},
                   {"metadata",
                    {{"name", "owned"},
                     {"ownerReferences",
                      {{{"apiVersion", owner.at("apiVersion")},
                        {"kind", owner.at("kind")},
                        {"name", "owner"},
                        {"uid", owner.at("metadata").at("uid")},
                        {"controller", true},
                        {"blockOwnerDeletion", true}}}}}}};
  const auto create_as = [&](const std::string& user) {
    return cluster_.kubectl({"create", "--dry-run=server", "-n", ns, "-f", "-", "--as=" + user},
                            {.input = owned.dump()});
  };
  cluster_.kubectl_output(
      {"create", "clusterrole", ns.name(), "--verb=create", "--resource=controllerrevisions.apps"});
  cluster_.kubectl_output(
      {"create", "clusterrolebinding", ns.name(), "--clusterrole=" + ns.name(), "--user=nobody"});
  const Completed without = create_as("nobody");
  const Completed with = create_as(kOperatorUser);
  cluster_.kubectl({"delete", "clusterrole,clusterrolebinding", ns.name()});

  EXPECT_EQ(1, without.code);
  EXPECT_NE(std::string::npos, without.err.find("cannot set blockOwnerDeletion")) << without.err;
  EXPECT_EQ(0, with.code) << with.err;
}

}  // namespace
}  // namespace bootstrap::testing
