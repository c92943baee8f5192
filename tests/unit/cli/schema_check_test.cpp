#include "cli/schema_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/crd_schemas.h"
#include "controllers/names.h"

namespace bootstrap::cli {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kSchema = R"(
type: object
required: [name]
properties:
  name: {type: string, minLength: 1, maxLength: 5, pattern: "^[a-zö]+$"}
  count: {type: integer, minimum: 1, maximum: 3}
  small: {type: integer, format: int32}
  large: {type: integer, format: int64}
  atLeast: {type: integer, minimum: 600}
  ratio: {type: number}
  flag: {type: boolean}
  kind: {type: string, enum: [Sequential, Graph, ""]}
  size: {x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}], pattern: "^[0-9]+Gi$"}
  labels: {type: object, maxProperties: 2, additionalProperties: {type: string}}
  any: {type: object, x-kubernetes-preserve-unknown-fields: true}
  words: {type: array, minItems: 1, maxItems: 2, x-kubernetes-list-type: set, items: {type: string}}
  tools:
    type: object
    properties:
      image: {type: string}
  votes:
    type: array
    x-kubernetes-list-type: map
    x-kubernetes-list-map-keys: [step, run]
    items: {type: object, properties: {step: {type: string}, run: {type: integer}}}
  steps:
    type: array
    x-kubernetes-list-type: map
    x-kubernetes-list-map-keys: [name]
    items:
      type: object
      properties:
        name: {type: string}
        retry: {type: object, properties: {}}
)";

// "path: message" of each problem of a document.
std::vector<std::string> problems_of(const std::string& text) {
  const json schema = read_documents(kSchema).documents.at(0).value;
  std::vector<std::string> all;
  for (const SchemaProblem& one : schema_problems(schema, read_documents(text).documents.at(0)))
    all.push_back(one.path + ": " + one.message);
  return all;
}

TEST(SchemaCheck, WhatIsAllowedIsNoProblem) {
  EXPECT_THAT(
      problems_of("{name: grö, count: 3, small: -2147483648, ratio: 1, flag: no, kind: \"\","
                  " size: 5, labels: {a: b, c: \"1\"}, any: {x: [1]}, words: [a, b],"
                  " tools: {image: x}, steps: [{name: a}, {name: b, retry: {}}]}"),
      IsEmpty());
}

struct SchemaCase {
  const char* text;  // beside name: a
  const char* problem;
};

