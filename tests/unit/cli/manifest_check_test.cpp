#include "cli/manifest_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bootstrap::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

CheckReport report_of(const std::string& text) {
  Manifests all;
  add_manifests({"f.yaml", text}, all);
  return check_manifests(all);
}

std::vector<std::string> lint(const std::string& text) {
  std::vector<std::string> lines;
  for (const Finding& one : report_of(text).findings) lines.push_back(to_text(one));
  return lines;
}

// A workflow of 8 lines with `spec` from the ninth on, which stands two columns in.
std::string workflow(const std::string& spec) {
  return "apiVersion: bootstrap.openshift.io/v1alpha1\n"
         "kind: BootstrapWorkflow\n"
         "metadata:\n"
         "  name: w\n"
         "spec:\n"
         "  phases:\n"
         "  - name: one\n"
         "    steps: [{name: a, command: [echo], tools: {image: i}}]\n" +
         spec;
}

std::string object(const std::string& kind, const std::string& name, const std::string& spec) {
  return "---\napiVersion: bootstrap.openshift.io/v1alpha1\nkind: " + kind +
         "\nmetadata: {name: " + name + "}\nspec:\n" + spec;
}

TEST(ManifestCheck, ARightOneHasNoFindings) {
  EXPECT_THAT(lint(workflow("")), IsEmpty());
}

TEST(ManifestCheck, AFieldThatDoesNotExistIsNamedWithItsPlace) {
  EXPECT_THAT(lint(workflow("  paramters: []\n")),
              ElementsAre("f.yaml:9:3: spec.paramters: is not a field; did you mean parameters?"));
  EXPECT_THAT(
      lint(workflow("  image: a\n")),
      ElementsAre("f.yaml:9:3: spec.image: is not a field here; did you mean tools.image?"));
  EXPECT_THAT(lint(workflow("  tools:\n    resources: {limit: {cpu: 1}}\n")),
              ElementsAre("f.yaml:10:17: spec.tools.resources.limit: is not a field; did you mean "
                          "limits?"));
}

TEST(ManifestCheck, ANumberForATextIsSaidOnce) {
  EXPECT_THAT(lint(workflow("  parameters:\n  - {name: nodes, value: 3}\n")),
              ElementsAre("f.yaml:10:19: spec.parameters[0].value: must be a string: quote it, "
                          "\"3\""));
}

TEST(ManifestCheck, TheDomainSaysMoreThanAPattern) {
  EXPECT_THAT(
      lint(object("BootstrapWorkflow", "w",
                  "  phases:\n  - name: One\n    steps:\n    - {name: a, command: [echo], tools: "
                  "{image: i}}\n")),
      ElementsAre(StartsWith("f.yaml:7:5: spec.phases[0].name: must be a DNS label")));
}

TEST(ManifestCheck, AnUnknownReferenceIsAtItsPlace) {
  EXPECT_THAT(
      lint(object("BootstrapWorkflow", "w",
                  "  tools: {image: i}\n  phases:\n  - name: one\n    steps:\n    - name: a\n"
                  "      command: [echo]\n      args:\n      - x\n      - $(params.none)\n")),
      ElementsAre(StartsWith("f.yaml:14:9: spec.phases[0].steps[0].args[1]: $(params.none) is not "
                             "known")));
}

TEST(ManifestCheck, ToolsOfAllStepsAreSpokenOfOnce) {
  const std::string steps =
      "  phases:\n  - name: one\n    steps:\n    - {name: a, command: [echo]}\n"
      "    - {name: b, command: [echo]}\n    - {name: c, command: [echo]}\n";
  EXPECT_THAT(lint(object("BootstrapWorkflow", "w",
                          "  tools: {image: i, env: [{name: HOME, value: /}]}\n" + steps)),
              ElementsAre(StartsWith("f.yaml:6:27: spec.tools.env[0]: is set by the operator")));
  EXPECT_THAT(lint(object("BootstrapWorkflow", "w", steps)),
              ElementsAre("f.yaml:9:7: spec.phases[0].steps[0].tools.image: is needed here or in "
                          "spec.tools.image (and 2 more steps)"));
}

