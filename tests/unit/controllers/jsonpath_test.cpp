#include "controllers/jsonpath.h"

#include <random>

#include <gtest/gtest.h>

namespace bootstrap {
namespace {

using nlohmann::json;

// With all that paths go through: lists of objects, keys with dots and slashes, empty and null.
const json kObject = json::parse(R"json({
  "kind": "Job",
  "metadata": {
    "name": "web", "generation": 4,
    "labels": {"app": "shop", "app.kubernetes.io/name": "shop"},
    "annotations": {"empty": ""}
  },
  "spec": {"ports": [80, 443, 8080], "paused": false, "ratio": 0.5, "nothing": null},
  "status": {
    "phase": "Running",
    "conditions": [
      {"type": "Complete", "status": "False", "observedGeneration": 3},
      {"type": "Ready", "status": "True", "observedGeneration": 4, "reason": "say \"yes\""},
      {"status": "Unknown"}
    ],
    "addresses": [{"type": "Internal", "ip": "10.0.0.1"}, {"type": "External", "ip": "1.2.3.4"}]
  }
})json");

json found(const std::string& text) {
  const auto path = JsonPath::parse(text);
  if (!path) return "ERROR " + path.error();
  json values = json::array();
  for (const json* value : path->find(kObject)) values.push_back(*value);
  return values;
}

struct PathRow {
  const char* path;
  const char* values;  // a list, as JSON
};
void PrintTo(const PathRow& row, std::ostream* out) {
  *out << row.path;
}

class JsonPathFinds : public ::testing::TestWithParam<PathRow> {};

TEST_P(JsonPathFinds, WhatIsThere) {
  EXPECT_EQ(found(GetParam().path), json::parse(GetParam().values)) << GetParam().path;
}

INSTANTIATE_TEST_SUITE_P(
    Names, JsonPathFinds,
    ::testing::Values(
        PathRow{"{.status.phase}", R"(["Running"])"}, PathRow{".status.phase", R"(["Running"])"},
        PathRow{"status.phase", R"(["Running"])"}, PathRow{"{status.phase}", R"(["Running"])"},
        PathRow{"$.status.phase", R"(["Running"])"}, PathRow{"{$.status.phase}", R"(["Running"])"},
        PathRow{"{@.status.phase}", R"(["Running"])"},
        PathRow{" { .status.phase } ", R"(["Running"])"}, PathRow{"{.status.nothing}", "[]"},
        PathRow{"{.nothing.at.all}", "[]"}, PathRow{"{.kind.name}", "[]"},
        PathRow{"{.spec.nothing}", "[null]"}, PathRow{"{.spec.nothing.below}", "[]"},
        PathRow{"{.spec.paused}", "[false]"}, PathRow{"{.spec.ratio}", "[0.5]"},
        PathRow{"{.metadata.annotations.empty}", R"([""])"},
        PathRow{R"({.metadata.labels.app\.kubernetes\.io/name})", R"(["shop"])"},
        PathRow{R"({.metadata.labels['app\.kubernetes\.io/name']})", R"(["shop"])"},
        PathRow{R"({.metadata.labels["app\.kubernetes\.io/name"]})", R"(["shop"])"},
        PathRow{"{['metadata.name']}", R"(["web"])"},
        PathRow{"{['metadata']['name']}", R"(["web"])"},
        PathRow{"{.metadata.labels.app.kubernetes.io/name}", "[]"}));

INSTANTIATE_TEST_SUITE_P(
    Lists, JsonPathFinds,
    ::testing::Values(
        PathRow{"{.spec.ports[0]}", "[80]"}, PathRow{"{.spec.ports[-1]}", "[8080]"},
        PathRow{"{.spec.ports[3]}", "[]"}, PathRow{"{.spec.ports[-4]}", "[]"},
        PathRow{"{.spec.ports[ 1 ]}", "[443]"}, PathRow{"{.spec.ports[*]}", "[80,443,8080]"},
        PathRow{"{.spec.ports.*}", "[80,443,8080]"}, PathRow{"{.spec.ports[1:]}", "[443,8080]"},
        PathRow{"{.spec.ports[:1]}", "[80]"}, PathRow{"{.spec.ports[:]}", "[80,443,8080]"},
        PathRow{"{.spec.ports[-1:]}", "[8080]"}, PathRow{"{.spec.ports[0:3:2]}", "[80,8080]"},
        PathRow{"{.spec.ports[::2]}", "[80,8080]"}, PathRow{"{.spec.ports[2:1]}", "[]"},
        PathRow{"{.spec.ports[0:99]}", "[80,443,8080]"}, PathRow{"{.spec.ports[-99:1]}", "[80]"},
        PathRow{"{.spec[0]}", "[]"}, PathRow{"{.spec[*]}", "[]"},
        PathRow{"{.spec.ports.name}", "[]"}, PathRow{"{.spec.*}", "[null,false,[80,443,8080],0.5]"},
        PathRow{"{.status.addresses[*].ip}", R"(["10.0.0.1","1.2.3.4"])"},
        PathRow{"{.status.addresses[1]['ip']}", R"(["1.2.3.4"])"}));

INSTANTIATE_TEST_SUITE_P(
    Filters, JsonPathFinds,
    ::testing::Values(
        PathRow{R"({.status.conditions[?(@.type=="Ready")].status})", R"(["True"])"},
        PathRow{R"(.status.conditions[?(@.type=='Ready')].status)", R"(["True"])"},
        PathRow{R"(status.conditions[?( @.type == "Ready" )].status)", R"(["True"])"},
        PathRow{R"({.status.conditions[?("Ready"==@.type)].status})", R"(["True"])"},
        PathRow{R"({.status.conditions[?(@.type!="Ready")].status})", R"(["False"])"},
        PathRow{R"({.status.conditions[?(@.type)].status})", R"(["False","True"])"},
        PathRow{R"({.status.conditions[?(@.observedGeneration>3)].type})", R"(["Ready"])"},
        PathRow{R"({.status.conditions[?(@.observedGeneration>=3)].type})",
                R"(["Complete","Ready"])"},
        PathRow{R"({.status.conditions[?(@.observedGeneration<4)].type})", R"(["Complete"])"},
        PathRow{R"({.status.conditions[?(@.observedGeneration<=3.5)].type})", R"(["Complete"])"},
        PathRow{R"({.status.conditions[?(@.observedGeneration==4.0)].type})", R"(["Ready"])"},
        PathRow{
            R"({.status.conditions[?(@.type=="Ready" && @.status=="True")].observedGeneration})",
            "[4]"},
        PathRow{R"({.status.conditions[?(@.type=="Ready"&&@.status=="False")].type})", "[]"},
        PathRow{R"({.status.conditions[?(@.reason=="say \"yes\"")].type})", R"(["Ready"])"},
        PathRow{R"({.status.conditions[?(@['type']=="Ready")].status})", R"(["True"])"},
        PathRow{R"({.status.conditions[?(@.type=="a)b]c")].status})", "[]"},
        PathRow{R"({.spec.ports[?(@>100)]})", "[443,8080]"},
        PathRow{R"({.spec.ports[?(@=="80")]})", "[]"},
        PathRow{R"({.spec.ports[?(@!="80")]})", "[]"}, PathRow{R"({.spec.ports[?(@==-80)]})", "[]"},
        PathRow{R"({.spec.paused[?(@==true)]})", "[]"},
        PathRow{R"({.status[?(@.phase=="Running")]})", "[]"},
        PathRow{R"({.status.conditions[?(@.status==@.type)]})", "[]"},
        PathRow{R"({.status.conditions[?(@.type=="Ready")][0]})", "[]"}));

