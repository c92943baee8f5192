// `kubectl bootstrap` on a real API server: that what it writes is what the operator understands,
// that nobody's entry is lost, and that the policy for approvals lets it through.

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/integration/approvals_files.h"
#include "tests/integration/played_cluster.h"
#include "tests/integration/running_engine.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Arguments = std::vector<std::string>;

class Cli : public ::testing::Test {
 protected:
  Cli() : cluster_(install(Cluster::of_test())), ns_(cluster_, "it-cli"), played_(cluster_, ns_) {
    folder_ = std::filesystem::path(::testing::TempDir()) / ("cli-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    if (!engine_.await_synced()) throw std::runtime_error("the engine does not begin");
  }
  ~Cli() override { std::filesystem::remove_all(folder_); }

  Arguments command(const Arguments& arguments, const std::string& kubeconfig = "") {
    Arguments all{CLI_BINARY};
    all.insert(all.end(), arguments.begin(), arguments.end());
    all.insert(all.end(), {"-n", ns_.name(), "--kubeconfig",
                           kubeconfig.empty() ? Cluster::variable("KUBECONFIG") : kubeconfig});
    return all;
  }
  Completed cli(const Arguments& arguments, const std::string& kubeconfig = "") {
    return run(command(arguments, kubeconfig));
  }
  void expect_fine(const Arguments& arguments, const std::string& kubeconfig = "") {
    const Completed done = cli(arguments, kubeconfig);
    EXPECT_EQ(done.code, 0) << done.out << done.err;
  }

  // A kubeconfig as `oc login` writes it, with a token; of a ServiceAccount with this ClusterRole.
  std::string kubeconfig_of(const std::string& account, const std::string& role) {
    cluster_.kubectl_output({"create", "serviceaccount", account, "-n", ns_});
    cluster_.kubectl_output({"create", "rolebinding", account + "-" + role, "-n", ns_,
                             "--clusterrole=" + role,
                             "--serviceaccount=" + ns_.name() + ":" + account});
    std::string token = cluster_.kubectl_output({"create", "token", account, "-n", ns_});
    token.erase(token.find_last_not_of('\n') + 1);
    json config = json::parse(
        cluster_.kubectl_output({"config", "view", "--raw", "--flatten", "-o", "json"}));
    config["users"][0]["user"] = {{"token", token}};
    const std::string file = folder_ / (account + ".kubeconfig");
    std::ofstream(file) << config.dump();
    return file;
  }
  std::string name_of(const std::string& account) {
    return fmt::format("system:serviceaccount:{}:{}", ns_.name(), account);
  }
  void await_waiting(const std::string& workflow, const char* phase, const char* step) {
    ASSERT_TRUE(eventually(20s, [&] {
      return step_of(cluster_.workflow(ns_, workflow), phase, step).value("state", "") == "Waiting";
    }));
  }
  void end_step(const std::string& workflow, const std::string& step, int code) {
    const std::string pod = played_.run_pod_of(workflow, step);
    if (code == 0)
      played_.end_pod(pod, code);
    else
      played_.fail_pod(pod, code, "no such region");
  }

  Cluster& cluster_;
  TestNamespace ns_;
  PlayedCluster played_;
  RunningEngine engine_{cluster_, {}};
  std::filesystem::path folder_;
};

constexpr const char* kGated = R"(
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: gated}
spec:
  phases:
  - name: p
    steps:
    - name: ask
      ask: {parameters: [{name: region, allowed: [us-east-1, eu-west-1]}, {name: size}]}
    - {name: confirm, approve: {message: "go?", count: 6}}
)";

TEST_F(Cli, AnswersWhatIsAskedAndSaysWhatIsAllowed) {
  cluster_.apply(ns_, kGated);
  await_waiting("gated", "p", "ask");
  Completed done = cli({"answer", "gated", "region=mars-1"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.err, "error: gated: region must be one of us-east-1, eu-west-1, not \"mars-1\"\n");
  EXPECT_FALSE(cluster_.workflow(ns_, "gated").at("spec").contains("answers"));
  expect_fine({"answer", "gated", "region=us-east-1"});
  expect_fine({"answer", "gated", "p/ask", "region=eu-west-1", "size=3"});
  await_waiting("gated", "p", "confirm");
  EXPECT_EQ(step_of(cluster_.workflow(ns_, "gated"), "p", "ask").at("outputs"),
            (json{{"region", "eu-west-1"}, {"size", "3"}}));
  done = cli({"answer", "gated", "size=4"});
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.err, HasSubstr("no step waits for answers; it is Waiting: p/confirm waits"));
}

