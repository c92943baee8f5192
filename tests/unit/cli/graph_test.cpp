#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/step_graph.h"
#include "tests/unit/cli/command_line.h"
#include "tests/unit/cli/file_text.h"

namespace bootstrap::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::run;
using testing::Said;
using testing::text_of;
using Edges = std::vector<std::set<std::size_t>>;

const std::filesystem::path kGolden = CLI_GOLDEN_DIR;

TEST(StepGraph, HasNoEdgeThatOthersImply) {
  EXPECT_EQ(transitive_reduction({}), Edges{});
  EXPECT_EQ(transitive_reduction({{}, {0}, {0, 1}, {0, 1, 2}}), (Edges{{}, {0}, {1}, {2}}));
  EXPECT_EQ(transitive_reduction({{}, {0}, {0}, {0, 1, 2}}), (Edges{{}, {0}, {0}, {1, 2}}));
  EXPECT_EQ(transitive_reduction({{}, {}, {0}, {0, 1}}), (Edges{{}, {}, {0}, {0, 1}}));
}

// golden/NAME.yaml drawn as golden/NAME.txt, .mmd and .dot have it.
class Golden : public ::testing::TestWithParam<const char*> {};

TEST_P(Golden, IsDrawnAsBefore) {
  const std::string name = GetParam();
  const std::string manifest = text_of(kGolden / (name + ".yaml"));
  for (const auto& [format, ending] :
       {std::pair("text", ".txt"), std::pair("mermaid", ".mmd"), std::pair("dot", ".dot")}) {
    const Said said = run({"graph", "-", "-o", format}, manifest);
    EXPECT_EQ(said.exit, Exit::Fine) << said.err;
    EXPECT_EQ(said.err, "");
    EXPECT_EQ(said.out, text_of(kGolden / (name + ending)));
  }
}

INSTANTIATE_TEST_SUITE_P(All, Golden, ::testing::Values("chain", "branches", "every-kind-of-step"));

constexpr const char* kTwo = R"(apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflowTemplate
metadata: {name: both}
spec:
  parameters: [{name: x, default: z}]
  tools: {image: i}
  phases: [{name: one, steps: [{name: a, command: [echo]}]}]
---
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: first}
spec: {templateRef: {name: both}}
)";

constexpr const char* kThird = R"(---
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: both}
spec: {templateRef: {name: missing}}
)";

TEST(Graph, TakesTheOnlyWorkflowWithTheDefinitionOfItsTemplate) {
  const Said said = run({"graph", "-"}, kTwo);
  EXPECT_EQ(said.exit, Exit::Fine) << said.err;
  EXPECT_THAT(said.out, HasSubstr("BootstrapWorkflow/first: 1 step in 1 phase"));
}

TEST(Graph, AsksWhichOne) {
  const std::string all = std::string(kTwo) + kThird;
  Said said = run({"graph", "-"}, all);
  EXPECT_EQ(said.exit, Exit::Failed);
  EXPECT_EQ(said.err,
            "error: -: which one? There are: BootstrapWorkflowTemplate/both, "
            "BootstrapWorkflow/first, BootstrapWorkflow/both\n");
  said = run({"graph", "-", "none"}, all);
  EXPECT_THAT(said.err, HasSubstr("there is no \"none\"? There are: "));
  said = run({"graph", "-", "both"}, all);
  EXPECT_EQ(said.exit, Exit::Failed);
  EXPECT_THAT(said.err, HasSubstr("\"both\" is there several times"));
  EXPECT_EQ(run({"graph", "-", "first"}, all).exit, Exit::Fine);
  EXPECT_EQ(run({"graph", "-", "BootstrapWorkflowTemplate/both"}, all).exit, Exit::Fine);
}

TEST(Graph, NeedsTheTemplateInTheSameFile) {
  const Said said = run({"graph", "-"}, kThird);
  EXPECT_EQ(said.exit, Exit::Failed);
  EXPECT_EQ(said.err,
            "error: -: BootstrapWorkflow/both runs the template missing, which is not in this "
            "file\n");
}

TEST(Graph, SaysWhyItCannotDraw) {
  Said said = run({"graph", "-"},
                  "apiVersion: bootstrap.openshift.io/v1alpha1\nkind: BootstrapWorkflow\n"
                  "metadata: {name: w}\nspec:\n  phases: {}\n");
  EXPECT_EQ(said.exit, Exit::Problems);
  EXPECT_EQ(said.out, "");
  EXPECT_THAT(said.err, HasSubstr("<stdin>:5:3: spec.phases: must be a list"));
  said = run({"graph", "-"}, "a: [\n");
  EXPECT_EQ(said.exit, Exit::Problems);
  EXPECT_THAT(said.err, HasSubstr("is not YAML"));
  said = run({"graph", "/none.yaml"});
  EXPECT_EQ(said.exit, Exit::Failed);
  EXPECT_EQ(said.err, "error: /none.yaml: No such file or directory\n");
  EXPECT_EQ(run({"graph", "-"}, "kind: ConfigMap\n").err,
            "error: -: there is no workflow or template\n");
}

// The order may be right although something else is not.
TEST(Graph, DrawsWhatHasOtherProblemsAndSaysSo) {
  const Said said = run({"graph", "-"},
                        "apiVersion: bootstrap.openshift.io/v1alpha1\nkind: BootstrapWorkflow\n"
                        "metadata: {name: w}\nspec:\n  tools: {image: i}\n"
                        "  phases: [{name: one, steps: [{name: a, command: [$(params.x)]}]}]\n");
  EXPECT_EQ(said.exit, Exit::Fine);
  EXPECT_THAT(said.out, HasSubstr("a  command $(params.x)"));
  EXPECT_EQ(said.err, "warning: 1 problem in -; see kubectl bootstrap lint\n");
}

TEST(Graph, HelpHasExamples) {
  const Said help = run({"graph", "--help"});
  EXPECT_EQ(help.exit, Exit::Fine);
  EXPECT_THAT(help.out, HasSubstr("Examples:\n  kubectl bootstrap graph workflow.yaml"));
}

}  // namespace
}  // namespace bootstrap::cli