INSTANTIATE_TEST_SUITE_P(
    Anywhere, JsonPathFinds,
    ::testing::Values(PathRow{"{..ip}", R"(["10.0.0.1","1.2.3.4"])"},
                      PathRow{"{..phase}", R"(["Running"])"}, PathRow{"..generation", "[4]"},
                      PathRow{"{.status..type}", R"(["Internal","External","Complete","Ready"])"},
                      PathRow{R"({..conditions[?(@.type=="Ready")].status})", R"(["True"])"},
                      PathRow{"{..[0].ip}", R"(["10.0.0.1"])"}));

class JsonPathRefuses : public ::testing::TestWithParam<PathRow> {};

TEST_P(JsonPathRefuses, AndSaysWhere) {
  const auto path = JsonPath::parse(GetParam().path);
  ASSERT_FALSE(path) << GetParam().path;
  EXPECT_EQ(path.error(), GetParam().values);
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, JsonPathRefuses,
    ::testing::Values(
        PathRow{"", "position 1: a path such as {.status.phase} is expected"},
        PathRow{"{}", "position 3: a path such as {.status.phase} is expected"},
        PathRow{"{@}", "position 4: a path such as {.status.phase} is expected"},
        PathRow{"{.status.phase", "position 15: a name, '[' or '}' is expected"},
        PathRow{
            "{.status.phase}}",
            "position 16: text stands behind the braces; a path is such as {.status.phase}, with "
            "nothing around it"},
        PathRow{"{.a}{.b}", "position 5: a second path begins; one value can be tested only"},
        PathRow{
            "is {.a}",
            "position 1: text stands before the braces; a path is such as {.status.phase}, with "
            "nothing around it"},
        PathRow{
            "is it {.a}",
            "position 1: text stands before the braces; a path is such as {.status.phase}, with "
            "nothing around it"},
        PathRow{".a b", "position 4: '.', '[' or the end is expected"},
        PathRow{"{.}", "position 3: a name is expected"},
        PathRow{"{.a.}", "position 5: a name is expected"},
        PathRow{"{.a...b}", "position 6: a name is expected"},
        PathRow{"{.a b}", "position 5: a name, '[' or '}' is expected"},
        PathRow{"{range .items[*]}",
                "position 2: range is for printing; [*] means every entry of a list"},
        PathRow{"{.a[}", "position 5: an index, '*', a quoted name or ?(…) is expected"},
        PathRow{"{.a[0}", "position 6: ']' is expected for '[' at position 4"},
        PathRow{"{.a[x]}", "position 5: an index, '*', a quoted name or ?(…) is expected"},
        PathRow{"{.a[0,1]}", "position 6: [a,b] selects several values; one can be tested only"},
        PathRow{"{['a','b']}", "position 6: [a,b] selects several values; one can be tested only"},
        PathRow{"{['a]}", "position 7: the closing quote is missing"},
        PathRow{"{['']}", "position 4: a name is expected"},
        PathRow{"{.a[99999999999]}", "position 5: not a number"},
        PathRow{"{.a[-]}", "position 5: not a number"},
        PathRow{"{.a[0:3:0]}", "position 5: the step of a slice must be at least 1"},
        PathRow{R"({.a[?(@.x=="y"]})",
                "position 15: a comparison (== != < <= > >=), && or ')' is expected"},
        PathRow{R"({.a[?(@.x="y")]})", "position 10: operators are == != < <= > >="},
        PathRow{R"({.a[?(@.x=~"y")]})", "position 10: operators are == != < <= > >="},
        PathRow{R"({.a[?(@.x==="y")]})", "position 12: operators are == != < <= > >="},
        PathRow{R"({.a[?(@.x==y)]})",
                "position 12: a quoted text, a number, true, false or a path that begins with @ is "
                "expected"},
        PathRow{R"({.a[?(@.x=="y)]})", "position 17: the closing quote is missing"},
        PathRow{R"({.a[?(@.x=="y" || @.x=="z")]})", "position 16: '||' is not supported; && is"},
        PathRow{R"({.a[?("x")]})", "position 10: a comparison (== != < <= > >=) is expected"},
        PathRow{R"({.a[?()]})",
                "position 7: a quoted text, a number, true, false or a path that begins with @ is "
                "expected"},
        PathRow{R"({.a[?(@..x==1)]})", "position 8: '..' cannot be used in a filter"},
        PathRow{"{..a..b}", "position 5: '..' can be used once only"},
        PathRow{R"({.a[?(@.x==1e999)]})", "position 12: not a number"},
        PathRow{R"({.a\)", "position 5: a character is expected after '\\'"}));

