// The operator is killed without warning, again and again, while a workflow runs: each step is
// launched once, each tool runs once, and the workflow succeeds. Two operators may overlap for a
// moment here: a force-deleted pod may still run when the next one starts.

#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "tests/e2e/operator_pod.h"
#include "tests/e2e/user_view.h"
#include "tests/integration/audit_log.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr int kKills = 10;
constexpr const char* kKilledWorkflow = R"yaml(
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: survivor}
spec:
  tools: {image: "docker.io/library/busybox:1.35"}
  phases:
  - name: work
    steps:
    - {name: a, script: &script "echo ran once; sleep 6"}
    - {name: b, script: *script}
    - {name: c, script: *script}
    - {name: d, script: *script}
    - {name: e, script: *script}
)yaml";

// The moments of the kills; SEED=n in the environment repeats a run's.
unsigned seed() {
  const char* given = std::getenv("SEED");
  return given == nullptr ? std::random_device()() : static_cast<unsigned>(std::atol(given));
}

std::map<std::string, int> successful_creations(const std::string& ns) {
  std::map<std::string, int> jobs;
  for (const Request& r : AuditLog::of_namespace(ns).all())
    if (r.verb == "create" && r.resource == "jobs" && r.succeeded()) ++jobs[r.name];
  return jobs;
}

// How often a container was started, by the step whose pod it is in.
std::map<std::string, int> container_starts(Cluster& cluster, const std::string& ns) {
  std::map<std::string, int> starts;
  for (const json& pod : cluster.items(kube::resources::kPods, ns))
    for (const json& c : pod.at("status").at("containerStatuses"))
      starts[pod.at("metadata").at("labels").at("bootstrap.openshift.io/step")] +=
          1 + c.at("restartCount").get<int>();
  return starts;
}

TEST(KilledOperator, LaunchesEachStepOnce) {
  Cluster& cluster = Cluster::of_test();
  OperatorPod op(cluster);
  const OperatorRestored restored(cluster);
  const TestNamespace ns(cluster, "e2e-killed");
  const unsigned chosen = seed();
  std::printf("SEED=%u\n", chosen);
  std::mt19937 random(chosen);
  std::uniform_int_distribution<int> moment(0, 2500);

  cluster.apply(ns, kKilledWorkflow);
  int while_running = 0;
  for (int i = 0; i < kKills; ++i) {
    // Not a wait for anything: the kill is to come at any moment of the operator's life.
    std::this_thread::sleep_for(std::chrono::milliseconds(moment(random)));
    if (status_text(cluster.workflow(ns, "survivor"), "state") != "Succeeded") ++while_running;
    op.kill();
  }
  const json workflow = cluster.await_state(ns, "survivor", "Succeeded", 90s);
  std::printf("%d of %d kills while it ran\n", while_running, kKills);
  EXPECT_GE(while_running, kKills / 2);

  const std::map<std::string, int> once{{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}};
  // The server may note no success of a creation whose client was killed under it, though it did
  // it: that each tool has run is told by the containers.
  std::set<std::string> jobs;
  for (const auto& [step, count] : once) jobs.insert(step_of(workflow, "work", step).at("job"));
  for (const auto& [job, count] : successful_creations(ns)) {
    EXPECT_EQ(1, count) << job;
    EXPECT_TRUE(jobs.contains(job)) << job << " is no Job that the status knows";
  }
  EXPECT_EQ(once, container_starts(cluster, ns));
  for (const auto& [step, count] : once) {
    EXPECT_EQ("ran once\n", log_of(cluster, ns, "survivor", "work", step));
    EXPECT_EQ(1, step_of(workflow, "work", step).at("attempts")) << step;
  }
  for (const char* reason : {"WorkflowStarted", "WorkflowSucceeded"}) {
    const auto reasons = event_reasons(cluster, ns, "survivor");
    EXPECT_LE(std::count(reasons.begin(), reasons.end(), reason), 1) << reason;
  }
}

}  // namespace
}  // namespace bootstrap::testing