TEST(ManifestCheck, ATemplateThatRunsItselfIsOneProblem) {
  EXPECT_THAT(
      lint(object("BootstrapWorkflowTemplate", "t",
                  "  phases:\n  - name: one\n    steps:\n"
                  "    - {name: a, command: [echo]}\n"
                  "    - {name: b, workflow: {templateRef: {name: t}}}\n")),
      ElementsAre("f.yaml:9:7: spec.phases[0].steps[0].tools.image: is needed here or in "
                  "spec.tools.image",
                  "f.yaml:10:28: spec.phases[0].steps[1].workflow.templateRef: the template "
                  "t would run itself: t -> t"));
}

TEST(ManifestCheck, OfTwinsTheSecondIsAtFault) {
  EXPECT_THAT(
      lint(object("BootstrapWorkflow", "w",
                  "  tools: {image: i}\n  phases:\n  - {name: one, steps: [{name: a, command: "
                  "[echo]}]}\n  - {name: one, steps: [{name: a, command: [echo]}]}\n")),
      ElementsAre("f.yaml:9:6: spec.phases[1].name: \"one\" is there twice"));
}

TEST(ManifestCheck, NamesFollowTheRules) {
  const std::string spec =
      "  phases: [{name: one, steps: [{name: a, command: [echo], tools: {image: i}}]}]\n";
  EXPECT_THAT(lint(object("BootstrapWorkflow", "full.setup", spec)),
              ElementsAre(StartsWith("f.yaml:4:12: metadata.name: must be at most 40 of a-z")));
  EXPECT_THAT(lint(object("BootstrapWorkflowTemplate", "full.setup", spec)), IsEmpty());
  EXPECT_THAT(lint(object("BootstrapWorkflowTemplate", "Full", spec)),
              ElementsAre(HasSubstr("metadata.name: \"Full\" cannot be the name of a "
                                    "BootstrapWorkflowTemplate")));
  EXPECT_THAT(lint("apiVersion: bootstrap.openshift.io/v1alpha1\nkind: BootstrapWorkflow\n"
                   "metadata: {generateName: a-}\nspec:\n" +
                   spec),
              IsEmpty());
  EXPECT_THAT(lint("apiVersion: bootstrap.openshift.io/v1alpha1\nkind: BootstrapWorkflow\n"
                   "metadata: {}\nspec:\n" +
                   spec),
              ElementsAre("f.yaml:3:1: metadata.name: is needed"));
  EXPECT_THAT(lint("apiVersion: bootstrap.openshift.io/v1alpha1\nkind: BootstrapWorkflow\n"
                   "metadata: {name: 7}\nspec:\n" +
                   spec),
              ElementsAre("f.yaml:3:12: metadata.name: must be a string: quote it, \"7\""));
}

TEST(ManifestCheck, LabelsAreTexts) {
  EXPECT_THAT(
      lint("apiVersion: bootstrap.openshift.io/v1alpha1\nkind: BootstrapWorkflow\n"
           "metadata:\n  name: w\n  creationTimestamp: null\n  labels: {version: 1.10}\n"
           "  lables: {}\nspec:\n"
           "  phases: [{name: one, steps: [{name: a, command: [echo], tools: {image: i}}]}]\n"),
      ElementsAre("f.yaml:6:12: metadata.labels.version: must be a string: quote it, "
                  "\"1.10\"; without quotes it is 1.1",
                  "f.yaml:7:3: metadata.lables: is not a field; did you mean labels?"));
}

TEST(ManifestCheck, AKindThatIsAlmostOursIsNamed) {
  EXPECT_THAT(lint("kind: BootstrapWorkFlow\napiVersion: bootstrap.openshift.io/v1alpha1\n"),
              ElementsAre("f.yaml:1:1: kind: \"BootstrapWorkFlow\" is no kind of "
                          "bootstrap.openshift.io/v1alpha1; did you mean BootstrapWorkflow?"));
  EXPECT_THAT(
      lint("apiVersion: bootstrap.openshift.io/v1beta1\n" +
           workflow("").substr(workflow("").find("kind"))),
      ElementsAre("f.yaml:1:1: apiVersion: \"bootstrap.openshift.io/v1beta1\" is not known; "
                  "write bootstrap.openshift.io/v1alpha1"));
}