TEST(JsonPath, TheLongestPathAndOneMore) {
  EXPECT_TRUE(JsonPath::parse("." + std::string(JsonPath::kLongest - 1, 'x')));
  EXPECT_EQ(JsonPath::parse("." + std::string(JsonPath::kLongest, 'x')).error(),
            "position 1: a path has at most 512 characters");
}

TEST(JsonPath, FiltersAreNestedThreeDeepAtMost) {
  const auto nested = [](int depth) {
    std::string text = "@.x";
    for (int i = 0; i < depth; ++i) text = "@.a[?(" + text + ")]";
    return text;
  };
  EXPECT_TRUE(JsonPath::parse(nested(3)));
  EXPECT_FALSE(JsonPath::parse(nested(4)));
}

TEST(JsonPath, SaysWhatMustBeKeptOfAnObject) {
  using Names = std::vector<std::string>;
  const auto names = [](const char* text) { return JsonPath::parse(text)->leading_names(); };
  EXPECT_EQ(names("{.status.phase}"), (Names{"status", "phase"}));
  EXPECT_EQ(names(R"({.status.conditions[?(@.type=="x")].status})"),
            (Names{"status", "conditions"}));
  EXPECT_EQ(names(R"({.metadata.labels.a\.b})"), (Names{"metadata", "labels", "a.b"}));
  EXPECT_EQ(names("{..x}"), Names{});
  EXPECT_EQ(names("{.*.x}"), Names{});
}

// Whatever is written: an answer or an error, and always the same one.
TEST(JsonPath, NoTextBreaksIt) {
  std::mt19937 random(7);
  const std::vector<std::string> parts{
      "{",   "}",    ".",  "..",   "[",  "]",      "*",          "?(",   ")",     "@",
      "$",   "'",    "\"", "\\",   "==", "!=",     "<",          ">",    "&&",    "||",
      ",",   ":",    "-1", "0",    "9",  "status", "conditions", "type", "Ready", " ",
      "1e9", "true", "\n", "\xff", "ü",  "(",      "range "};
  std::size_t good = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string text = round % 2 == 0 ? "{.status.conditions[?(@.type==\"Ready\")].status}" : "";
    for (std::size_t edits = 1 + random() % 6; edits > 0; --edits) {
      const std::size_t at = text.empty() ? 0 : random() % (text.size() + 1);
      if (random() % 3 == 0 && at < text.size())
        text.erase(at, 1 + random() % 3);
      else
        text.insert(at, parts[random() % parts.size()]);
    }
    const auto path = JsonPath::parse(text);
    if (!path) {
      EXPECT_TRUE(path.error().starts_with("position ")) << text;
      continue;
    }
    ++good;
    EXPECT_LE(path->find(kObject).size(), 100U) << text;
  }
  EXPECT_GT(good, 5'000U);
}

}  // namespace
}  // namespace bootstrap
