// `kubectl bootstrap` as it is typed, on a cluster with real pods: a run is watched to its failure,
// its logs are read, it is mended, resumed and approved.

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/e2e/golden.h"
#include "tests/integration/cluster.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr const char* kWorkflow = R"yaml(
apiVersion: v1
kind: ConfigMap
metadata: {name: tools}
data:
  create: |
    #!/bin/sh
    echo creating the network
    echo "no quota in $PARAM_REGION"
    exit 4
---
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: setup}
spec:
  parameters: [{name: region, value: us-east-1}]
  tools: {image: "docker.io/library/busybox:1.35", source: {configMap: {name: tools}}}
  phases:
  - name: prepare
    steps:
    - {name: check, script: "echo checking; i=0; while [ $i -lt 2 ]; do i=$((i+1)); echo check $i; sleep 1; done"}
  - name: cluster
    steps:
    - {name: create, tool: create}
    - {name: confirm, approve: {message: "Hand it over?"}}
)yaml";

class Cli : public ::testing::Test {
 protected:
  // As a shell finds it: a plugin in the PATH.
  Completed typed(const std::string& command) {
    const std::string kubectl = Cluster::variable("KUBECTL");
    const auto folder = [](const std::string& file) {
      return std::filesystem::path(file).parent_path().string();
    };
    return run(
        {"sh", "-c", "PATH='" + folder(CLI_BINARY) + ":" + folder(kubectl) + "':$PATH; " + command},
        {.limit = 120s});
  }
  // "$ command", what it prints, and its exit code.
  std::string shown(const std::string& command) {
    const Completed done = typed(command + " -n " + ns_.name() + " 2>&1");
    return "$ " + command + "\n" + done.out + "exit code " + std::to_string(done.code) + "\n\n";
  }

  Cluster& cluster_ = Cluster::of_test();
  const TestNamespace ns_{cluster_, "e2e-cli"};
};

TEST_F(Cli, ARunIsWatchedMendedResumedAndApproved) {
  cluster_.apply(ns_, kWorkflow);
  std::string view = shown("kubectl bootstrap watch setup");
  view += shown("kubectl bootstrap status setup");
  view += shown("kubectl bootstrap logs setup");
  view += shown("kubectl bootstrap logs setup prepare/check");
  view += shown("kubectl bootstrap approve setup");
  cluster_.kubectl_output({"patch", "configmap", "tools", "-n", ns_, "--type", "merge", "-p",
                           R"({"data":{"create":"#!/bin/sh\necho created\n"}})"});
  view += shown("kubectl bootstrap resume setup");
  cluster_.await_state(ns_, "setup", "Waiting", 60s);
  view += shown("kubectl bootstrap status");
  view += shown("kubectl bootstrap approve setup --comment Change-4711");
  cluster_.await_state(ns_, "setup", "Succeeded", 60s);
  view += shown("kubectl bootstrap watch setup");
  view += shown("kubectl bootstrap logs setup cluster/create --attempt 1");
  view += shown("kubectl bootstrap logs setup cluster/create");
  view += shown("kubectl bootstrap resume setup");
  expect_golden("cli", view, {ns_, "setup"});
}

TEST_F(Cli, ALogIsFollowedToItsEndAndItsAbsenceIsSaid) {
  cluster_.apply(ns_, kWorkflow);
  ASSERT_TRUE(eventually(60s, [&] {
    return cluster_.kubectl({"logs", "-n", ns_, "-l", "bootstrap.openshift.io/step=check"})
               .out.find("check 1") != std::string::npos;
  }));
  const Completed followed = typed("kubectl bootstrap logs setup -f -n " + ns_.name());
  EXPECT_EQ(followed.code, 0) << followed.err;
  EXPECT_EQ(followed.out, "checking\ncheck 1\ncheck 2\n");
  cluster_.await_state(ns_, "setup", "Failed", 60s);
  cluster_.kubectl_output({"delete", "pods", "--all", "-n", ns_});
  const Completed gone = typed("kubectl bootstrap logs setup -n " + ns_.name());
  EXPECT_EQ(gone.code, 1);
  EXPECT_THAT(gone.out, HasSubstr("no quota in us-east-1\n"));
  EXPECT_EQ(
      gone.err,
      "error: cluster/create: the pod of attempt 1 is gone, and its log with it; above is the "
      "end of it, which is on record\n");
}

}  // namespace
}  // namespace bootstrap::testing
