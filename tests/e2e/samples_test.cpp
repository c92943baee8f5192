// The samples as they are shipped, from `kubectl apply` to the end, and what they cost the API.

#include "tests/e2e/samples.h"

#include <algorithm>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/golden.h"
#include "tests/e2e/user_view.h"
#include "tests/e2e/volume.h"
#include "tests/integration/audit_log.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

// --- what the audit log says of a namespace ---

bool by_operator(const Request& r) {
  return r.user == kOperatorUser;
}

// The pod of a Job, by the Job's name.
std::map<std::string, std::string> pods_by_job(Cluster& cluster, const std::string& ns) {
  std::map<std::string, std::string> pods;
  for (const json& pod : cluster.items(kube::resources::kPods, ns))
    pods[pod.at("metadata").at("ownerReferences").at(0).at("name")] =
        pod.at("metadata").at("name").get<std::string>();
  return pods;
}

std::vector<std::string> jobs_in_order(const json& workflow) {
  std::vector<std::string> jobs;
  for (const json& phase : workflow.at("status").at("phases"))
    for (const json& step : phase.at("steps"))
      if (step.contains("job")) jobs.push_back(step.at("job"));  // a wait has none
  return jobs;
}

// Each Job once, by the operator, in order, and none before the former step's pod had ended.
void expect_orderly_launches(Cluster& cluster, const std::string& ns, const json& workflow) {
  const AuditLog log = AuditLog::of_namespace(ns);
  const auto creations = log.select(
      [](const Request& r) { return r.verb == "create" && r.resource == "jobs" && r.succeeded(); });
  std::vector<std::string> created;
  for (const Request& r : creations) {
    EXPECT_TRUE(by_operator(r)) << r.user;
    created.push_back(r.name);
  }
  ASSERT_EQ(created, jobs_in_order(workflow));
  const auto ends = log.ends_of_pods();
  const auto pods = pods_by_job(cluster, ns);
  for (std::size_t i = 1; i < creations.size(); ++i) {
    const std::string& former = pods.at(created[i - 1]);
    ASSERT_TRUE(ends.contains(former)) << former;
    EXPECT_GE(creations[i].received, ends.at(former)) << created[i];
    const auto gap = std::chrono::duration_cast<std::chrono::microseconds>(creations[i].received -
                                                                           ends.at(former));
    std::printf("hand-off to %s: %.1f ms after the kubelet's report\n", created[i].c_str(),
                static_cast<double>(gap.count()) / 1000);
  }
}

// Plan, a Job and a status patch for each step, one more status patch for the first launch. Events
// apart.
void expect_two_writes_a_step(const std::string& ns, std::size_t steps) {
  std::map<std::string, std::size_t> writes;
  for (const Request& r : AuditLog::of_namespace(ns).select(by_operator))
    if (r.is_write()) ++writes[r.verb + " " + r.resource];
  EXPECT_LE(writes["create events"], steps + 2);
  writes.erase("create events");
  EXPECT_EQ(writes,
            (std::map<std::string, std::size_t>{{"create controllerrevisions", 1},
                                                {"create jobs", steps},
                                                {"patch bootstrapworkflows/status", steps + 1}}));
}

std::size_t writes_of_operator() {
  return AuditLog::of_user(kOperatorUser).count([](const Request& r) { return r.is_write(); });
}

// True when nothing was written from now on for so long.
bool silent_for(std::chrono::milliseconds how_long) {
  const std::size_t before = writes_of_operator();
  return !eventually(how_long, [&] { return writes_of_operator() != before; });
}

void apply_full_setup(Cluster& cluster, const std::string& ns, const std::string& file) {
  cluster.kubectl_output({"apply", "-n", ns, "-f", kSamples + "fullsetup-tools.yaml"});
  cluster.kubectl_output({"apply", "-n", ns, "-f", kSamples + file});
}

