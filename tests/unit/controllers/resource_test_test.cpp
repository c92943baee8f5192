#include "controllers/resource_test.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace bootstrap {
namespace {

using nlohmann::json;
using Remark = TestResult::Remark;

const json kObject = json::parse(R"json({
  "metadata": {"name": "x", "generation": 4},
  "spec": {"replicas": 3, "ratio": 1.5, "on": true, "empty": "", "null": null, "text": " a b \n"},
  "status": {
    "conditions": [
      {"type": "Ready", "status": "True"},
      {"type": "Old", "status": "True", "observedGeneration": 3},
      {"type": "New", "status": "False", "observedGeneration": 4},
      {"status": "True"}, {"type": "NoStatus"}, 7
    ],
    "list": [], "ips": ["1", "2"]
  }
})json");

TestResult run(const ResourceTest& test, const json& object = kObject) {
  return (*PreparedTest::prepare(test))(object);
}

struct TestRow {
  ResourceTest test;
  TestResult expected;
};
void PrintTo(const TestRow& row, std::ostream* out) {
  *out << row.expected.compared.value_or("nothing")
       << (row.expected.holds ? " holds" : " does not hold");
}

class Tests : public ::testing::TestWithParam<TestRow> {};

TEST_P(Tests, SayWhetherItHoldsAndWhatWasCompared) {
  const TestResult result = run(GetParam().test);
  EXPECT_EQ(result.holds, GetParam().expected.holds);
  EXPECT_EQ(result.compared, GetParam().expected.compared);
  EXPECT_EQ(result.remark, GetParam().expected.remark);
}

INSTANTIATE_TEST_SUITE_P(
    Conditions, Tests,
    ::testing::Values(TestRow{ConditionTest{"Ready"}, {true, "True", Remark::None}},
                      TestRow{ConditionTest{"ready", "true"}, {true, "True", Remark::None}},
                      TestRow{ConditionTest{"Ready", "False"}, {false, "True", Remark::None}},
                      TestRow{ConditionTest{"New", "False"}, {true, "False", Remark::None}},
                      TestRow{ConditionTest{"Old"}, {false, "True", Remark::Outdated}},
                      TestRow{ConditionTest{"NoStatus"}, {false, std::nullopt, Remark::None}},
                      TestRow{ConditionTest{"None"}, {false, std::nullopt, Remark::None}}));

INSTANTIATE_TEST_SUITE_P(
    Paths, Tests,
    ::testing::Values(
        TestRow{JsonPathTest{"{.spec.replicas}", "3"}, {true, "3", Remark::None}},
        TestRow{JsonPathTest{"{.spec.replicas}", "4"}, {false, "3", Remark::None}},
        TestRow{JsonPathTest{"{.spec.ratio}", "1.5"}, {true, "1.5", Remark::None}},
        TestRow{JsonPathTest{"{.spec.on}", "true"}, {true, "true", Remark::None}},
        TestRow{JsonPathTest{"{.spec.on}", "True"}, {false, "true", Remark::None}},
        TestRow{JsonPathTest{"{.spec.text}", "a b"}, {true, " a b  ", Remark::None}},
        TestRow{JsonPathTest{"{.spec.empty}", ""}, {true, "", Remark::None}},
        TestRow{JsonPathTest{"{.spec.empty}", std::nullopt}, {true, "", Remark::None}},
        TestRow{JsonPathTest{"{.spec.null}", std::nullopt}, {false, std::nullopt, Remark::None}},
        TestRow{JsonPathTest{"{.spec.none}", std::nullopt}, {false, std::nullopt, Remark::None}},
        TestRow{JsonPathTest{"{.spec.none}", ""}, {false, std::nullopt, Remark::None}},
        TestRow{JsonPathTest{"{.status.ips[*]}", "1"},
                {false, std::nullopt, Remark::SeveralValues}},
        TestRow{JsonPathTest{"{.status.ips[*]}", std::nullopt},
                {true, std::nullopt, Remark::SeveralValues}},
        TestRow{JsonPathTest{"{.status.ips}", "1"}, {false, std::nullopt, Remark::NotPlain}},
        TestRow{JsonPathTest{"{.status.list}", std::nullopt},
                {true, std::nullopt, Remark::NotPlain}},
        TestRow{JsonPathTest{R"({.status.conditions[?(@.type=="Ready")].status})", "True"},
                {true, "True", Remark::None}}));

INSTANTIATE_TEST_SUITE_P(
    Existence, Tests,
    ::testing::Values(TestRow{ExistsTest{true}, {true, std::nullopt, Remark::None}},
                      TestRow{ExistsTest{false}, {false, std::nullopt, Remark::None}}));

// As kubectl wait: the condition's own generation, else that of status, else none.
TEST(ConditionTests, OfAnOlderGenerationDoNotCount) {
  json object{{"metadata", {{"generation", 2}}},
              {"status",
               {{"observedGeneration", 1}, {"conditions", {{{"type", "R"}, {"status", "True"}}}}}}};
  EXPECT_FALSE(run(ConditionTest{"R"}, object).holds);
  object["status"]["observedGeneration"] = 2;
  EXPECT_TRUE(run(ConditionTest{"R"}, object).holds);
  object["status"]["conditions"][0]["observedGeneration"] = 1;
  EXPECT_FALSE(run(ConditionTest{"R"}, object).holds);
  object["metadata"].erase("generation");
  EXPECT_TRUE(run(ConditionTest{"R"}, object).holds);
}

TEST(ResourceTests, QuoteOneBoundedLine) {
  const json object{{"text", "a\nb\t" + std::string(500, 'x')}};
  const TestResult result = run(JsonPathTest{".text", "y"}, object);
  EXPECT_EQ(result.compared->size(), PreparedTest::kLongestCompared);
  EXPECT_TRUE(result.compared->starts_with("a b x")) << *result.compared;
}

TEST(ResourceTests, AnObjectOfAnyShapeIsNoError) {
  for (const char* text :
       {"null", "[]", "3", R"({"status": 5})", R"({"status":{"conditions":{}}})"})
    for (const ResourceTest& test :
         {ResourceTest(ConditionTest{"Ready"}), ResourceTest(JsonPathTest{".status.phase", "x"})})
      EXPECT_FALSE(run(test, json::parse(text)).holds) << text;
}

TEST(ResourceTests, SayWhatMustBeKept) {
  using Fields = std::vector<std::string>;
  const auto fields = [](const ResourceTest& test) {
    return PreparedTest::prepare(test)->fields();
  };
  EXPECT_EQ(fields(ExistsTest{}), Fields{});
  EXPECT_EQ(fields(JsonPathTest{R"({.metadata.annotations.a\.b/c})", {}}),
            Fields{R"(metadata.annotations.a\.b/c)"});
  EXPECT_EQ(fields(JsonPathTest{"{..x}", {}}), Fields{""});
  EXPECT_EQ(fields(ConditionTest{"x"}).front(), "status.observedGeneration");
}

TEST(ResourceTests, APathThatCannotBeReadIsAnError) {
  EXPECT_EQ(PreparedTest::prepare(JsonPathTest{"{", {}}).error(),
            "position 2: a name, '[' or '}' is expected");
}

}  // namespace
}  // namespace bootstrap
