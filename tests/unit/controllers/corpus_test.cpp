// The manifests of tests/corpus and deploy/samples, as far as the operator looks at them before a
// run: those that are valid begin, those that are not are told why. The same files go to a real API
// server elsewhere (tests/integration); here a message that has changed is found in seconds.

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/decide.h"
#include "controllers/template_ref.h"
#include "controllers/validation.h"
#include "tests/unit/controllers/manifests.h"
#include "tests/unit/controllers/scenario.h"

namespace bootstrap {

inline void PrintTo(const Problem& problem, std::ostream* out) {
  *out << problem.field << ": " << problem.message;
}

namespace testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::filesystem::path kSource = SOURCE_DIR;
constexpr const char* kWorkflow = "BootstrapWorkflow";
constexpr const char* kTemplate = "BootstrapWorkflowTemplate";

std::vector<Manifest> of_kind(const std::vector<Manifest>& all, const std::string& kind) {
  std::vector<Manifest> some;
  for (const Manifest& one : all)
    if (one.kind() == kind) some.push_back(one);
  return some;
}

// What a workflow comes to in its first pass, with the templates that are beside it. Others are not
// there, and it waits for them.
Status begun(const Manifest& workflow, const std::vector<Manifest>& beside) {
  Scenario s(workflow.object["spec"]);
  std::map<std::string, TemplateView> templates;
  for (const Manifest& one : of_kind(beside, kTemplate)) {
    TemplateView& view = templates[one.name()];
    view.meta.name = one.name();
    view.meta.uid = "uid-of-" + one.name();
    view.spec = one.object["spec"].dump();
  }
  for (int round = 0; round < 8; ++round) {  // each may ask for those that another one runs
    s.pass(at(0));
    for (const Question& question : s.last.asked)
      if (const auto* asked = std::get_if<TemplateOf>(&question)) {
        const auto found = templates.find(asked->name);
        s.facts[question] = Found<TemplateOf::Answer>(
            found == templates.end() ? std::nullopt : std::optional(found->second));
      }
  }
  return s.workflow.status;
}

class ValidCorpus : public ::testing::TestWithParam<const char*> {};

TEST_P(ValidCorpus, Begins) {
  const auto all = manifests_in(kSource / GetParam());
  const auto workflows = of_kind(all, kWorkflow);
  ASSERT_THAT(workflows, Not(IsEmpty()));
  for (const Manifest& workflow : workflows) {
    const Status status = begun(workflow, all);
    EXPECT_NE(status.state, WorkflowState::Invalid) << workflow.file << ": " << status.message;
    EXPECT_TRUE(status.state.has_value()) << workflow.file;
  }
}

// Values of parameters are the workflows' to give.
TEST_P(ValidCorpus, HasTemplatesThatAreRight) {
  for (const Manifest& one : of_kind(manifests_in(kSource / GetParam()), kTemplate)) {
    const auto definition = read_definition(one.object["spec"]);
    Problems problems = definition ? validate(*definition) : definition.error();
    std::erase_if(problems, [](const Problem& problem) {
      return problem.field.starts_with("parameters[") &&
             problem.message == "is required: set its value";
    });
    EXPECT_THAT(problems, IsEmpty()) << one.file;
  }
}

INSTANTIATE_TEST_SUITE_P(All, ValidCorpus,
                         ::testing::Values("tests/corpus/valid", "deploy/samples"));

// The file's first manifest is the one that is looked at, the others are what it needs.
TEST(InvalidCorpus, EachMistakeIsNamedAndNothingIsLaunched) {
  const auto all = manifests_in(kSource / "tests/corpus/invalid");
  const auto workflows = of_kind(all, kWorkflow);
  ASSERT_THAT(workflows, Not(IsEmpty()));
  for (const Manifest& workflow : workflows) {
    SCOPED_TRACE(workflow.file);
    EXPECT_EQ(workflow.name(), workflow.file.stem());
    std::vector<Manifest> beside;
    for (const Manifest& other : all)
      if (other.file == workflow.file) beside.push_back(other);
    const Status status = begun(workflow, beside);
    EXPECT_EQ(status.state, WorkflowState::Invalid);
    const auto expected = expectations_of(workflow.file);
    EXPECT_THAT(expected, Not(IsEmpty()));
    for (const std::string& text : expected) EXPECT_THAT(status.message, HasSubstr(text));
  }
}

}  // namespace
}  // namespace testing
}  // namespace bootstrap
