#include "controllers/projection.h"

#include <ostream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace bootstrap {
namespace {

using nlohmann::json;

constexpr const char* kObject = R"({
  "metadata":{"name":"x","managedFields":[{"f":{"a":1}}],
              "annotations":{"k8s.io/end":"true","other":"no"}},
  "spec":{"deep":{"a":[1,2.5,-3,null,true]},"name":"n"},
  "status":{"conditions":[{"type":"A","status":"True","m":{"x":1}},{"type":"B"},7],
            "phase":"Running"}})";

struct Kept {
  const char* what;
  FieldFilter filter;
  const char* expected;
};

void PrintTo(const Kept& one, std::ostream* out) {
  *out << one.what;
}

class KeptTable : public testing::TestWithParam<Kept> {};

TEST_P(KeptTable, BuildsOnlyThat) {
  const auto kept = parse_kept(kObject, GetParam().filter);
  ASSERT_TRUE(kept) << kept.error();
  EXPECT_EQ(*kept, json::parse(GetParam().expected)) << GetParam().what << ": " << *kept;
}

INSTANTIATE_TEST_SUITE_P(
    Projection, KeptTable,
    testing::Values(
        Kept{"nothing", {}, "{}"},
        Kept{"a leaf", {"metadata.name"}, R"({"metadata":{"name":"x"}})"},
        Kept{"a subtree", {"spec.deep"}, R"({"spec":{"deep":{"a":[1,2.5,-3,null,true]}}})"},
        Kept{"through an array",
             {"status.conditions.type"},
             R"({"status":{"conditions":[{"type":"A"},{"type":"B"}]}})"},
        Kept{"two of one parent",
             {"status.conditions.type", "status.phase"},
             R"({"status":{"conditions":[{"type":"A"},{"type":"B"}],"phase":"Running"}})"},
        Kept{"all but",
             FieldFilter({"metadata"}, {"metadata.managedFields", "metadata.annotations.other"}),
             R"({"metadata":{"name":"x","annotations":{"k8s.io/end":"true"}}})"},
        Kept{"a drop in array elements",
             FieldFilter({"status.conditions"}, {"status.conditions.m"}),
             R"({"status":{"conditions":[{"type":"A","status":"True"},{"type":"B"},7]}})"},
        Kept{"a key with dots",
             {R"(metadata.annotations.k8s\.io/end)"},
             R"({"metadata":{"annotations":{"k8s.io/end":"true"}}})"},
        Kept{"absent", {"status.nope.x"}, R"({"status":{}})"},
        Kept{"a scalar on the way", {"status.phase.x"}, R"({"status":{}})"},
        Kept{"a field and one below it",
             {"spec.deep.a", "spec"},
             R"({"spec":{"deep":{"a":[1,2.5,-3,null,true]},"name":"n"}})"}));

TEST(Projection, EverythingIsTheWholeText) {
  EXPECT_EQ(parse_kept(kObject, FieldFilter::everything()), json::parse(kObject));
  EXPECT_EQ(parse_kept("5", FieldFilter::everything()), json(5));
}

TEST(Projection, AFilterWorksBelowAPathAndTogetherWithOthers) {
  const FieldFilter fields({"metadata.name", "spec"}, {"spec.deep"});
  const auto text = std::string(R"({"type":"ADDED","x":1,"object":)") + kObject + "}";
  const auto event = parse_kept(text, fields.below("object").with({"type"}));
  ASSERT_TRUE(event);
  EXPECT_EQ(*event, json::parse(R"({"type":"ADDED","object":{"metadata":{"name":"x"},
                                    "spec":{"name":"n"}}})"));

  const auto page = parse_kept(std::string(R"({"items":[)") + kObject + "," + kObject + "]}",
                               fields.below("items"));
  ASSERT_TRUE(page);
  EXPECT_EQ((*page)["items"].size(), 2U);
  EXPECT_EQ((*page)["items"][1], (*event)["object"]);

  EXPECT_EQ(parse_kept(text, FieldFilter::everything().below("object").with({"type"})),
            json({{"type", "ADDED"}, {"object", json::parse(kObject)}}));
}