// Six approve at the same moment, and the operator writes the status meanwhile.
TEST_F(Cli, LosesNobodysApproval) {
  cluster_.apply(ns_,
                 std::string(kGated) +
                     "  answers: [{name: region, value: us-east-1}, {name: size, value: a}]\n");
  await_waiting("gated", "p", "confirm");
  cluster_.kubectl_output({"apply", "-f", kRolesFile});
  std::vector<std::string> configs;
  for (int i = 0; i < 6; ++i)
    configs.push_back(kubeconfig_of("approver" + std::to_string(i), "bootstrap-approver"));
  ASSERT_TRUE(eventually(20s, [&] { return cli({"status", "gated"}, configs[5]).code == 0; }));
  std::vector<std::unique_ptr<Child>> all;
  for (const std::string& config : configs)
    all.push_back(std::make_unique<Child>(command({"approve", "gated"}, config), config + ".out"));
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(all[i]->wait(60s), 0) << run({"cat", configs[i] + ".out"}).out;
  const json workflow = cluster_.await_state(ns_, "gated", "Succeeded", 20s);
  EXPECT_EQ(workflow.at("spec").at("approvals").size(), 6U);
}

// As Argo CD and people with manifests do.
TEST_F(Cli, AppliedManifestsWithoutTheListsLeaveThemAlone) {
  for (const char* how : {"--server-side=false", "--server-side=true"}) {
    SCOPED_TRACE(how);
    cluster_.kubectl_output({"delete", "bwf", "gated", "-n", ns_, "--ignore-not-found"});
    const auto apply = [&](const std::string& yaml) {
      cluster_.kubectl_output({"apply", "-n", ns_, how, "-f", "-"}, {.input = yaml});
    };
    apply(kGated);
    await_waiting("gated", "p", "ask");
    expect_fine({"answer", "gated", "region=us-east-1", "size=3"});
    await_waiting("gated", "p", "confirm");
    expect_fine({"approve", "gated", "--comment", "Change 4711"});
    expect_fine({"suspend", "gated"});
    apply(std::string(kGated) + "  description: edited\n");
    const json spec = cluster_.workflow(ns_, "gated").at("spec");
    EXPECT_EQ(spec.at("description"), "edited");
    EXPECT_EQ(spec.at("answers").size(), 2U);
    ASSERT_EQ(spec.at("approvals").size(), 1U);
    EXPECT_EQ(spec.at("approvals")[0].at("comment"), "Change 4711");
    EXPECT_EQ(spec.at("suspend"), true);
  }
}

TEST_F(Cli, ApprovesInOnesOwnNameAsThePolicyWantsIt) {
  cluster_.apply(ns_,
                 std::string(kGated) +
                     "  answers: [{name: region, value: us-east-1}, {name: size, value: a}]\n");
  await_waiting("gated", "p", "confirm");
  cluster_.kubectl_output({"apply", "-f", kPolicyFile, "-f", kRolesFile});
  const std::string author = kubeconfig_of("author", "bootstrapworkflows-edit");
  const std::string approver = kubeconfig_of("approver", "bootstrap-approver");
  // In force a moment later, and so are the roles. Until then the author could really approve.
  const json entry{
      {"step", "p/confirm"}, {"run", 1}, {"decision", "Approve"}, {"by", name_of("author")}};
  const json patch{{"spec", {{"approvals", json::array({entry})}}}};
  Completed tried;
  ASSERT_TRUE(eventually(30s, [&] {
    tried = cluster_.kubectl({"--kubeconfig=" + author, "patch", "bwf", "gated", "-n", ns_,
                              "--type=merge", "--dry-run=server", "-p", patch.dump()});
    return tried.err.find("may not add or change entries") != std::string::npos;
  })) << tried.err;
  Completed done = cli({"approve", "gated"}, author);
  EXPECT_THAT(done.err, HasSubstr("may not add or change entries"));
  EXPECT_EQ(done.code, 1);
  EXPECT_TRUE(eventually(30s, [&] {
    done = cli({"approve", "gated", "-o", "json"}, approver);
    return done.code == 0;
  })) << done.err;
  EXPECT_EQ(json::parse(done.out).at("spec").at("approvals").back().at("by"), name_of("approver"));
  done = cli({"approve", "gated"}, approver);
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("as it was already"));
  EXPECT_EQ(cli({"reject", "gated", "--comment", "not today"}, approver).code, 0);
  const json workflow = cluster_.await_state(ns_, "gated", "Failed", 20s);
  EXPECT_THAT(status_text(workflow, "message"), HasSubstr("not today"));
  cluster_.kubectl({"delete", "-f", kPolicyFile, "--ignore-not-found"});
  EXPECT_TRUE(eventually(30s, [&] {  // as other tests expect it
    return cluster_
               .kubectl({"patch", "bwf", "gated", "-n", ns_, "--as=nobody",
                         "--as-group=system:masters", "--type=merge", "--dry-run=server", "-p",
                         R"({"spec":{"approvals":[]}})"})
               .code == 0;
  }));
}