TEST(ManifestCheck, OtherKindsAreLeftOut) {
  Manifests all;
  add_manifests({"f.yaml", "kind: ConfigMap\napiVersion: v1\ndata: {a: 1}\n---\njust text\n---\n" +
                               workflow("")},
                all);
  EXPECT_EQ(all.others, 1U);
  EXPECT_THAT(check_manifests(all).findings, IsEmpty());
}

TEST(ManifestCheck, AListIsTakenApart) {
  const CheckReport report = report_of(
      "kind: List\napiVersion: v1\nitems:\n- kind: ConfigMap\n"
      "- apiVersion: bootstrap.openshift.io/v1alpha1\n  kind: BootstrapWorkflow\n"
      "  metadata: {name: w}\n  spec:\n    phases: []\n");
  EXPECT_EQ(report.workflows, 1U);
  ASSERT_THAT(report.findings, ::testing::SizeIs(1));
  EXPECT_EQ(to_text(report.findings[0]),
            "f.yaml:9:5: spec.phases: has 0 entries; at least 1 must be there");
  EXPECT_EQ(report.findings[0].object, "BootstrapWorkflow/w");
}

TEST(ManifestCheck, AKeyThatIsThereTwiceIsAFinding) {
  EXPECT_THAT(
      lint(workflow("  phases: []\n")),
      ::testing::Contains("f.yaml:9:3: spec.phases: is there twice, in line 6 as well; only "
                          "one would count"));
}

TEST(ManifestCheck, OfTwinsEachIsLookedAt) {
  EXPECT_THAT(lint(workflow("  tools: {env: [{name: A, value: \"1\"}, {name: A, value: 2}]}\n")),
              ElementsAre("f.yaml:9:41: spec.tools.env[1].name: \"A\" is there twice",
                          "f.yaml:9:50: spec.tools.env[1].value: must be a string: quote it, "
                          "\"2\""));
}

TEST(ManifestCheck, WhatIsWrongWithTheReferenceToATemplateIsSaidAlone) {
  EXPECT_THAT(lint(object("BootstrapWorkflow", "w", "  templateRef: t\n")),
              ElementsAre("f.yaml:6:3: spec.templateRef: must be an object, not a text"));
  EXPECT_THAT(lint(object("BootstrapWorkflow", "w", "  templateRef: {}\n")),
              ElementsAre("f.yaml:6:3: spec.templateRef.name: is needed"));
}

TEST(ManifestCheck, ASourceThatAllStepsShareIsSpokenOfOnce) {
  EXPECT_THAT(lint(workflow("  tools: {source: {git: {revision: main}}}\n")),
              ElementsAre("f.yaml:9:20: spec.tools.source.git.repository: is needed"));
}

// With the values of one workflow, said at the template and with the workflow's name.
TEST(ManifestCheck, ATemplateMayBeWrongWithTheValuesOfAWorkflow) {
  EXPECT_THAT(
      lint(object("BootstrapWorkflowTemplate", "t",
                  "  parameters: [{name: host}]\n"
                  "  tools: {image: i, source: {git: {repository: \"https://$(params.host)/x\"}}}\n"
                  "  phases: [{name: one, steps: [{name: a, command: [echo]}]}]\n") +
           object(
               "BootstrapWorkflow", "right",
               "  {templateRef: {name: t}, parameters: [{name: host, value: git.example.com}]}\n") +
           object("BootstrapWorkflow", "wrong",
                  "  {templateRef: {name: t}, parameters: [{name: host, value: \"a b\"}]}\n")),
      ElementsAre("f.yaml:7:36: spec.tools.source.git.repository: must be https://host/path, "
                  "ssh://user@host/path or user@host:path (as BootstrapWorkflow/wrong runs it)"));
}

