#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include "tests/unit/cli/command_line.h"

namespace bootstrap::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using testing::run;
using testing::Said;

constexpr const char* kRight = R"(apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: w}
spec:
  tools: {image: i}
  phases:
  - name: one
    steps: [{name: a, command: [echo]}]
)";

constexpr const char* kWrong = R"(apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: w}
spec:
  tools: {image: i}
  phases:
  - name: one
    steps: [{name: a, command: [echo], retries: 3}]
)";

class LintFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(::testing::TempDir()) /
              (std::string("lint-") + test->name() + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  std::filesystem::path folder_;
};

TEST(Lint, ReadsTheStandardInput) {
  const Said said = run({"lint", "-"}, kRight);
  EXPECT_EQ(said.exit, Exit::Fine);
  EXPECT_EQ(said.out, "");
  EXPECT_EQ(said.err, "1 workflow and 0 templates checked: no problems\n");
}

TEST(Lint, AProblemIsALineThatToolsUnderstand) {
  const Said said = run({"lint", "-"}, kWrong);
  EXPECT_EQ(said.exit, Exit::Problems);
  EXPECT_EQ(said.out,
            "<stdin>:8:40: spec.phases[0].steps[0].retries: is not a field; did you mean retry?\n");
  EXPECT_EQ(said.err, "1 workflow and 0 templates checked: 1 problem\n");
}

TEST(Lint, SpeaksJson) {
  const Said said = run({"lint", "-o", "json", "-"}, kWrong);
  EXPECT_EQ(said.exit, Exit::Problems);
  EXPECT_EQ(json::parse(said.out), json::parse(R"([{
    "file": "<stdin>", "line": 8, "column": 40, "object": "BootstrapWorkflow/w",
    "path": "spec.phases[0].steps[0].retries",
    "message": "is not a field; did you mean retry?"}])"));
  EXPECT_EQ(run({"lint", "-o", "json", "-"}, kRight).out, "[]\n");
}

TEST(Lint, SpeaksYaml) {
  const Said said = run({"lint", "--output", "yaml", "-"}, kWrong);
  EXPECT_EQ(said.exit, Exit::Problems);
  const YAML::Node list = YAML::Load(said.out);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0]["line"].as<int>(), 8);
  EXPECT_EQ(list[0]["object"].as<std::string>(), "BootstrapWorkflow/w");
  EXPECT_EQ(list[0]["message"].as<std::string>(), "is not a field; did you mean retry?");
  EXPECT_EQ(YAML::Load(run({"lint", "-o", "yaml", "-"}, kRight).out).size(), 0U);
}

TEST(Lint, SaysWhatItLeftOut) {
  const Said said = run({"lint", "-"}, R"(kind: ConfigMap
apiVersion: v1
---
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: w}
spec: {templateRef: {name: t}}
)");
  EXPECT_EQ(said.exit, Exit::Fine);
  EXPECT_EQ(said.err,
            "1 workflow and 0 templates checked: no problems; 1 object of other kinds left out\n"
            "not among the files, so not looked at: template t\n");
}

TEST_F(LintFiles, ATemplateMayStandInAnotherFile) {
  const std::string workflow = file("w.yaml", R"(apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: w}
spec: {templateRef: {name: t}, parameters: [{name: x, value: a}]}
)");
  const std::string the_template = file("t.yaml", R"(apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflowTemplate
metadata: {name: t}
spec:
  tools: {image: i}
  phases: [{name: one, steps: [{name: a, command: [echo]}]}]
)");
  EXPECT_EQ(run({"lint", workflow.c_str()}).exit, Exit::Fine);
  const Said said = run({"lint", workflow.c_str(), the_template.c_str()});
  EXPECT_EQ(said.exit, Exit::Problems);
  EXPECT_EQ(said.out, workflow + ":4:45: spec.parameters[0]: the template t has no parameters\n");
}

TEST_F(LintFiles, FindingsComeInTheOrderOfTheFiles) {
  const std::string b = file("b.yaml", kWrong), a = file("a.yaml", kWrong);
  const std::string out = run({"lint", b.c_str(), a.c_str()}).out;
  EXPECT_LT(out.find(b + ":8"), out.find(a + ":8"));
}

TEST_F(LintFiles, WhatCannotBeReadIsSaidAndTheOthersAreChecked) {
  const std::string wrong = file("wrong.yaml", kWrong);
  const std::string missing = folder_ / "missing.yaml";
  const Said said = run({"lint", missing.c_str(), folder_.c_str(), wrong.c_str()});
  EXPECT_EQ(said.exit, Exit::Failed);
  EXPECT_THAT(said.out, HasSubstr("wrong.yaml:8:40: "));
  EXPECT_THAT(said.err, HasSubstr("missing.yaml: No such file or directory"));
  EXPECT_THAT(said.err, HasSubstr(": is a folder; name its files"));
}

TEST(Lint, UsageIsExplained) {
  EXPECT_EQ(run({"lint"}).exit, Exit::Failed);
  EXPECT_EQ(run({"lint", "-o", "xml", "-"}).exit, Exit::Failed);
  EXPECT_EQ(run({}).exit, Exit::Failed);
  EXPECT_EQ(run({"lnt"}).exit, Exit::Failed);
  const Said help = run({"lint", "--help"});
  EXPECT_EQ(help.exit, Exit::Fine);
  EXPECT_THAT(help.out, HasSubstr("Examples:\n  kubectl bootstrap lint"));
  EXPECT_THAT(help.out, HasSubstr("Exit code: 0"));
  EXPECT_THAT(run({"--help"}).out, HasSubstr("graph"));
  EXPECT_THAT(run({"--version"}).out, HasSubstr("kubectl-bootstrap "));
}

}  // namespace
}  // namespace bootstrap::cli