TEST_F(Cli, SteersARun) {
  cluster_.apply(ns_, workflow_of_steps("steered", {"a", "b"}));
  played_.await_job("steered", "a");
  EXPECT_EQ(cli({"resume", "steered"}).code, 1) << "nothing has failed";
  expect_fine({"suspend", "steered"});
  end_step("steered", "a", 0);
  cluster_.await_state(ns_, "steered", "Suspended", 20s);
  expect_fine({"resume", "steered"});
  played_.await_job("steered", "b");
  json workflow = cluster_.workflow(ns_, "steered");
  EXPECT_EQ(workflow.at("status").at("run"), 1);
  EXPECT_FALSE(workflow.at("spec").contains("suspend"));
  EXPECT_FALSE(workflow.at("spec").contains("resume"));

  end_step("steered", "b", 3);
  cluster_.await_state(ns_, "steered", "Failed", 20s);
  EXPECT_EQ(cli({"status", "steered"}).code, 1);
  EXPECT_EQ(cli({"suspend", "steered"}).code, 1) << "it is over";
  const Completed unknown = cli({"resume", "steered", "--from", "work/c"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("there is no such step"));
  expect_fine({"resume", "steered"});
  ASSERT_TRUE(eventually(20s, [&] {
    return step_of(cluster_.workflow(ns_, "steered"), "work", "b").value("attempts", 0) == 2;
  }));

  // No pod is there yet, so that it is cancelled at once.
  expect_fine({"cancel", "steered"});
  cluster_.await_state(ns_, "steered", "Cancelled", 20s);
  expect_fine({"resume", "steered", "--from", "work/a"});
  ASSERT_TRUE(eventually(20s, [&] {
    return step_of(cluster_.workflow(ns_, "steered"), "work", "a").value("attempts", 0) == 2;
  }));
  workflow = cluster_.workflow(ns_, "steered");
  EXPECT_EQ(workflow.at("status").at("run"), 3);
  EXPECT_EQ(workflow.at("spec").at("resume"), (json{{"run", 3}, {"from", "work/a"}}));
  EXPECT_FALSE(workflow.at("spec").contains("cancel"));
}

TEST_F(Cli, WatchShowsEachTransitionAndEndsWithTheRun) {
  cluster_.apply(ns_, workflow_of_steps("watched", {"a", "b"}));
  const std::string out = folder_ / "out";
  Child watch(command({"watch", "watched"}), out);
  end_step("watched", "a", 0);
  end_step("watched", "b", 3);
  EXPECT_EQ(watch.wait(30s), 1);
  const Completed shown = run({"sed", "-E", "s/^[0-9-]+T[0-9:]+Z /TIME /; s/; its log.*//", out});
  EXPECT_EQ(shown.out, R"(TIME watched: Running (WorkflowStarted)
TIME work/a: Running (StepLaunched)
TIME work/a: Succeeded (StepSucceeded)
TIME work/b: Running (StepLaunched)
TIME work/b: Failed (ToolFailed): exit code 3: no such region
TIME watched: Failed (StepFailed): work/b failed (ToolFailed): exit code 3: no such region
)");
}

TEST_F(Cli, WatchSurvivesARestartOfTheApiServerAndSeesADeletion) {
  cluster_.apply(ns_, workflow_of_steps("survivor", {"a", "b"}));
  const std::string out = folder_ / "out";
  Child watch(command({"watch", "survivor"}), out);
  const std::string pod = played_.run_pod_of("survivor", "a");
  const auto shows = [&](const char* text) {
    return run({"cat", out}).out.find(text) != std::string::npos;
  };
  ASSERT_TRUE(eventually(20s, [&] { return shows("work/a: Running"); }));
  const Completed restarted = run({SOURCE_DIR "/tests/integration/restart_api_server.sh"});
  ASSERT_EQ(0, restarted.code) << restarted.err;
  ASSERT_TRUE(eventually(60s, [&] { return cluster_.client().get_path("/readyz").has_value(); }));
  played_.end_pod(pod, 0);
  EXPECT_TRUE(eventually(60s, [&] { return shows("work/b: Running"); })) << run({"cat", out}).out;
  cluster_.kubectl_output({"delete", "bwf", "survivor", "-n", ns_, "--wait=false"});
  EXPECT_EQ(watch.wait(30s), 1);
  EXPECT_TRUE(shows("error: survivor was deleted\n")) << run({"cat", out}).out;
}

TEST_F(Cli, SaysWhatThereIs) {
  cluster_.apply(ns_, workflow_of_steps("full-setup", {"a"}));
  played_.await_job("full-setup", "a");
  Completed done = cli({"status", "full-stup"});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.err, fmt::format("error: there is no workflow full-stup in namespace {}; did you "
                                  "mean full-setup?\n",
                                  ns_.name()));
  done = cli({"status"});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.out, HasSubstr("full-setup  Running  0/1 0%    work/a"));
  done = cli({"status", "full-setup", "-o", "json"});
  EXPECT_EQ(json::parse(done.out).at("status").at("state"), "Running");
  done = cli({"history", "full-setup", "-o", "json"});
  EXPECT_EQ(json::parse(done.out).at(0).at("reason"), "WorkflowStarted");
  done = cli({"logs", "full-setup"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.err, "error: work/a: the pod of attempt 1 is gone, and its log with it\n");
}

}  // namespace
}  // namespace bootstrap::testing
