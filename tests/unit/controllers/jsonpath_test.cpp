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

struct Row {
  const char* path;
  const char* values;  // a list, as JSON
};
void PrintTo(const Row& row, std::ostream* out) {
  *out << row.path;
}

class JsonPathFinds : public ::testing::TestWithParam<Row> {};

TEST_P(JsonPathFinds, WhatIsThere) {
  EXPECT_EQ(found(GetParam().path), json::parse(GetParam().values)) << GetParam().path;
}

INSTANTIATE_TEST_SUITE_P(
    Names, JsonPathFinds,
    ::testing::Values(
        Row{"{.status.phase}", R"(["Running"])"}, Row{".status.phase", R"(["Running"])"},
        Row{"status.phase", R"(["Running"])"}, Row{"{status.phase}", R"(["Running"])"},
        Row{"$.status.phase", R"(["Running"])"}, Row{"{$.status.phase}", R"(["Running"])"},
        Row{"{@.status.phase}", R"(["Running"])"}, Row{" { .status.phase } ", R"(["Running"])"},
        Row{"{.status.nothing}", "[]"}, Row{"{.nothing.at.all}", "[]"}, Row{"{.kind.name}", "[]"},
        Row{"{.spec.nothing}", "[null]"}, Row{"{.spec.nothing.below}", "[]"},
        Row{"{.spec.paused}", "[false]"}, Row{"{.spec.ratio}", "[0.5]"},
        Row{"{.metadata.annotations.empty}", R"([""])"},
        Row{R"({.metadata.labels.app\.kubernetes\.io/name})", R"(["shop"])"},
        Row{R"({.metadata.labels['app\.kubernetes\.io/name']})", R"(["shop"])"},
        Row{R"({.metadata.labels["app\.kubernetes\.io/name"]})", R"(["shop"])"},
        Row{"{['metadata.name']}", R"(["web"])"}, Row{"{['metadata']['name']}", R"(["web"])"},
        Row{"{.metadata.labels.app.kubernetes.io/name}", "[]"}));

INSTANTIATE_TEST_SUITE_P(
    Lists, JsonPathFinds,
    ::testing::Values(Row{"{.spec.ports[0]}", "[80]"}, Row{"{.spec.ports[-1]}", "[8080]"},
                      Row{"{.spec.ports[3]}", "[]"}, Row{"{.spec.ports[-4]}", "[]"},
                      Row{"{.spec.ports[ 1 ]}", "[443]"}, Row{"{.spec.ports[*]}", "[80,443,8080]"},
                      Row{"{.spec.ports.*}", "[80,443,8080]"},
                      Row{"{.spec.ports[1:]}", "[443,8080]"}, Row{"{.spec.ports[:1]}", "[80]"},
                      Row{"{.spec.ports[:]}", "[80,443,8080]"}, Row{"{.spec.ports[-1:]}", "[8080]"},
                      Row{"{.spec.ports[0:3:2]}", "[80,8080]"},
                      Row{"{.spec.ports[::2]}", "[80,8080]"}, Row{"{.spec.ports[2:1]}", "[]"},
                      Row{"{.spec.ports[0:99]}", "[80,443,8080]"},
                      Row{"{.spec.ports[-99:1]}", "[80]"}, Row{"{.spec[0]}", "[]"},
                      Row{"{.spec[*]}", "[]"}, Row{"{.spec.ports.name}", "[]"},
                      Row{"{.spec.*}", "[null,false,[80,443,8080],0.5]"},
                      Row{"{.status.addresses[*].ip}", R"(["10.0.0.1","1.2.3.4"])"},
                      Row{"{.status.addresses[1]['ip']}", R"(["1.2.3.4"])"}));

INSTANTIATE_TEST_SUITE_P(
    Filters, JsonPathFinds,
    ::testing::Values(
        Row{R"({.status.conditions[?(@.type=="Ready")].status})", R"(["True"])"},
        Row{R"(.status.conditions[?(@.type=='Ready')].status)", R"(["True"])"},
        Row{R"(status.conditions[?( @.type == "Ready" )].status)", R"(["True"])"},
        Row{R"({.status.conditions[?("Ready"==@.type)].status})", R"(["True"])"},
        Row{R"({.status.conditions[?(@.type!="Ready")].status})", R"(["False"])"},
        Row{R"({.status.conditions[?(@.type)].status})", R"(["False","True"])"},
        Row{R"({.status.conditions[?(@.observedGeneration>3)].type})", R"(["Ready"])"},
        Row{R"({.status.conditions[?(@.observedGeneration>=3)].type})", R"(["Complete","Ready"])"},
        Row{R"({.status.conditions[?(@.observedGeneration<4)].type})", R"(["Complete"])"},
        Row{R"({.status.conditions[?(@.observedGeneration<=3.5)].type})", R"(["Complete"])"},
        Row{R"({.status.conditions[?(@.observedGeneration==4.0)].type})", R"(["Ready"])"},
        Row{R"({.status.conditions[?(@.type=="Ready" && @.status=="True")].observedGeneration})",
            "[4]"},
        Row{R"({.status.conditions[?(@.type=="Ready"&&@.status=="False")].type})", "[]"},
        Row{R"({.status.conditions[?(@.reason=="say \"yes\"")].type})", R"(["Ready"])"},
        Row{R"({.status.conditions[?(@['type']=="Ready")].status})", R"(["True"])"},
        Row{R"({.status.conditions[?(@.type=="a)b]c")].status})", "[]"},
        Row{R"({.spec.ports[?(@>100)]})", "[443,8080]"}, Row{R"({.spec.ports[?(@=="80")]})", "[]"},
        Row{R"({.spec.ports[?(@!="80")]})", "[]"}, Row{R"({.spec.ports[?(@==-80)]})", "[]"},
        Row{R"({.spec.paused[?(@==true)]})", "[]"},
        Row{R"({.status[?(@.phase=="Running")]})", "[]"},
        Row{R"({.status.conditions[?(@.status==@.type)]})", "[]"},
        Row{R"({.status.conditions[?(@.type=="Ready")][0]})", "[]"}));

