// The sample of a cluster's lifecycle in all its branches, the one that asks people among them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/golden.h"
#include "tests/e2e/samples.h"
#include "tests/e2e/user_view.h"
#include "tests/e2e/volume.h"
#include "tests/integration/audit_log.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Lifecycle : public ::testing::Test {
 protected:
  // As a user edits the file: `edits` are expressions of sed.
  Completed apply(const std::string& edits = "") {
    cluster_.kubectl_output({"apply", "-n", ns_, "-f", kSamples + "fullsetup-tools.yaml", "-f",
                             kSamples + "aws-tools.yaml", "-f", kSamples + "lifecycle-tools.yaml"});
    const Completed edited = run({"sed", "-e", edits, kSamples + "cluster-lifecycle.yaml"});
    return cluster_.kubectl({"apply", "-n", ns_, "-f", "-"}, {.input = edited.out});
  }
  static std::string set(const std::string& parameter, const std::string& value) {
    return "/name: " + parameter + "/,/default:/ s#default:.*#value: " + value + "#;";
  }
  static std::string operation(const std::string& value) {
    return "s#default: create#value: " + value + "#;";
  }

  // The command that the message ends with, as it is printed but for the values.
  void answer(std::string message, const std::string& name, const std::string& region) {
    constexpr std::string_view kCommand = "Answer with: ";
    const auto at = message.find(kCommand);
    ASSERT_NE(at, std::string::npos) << message;
    std::string command = message.substr(at + kCommand.size());
    const auto fill = [&](const std::string& placeholder, const std::string& value) {
      if (const auto found = command.find(placeholder); found != std::string::npos)
        command.replace(found, placeholder.size(), value);
    };
    fill("<clusterName>", name);
    fill("<region>", region);
    const Completed patched =
        run({"sh", "-c",
             "kubectl() { '" + Cluster::variable("KUBECTL") + "' --kubeconfig '" +
                 Cluster::variable("KUBECONFIG") + "' \"$@\"; }; " + command});
    EXPECT_EQ(patched.code, 0) << command << "\n" << patched.err;
  }
  json await_succeeded() { return cluster_.await_state(ns_, kLifecycle, "Succeeded", 90s); }
  std::string view() { return user_view(cluster_, ns_, kLifecycle); }
  std::string log(const char* phase, const char* step) {
    return log_of(cluster_, ns_, kLifecycle, phase, step);
  }
  std::size_t jobs() {
    return AuditLog::of_namespace(ns_).count(
        [](const Request& r) { return r.verb == "create" && r.resource == "jobs"; });
  }

  Cluster& cluster_ = Cluster::of_test();
  TestNamespace ns_{cluster_, "e2e-lifecycle"};
  Volume volume_{cluster_, ns_};
};

TEST_F(Lifecycle, CreateWithASpecification) {
  ASSERT_EQ(apply(set("specification", "regions/us-east-1/east-7.yaml")).code, 0);
  const json workflow = await_succeeded();
  expect_end(cluster_, ns_, kLifecycle, "create");
  EXPECT_EQ(log("generate", "generate-cluster"),
            "rendered the overlays of east-7 from regions/us-east-1/east-7.yaml\n");
  EXPECT_THAT(log("generate", "health-check"), HasSubstr("east-7 is healthy"));
  EXPECT_EQ("Skipped", step_of(workflow, "create", "ask").at("state")) << "nobody is asked";
  EXPECT_EQ(jobs(), 3U);
}

TEST_F(Lifecycle, CreateWithoutASpecificationAsksPeople) {
  ASSERT_EQ(apply().code, 0);
  json workflow = cluster_.await_state(ns_, kLifecycle, "Waiting", 30s);
  EXPECT_EQ(jobs(), 0U);
  expect_golden("lifecycle-waiting", view(), {ns_, kLifecycle});

  answer(status_text(workflow, "message"), "east-9", "mars-1");
  workflow = cluster_.await_reason(ns_, kLifecycle, "AnswerRefused", 30s);
  EXPECT_EQ(status_text(workflow, "state"), "Waiting");
  EXPECT_EQ(jobs(), 0U);
  expect_golden("lifecycle-refused", view(), {ns_, kLifecycle});

  answer(status_text(workflow, "message"), "", "eu-west-1");
  // As an apply from Git does that owns the whole list.
  EXPECT_TRUE(eventually(30s, [&] {
    return step_of(cluster_.workflow(ns_, kLifecycle), "create", "ask").at("state") == "Succeeded";
  }));
  cluster_.kubectl_output({"patch", "bwf", kLifecycle, "-n", ns_, "--type", "json", "-p",
                           R"([{"op":"remove","path":"/spec/answers"}])"});
  await_succeeded();
  expect_end(cluster_, ns_, kLifecycle, "create-asked");
  EXPECT_THAT(log("create", "new-cluster"), HasSubstr("creating cluster east-9 in eu-west-1"));
  EXPECT_THAT(log("create", "health-check"), HasSubstr("east-9 is healthy")) << "PARAM_CLUSTERNAME";
  const auto events = event_reasons(cluster_, ns_, kLifecycle);
  EXPECT_EQ(std::ranges::count(events, "WaitingForAnswers"), 1);
  EXPECT_EQ(std::ranges::count(events, "AnswerRefused"), 1);
}

TEST_F(Lifecycle, BulkUpdate) {
  ASSERT_EQ(apply(operation("bulk-update")).code, 0);
  await_succeeded();
  expect_end(cluster_, ns_, kLifecycle, "bulk-update");
  EXPECT_THAT(log("bulk-update", "regenerate-all-clusters"), HasSubstr("3 clusters are rendered"));
  EXPECT_THAT(log("bulk-update", "health-check"), HasSubstr("hub is healthy"));
}

TEST_F(Lifecycle, CleanupOfACluster) {
  ASSERT_EQ(apply(operation("cleanup") + set("clusterId", "east-1-x7k2p")).code, 0);
  await_succeeded();
  expect_end(cluster_, ns_, kLifecycle, "cleanup");
  EXPECT_EQ(
      "deleted instance i-east-1-x7k2p-1\ndeleted volume vol-east-1-x7k2p-1\n"
      "deleted load-balancer lb-east-1-x7k2p\n",
      log("cleanup", "clean-aws"));
}

TEST_F(Lifecycle, CleanupWithoutAnIdIsRefusedBeforeAnythingStarts) {
  ASSERT_EQ(apply(operation("cleanup")).code, 0);
  cluster_.await_state(ns_, kLifecycle, "Invalid", 30s);
  expect_end(cluster_, ns_, kLifecycle, "cleanup-without-id");
  EXPECT_EQ(jobs(), 0U);
  EXPECT_THAT(event_reasons(cluster_, ns_, kLifecycle), Contains("WorkflowInvalid"));
}

TEST_F(Lifecycle, AnUnknownOperationIsRefusedAtOnce) {
  const Completed applied = apply(operation("destroy"));
  EXPECT_EQ(applied.code, 1);
  EXPECT_THAT(applied.err, HasSubstr("parameter operation: value \"destroy\" is not allowed; "
                                     "allowed are: create, bulk-update, cleanup"));
  EXPECT_THAT(cluster_.kubectl_output({"get", "bwf", "-n", ns_, "-o", "name"}), IsEmpty());
}

}  // namespace
}  // namespace bootstrap::testing
