// One run of the lifecycle sample in which everything goes that can go: the operator is killed, a
// pod is evicted, the API server is restarted. It succeeds, and no attempt is launched twice.

#include <map>

#include <gtest/gtest.h>

#include "tests/e2e/operator_pod.h"
#include "tests/e2e/samples.h"
#include "tests/e2e/volume.h"
#include "tests/integration/audit_log.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

class Disruptions : public ::testing::Test {
 protected:
  // With tools that take so long that something can happen to them.
  void apply() {
    for (const char* tools : {"fullsetup-tools", "aws-tools", "lifecycle-tools"})
      cluster_.apply(ns_, run({"sed", "s/sleep 1/sleep 4/", kSamples + tools + ".yaml"}).out);
    const Completed edited =
        run({"sed",
             "/name: specification/,/default:/ s#default:.*#value: regions/us-east-1/east-7.yaml#",
             kSamples + kLifecycle + ".yaml"});
    cluster_.apply(ns_, edited.out);
  }

  json step(const char* name) {
    return step_of(cluster_.workflow(ns_, kLifecycle), "generate", name);
  }

  // The pod of the step's newest attempt, once its container runs.
  std::string await_running_pod(const char* name) {
    std::string pod;
    EXPECT_TRUE(eventually(60s, [&] {
      const json record = step(name);
      if (!record.contains("job")) return false;
      const json pods = cluster_.items(kube::resources::kPods, ns_,
                                       "job-name=" + record.at("job").get<std::string>());
      if (pods.empty() || pods[0].at("status").at("phase") != "Running") return false;
      pod = pods[0].at("metadata").at("name");
      return true;
    })) << name;
    return pod;
  }

  // As `kubectl drain --grace-period=1` does: the tool is not done by then.
  void evict(const std::string& pod) {
    const json eviction{{"apiVersion", "policy/v1"},
                        {"kind", "Eviction"},
                        {"metadata", {{"name", pod}, {"namespace", ns_.name()}}},
                        {"deleteOptions", {{"gracePeriodSeconds", 1}}}};
    cluster_.kubectl_output(
        {"create", "--raw", "/api/v1/namespaces/" + ns_.name() + "/pods/" + pod + "/eviction", "-f",
         "-"},
        {.input = eviction.dump()});
  }

  void restart_api_server() {
    const Completed restarted = run({SOURCE_DIR "/tests/integration/restart_api_server.sh"});
    ASSERT_EQ(0, restarted.code) << restarted.err;
    ASSERT_TRUE(eventually(60s, [&] { return cluster_.client().get_path("/readyz").has_value(); }));
  }

  // By Job.
  std::map<std::string, int> successful_creations() {
    std::map<std::string, int> jobs;
    for (const Request& r : AuditLog::of_namespace(ns_).all())
      if (r.verb == "create" && r.resource == "jobs" && r.succeeded()) ++jobs[r.name];
    return jobs;
  }

  Cluster& cluster_ = Cluster::of_test();
  OperatorPod operator_{cluster_};
  OperatorRestored restored_{cluster_};
  TestNamespace ns_{cluster_, "e2e-disruptions"};
  Volume volume_{cluster_, ns_};
};

TEST_F(Disruptions, TheLifecycleSampleSurvivesThemAll) {
  apply();
  ASSERT_TRUE(eventually(60s, [&] { return step("generate-cluster").contains("job"); }));
  operator_.kill();
  evict(await_running_pod("health-check"));
  // Its next attempt, which an eviction does not use up.
  ASSERT_TRUE(eventually(60s, [&] { return step("health-check").value("attempts", 0) == 2; }));
  await_running_pod("health-check");
  restart_api_server();

  const json workflow = cluster_.await_state(ns_, kLifecycle, "Succeeded", 180s);
  EXPECT_EQ("3/3 100%", workflow.at("status").at("progress").at("text"));
  for (const auto& [job, count] : successful_creations()) EXPECT_EQ(1, count) << job;
  EXPECT_EQ(4U, cluster_.items(kube::resources::kJobs, ns_).size())
      << "one for each step, and one for the evicted attempt";
  EXPECT_EQ(1, step("generate-cluster").at("attempts"));
  EXPECT_EQ(2, step("health-check").at("attempts"));
  EXPECT_EQ(1, step("update-dynamic-docs").at("attempts"));
}

}  // namespace
}  // namespace bootstrap::testing
