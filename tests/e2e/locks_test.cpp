// Two workflows under one lock, with real pods and the garbage collector: nothing of the second
// runs beside the first, not even when the first is deleted and its tool takes its time to end.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/names.h"
#include "tests/e2e/user_view.h"
#include "tests/integration/audit_log.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

std::string locked(const std::string& name) {
  return "apiVersion: bootstrap.openshift.io/v1alpha1\nkind: BootstrapWorkflow\nmetadata: {name: " +
         name + R"yaml(}
spec:
  parameters: [{name: clusterName, value: east}]
  lock: cluster-$(params.clusterName)
  tools: {image: "docker.io/library/busybox:1.35"}
  phases:
  - name: work
    steps:
    - name: tool
      script: |
        trap 'sleep 4; exit 143' TERM
        sleep 3 & wait
)yaml";
}

class Locks : public ::testing::Test {
 protected:
  std::string running_pod(const std::string& workflow) {
    const auto found = first(30s, [&]() -> std::optional<std::string> {
      for (const json& pod : cluster_.items(kube::resources::kPods, ns_,
                                            "bootstrap.openshift.io/workflow=" + workflow))
        if (pod.at("status").value("phase", "") == "Running")
          return pod.at("metadata").at("name").get<std::string>();
      return std::nullopt;
    });
    EXPECT_TRUE(found) << "no pod of " << workflow << " runs";
    return found.value_or("");
  }
  void await_message(const std::string& workflow, const std::string& message) {
    EXPECT_TRUE(eventually(20s, [&] {
      return status_text(cluster_.workflow(ns_, workflow), "message") == message;
    })) << status_text(cluster_.workflow(ns_, workflow), "message");
  }
  void expect_second_after(const std::string& pod) {
    const AuditLog log = AuditLog::of_namespace(ns_);
    const auto jobs = log.select([](const Request& r) {
      return r.verb == "create" && r.resource == "jobs" && r.succeeded();
    });
    ASSERT_EQ(2U, jobs.size());
    ASSERT_TRUE(log.ends_of_pods().contains(pod));
    EXPECT_GE(jobs.at(1).received, log.ends_of_pods().at(pod)) << "launched beside the first";
  }
  void expect_free() {
    EXPECT_TRUE(eventually(20s, [&] {
      return !cluster_.find(kube::resources::kLeases, ns_, lease_name("cluster-east"));
    })) << "its Lease has stayed";
  }

  Cluster& cluster_ = Cluster::of_test();
  const TestNamespace ns_{cluster_, "e2e-locks"};
};

TEST_F(Locks, OneRunsAfterTheOther) {
  cluster_.apply(ns_, locked("first"));
  const std::string pod = running_pod("first");
  cluster_.apply(ns_, locked("second"));
  await_message("second", "waits for lock cluster-east, which workflow first holds");
  EXPECT_EQ("Pending", status_text(cluster_.workflow(ns_, "second"), "state"));
  cluster_.await_state(ns_, "second", "Succeeded", 60s);
  EXPECT_EQ("Succeeded", status_text(cluster_.workflow(ns_, "first"), "state"));
  expect_second_after(pod);
  expect_free();
}

TEST_F(Locks, TheNextWaitsForTheToolOfOneThatWasDeleted) {
  cluster_.apply(ns_, locked("first"));
  const std::string pod = running_pod("first");
  cluster_.apply(ns_, locked("second"));
  cluster_.await_reason(ns_, "second", "WaitingForLock", 20s);
  cluster_.kubectl_output({"delete", "bwf", "-n", ns_, "first"});
  await_message("second", "waits for lock cluster-east: pod " + pod +
                              " of workflow first, which held it before, is still ending");
  cluster_.await_state(ns_, "second", "Succeeded", 60s);
  expect_second_after(pod);
  expect_free();
}

}  // namespace
}  // namespace bootstrap::testing
