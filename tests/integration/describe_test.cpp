// What people see: `kubectl describe bwf` over a whole run. The run is the simulation's, whose
// clock makes every time in it known; each of its moments is put on the API server, whose CRD must
// take it, and read back as a user reads it.
//
//   UPDATE_GOLDEN=1 ctest -R integration.Describe
#include <regex>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "controllers/status.h"
#include "tests/golden_text.h"
#include "tests/integration/played_cluster.h"
#include "tests/simulation/watched_world.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using simulation::WatchedWorld;

// What only the API server knows, and the ages of Events, which kubectl counts from now.
std::string without_what_varies(std::string text, const std::string& ns) {
  struct {
    const char* pattern;
    const char* replacement;
  } const rules[] = {
      {R"((Metadata:\n  Creation Timestamp: +)\S+)", "$1<time>"},
      {R"((Resource Version: +)\d+\n  UID: +\S+)", "$1<version>\n  UID:  <uid>"},
      {R"((\n +(?:Normal|Warning) +\S+ +)\S+(?: \(x\d+ over \S+\))?)", "$1<age>"},
      {R"((\S) {2,})", "$1  "},  // widths of columns follow their contents
      {R"( +\n)", "\n"},
  };
  text = std::regex_replace(text, std::regex(ns), "NAMESPACE");
  for (const auto& [pattern, replacement] : rules)
    text = std::regex_replace(text, std::regex(pattern), replacement);
  return text;
}

class Describe : public ::testing::Test {
 protected:
  void create(const json& workflow) {
    json own = workflow;
    own["metadata"] = {{"name", workflow["metadata"]["name"]}};
    cluster_.apply(ns_, own.dump());
    uid_ = cluster_.workflow(ns_, name_of(workflow)).at("metadata").at("uid");
  }

  void show(const WatchedWorld::Moment& moment) {
    const json now = moment.workflow.value("status", json::object());
    const json patch{{"status", merge_patch(status_, now)}};
    const auto patched = cluster_.client().merge_patch_status(
        kube::resources::kWorkflows, ns_.name(), name_of(moment.workflow), patch.dump());
    ASSERT_TRUE(patched) << patched.error().message << "\n" << now.dump(1);
    status_ = now;
    for (json event : moment.events) {
      event["metadata"] = {{"name", event["metadata"]["name"]}};
      event["involvedObject"]["namespace"] = ns_.name();
      event["involvedObject"]["uid"] = uid_;
      cluster_.apply(ns_, event.dump());
    }
  }

  std::string describe(const json& workflow) {
    return without_what_varies(
        cluster_.kubectl_output({"describe", "bwf", name_of(workflow), "-n", ns_.name()}), ns_);
  }

  static std::string name_of(const json& workflow) { return workflow["metadata"]["name"]; }

  Cluster& cluster_ = install(Cluster::of_test());
  TestNamespace ns_{cluster_, "it-describe"};
  std::string uid_;
  json status_ = json::object();  // as it is stored now
};

TEST_F(Describe, TellsAWholeRun) {
  WatchedWorld watched;
  run_fleet(watched);
  ASSERT_GT(watched.moments().size(), 6U);
  create(watched.moments().front().workflow);
  std::string told;
  for (const WatchedWorld::Moment& moment : watched.moments()) {
    show(moment);
    std::string text = describe(moment.workflow);
    if (!told.empty()) text.erase(0, text.find("\nStatus:") + 1);  // the rest is as it was
    told +=
        fmt::format("$ kubectl describe bwf fleet    # at {}\n{}\n", to_rfc3339(moment.at), text);
  }
  expect_golden_text(SOURCE_DIR "/tests/integration/golden/describe-fleet.txt", told);
}

}  // namespace
}  // namespace bootstrap::testing