TEST(Samples, FullSetup) {
  Cluster& cluster = Cluster::of_test();
  const TestNamespace ns(cluster, "e2e-full-setup");
  apply_full_setup(cluster, ns, "fullsetup-workflow.yaml");
  const json workflow = cluster.await_state(ns, "full-setup", "Succeeded", 120s);

  EXPECT_EQ("6/6 100%", workflow.at("status").at("progress").at("text"));
  expect_orderly_launches(cluster, ns, workflow);
  EXPECT_TRUE(silent_for(10s)) << "something was written after the end";
  expect_two_writes_a_step(ns, 6);
  EXPECT_THAT(
      event_reasons(cluster, ns, "full-setup"),
      ElementsAre("StepSucceeded", "StepSucceeded", "StepSucceeded", "StepSucceeded",
                  "StepSucceeded", "StepSucceeded", "WorkflowStarted", "WorkflowSucceeded"));
  expect_golden("full-setup", user_view(cluster, ns, "full-setup"), {ns, "full-setup"});
  const std::string log = log_of(cluster, ns, "full-setup", "cluster", "new-cluster");
  EXPECT_NE(std::string::npos, log.find("at=" + ns.name() + "/full-setup/cluster/new-cluster"))
      << log;
}

constexpr const char* kSampleCrd = "sampleclusters.samples.bootstrap.openshift.io";

// As the tool install-crds makes it.
constexpr const char* kCrdOfSample = R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: sampleclusters.samples.bootstrap.openshift.io}
spec:
  group: samples.bootstrap.openshift.io
  names: {kind: SampleCluster, plural: sampleclusters}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
)";

// The chain with its account, and with the image that the test cluster has, changed by a program of
// sed. The account's rights and the CustomResourceDefinition belong to the cluster: they go at the
// end.
class Chain {
 public:
  Chain(Cluster& cluster, const std::string& ns, const std::string& change = "",
        bool has_crd = false)
      : cluster_(cluster), ns_(ns) {
    remove_crd();
    if (has_crd) cluster_.apply(ns, kCrdOfSample);
    cluster_.kubectl_output({"apply", "-n", ns, "-f", kSamples + "fullsetup-tools.yaml", "-f",
                             kSamples + "chain-account.yaml"});
    cluster_.kubectl_output({"create", "clusterrolebinding", ns, "--clusterrole=sequential-chain",
                             "--serviceaccount=" + ns + ":sequential-chain"});
    const Completed edited =
        run({"sed", "s#quay.io/openshift/origin-cli:4.20.*#localhost/kubectl:1.35#;" + change,
             kSamples + "sequential-chain.yaml"});
    cluster_.apply(ns, edited.out);
  }
  ~Chain() {
    cluster_.kubectl({"delete", "clusterrolebinding", ns_, "--ignore-not-found"});
    remove_crd();
  }
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

 private:
  void remove_crd() { cluster_.kubectl({"delete", "crd", kSampleCrd, "--ignore-not-found"}); }

  Cluster& cluster_;
  std::string ns_;
};

TEST(Samples, SequentialChain) {
  Cluster& cluster = Cluster::of_test();
  const TestNamespace ns(cluster, "e2e-chain");
  const Chain chain(cluster, ns);
  const json workflow = cluster.await_state(ns, "sequential-chain", "Succeeded", 120s);

  expect_end(cluster, ns, "sequential-chain");
  expect_orderly_launches(cluster, ns, workflow);
  const json wait = step_of(workflow, "crds", "established");
  EXPECT_EQ("Succeeded", wait.at("state"));
  EXPECT_FALSE(wait.contains("job")) << wait.dump();
  const json crd = json::parse(cluster.kubectl_output({"get", "crd", kSampleCrd, "-o", "json"}));
  EXPECT_EQ("True", condition_of(crd, "Established").at("status"));
  EXPECT_NE(std::string::npos, log_of(cluster, ns, "sequential-chain", "verification", "summary")
                                   .find("sequential-chain, run 1: the hub in us-east-1 is ready"));
}

