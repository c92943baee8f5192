// What holds while the operator does not run, and that it stops in time and well.

#include <gtest/gtest.h>

#include "tests/e2e/operator_pod.h"
#include "tests/integration/audit_log.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr const char* kSlowWhileDown = R"yaml(
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: slow}
spec:
  tools: {image: "docker.io/library/busybox:1.35"}
  phases:
  - name: work
    steps:
    - name: endless
      timeout: 6s
      script: |
        trap 'echo ended; exit 143' TERM
        sleep 600 & wait
    - {name: never, command: ["true"]}
)yaml";

bool pod_has_phase(Cluster& cluster, const std::string& ns, const std::string& phase) {
  for (const json& pod : cluster.items(kube::resources::kPods, ns))
    if (pod.at("status").value("phase", "") == phase) return true;
  return false;
}

TEST(OperatorDown, TimeoutsHold) {
  Cluster& cluster = Cluster::of_test();
  OperatorPod op(cluster);
  const OperatorRestored restored(cluster);
  const TestNamespace ns(cluster, "e2e-down");
  cluster.apply(ns, kSlowWhileDown);
  ASSERT_TRUE(eventually(30s, [&] { return pod_has_phase(cluster, ns, "Running"); }));
  op.scale(0);
  op.await_none();

  ASSERT_TRUE(eventually(30s, [&] { return pod_has_phase(cluster, ns, "Failed"); }))
      << "the tool goes on although its time is up";
  EXPECT_EQ("Running", status_text(cluster.workflow(ns, "slow"), "state")) << "who wrote that?";
  op.scale(1);
  const json workflow = cluster.await_state(ns, "slow", "Failed", 60s);

  const json step = step_of(workflow, "work", "endless");
  EXPECT_EQ("TimedOut", step.at("reason"));
  EXPECT_EQ("ended\n", step.at("logTail"));
  EXPECT_EQ("Pending", step_of(workflow, "work", "never").at("state"));
}

// The moment the kubelet reported the end of a pod's container, and with which exit code.
std::optional<std::pair<AuditTime, int>> end_of(const std::string& pod) {
  for (const Request& r : AuditLog::of_namespace(kOperatorNamespace).all()) {
    if (r.resource != "pods/status" || r.name != pod) continue;
    for (const json& c : r.body.value("/status/containerStatuses"_json_pointer, json::array()))
      if (const json state = c.value("state", json::object()); state.contains("terminated"))
        return std::pair(r.received, state.at("terminated").at("exitCode").get<int>());
  }
  return std::nullopt;
}

AuditTime deletion_of(const std::string& pod) {
  const auto found = AuditLog::of_namespace(kOperatorNamespace).select([&](const Request& r) {
    return r.verb == "delete" && r.resource == "pods" && r.name == pod;
  });
  if (found.empty()) throw std::runtime_error("pod " + pod + " was not deleted");
  return found.front().received;
}

TEST(OperatorDown, StopsInTime) {
  Cluster& cluster = Cluster::of_test();
  OperatorPod op(cluster);
  const OperatorRestored restored(cluster);
  op.await_ready();
  const std::string pod = op.running().value();
  cluster.kubectl_output({"delete", "pod", "-n", kOperatorNamespace, pod, "--wait=false"});

  const auto end = first(30s, [&] { return end_of(pod); });
  ASSERT_TRUE(end) << "it does not stop";
  EXPECT_EQ(0, end->second) << "exit code";
  const auto took = end->first - deletion_of(pod);
  EXPECT_LT(took, 5s);
  std::printf("stopped %.2f s after the deletion of its pod\n",
              std::chrono::duration<double>(took).count());
}

}  // namespace
}  // namespace bootstrap::testing
