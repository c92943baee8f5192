// Deleting a workflow that runs, and applying it again at once.

#include <gtest/gtest.h>

#include "tests/e2e/user_view.h"
#include "tests/integration/audit_log.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

// Takes its time to end when it is asked to.
constexpr const char* kRepeated = R"yaml(
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: repeated}
spec:
  tools: {image: "docker.io/library/busybox:1.35"}
  phases:
  - name: work
    steps:
    - name: tool
      script: |
        trap 'sleep 4; exit 143' TERM
        sleep 4 & wait
)yaml";

std::string running_pod(Cluster& cluster, const std::string& ns) {
  std::string name;
  const bool found = eventually(30s, [&] {
    for (const json& pod : cluster.items(kube::resources::kPods, ns))
      if (pod.at("status").value("phase", "") == "Running") name = pod.at("metadata").at("name");
    return !name.empty();
  });
  EXPECT_TRUE(found) << "no pod runs";
  return name;
}

AuditTime creation(const AuditLog& log, const char* resource, std::size_t which) {
  return log
      .select([&](const Request& r) {
        return r.verb == "create" && r.resource == resource && r.succeeded();
      })
      .at(which)
      .received;
}

TEST(Deletion, EndsTheToolAndTheNextWorkflowWaitsForIt) {
  Cluster& cluster = Cluster::of_test();
  const TestNamespace ns(cluster, "e2e-deletion");
  cluster.apply(ns, kRepeated);
  const std::string pod = running_pod(cluster, ns);
  const json before = cluster.workflow(ns, "repeated");

  cluster.kubectl_output({"delete", "bwf", "-n", ns, "repeated"});
  cluster.apply(ns, kRepeated);
  const json waiting = cluster.await_reason(ns, "repeated", "PreviousRunTerminating", 10s);
  EXPECT_EQ("Pending", status_text(waiting, "state"));
  EXPECT_EQ("waits for pod " + pod + " of a former workflow of this name to end",
            status_text(waiting, "message"));

  const json after = cluster.await_state(ns, "repeated", "Succeeded", 60s);
  const std::string old_job = step_of(before, "work", "tool").at("job");
  const std::string new_job = step_of(after, "work", "tool").at("job");
  EXPECT_NE(old_job, new_job);
  EXPECT_TRUE(eventually(30s, [&] { return !cluster.find(kube::resources::kJobs, ns, old_job); }))
      << "the old Job is still there";
  const AuditLog log = AuditLog::of_namespace(ns);
  const auto ends = log.ends_of_pods();
  ASSERT_TRUE(ends.contains(pod));
  EXPECT_GE(creation(log, "jobs", 1), ends.at(pod)) << "launched beside the old tool";
  ASSERT_EQ(2U, log.count([](const Request& r) {
    return r.verb == "create" && r.resource == "jobs" && r.succeeded();
  }));
}

}  // namespace
}  // namespace bootstrap::testing
