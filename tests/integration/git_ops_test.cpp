// What Git has and what people do by hand, in one object: applying an unchanged manifest again is
// no change, whatever state the workflow is in, and takes nothing away.

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/played_cluster.h"
#include "tests/integration/running_engine.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

class GitOps : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(engine_.await_synced()); }

  // As Argo CD does.
  void sync(const std::string& manifest) {
    cluster_.kubectl_output(
        {"apply", "--server-side", "--field-manager=argocd-controller", "-n", ns_, "-f", "-"},
        {.input = manifest});
  }
  Completed diff(const std::string& manifest) {
    return cluster_.kubectl(
        {"diff", "--server-side", "--field-manager=argocd-controller", "-n", ns_, "-f", "-"},
        {.input = manifest});
  }
  // As people do.
  void patch(const std::string& spec) {
    cluster_.kubectl_output(
        {"patch", "bwf", "w", "-n", ns_, "--type", "merge", "-p", "{\"spec\":" + spec + "}"});
  }
  void fail_step() {
    const std::string pod = played_.run_pod_of("w", "a");
    played_.end_pod(pod, 3);
    cluster_.kubectl_output({"patch", "pod", pod, "-n", ns_, "--subresource=status", "-p",
                             R"({"status":{"phase":"Failed"}})"});
  }
  // As the garbage collector does, which does not run here.
  void remove() {
    cluster_.kubectl_output({"delete", "bwf", "w", "-n", ns_, "--cascade=background"});
    cluster_.kubectl_output(
        {"delete", "jobs,pods", "--all", "-n", ns_, "--force", "--cascade=background"});
  }
  json spec() { return cluster_.workflow(ns_, "w").at("spec"); }

  Cluster& cluster_ = install(Cluster::of_test());
  TestNamespace ns_{cluster_, "it-gitops"};
  RunningEngine engine_{cluster_, {}};
  PlayedCluster played_{cluster_, ns_};
};

// Of one phase "work", of which this is the first step.
std::string with_first_step(const std::string& step) {
  std::string manifest = workflow_of_steps("w", {"a"});
  const auto at = manifest.find("- {name: a");
  return manifest.insert(at, "- " + step + "\n    ");
}

TEST_F(GitOps, ApplyingAgainIsNoChangeInAnyState) {
  const std::string plain = workflow_of_steps("w", {"a"});
  std::string of_template =
      plain.substr(0, plain.find("spec:")) + "spec: {templateRef: {name: not-there}}\n";
  const std::string asks = with_first_step("{name: ask, ask: {parameters: [{name: x}]}}");
  std::string invalid = plain;
  invalid.insert(invalid.find("spec:") + 5, "\n  lock: $(params.unknown)");
  struct Case {
    const char* state;
    std::string manifest;
    std::function<void()> then;
  };
  const Case cases[] = {
      {"Pending", of_template, [] {}},
      {"Running", plain, [&] { played_.run_pod_of("w", "a"); }},
      {"Waiting", asks, [] {}},
      {"Suspended", asks, [&] { patch(R"({"suspend": true})"); }},
      {"Succeeded", plain, [&] { played_.end_pod(played_.run_pod_of("w", "a"), 0); }},
      {"Failed", plain, [&] { fail_step(); }},
      {"Cancelled", asks, [&] { patch(R"({"cancel": true})"); }},
      {"Invalid", invalid, [] {}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.state);
    sync(c.manifest);
    c.then();
    const json before = cluster_.await_state(ns_, "w", c.state, 30s);
    sync(c.manifest);
    const Completed seen = diff(c.manifest);
    EXPECT_EQ(seen.code, 0) << seen.out << seen.err;
    const json after = cluster_.workflow(ns_, "w");
    EXPECT_EQ(after.at("metadata").at("generation"), before.at("metadata").at("generation"));
    EXPECT_EQ(after.at("spec"), before.at("spec"));
    EXPECT_EQ(status_text(after, "state"), c.state);
    remove();
  }
}

TEST_F(GitOps, WhatPeopleGiveByHandSurvivesTheNextApply) {
  const std::string manifest = with_first_step("{name: ask, ask: {parameters: [{name: x}]}}");
  const char* given = R"({"answers": [{"name": "x", "value": "1"}],
      "approvals": [{"step": "work/a", "run": 9, "by": "me", "decision": "Approve"}]})";
  const auto edited = [&] {
    std::string newer = manifest;
    return newer.insert(newer.find("spec:") + 5, "\n  description: edited in Git");
  };
  for (const bool server_side : {true, false}) {
    SCOPED_TRACE(server_side ? "server-side" : "client-side");
    const auto apply = [&](const std::string& text) {
      if (server_side)
        sync(text);
      else
        cluster_.apply(ns_, text);
    };
    apply(manifest);
    cluster_.await_state(ns_, "w", "Waiting", 20s);
    patch(given);
    played_.run_pod_of("w", "a");
    apply(manifest);
    apply(edited());
    EXPECT_EQ(spec().at("description"), "edited in Git");
    EXPECT_EQ(spec().at("answers"), json::parse(given).at("answers"));
    EXPECT_EQ(spec().at("approvals").size(), 1U);
    remove();
  }
}

// Server-side: also when the manifest has lists of its own, for entries are kept apart by their
// keys.
TEST_F(GitOps, EntriesOfGitAndOfPeopleStandSideBySide) {
  std::string manifest =
      with_first_step("{name: ask, ask: {parameters: [{name: size}, {name: zone}]}}");
  manifest.insert(manifest.find("spec:") + 5, "\n  answers: [{name: zone, value: \"2\"}]");
  sync(manifest);
  cluster_.await_state(ns_, "w", "Waiting", 20s);
  patch(R"({"answers": [{"name": "zone", "value": "2"}, {"name": "size", "value": "1"}]})");
  played_.run_pod_of("w", "a");
  sync(manifest);
  EXPECT_EQ(spec().at("answers").size(), 2U) << spec().at("answers");
  EXPECT_EQ(diff(manifest).code, 0);
}

}  // namespace
}  // namespace bootstrap::testing
