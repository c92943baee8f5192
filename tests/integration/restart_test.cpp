// The API server is killed and starts again while a workflow runs: the watches find their way back,
// also when what they had seen last is no longer known there (410).

#include <gtest/gtest.h>

#include "tests/integration/played_cluster.h"
#include "tests/integration/running_engine.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

TEST(ApiServerRestart, IsSurvivedByWatches) {
  Cluster& cluster = Cluster::of_test();
  install(cluster);
  const TestNamespace ns(cluster, "it-restart");
  const PlayedCluster played(cluster, ns);
  RunningEngine engine(cluster, {});
  ASSERT_TRUE(engine.await_synced());
  cluster.apply(ns, workflow_of_steps("survivor", {"a", "b"}));
  const std::string pod = played.run_pod_of("survivor", "a");

  // The new server's memory of events begins after this: what the watches saw last is older.
  cluster.kubectl_output({"create", "configmap", "-n", ns, "later"});
  const Completed restarted = run({SOURCE_DIR "/tests/integration/restart_api_server.sh"});
  ASSERT_EQ(0, restarted.code) << restarted.err;
  ASSERT_TRUE(eventually(60s, [&] { return cluster.client().get_path("/readyz").has_value(); }));
  played.end_pod(pod, 0);
  played.end_pod(played.run_pod_of("survivor", "b"), 0);
  cluster.await_state(ns, "survivor", "Succeeded", 60s);

  EXPECT_EQ(2U, cluster.items(kube::resources::kJobs, ns).size());
  const auto restarts = [&](kube::Watcher::Restart reason) {
    int all = 0;
    for (const char* resource : {"bootstrapworkflows", "jobs", "pods"})
      all += engine.restarts(resource, reason);
    return all;
  };
  using Restart = kube::Watcher::Restart;
  EXPECT_GE(restarts(Restart::Broken) + restarts(Restart::Ended) + restarts(Restart::Failed) +
                restarts(Restart::Short),
            3)
      << "no watch was broken";
  EXPECT_GE(restarts(Restart::Expired), 1) << "no watch met 410";
}

}  // namespace
}  // namespace bootstrap::testing
