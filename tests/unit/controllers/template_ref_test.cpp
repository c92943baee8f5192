#include "controllers/template_ref.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controllers/specs.h"

namespace bootstrap {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const json kTemplate = json::parse(R"json({
  "parameters": [{"name": "cluster", "required": true}, {"name": "region", "default": "us"}],
  "phases": []
})json");

TEST(TemplateRef, NamesTheTemplate) {
  EXPECT_EQ(template_name({{"templateRef", {{"name", "t"}}}}), "t");
  for (const json& none :
       {json(), json(3), json::object(), json{{"templateRef", nullptr}}, json{{"templateRef", "t"}},
        json{{"templateRef", {{"name", 3}}}}, json{{"templateRef", json::array({"t"})}}})
    EXPECT_EQ(template_name(none), "") << none;
}

TEST(TemplateRef, StandsBesideValuesOnly) {
  EXPECT_THAT(
      template_ref_problems(json::parse(
          R"({"templateRef": {"name": "t"}, "parameters": [{"name": "a", "value": "x"}]})")),
      IsEmpty());
  const std::string definition =
      "cannot stand beside templateRef; the definition is the template's";
  for (const char* field :
       {"description", "tools", "workspace", "timeout", "notes", "order", "phases", "finally"})
    EXPECT_THAT(template_ref_problems({{"templateRef", {{"name", "t"}}}, {field, json::object()}}),
                ElementsAre(Problem{field, definition}));
  const std::string declared =
      "cannot stand beside templateRef; the template declares its parameters, here they have name "
      "and value";
  for (const char* field :
       {"description", "default", "allowed", "pattern", "required", "requiredWhen"})
    EXPECT_THAT(template_ref_problems({{"parameters", {{{"name", "a"}, {field, "x"}}}}}),
                ElementsAre(Problem{std::string("parameters[a].") + field, declared}));
  EXPECT_THAT(
      template_ref_problems({{"parameters", {{{"name", "a"}, {"value", 3}}}}}),
      ElementsAre(Problem{"parameters[a].value", "must be a string, not 3; put it in quotes"}));
}

TEST(TemplateRef, HasANameThatATemplateMayHave) {
  EXPECT_THAT(
      template_ref_problems({{"templateRef", {{"name", "Full Setup"}}}}),
      ElementsAre(Problem{"templateRef.name",
                          "\"Full Setup\" cannot be the name of a BootstrapWorkflowTemplate: at "
                          "most 253 of a-z, 0-9, '-' and '.', beginning and ending with a letter "
                          "or digit"}));
}

TEST(TemplateRef, KnowsItsParameters) {
  EXPECT_THAT(unknown_parameters({{"cluster", "c"}, {"region", "r"}}, "t", kTemplate), IsEmpty());
  EXPECT_THAT(
      unknown_parameters({{"cluser", "c"}}, "t", kTemplate),
      ElementsAre(Problem{"parameters[cluser]",
                          "the template t has no such parameter; it has: cluster, region"}));
  EXPECT_THAT(unknown_parameters({{"x", ""}}, "t", {{"phases", json::array()}}),
              ElementsAre(Problem{"parameters[x]", "the template t has no parameters"}));
}

TEST(TemplateRef, FillsInValues) {
  const json spec = json::parse(R"({"parameters": [{"name": "cluster", "value": "east"},
                                                   {"name": "region"}, {"value": "x"}, 3]})");
  EXPECT_EQ(given_values(spec), (ParameterValues{{"cluster", "east"}}));
  const json filled = filled_in(kTemplate, given_values(spec));
  EXPECT_EQ(filled["parameters"][0],
            (json{{"name", "cluster"}, {"required", true}, {"value", "east"}}));
  EXPECT_EQ(filled["parameters"][1], kTemplate["parameters"][1]);
  EXPECT_EQ(filled["phases"], kTemplate["phases"]);
}

TEST(TemplateRef, TellsWhoseMistakeItIs) {
  EXPECT_THAT(as_of_template({{"parameters[a]", "is required: set its value"},
                              {"parameters[a].pattern", "is no regular expression"},
                              {"phases[p].steps[s].image", "is needed"}},
                             "t"),
              ElementsAre(Problem{"parameters[a]", "is required: set its value"},
                          Problem{"template t, parameters[a].pattern", "is no regular expression"},
                          Problem{"template t, phases[p].steps[s].image", "is needed"}));
}

}  // namespace
}  // namespace bootstrap
