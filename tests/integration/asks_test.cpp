// Steps that ask people on a real API server: the printed command, wrong answers, and answers that
// an apply takes out again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/audit_log.h"
#include "tests/integration/played_cluster.h"
#include "tests/integration/running_engine.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kAsks = R"(
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: asks}
spec:
  phases:
  - name: p
    steps:
    - name: name
      ask:
        parameters:
        - {name: clusterName, description: "Name of the cluster, isn't it?", pattern: "[a-z0-9-]+"}
        - {name: region, allowed: [us-east-1, eu-west-1]}
    - name: size
      ask: {parameters: [{name: size}]}
)";

class Asks : public ::testing::Test {
 protected:
  Asks() : cluster_(Cluster::of_test()) {
    install(cluster_);
    ns_.emplace(cluster_, "it-asks");
  }

  std::string message() { return status_text(cluster_.workflow(*ns_, "asks"), "message"); }
  std::string await_message(const std::string& part) {
    EXPECT_TRUE(eventually(20s, [&] { return message().find(part) != std::string::npos; }))
        << message();
    return message();
  }
  // What the message says, with every placeholder <x> replaced by values[x].
  void answer_as_said(const json& values) {
    const std::string said = message();
    std::string command = said.substr(said.find("kubectl patch"));
    for (const auto& [name, value] : values.items()) {
      const std::string placeholder = "<" + name + ">";
      const auto at = command.find(placeholder);
      ASSERT_NE(at, std::string::npos) << command;
      command.replace(at, placeholder.size(), value.get<std::string>());
    }
    const Completed done = cluster_.typed(command);
    ASSERT_EQ(done.code, 0) << command << "\n" << done.err;
  }
  json outputs(const char* step) {
    return step_of(cluster_.workflow(*ns_, "asks"), "p", step).value("outputs", json::object());
  }

  Cluster& cluster_;
  std::optional<TestNamespace> ns_;
};

TEST_F(Asks, TheCommandsInTheMessagesDoAsTheyArePrinted) {
  RunningEngine engine(cluster_, {});
  ASSERT_TRUE(engine.await_synced());
  cluster_.apply(*ns_, kAsks);
  await_message("p/name waits for 2 answers: clusterName (Name of the cluster, isn't it?");
  answer_as_said({{"clusterName", "East 1"}, {"region", "mars-1"}});
  await_message("clusterName must match [a-z0-9-]+, not be \"East 1\", region must be one of");
  answer_as_said({{"clusterName", "east-1"}, {"region", "mars-2"}});
  const std::string one = await_message("waits for an answer: region must be one of us-east-1, ");
  EXPECT_THAT(one, StartsWith("p/name "));
  EXPECT_THAT(one, HasSubstr("not \"mars-2\""));
  answer_as_said({{"region", "eu-west-1"}});
  await_message("p/size waits for an answer: size.");
  EXPECT_EQ(outputs("name"), (json{{"clusterName", "east-1"}, {"region", "eu-west-1"}}));
  answer_as_said({{"size", "3"}});
  cluster_.await_state(*ns_, "asks", "Succeeded", 20s);
  EXPECT_EQ(outputs("size"), (json{{"size", "3"}}));
}

TEST_F(Asks, AnAnswerThatAnApplyTakesOutAgainStays) {
  RunningEngine engine(cluster_, {});
  ASSERT_TRUE(engine.await_synced());
  cluster_.apply(*ns_, kAsks);
  await_message("waits for 2 answers");
  // As whoever owns the whole spec: put there by apply, and taken out by the next one.
  cluster_.apply(*ns_, std::string(kAsks) + "  answers: [{name: clusterName, value: east-1}]\n");
  await_message("waits for an answer: region");
  cluster_.apply(*ns_, kAsks);
  EXPECT_TRUE(eventually(
      20s, [&] { return !cluster_.workflow(*ns_, "asks").at("spec").contains("answers"); }));
  await_message("--type merge");
  EXPECT_EQ(outputs("name"), (json{{"clusterName", "east-1"}}));
  answer_as_said({{"region", "us-east-1"}});
  await_message("p/size waits");
  EXPECT_EQ(outputs("name"), (json{{"clusterName", "east-1"}, {"region", "us-east-1"}}));
  const json workflow = cluster_.workflow(*ns_, "asks");
  EXPECT_EQ(condition_of(workflow, "PlanCurrent").at("status"), "True");
  EXPECT_EQ(condition_of(workflow, "Progressing").at("status"), "False");
  EXPECT_EQ(status_text(workflow, "state"), "Waiting");
  EXPECT_TRUE(workflow.at("status").contains("pausedSince"));
}

constexpr const char* kApproved = R"(
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: asks}
spec:
  phases:
  - name: p
    steps:
    - {name: confirm, approve: {message: "delete it, isn't it?", approvers: [alice, bob], count: 2}}
    - {name: other, approve: {}}
)";

TEST_F(Asks, TheCommandOfAnApprovalDoesAsItIsPrinted) {
  RunningEngine engine(cluster_, {});
  ASSERT_TRUE(engine.await_synced());
  cluster_.apply(*ns_, kApproved);
  await_message("p/confirm waits for approval by alice or bob, 0 of 2: delete it, isn't it?");
  answer_as_said({{"you", "alice"}});
  await_message("1 of 2 (approved by alice)");
  answer_as_said({{"you", "bob"}});
  await_message("p/other waits for approval");
  EXPECT_EQ(outputs("confirm"), (json{{"approvedBy", "alice,bob"}}));
  cluster_.kubectl_output(
      {"patch", "bwf", "asks", "-n", *ns_, "--type", "json", "-p",
       R"([{"op":"add","path":"/spec/approvals/-","value":{"step":"p/other","run":1,)"
       R"("by":"carol","decision":"Reject","comment":"not today"}}])"});
  const json workflow = cluster_.await_state(*ns_, "asks", "Failed", 20s);
  EXPECT_EQ("Rejected", step_of(workflow, "p", "other").at("reason"));
  EXPECT_THAT(status_text(workflow, "message"),
              StartsWith("p/other failed (Rejected): rejected by carol (not verified): not today"));
}

TEST_F(Asks, AnotherOperatorGoesOnWaiting) {
  cluster_.apply(*ns_, kAsks);
  {
    RunningEngine engine(cluster_, {});
    ASSERT_TRUE(engine.await_synced());
    await_message("waits for 2 answers");
  }
  cluster_.kubectl_output(
      {"patch", "bwf", "asks", "-n", *ns_, "--type", "merge", "-p",
       R"({"spec":{"answers":[{"name":"clusterName","value":"a"},{"name":"region","value":)"
       R"("us-east-1"},{"name":"size","value":"1"}]}})"});
  RunningEngine engine(cluster_, {});
  ASSERT_TRUE(engine.await_synced());
  cluster_.await_state(*ns_, "asks", "Succeeded", 20s);
}

}  // namespace
}  // namespace bootstrap::testing
