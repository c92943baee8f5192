// The engine alone with the API server: no Job controller says that a Job is complete, no kubelet
// that a pod has succeeded. What the containers' statuses say is enough.

#include <optional>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/integration/audit_log.h"
#include "tests/integration/played_cluster.h"
#include "tests/integration/running_engine.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

class HandOff : public ::testing::Test {
 protected:
  void SetUp() override {
    install(cluster_);
    ns_.emplace(cluster_, "it-hand-off");
    played_.emplace(cluster_, *ns_);
    engine_.emplace(cluster_, RunningEngine::Hooks{});
    ASSERT_TRUE(engine_->await_synced());
  }

  Cluster& cluster_ = Cluster::of_test();
  std::optional<TestNamespace> ns_;
  std::optional<PlayedCluster> played_;
  std::optional<RunningEngine> engine_;
};

TEST_F(HandOff, NeedsNoJobController) {
  cluster_.apply(*ns_, workflow_of_steps("chain", {"a", "b"}));
  const std::string a = played_->run_pod_of("chain", "a");
  EXPECT_FALSE(played_->has_job("chain", "b")) << "launched before the former step had ended";
  played_->end_pod(a, 0);
  const std::string b = played_->run_pod_of("chain", "b");
  EXPECT_FALSE(
      played_->await_job("chain", "a").value("status", json::object()).contains("conditions"));
  played_->end_pod(b, 0);
  const json workflow = cluster_.await_state(*ns_, "chain", "Succeeded", 20s);

  EXPECT_EQ("2/2 100%", workflow.at("status").at("progress").at("text"));
  EXPECT_EQ(0, step_of(workflow, "work", "a").at("exitCode"));
  const auto writes = AuditLog::of_namespace(*ns_).count([](const Request& r) {
    return r.is_write() && (r.resource == "jobs" || r.resource == "bootstrapworkflows/status");
  });
  EXPECT_EQ(5U, writes) << "two for each step, and one for the first launch";
}

TEST_F(HandOff, AFailureEndsTheWorkflowAndKeepsItsLog) {
  cluster_.apply(*ns_, workflow_of_steps("fails", {"a", "b"}));
  played_->fail_pod(played_->run_pod_of("fails", "a"), 3, "creating\nno quota left\n");
  const json workflow = cluster_.await_state(*ns_, "fails", "Failed", 20s);

  EXPECT_EQ("StepFailed", status_text(workflow, "reason"));
  EXPECT_EQ(3, step_of(workflow, "work", "a").at("exitCode"));
  EXPECT_EQ("creating\nno quota left\n", step_of(workflow, "work", "a").at("logTail"));
  EXPECT_FALSE(played_->has_job("fails", "b"));
}

TEST_F(HandOff, IsShownInTheColumns) {
  cluster_.apply(*ns_, workflow_of_steps("shown", {"a", "b"}));
  played_->end_pod(played_->run_pod_of("shown", "a"), 0);
  played_->await_job("shown", "b");
  std::string row;
  EXPECT_TRUE(eventually(10s, [&] {
    row = cluster_.kubectl_output({"get", "bwf", "-n", *ns_, "--no-headers"});
    return row.find("work/b") != std::string::npos;
  }));
  std::istringstream cells(row);
  std::vector<std::string> words;
  for (std::string word; cells >> word;) words.push_back(word);
  ASSERT_GE(words.size(), 5U) << row;
  words.resize(5);
  EXPECT_EQ(words, (std::vector<std::string>{"shown", "Running", "1/2", "50%", "work/b"}));
}

}  // namespace
}  // namespace bootstrap::testing