INSTANTIATE_TEST_SUITE_P(
    Anywhere, JsonPathFinds,
    ::testing::Values(Row{"{..ip}", R"(["10.0.0.1","1.2.3.4"])"},
                      Row{"{..phase}", R"(["Running"])"}, Row{"..generation", "[4]"},
                      Row{"{.status..type}", R"(["Internal","External","Complete","Ready"])"},
                      Row{R"({..conditions[?(@.type=="Ready")].status})", R"(["True"])"},
                      Row{"{..[0].ip}", R"(["10.0.0.1"])"}));

class JsonPathRefuses : public ::testing::TestWithParam<Row> {};

TEST_P(JsonPathRefuses, AndSaysWhere) {
  const auto path = JsonPath::parse(GetParam().path);
  ASSERT_FALSE(path) << GetParam().path;
  EXPECT_EQ(path.error(), GetParam().values);
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, JsonPathRefuses,
    ::testing::Values(
        Row{"", "position 1: a path such as {.status.phase} is expected"},
        Row{"{}", "position 3: a path such as {.status.phase} is expected"},
        Row{"{@}", "position 4: a path such as {.status.phase} is expected"},
        Row{"{.status.phase", "position 15: a name, '[' or '}' is expected"},
        Row{"{.status.phase}}",
            "position 16: text stands behind the braces; a path is such as {.status.phase}, with "
            "nothing around it"},
        Row{"{.a}{.b}", "position 5: a second path begins; one value can be tested only"},
        Row{"is {.a}",
            "position 1: text stands before the braces; a path is such as {.status.phase}, with "
            "nothing around it"},
        Row{"is it {.a}",
            "position 1: text stands before the braces; a path is such as {.status.phase}, with "
            "nothing around it"},
        Row{".a b", "position 4: '.', '[' or the end is expected"},
        Row{"{.}", "position 3: a name is expected"},
        Row{"{.a.}", "position 5: a name is expected"},
        Row{"{.a...b}", "position 6: a name is expected"},
        Row{"{.a b}", "position 5: a name, '[' or '}' is expected"},
        Row{"{range .items[*]}",
            "position 2: range is for printing; [*] means every entry of a list"},
        Row{"{.a[}", "position 5: an index, '*', a quoted name or ?(…) is expected"},
        Row{"{.a[0}", "position 6: ']' is expected for '[' at position 4"},
        Row{"{.a[x]}", "position 5: an index, '*', a quoted name or ?(…) is expected"},
        Row{"{.a[0,1]}", "position 6: [a,b] selects several values; one can be tested only"},
        Row{"{['a','b']}", "position 6: [a,b] selects several values; one can be tested only"},
        Row{"{['a]}", "position 7: the closing quote is missing"},
        Row{"{['']}", "position 4: a name is expected"},
        Row{"{.a[99999999999]}", "position 5: not a number"},
        Row{"{.a[-]}", "position 5: not a number"},
        Row{"{.a[0:3:0]}", "position 5: the step of a slice must be at least 1"},
        Row{R"({.a[?(@.x=="y"]})",
            "position 15: a comparison (== != < <= > >=), && or ')' is expected"},
        Row{R"({.a[?(@.x="y")]})", "position 10: operators are == != < <= > >="},
        Row{R"({.a[?(@.x=~"y")]})", "position 10: operators are == != < <= > >="},
        Row{R"({.a[?(@.x==="y")]})", "position 12: operators are == != < <= > >="},
        Row{R"({.a[?(@.x==y)]})",
            "position 12: a quoted text, a number, true, false or a path that begins with @ is "
            "expected"},
        Row{R"({.a[?(@.x=="y)]})", "position 17: the closing quote is missing"},
        Row{R"({.a[?(@.x=="y" || @.x=="z")]})", "position 16: '||' is not supported; && is"},
        Row{R"({.a[?("x")]})", "position 10: a comparison (== != < <= > >=) is expected"},
        Row{R"({.a[?()]})",
            "position 7: a quoted text, a number, true, false or a path that begins with @ is "
            "expected"},
        Row{R"({.a[?(@..x==1)]})", "position 8: '..' cannot be used in a filter"},
        Row{"{..a..b}", "position 5: '..' can be used once only"},
        Row{R"({.a[?(@.x==1e999)]})", "position 12: not a number"},
        Row{R"({.a\)", "position 5: a character is expected after '\\'"}));

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