TEST(ManifestCheck, TheTemplateOfTheSameNamespaceCounts) {
  const auto in = [](const std::string& ns, const std::string& kind, const std::string& spec) {
    return "---\napiVersion: bootstrap.openshift.io/v1alpha1\nkind: " + kind +
           "\nmetadata: {name: t, namespace: " + ns + "}\nspec: " + spec + "\n";
  };
  const std::string steps =
      "phases: [{name: one, steps: [{name: a, command: [x], tools: {image: i}}]}]";
  const std::string templates =
      in("one", "BootstrapWorkflowTemplate", "{parameters: [{name: p}], " + steps + "}") +
      in("two", "BootstrapWorkflowTemplate", "{parameters: [{name: q}], " + steps + "}");
  const std::string spec = "{templateRef: {name: t}, parameters: [{name: q, value: v}]}";
  EXPECT_THAT(lint(templates + in("two", "BootstrapWorkflow", spec)), IsEmpty());
  EXPECT_THAT(lint(templates + in("one", "BootstrapWorkflow", spec)), ::testing::SizeIs(1));
  EXPECT_THAT(report_of(templates + in("three", "BootstrapWorkflow", spec)).missing,
              ElementsAre("t"));
}

TEST(ManifestCheck, ADefinitionMayBeTooLarge) {
  std::string spec = "  tools: {image: i}\n  phases:\n";
  for (int i = 0; i < 90; ++i) {
    const std::string name = std::to_string(i);
    if (i % 30 == 0) spec += "  - name: p" + name + "\n    steps:\n";
    spec += "    - {name: s" + name + ", script: " + std::string(15'000, 'x') + "}\n";
  }
  EXPECT_THAT(lint(object("BootstrapWorkflow", "w", spec)),
              ElementsAre(StartsWith("f.yaml:5:1: spec: with the values of its parameters has ")));
}

constexpr const char* kTemplateSpec =
    "  parameters:\n"
    "  - {name: repository, required: true}\n"
    "  - {name: revision}\n"
    "  - {name: operation, allowed: [create, delete]}\n"
    "  - {name: id, requiredWhen: [{param: operation, operator: In, values: [delete]}], default: "
    "''}\n"
    "  tools:\n"
    "    image: i\n"
    "    source: {git: {repository: $(params.repository), revision: $(params.revision)}}\n"
    "  phases:\n"
    "  - name: one\n"
    "    steps: [{name: a, command: [echo, $(params.id)]}]\n";

TEST(ManifestCheck, ATemplateIsRightWithoutValues) {
  EXPECT_THAT(lint(object("BootstrapWorkflowTemplate", "t", kTemplateSpec)), IsEmpty());
}

TEST(ManifestCheck, ATemplateMayBeWrongWhateverTheValues) {
  EXPECT_THAT(lint(object("BootstrapWorkflowTemplate", "t",
                          "  parameters: [{name: team, pattern: '['}]\n"
                          "  tools: {image: i, source: {git: {repository: 'http://x/$(params.team)'"
                          "}}}\n"
                          "  phases:\n  - name: one\n    steps: [{name: a, command: [$(params.x)]}]"
                          "\n")),
              ElementsAre(HasSubstr("f.yaml:6:29: spec.parameters[0].pattern: is no regular "),
                          HasSubstr("f.yaml:7:36: spec.tools.source.git.repository: must be"),
                          HasSubstr("steps[0].command[0]: $(params.x) is not known")));
}

TEST(ManifestCheck, ValuesAreLookedAtByWhatTheTemplateDeclares) {
  EXPECT_THAT(
      lint(object("BootstrapWorkflowTemplate", "t", kTemplateSpec) +
           object("BootstrapWorkflow", "w",
                  "  templateRef: {name: t}\n  parameters:\n  - {name: operation, value: update}\n"
                  "  - {name: repo, value: x}\n")),
      ElementsAre(
          "f.yaml:23:3: spec.parameters[repository]: is required: set its value",
          "f.yaml:24:5: spec.parameters[0]: \"update\" is not allowed; allowed: create, delete",
          "f.yaml:25:5: spec.parameters[1]: the template t has no such parameter; it has: "
          "repository, revision, operation, id"));
}

}  // namespace
}  // namespace bootstrap::cli
