// Workflows that the API server accepts and that cannot run: each file of tests/corpus/invalid says
// what the operator must answer, and nothing is launched for any of them.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

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

const std::filesystem::path kCorpus = SOURCE_DIR "/tests/corpus/invalid";
constexpr std::string_view kExpect = "# expect: ";

// What the lines "# expect: …" at the top say, by the name of the workflow.
std::map<std::string, std::vector<std::string>> expectations() {
  std::map<std::string, std::vector<std::string>> all;
  for (const auto& entry : std::filesystem::directory_iterator(kCorpus)) {
    auto& expected = all[entry.path().stem()];
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line) && line.starts_with(kExpect);)
      expected.push_back(line.substr(kExpect.size()));
  }
  return all;
}

TEST(InvalidCorpus, EachMistakeIsNamedAndNothingIsLaunched) {
  Cluster& cluster = Cluster::of_test();
  install(cluster);
  const TestNamespace ns(cluster, "it-invalid");
  cluster.kubectl_output({"apply", "-n", ns, "-f", kCorpus.string()});
  RunningEngine engine(cluster, {});
  ASSERT_TRUE(engine.await_synced());

  const auto all = expectations();
  ASSERT_FALSE(all.empty());
  for (const auto& [name, expected] : all) {
    SCOPED_TRACE(name);
    ASSERT_FALSE(expected.empty());
    const json workflow = cluster.await_state(ns, name, "Invalid", 30s);
    EXPECT_EQ("False", condition_of(workflow, "Valid").at("status"));
    for (const std::string& text : expected)
      EXPECT_THAT(status_text(workflow, "message"), HasSubstr(text));
  }
  EXPECT_TRUE(cluster.items(kube::resources::kJobs, ns).empty());
}

}  // namespace
}  // namespace bootstrap::testing
