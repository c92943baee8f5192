// Somebody else writes the status between what the engine read and what it writes: its write is
// refused, and nothing is lost or done twice.

#include <atomic>

#include <gtest/gtest.h>

#include "tests/integration/audit_log.h"
#include "tests/integration/played_cluster.h"
#include "tests/integration/running_engine.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

std::size_t conflicts(const std::string& ns) {
  return AuditLog::of_namespace(ns).count(
      [](const Request& r) { return r.resource == "bootstrapworkflows/status" && r.code == 409; });
}

TEST(StatusConflict, LosesNothingAndRepeatsNothing) {
  Cluster& cluster = Cluster::of_test();
  install(cluster);
  const TestNamespace ns(cluster, "it-conflict");
  const PlayedCluster played(cluster, ns);
  constexpr int kDisturbed = 3;
  std::atomic<int> disturbed = 0;
  RunningEngine engine(
      cluster, {.before_send = [&](const kube::Request& request) {
        const bool status = request.method == kube::Method::Patch &&
                            request.target.ends_with("/bootstrapworkflows/disturbed/status");
        if (!status || disturbed.load() >= kDisturbed) return;
        const json other{
            {"status", {{"message", "by somebody else " + std::to_string(++disturbed)}}}};
        EXPECT_TRUE(cluster.client().merge_patch_status(kube::resources::kWorkflows, ns.name(),
                                                        "disturbed", other.dump()));
      }});
  ASSERT_TRUE(engine.await_synced());
  cluster.apply(ns, workflow_of_steps("disturbed", {"a", "b"}));
  for (const char* step : {"a", "b"}) {
    const std::string pod = played.run_pod_of("disturbed", step);
    EXPECT_TRUE(eventually(
        20s,
        [&] {
          return step_of(cluster.workflow(ns, "disturbed"), "work", step).value("attempts", 0) == 1;
        }))
        << "the launch of " << step << " was never recorded";
    played.end_pod(pod, 0);
  }
  const json workflow = cluster.await_state(ns, "disturbed", "Succeeded", 60s);

  EXPECT_EQ(kDisturbed, disturbed.load());
  // More when the event of the other's write comes later than the next try.
  EXPECT_LE(static_cast<std::size_t>(kDisturbed), conflicts(ns));
  EXPECT_EQ(2U, cluster.items(kube::resources::kJobs, ns).size());
  for (const char* step : {"a", "b"}) {
    EXPECT_EQ("Succeeded", step_of(workflow, "work", step).at("state"));
    EXPECT_EQ(1, step_of(workflow, "work", step).at("attempts"));
  }
  std::vector<std::string> history;
  for (const json& entry : workflow.at("status").at("history"))
    history.push_back(entry.value("step", "workflow") + " " + entry.at("state").get<std::string>());
  EXPECT_EQ(history,
            (std::vector<std::string>{"workflow Running", "work/a Running", "work/a Succeeded",
                                      "work/b Running", "work/b Succeeded", "workflow Succeeded"}));
}

}  // namespace
}  // namespace bootstrap::testing