// What is there is not made again; after a failure nothing more is started but what cleans up.
TEST(Samples, SequentialChainOnAHubThatHasItsCrds) {
  Cluster& cluster = Cluster::of_test();
  const TestNamespace ns(cluster, "e2e-chain-again");
  const Chain chain(cluster, ns, "s/tool: vault-integration/&\\n      args: [--bogus]/", true);
  const json workflow = cluster.await_state(ns, "sequential-chain", "Failed", 120s);

  expect_end(cluster, ns, "sequential-chain", "fails");
  expect_orderly_launches(cluster, ns, workflow);
  const json install = step_of(workflow, "infrastructure", "install-crds");
  EXPECT_EQ("Skipped", install.at("state"));
  EXPECT_EQ(std::string("CustomResourceDefinition ") + kSampleCrd + ": it exists",
            install.at("message"));
  EXPECT_EQ("Pending", step_of(workflow, "verification", "health-check").at("state"));
  EXPECT_NE(std::string::npos, log_of(cluster, ns, "sequential-chain", "clean-up", "report")
                                   .find("secrets/vault-integration failed: nothing after it"));
}

// As the README shows it: a name that the tool refuses.
TEST(Samples, FullSetupFails) {
  Cluster& cluster = Cluster::of_test();
  const TestNamespace ns(cluster, "e2e-full-setup-fails");
  cluster.kubectl_output({"apply", "-n", ns, "-f", kSamples + "fullsetup-tools.yaml"});
  const Completed edited =
      run({"sed", "s/value: east-1/value: East_1/; s/name: full-setup/name: full-setup-fails/",
           kSamples + "fullsetup-workflow.yaml"});
  cluster.apply(ns, edited.out);
  const json workflow = cluster.await_state(ns, "full-setup-fails", "Failed", 60s);

  EXPECT_EQ(2, step_of(workflow, "cluster", "new-cluster").at("exitCode"));
  EXPECT_EQ("Pending", step_of(workflow, "validation", "health-check").at("state"));
  EXPECT_EQ(3U, AuditLog::of_namespace(ns).count(
                    [](const Request& r) { return r.verb == "create" && r.resource == "jobs"; }));
  expect_golden("full-setup-fails", user_view(cluster, ns, "full-setup-fails"),
                {ns, "full-setup-fails"});
}

TEST(Samples, ARefusedValueNamesTheAllowedOnes) {
  Cluster& cluster = Cluster::of_test();
  const TestNamespace ns(cluster, "e2e-refused");
  const Completed edited =
      run({"sed", "s/default: us-east-1/value: mars-1/", kSamples + "fullsetup-workflow.yaml"});
  const Completed applied = cluster.kubectl({"apply", "-n", ns, "-f", "-"}, {.input = edited.out});
  EXPECT_EQ(1, applied.code);
  EXPECT_NE(std::string::npos, applied.err.find("us-east-1, us-west-2, eu-west-1, eu-central-1"))
      << applied.err;
}

// As its README says: approved by the printed command, while another waits for the lock.
TEST(Samples, ApprovedCluster) {
  Cluster& cluster = Cluster::of_test();
  const TestNamespace ns(cluster, "e2e-approved");
  cluster.kubectl_output({"apply", "-n", ns, "-f", kSamples + "fullsetup-tools.yaml"});
  cluster.kubectl_output({"apply", "-n", ns, "-f", kSamples + "approved-cluster.yaml"});
  const json waits = cluster.await_state(ns, "approved-cluster", "Waiting", 30s);
  const Completed another =
      run({"sed", "s/name: approved-cluster/name: another/", kSamples + "approved-cluster.yaml"});
  cluster.apply(ns, another.out);
  cluster.await_reason(ns, "another", "WaitingForLock", 20s);
  EXPECT_TRUE(eventually(20s, [&] {
    return status_text(cluster.workflow(ns, "another"), "message") ==
           "waits for lock cluster-east-2, which workflow approved-cluster holds";
  })) << status_text(cluster.workflow(ns, "another"), "message");

  std::string command = status_text(waits, "message");
  command = command.substr(command.find("kubectl patch"));
  command.replace(command.find("<you>"), 5, "alice");
  const Completed typed = cluster.typed(command);
  ASSERT_EQ(0, typed.code) << command << typed.err;
  cluster.await_state(ns, "approved-cluster", "Succeeded", 60s);
  cluster.await_state(ns, "another", "Waiting", 20s);
  expect_end(cluster, ns, "approved-cluster");
}

