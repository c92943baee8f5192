// What the operator's own process logs at its most talkative level: one line of JSON for each
// transition, and nothing that is secret.

#include <sstream>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/operator_process.h"
#include "tests/integration/played_cluster.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSecret = R"yaml(
apiVersion: v1
kind: Secret
metadata: {name: credentials}
stringData: {PASSWORD: marked-secret-value}
---
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: chain}
spec:
  parameters:
  - {name: region, value: marked-parameter-value}
  tools:
    image: docker.io/library/busybox:1.35
    env:
    - {name: PLAIN, value: marked-variable-value}
    envFrom: [{secretRef: {name: credentials}}]
  phases:
  - name: work
    steps:
    - {name: a, command: ["true"], args: ["$(params.region)", marked-argument], stdin: marked-input}
    - {name: b, script: "echo marked-script", continueOnFailure: true}
)yaml";

std::vector<json> lines_of(const std::string& log) {
  std::istringstream text(log);
  std::vector<json> lines;
  for (std::string line; std::getline(text, line);)
    lines.push_back(json::parse(line, nullptr, false));
  return lines;
}

TEST(Log, IsALineForEachTransitionAndHasNothingThatIsSecret) {
  Cluster& cluster = Cluster::of_test();
  install(cluster);
  const TestNamespace ns(cluster, "it-log");
  const PlayedCluster played(cluster, ns);
  OperatorProcess op(cluster);
  cluster.apply(ns, kSecret);
  played.end_pod(played.run_pod_of("chain", "a"), 0);
  played.fail_pod(played.run_pod_of("chain", "b"), 3, "marked-output");
  const json workflow = cluster.await_state(ns, "chain", "Succeeded", 30s);
  EXPECT_EQ(op.stop(), 0);

  const std::string log = op.log();
  EXPECT_THAT(log, Not(HasSubstr(op.token())));
  EXPECT_THAT(log, Not(HasSubstr("marked-")));
  std::vector<std::string> told;
  for (const json& line : lines_of(log)) {
    ASSERT_TRUE(line.is_object()) << log;
    for (const char* field : {"ts", "level", "msg"}) EXPECT_TRUE(line.contains(field)) << line;
    const std::string uid = workflow["metadata"]["uid"];
    if (line.value("uid", "") != uid) continue;
    EXPECT_EQ(line.value("workflow", ""), ns.name() + "/chain");
    EXPECT_TRUE(line.contains("state")) << line;
    told.push_back(line.value("step", "-") + " " + line.value("reason", ""));
  }
  EXPECT_THAT(told, ::testing::ElementsAre("- WorkflowStarted", "work/a StepLaunched",
                                           "work/a StepSucceeded", "work/b StepLaunched",
                                           "work/b StepFailed", "- WorkflowSucceeded"));
}

}  // namespace
}  // namespace bootstrap::testing