TEST(Projection, KeepsTextOfManyBytesAndTheLastOfDuplicates) {
  const auto kept = parse_kept(R"({"a":"Grüße \u00fc 🚀","b":1,"b":{"c":2}})", {"a", "b"});
  ASSERT_TRUE(kept);
  EXPECT_EQ(*kept, json({{"a", "Grüße ü 🚀"}, {"b", {{"c", 2}}}}));
}

TEST(Projection, ReadsNumbersOfMoreThan64BitsAsTheParserDoes) {
  const char* text = R"({"a":18446744073709551615,"b":-9223372036854775808,"c":0,
                         "d":100000000000000000000,"e":-1e20,"f":2.0})";
  const auto kept = parse_kept(text, FieldFilter::everything());
  ASSERT_TRUE(kept) << kept.error();
  EXPECT_EQ(*kept, json::parse(text));
  EXPECT_EQ(parse_kept(text, {"a", "c"}), json({{"a", 18446744073709551615U}, {"c", 0}}));
  EXPECT_TRUE(parse_kept(text, {"c"})->at("c").is_number_unsigned());
}

struct Bad {
  const char* what;
  std::string text;
  const char* expected;
};

void PrintTo(const Bad& one, std::ostream* out) {
  *out << one.what;
}

class BadTable : public testing::TestWithParam<Bad> {};

TEST_P(BadTable, IsAnErrorWhereverItStands) {
  for (const FieldFilter& filter : {FieldFilter::everything(), FieldFilter({"metadata.name"})}) {
    const auto kept = parse_kept(GetParam().text, filter);
    ASSERT_FALSE(kept) << GetParam().what;
    EXPECT_NE(kept.error().find(GetParam().expected), std::string::npos)
        << GetParam().what << ": " << kept.error();
    EXPECT_EQ(kept.error().find("secret"), std::string::npos) << "quotes content";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Projection, BadTable,
    testing::Values(Bad{"empty", "", "malformed"}, Bad{"truncated", R"({"a":"secret)", "malformed"},
                    Bad{"truncated object", R"({"a":{"b":1})", "malformed"},
                    Bad{"no JSON", "<html>secret</html>", "malformed"},
                    Bad{"more after it", R"({"a":1} {"b":2})", "malformed"},
                    Bad{"invalid UTF-8", "{\"a\":\"secret\xff\xfe\"}", "malformed"},
                    Bad{"cut UTF-8", "{\"a\":\"\xc3\"}", "malformed"},
                    Bad{"a number out of range", R"({"a":1e999})", "out of range"},
                    Bad{"a bare word", R"({"a":nope})", "malformed"},
                    Bad{"a wrong close", R"({"a":[1})", "malformed"}));

TEST(Projection, AcceptsExactlyWhatTheParserAcceptsHoweverATextIsDamaged) {
  const std::string whole = kObject;
  const FieldFilter some({"metadata.name", "status.conditions.type"}, {"spec"});
  const auto check = [&](const std::string& text) {
    const bool valid = json::accept(text);
    EXPECT_EQ(parse_kept(text, some).has_value(), valid) << text;
    const auto all = parse_kept(text, FieldFilter::everything());
    ASSERT_EQ(all.has_value(), valid) << text;
    if (valid) {
      EXPECT_EQ(*all, json::parse(text)) << text;
    }
  };
  for (std::size_t at = 0; at < whole.size(); ++at) {
    check(whole.substr(0, at));
    for (const char other : {'"', '{', '}', ']', ',', '\\', '9', '\xc3', '\0'}) {
      std::string text = whole;
      text[at] = other;
      check(text);
    }
  }
}

std::string nested(std::size_t levels) {
  std::string text;
  for (std::size_t i = 0; i < levels; ++i) text += R"({"a":)";
  return text + "1" + std::string(levels, '}');
}

TEST(Projection, LimitsTheDepthOfWhatIsKeptOnly) {
  EXPECT_TRUE(parse_kept(nested(kMaxKeptDepth), FieldFilter::everything()));
  const auto deep = parse_kept(nested(kMaxKeptDepth + 1), FieldFilter::everything());
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error(), "nested deeper than 64");
  EXPECT_EQ(parse_kept(nested(100'000), {"b"}), json::object());
}

}  // namespace
}  // namespace bootstrap
