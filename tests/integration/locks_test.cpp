// Locks on a real API server: who waits says for whom, and the Lease goes from one to the next.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/names.h"
#include "tests/integration/operator_process.h"
#include "tests/integration/played_cluster.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr const char* kLock = "cluster-east";

// The operator itself, with the rights that it is shipped with.
class Locks : public ::testing::Test {
 protected:
  void apply(const std::string& name) {
    std::string yaml = workflow_of_steps(name, {"a"});
    yaml.replace(yaml.find("spec:"), 5, std::string("spec:\n  lock: ") + kLock);
    cluster_.apply(ns_, yaml);
  }
  std::string holder() {
    const auto lease = cluster_.find(kube::resources::kLeases, ns_, lease_name(kLock));
    return lease ? lease->at("spec").value("holderIdentity", "?") : "nobody";
  }
  void await_message(const std::string& workflow, const std::string& message) {
    EXPECT_TRUE(eventually(20s, [&] {
      return status_text(cluster_.workflow(ns_, workflow), "message") == message;
    })) << status_text(cluster_.workflow(ns_, workflow), "message");
  }

  Cluster& cluster_ = install(Cluster::of_test());
  TestNamespace ns_{cluster_, "it-locks"};
  PlayedCluster played_{cluster_, ns_};
  OperatorProcess operator_{cluster_};
};

TEST_F(Locks, AreHandedOnToTheOldest) {
  apply("first");
  const std::string pod = played_.run_pod_of("first", "a");
  EXPECT_EQ("first", holder());
  for (const char* name : {"second", "third"}) {
    apply(name);
    const json waits = cluster_.await_reason(ns_, name, "WaitingForLock", 20s);
    EXPECT_EQ("Pending", status_text(waits, "state"));
    await_message(name, "waits for lock cluster-east, which workflow first holds");
  }
  played_.end_pod(pod, 0);
  const std::string next = played_.run_pod_of("second", "a");
  await_message("third", "waits for lock cluster-east, which workflow second holds");
  EXPECT_FALSE(played_.has_job("third", "a"));
  EXPECT_EQ("", status_text(cluster_.workflow(ns_, "first"), "lock"));
  played_.end_pod(next, 0);
  played_.end_pod(played_.run_pod_of("third", "a"), 0);
  cluster_.await_state(ns_, "third", "Succeeded", 20s);
  EXPECT_TRUE(eventually(20s, [&] { return holder() == "nobody"; })) << holder();
}

// The garbage collector does not run here: the Lease stays until the test deletes it.
TEST_F(Locks, OfADeletedWorkflowAreWaitedForAsItsPodsAre) {
  apply("first");
  const std::string pod = played_.run_pod_of("first", "a");
  apply("second");
  cluster_.await_reason(ns_, "second", "WaitingForLock", 20s);
  cluster_.kubectl_output({"delete", "bwf", "-n", ns_, "first"});
  await_message("second", "waits for lock cluster-east, which workflow first gives up");
  cluster_.kubectl_output({"delete", "lease", "-n", ns_, lease_name(kLock)});
  await_message("second", "waits for lock cluster-east: pod " + pod +
                              " of workflow first, which held it before, is still ending");
  EXPECT_EQ("second", holder());
  EXPECT_FALSE(played_.has_job("second", "a"));
  played_.end_pod(pod, 143);
  played_.end_pod(played_.run_pod_of("second", "a"), 0);
  cluster_.await_state(ns_, "second", "Succeeded", 20s);
}

TEST_F(Locks, SurviveTheOperator) {
  apply("first");
  const std::string pod = played_.run_pod_of("first", "a");
  apply("second");
  cluster_.await_reason(ns_, "second", "WaitingForLock", 20s);
  operator_.kill();
  played_.end_pod(pod, 0);
  operator_.start();
  played_.end_pod(played_.run_pod_of("second", "a"), 0);
  cluster_.await_state(ns_, "second", "Succeeded", 20s);
  EXPECT_EQ("Succeeded", status_text(cluster_.workflow(ns_, "first"), "state"));
}

}  // namespace
}  // namespace bootstrap::testing
