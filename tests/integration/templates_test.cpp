// Workflows of templates on a real API server: in any order, checked, pinned, and told of edits.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/played_cluster.h"
#include "tests/integration/running_engine.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

class Templates : public ::testing::Test {
 protected:
  Templates() : ns_(cluster_, "it-templates") {}
  void SetUp() override { ASSERT_TRUE(engine_.await_synced()); }

  // Of one phase "work" with these steps, which print the parameter "who".
  void apply_template(const std::string& name, const std::vector<std::string>& steps) {
    std::string yaml = workflow_of_steps(name, steps);
    yaml.replace(yaml.find("BootstrapWorkflow"), 17, "BootstrapWorkflowTemplate");
    yaml.replace(yaml.find("spec:"), 5,
                 "spec:\n  parameters: [{name: who, required: true, pattern: \"[a-z]+\"}]");
    cluster_.apply(ns_, yaml);
  }
  void apply_workflow(const std::string& name, const std::string& from, const std::string& who) {
    cluster_.apply(ns_,
                   "apiVersion: bootstrap.openshift.io/v1alpha1\nkind: BootstrapWorkflow\n"
                   "metadata: {name: " +
                       name + "}\nspec: {templateRef: {name: " + from +
                       "}, parameters: [{name: who, value: " + who + "}]}\n");
  }
  void await_plan_current(const std::string& name, const std::string& status) {
    EXPECT_TRUE(eventually(20s, [&] {
      const json current = condition_of(cluster_.workflow(ns_, name), "PlanCurrent");
      return !current.is_null() && current.at("status") == status;
    })) << cluster_.workflow(ns_, name).dump(1);
  }

  Cluster& cluster_ = install(Cluster::of_test());
  TestNamespace ns_;
  RunningEngine engine_{cluster_, {}};
  PlayedCluster played_{cluster_, ns_};
};

TEST_F(Templates, AreWaitedForAndUsedTwice) {
  apply_workflow("early", "chain", "me");
  const json waits = cluster_.await_reason(ns_, "early", "TemplateNotFound", 20s);
  EXPECT_EQ("Pending", status_text(waits, "state"));
  apply_template("chain", {"a"});
  apply_workflow("late", "chain", "you");
  for (const char* name : {"early", "late"}) played_.end_pod(played_.run_pod_of(name, "a"), 0);
  cluster_.await_state(ns_, "early", "Succeeded", 20s);
  cluster_.await_state(ns_, "late", "Succeeded", 20s);
}

TEST_F(Templates, RefuseValuesUntilTheyAreRight) {
  apply_template("chain", {"a"});
  apply_workflow("wrong", "chain", "UPPER");
  const json refused = cluster_.await_state(ns_, "wrong", "Invalid", 20s);
  EXPECT_THAT(status_text(refused, "message"),
              HasSubstr("parameters[who]: \"UPPER\" does not match the pattern [a-z]+"));
  EXPECT_FALSE(played_.has_job("wrong", "a"));
  apply_workflow("wrong", "chain", "lower");
  cluster_.await_state(ns_, "wrong", "Running", 20s);
}

TEST_F(Templates, ThatAreEditedChangeNothingThatRuns) {
  apply_template("chain", {"a", "b"});
  apply_workflow("w", "chain", "me");
  const std::string a = played_.run_pod_of("w", "a");
  await_plan_current("w", "True");
  apply_template("chain", {"a", "other"});
  await_plan_current("w", "False");
  apply_template("chain", {"a", "b"});
  await_plan_current("w", "True");
  apply_workflow("w", "chain", "you");
  await_plan_current("w", "False");
  apply_workflow("w", "chain", "me");
  await_plan_current("w", "True");
  cluster_.kubectl_output({"delete", "bwft", "-n", ns_, "chain"});
  await_plan_current("w", "False");
  played_.end_pod(a, 0);
  played_.end_pod(played_.run_pod_of("w", "b"), 0);
  const json ended = cluster_.await_state(ns_, "w", "Succeeded", 20s);
  EXPECT_EQ("2/2 100%", ended.at("status").at("progress").at("text"));
  EXPECT_THAT(condition_of(ended, "PlanCurrent").at("message").get<std::string>(),
              HasSubstr("the template chain is gone"));
}

// --- steps that run templates ---

class Children : public Templates {
 protected:
  void SetUp() override {
    Templates::SetUp();
    apply_template("chain", {"a"});
  }
  void apply_parent(const std::string& name, const std::string& timeout = "1h") {
    cluster_.apply(ns_,
                   "apiVersion: bootstrap.openshift.io/v1alpha1\nkind: BootstrapWorkflow\n"
                   "metadata: {name: " +
                       name + "}\nspec: {phases: [{name: p, steps: [{name: s, timeout: " + timeout +
                       ", workflow: {templateRef: {name: chain}, "
                       "parameters: [{name: who, value: me}]}}]}]}\n");
  }
  std::string await_child(const std::string& parent) {
    const auto found = first(20s, [&]() -> std::optional<std::string> {
      const json workflow = cluster_.workflow(ns_, parent);
      if (!workflow.contains("status") || !workflow["status"].contains("phases")) return {};
      const std::string child = step_of(workflow, "p", "s").value("child", "");
      return child.empty() ? std::nullopt : std::optional(child);
    });
    return found.value_or("no child");
  }
};

TEST_F(Children, RunToTheirEndAndBelongToTheirParent) {
  apply_parent("w");
  const std::string child = await_child("w");
  const json made = cluster_.workflow(ns_, child);
  EXPECT_EQ("w", made.at("metadata").at("ownerReferences").at(0).at("name"));
  const std::string pod = played_.run_pod_of(child, "a");
  EXPECT_TRUE(eventually(20s, [&] {
    return status_text(cluster_.workflow(ns_, "w"), "message") ==
           "p/s runs workflow " + child + " (0/1 0%): work/a is running";
  })) << status_text(cluster_.workflow(ns_, "w"), "message");
  played_.end_pod(pod, 0);
  const json ended = cluster_.await_state(ns_, "w", "Succeeded", 20s);
  EXPECT_EQ("1/1 100%", ended.at("status").at("progress").at("text"));
}

TEST_F(Children, AreCancelledWhenTheyTakeTooLong) {
  apply_parent("w", "5s");
  const std::string child = await_child("w");
  const std::string pod = played_.run_pod_of(child, "a");
  EXPECT_TRUE(eventually(20s, [&] {
    return step_of(cluster_.workflow(ns_, "w"), "p", "s").at("state") == "Ending" &&
           status_text(cluster_.workflow(ns_, child), "reason") == "Cancelling";
  })) << "the tool of the child still runs";
  // As the Job controller does, which does not run here, and the kubelet after it.
  cluster_.kubectl_output({"delete", "pod", "-n", ns_, pod, "--force"});
  cluster_.await_state(ns_, child, "Cancelled", 20s);
  const json failed = cluster_.await_state(ns_, "w", "Failed", 20s);
  EXPECT_EQ("TimedOut", step_of(failed, "p", "s").at("reason"));
}

TEST_F(Children, ThatAreDeletedByOthersFailTheirStep) {
  apply_parent("w");
  cluster_.kubectl_output({"delete", "bwf", "-n", ns_, await_child("w"), "--cascade=background"});
  const json failed = cluster_.await_state(ns_, "w", "Failed", 20s);
  EXPECT_EQ("ChildDeleted", step_of(failed, "p", "s").at("reason"));
}

}  // namespace
}  // namespace bootstrap::testing
