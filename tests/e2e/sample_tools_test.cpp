// The tools of the samples without the operator: as people run them today, in a plain shell.

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include "tests/integration/process.h"

namespace bootstrap::testing {
namespace {

using ::testing::HasSubstr;

// The tools of a ConfigMap as executable files in a folder that goes with the object.
class PlainShell {
 public:
  explicit PlainShell(const std::string& config_map)
      : folder_(std::filesystem::temp_directory_path() /
                ("sample-tools-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
    const YAML::Node tools =
        YAML::LoadFile(SOURCE_DIR "/deploy/samples/" + config_map + ".yaml")["data"];
    for (const auto& tool : tools) {
      const std::filesystem::path file = folder_ / tool.first.as<std::string>();
      std::ofstream(file) << tool.second.as<std::string>();
      std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    }
  }
  ~PlainShell() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  PlainShell(const PlainShell&) = delete;
  PlainShell& operator=(const PlainShell&) = delete;

  // With nothing in the environment that a workflow sets.
  Completed run_tool(const std::string& command_line) const {
    return run({"env", "-i", "PATH=/usr/bin:/bin", "HOME=" + folder_.string(), "sh", "-c",
                "cd " + folder_.string() + " && ./" + command_line});
  }

 private:
  std::filesystem::path folder_;
};

struct ToolRow {
  const char* config_map;
  const char* command_line;
  int code;
  const char* says;
};
void PrintTo(const ToolRow& row, std::ostream* out) {
  *out << row.command_line;
}

class SampleTools : public ::testing::TestWithParam<ToolRow> {};

TEST_P(SampleTools, RunInAPlainShell) {
  const PlainShell shell(GetParam().config_map);
  const Completed done = shell.run_tool(GetParam().command_line);
  EXPECT_EQ(GetParam().code, done.code) << done.err;
  EXPECT_THAT(done.out + done.err, HasSubstr(GetParam().says));
}

constexpr const char* kFullSetup = "fullsetup-tools";
INSTANTIATE_TEST_SUITE_P(
    Each, SampleTools,
    ::testing::Values(
        ToolRow{kFullSetup, "bootstrap --region eu-west-1", 0, "==> the hub is ready"},
        ToolRow{kFullSetup, "vault-integration", 0,
                "==> the ClusterSecretStore vault-backend is valid"},
        ToolRow{kFullSetup, "new-cluster --name east-1", 0, "==> cluster east-1 is ready"},
        ToolRow{kFullSetup, "new-cluster", 2, "a name is needed: --name NAME"},
        ToolRow{kFullSetup, "health-check --cluster east-1", 0, "==> east-1 is healthy"},
        ToolRow{kFullSetup, "generate-docs", 0, "# Cluster hub"},
        ToolRow{kFullSetup, "update-dynamic-docs", 0, "==> hub was checked on 20"},
        ToolRow{kFullSetup, "validate-docs --pages 3", 0,
                "==> 3 pages and the status page are valid"},
        ToolRow{kFullSetup, "validate-docs --pages 0", 1, "there is no documentation"},
        ToolRow{"aws-tools", "find-aws-resources east-1 --output found.json", 0,
                "found 3 resources"},
        ToolRow{"aws-tools", "clean-aws found.json", 2, "no such list: found.json"}));

}  // namespace
}  // namespace bootstrap::testing