TEST(Samples, FindAndClean) {
  Cluster& cluster = Cluster::of_test();
  const TestNamespace ns(cluster, "e2e-find-and-clean");
  const Volume volume(cluster, ns);
  cluster.kubectl_output({"apply", "-n", ns, "-f", kSamples + "aws-tools.yaml"});
  cluster.kubectl_output({"apply", "-n", ns, "-f", kSamples + "find-and-clean.yaml"});
  const json workflow = cluster.await_state(ns, "find-and-clean", "Succeeded", 90s);

  EXPECT_EQ("3", step_of(workflow, "cleanup", "find").at("outputs").at("found"));
  EXPECT_EQ(
      "deleted instance i-east-1-x7k2p-1\ndeleted volume vol-east-1-x7k2p-1\n"
      "deleted load-balancer lb-east-1-x7k2p\n",
      log_of(cluster, ns, "find-and-clean", "cleanup", "clean"));
  EXPECT_EQ("deleted 3 resources\n", log_of(cluster, ns, "find-and-clean", "cleanup", "report"));
  expect_end(cluster, ns, "find-and-clean");
  EXPECT_EQ(1U, AuditLog::of_namespace(ns).count([](const Request& r) {
    return r.verb == "create" && r.resource == "persistentvolumeclaims";
  }));
  // It goes with the workflow.
  cluster.kubectl_output({"delete", "bwf", "-n", ns, "find-and-clean"});
  EXPECT_TRUE(eventually(60s, [&] { return cluster.items(kube::resources::kClaims, ns).empty(); }));
}

// A claim that somebody else has made, and keeps: it comes after the workflow, and stays after it.
TEST(Workspace, MayBeAClaimThatIsThere) {
  Cluster& cluster = Cluster::of_test();
  const TestNamespace ns(cluster, "e2e-claim");
  cluster.apply(ns, R"yaml(
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: shares}
spec:
  parameters: [{name: team, value: platform}]
  workspace: {claimName: shared-$(params.team)}
  tools: {image: "docker.io/library/busybox:1.35"}
  phases:
  - name: work
    steps:
    - {name: write, script: "echo from the step before > /workspace/shared/file"}
    - {name: read, script: "cat /workspace/shared/file"}
)yaml");
  cluster.await_reason(ns, "shares", "ClaimNotFound", 20s);
  const Volume volume(cluster, ns);
  cluster.apply(ns, R"yaml(
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: shared-platform}
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: ""
  volumeName: )yaml" + ns.name() +
                        "\n  resources: {requests: {storage: 1Mi}}\n");
  // That it is there now nobody tells: it is looked at again, at last every minute.
  cluster.await_state(ns, "shares", "Succeeded", 120s);
  EXPECT_EQ("from the step before\n", log_of(cluster, ns, "shares", "work", "read"));
  cluster.kubectl_output({"delete", "bwf", "-n", ns, "shares"});
  const auto claim = cluster.find(kube::resources::kClaims, ns, "shared-platform");
  ASSERT_TRUE(claim);
  EXPECT_FALSE(claim->at("metadata").contains("ownerReferences"));
}

// Pods of steps are such that the strictest of the Pod Security Standards admits them.
TEST(Samples, RunInANamespaceThatEnforcesRestricted) {
  Cluster& cluster = Cluster::of_test();
  const TestNamespace ns(cluster, "e2e-restricted");
  cluster.kubectl_output(
      {"label", "namespace", ns, "pod-security.kubernetes.io/enforce=restricted"});
  const Chain chain(cluster, ns);
  cluster.await_state(ns, "sequential-chain", "Succeeded", 120s);
}

}  // namespace
}  // namespace bootstrap::testing