TEST(SchemaCheck, SaysWhatIsWrongAndWhatToWrite) {
  for (const auto& [text, problem] : std::initializer_list<SchemaCase>{
           // Types.
           {"name: 3", "name: must be a string: quote it, \"3\""},
           {"name: yes", "name: must be a string: quote it, \"yes\"; without quotes it is true"},
           {"name: 0644", "name: must be a string: quote it, \"0644\"; without quotes it is 420"},
           {"name: 1.10", "name: must be a string: quote it, \"1.10\"; without quotes it is 1.1"},
           {"name:", "name: has no value; write a string, or leave the field out"},
           {"name: [a]", "name: must be a string, not a list"},
           {"name: {a: b}", "name: must be a string, not an object"},
           {"count: \"2\"", "count: must be a whole number, not \"2\" in quotes"},
           {"count: many", "count: must be a whole number, not \"many\""},
           {"count: 1.5", "count: must be a whole number, not 1.5"},
           {"count: yes", "count: must be a whole number, not yes"},
           {"count: ~", "count: has no value; write a whole number, or leave the field out"},
           {"ratio: a", "ratio: must be a number, not \"a\""},
           {"flag: \"true\"", "flag: must be true or false, not \"true\" in quotes"},
           {"flag: 1", "flag: must be true or false, not 1"},
           {"words: a", "words: must be a list, not a text; its entries begin with \"- \""},
           {"words: {a: b}", "words: must be a list, not an object; its entries begin with \"- \""},
           {"words: [a, 1]", "words[1]: must be a string: quote it, \"1\""},
           {"tools: [a]", "tools: must be an object, not a list"},
           {"tools: a", "tools: must be an object, not a text"},
           {"labels: {a: 1}", "labels.a: must be a string: quote it, \"1\""},
           {"size: true", "size: must be a string or a whole number, not true"},
           {"size: 1.5", "size: must be a string or a whole number, not 1.5"},
           // Bounds.
           {"name: \"\"", "name: must not be empty"},
           {"name: öööööö", "name: has 6 characters; at most 5 are allowed"},
           {"count: 4", "count: 4 is out of range; allowed: 1 to 3"},
           {"count: 0", "count: 0 is out of range; allowed: 1 to 3"},
           {"atLeast: 10", "atLeast: 10 is too small; at least 600"},
           {"small: 2147483648",
            "small: 2147483648 is out of range; allowed: -2147483648 to 2147483647"},
           {"large: 18446744073709551615",
            "large: 18446744073709551615 is too large; at most 9223372036854775807"},
           {"words: []", "words: has 0 entries; at least 1 must be there"},
           {"words: [a, b, c]", "words: has 3 entries; at most 2 are allowed"},
           {"labels: {a: b, c: d, e: f}", "labels: has 3 fields; at most 2 are allowed"},
           {"kind: graph",
            "kind: \"graph\" is not allowed; did you mean Graph? allowed: Sequential, Graph, \"\""},
           {"kind: x", "kind: \"x\" is not allowed; allowed: Sequential, Graph, \"\""},
           {"size: 5Mi", "size: \"5Mi\" does not match the pattern ^[0-9]+Gi$"},
           {"words: [a, a]", "words[1]: \"a\" is there twice"},
           {"steps: [{name: a}, {name: b}, {name: a}]", "steps[2].name: \"a\" is there twice"},
           {"votes: [{step: a, run: 1}, {step: a, run: 2}, {step: a, run: 1}]",
            "votes[2]: \"a\", 1 is there twice"},
           // Fields.
           {"counts: 1", "counts: is not a field; did you mean count?"},
           {"image: a", "image: is not a field here; did you mean tools.image?"},
           {"retry: {}", "retry: is not a field here; did you mean steps[].retry?"},
           {"tools: {path: a}", "tools.path: is not a field; known are: image"},
       }) {
    const std::string all = std::string(text).starts_with("name:") ? "" : "name: a\n";
    EXPECT_THAT(problems_of(all + text), ElementsAre(problem)) << text;
  }
}

TEST(SchemaCheck, WhatIsNeededMustBeThere) {
  EXPECT_THAT(problems_of("count: 1"), ElementsAre("name: is needed"));
}

TEST(SchemaCheck, NamesEveryProblem) {
  EXPECT_THAT(problems_of("{count: 9, flag: x, other: 1}"),
              ElementsAre("name: is needed", "count: 9 is out of range; allowed: 1 to 3",
                          "flag: must be true or false, not \"x\"",
                          ::testing::StartsWith("other: is not a field; known are: any, atLeast")));
}

TEST(SchemaCheck, APatternIsMarkedAsOne) {
  const json schema = read_documents(kSchema).documents.at(0).value;
  const auto problems = schema_problems(schema, read_documents("name: A").documents.at(0));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_TRUE(problems[0].is_pattern);
  EXPECT_EQ(problems[0].message, "\"A\" does not match the pattern ^[a-zö]+$");
}

TEST(CrdSchemas, AreUnderstoodInAllTheySay) {
  for (const char* kind : {kWorkflowKind, kTemplateKind}) {
    const json* schema = schema_of(kind);
    ASSERT_NE(schema, nullptr) << kind;
    EXPECT_TRUE((*schema)["properties"]["spec"]["properties"].contains("phases")) << kind;
    EXPECT_THAT(unknown_keywords(*schema), IsEmpty()) << kind;
  }
  EXPECT_EQ(schema_of("ConfigMap"), nullptr);
}

TEST(CrdSchemas, KeywordsThatAreNotUnderstoodAreNamed) {
  EXPECT_THAT(unknown_keywords(json::parse(
                  R"({"type": "object", "properties": {"a": {"items": {"multipleOf": 2}}},
                      "additionalProperties": {"oneOf": []}})")),
              ElementsAre("multipleOf", "oneOf"));
}

}  // namespace
}  // namespace bootstrap::cli
