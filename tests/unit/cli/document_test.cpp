#include "cli/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/text_parts.h"

namespace bootstrap::cli {

inline void PrintTo(const Place& place, std::ostream* out) {
  *out << place.line << ':' << place.column;
}
inline void PrintTo(const Mistake& mistake, std::ostream* out) {
  *out << mistake.at.line << ':' << mistake.at.column << ": " << mistake.path << ": "
       << mistake.message;
}

namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Document only(const char* text) {
  Documents read = read_documents(text);
  EXPECT_THAT(read.mistakes, IsEmpty());
  if (read.documents.size() != 1) {
    ADD_FAILURE() << read.documents.size() << " documents";
    return {};
  }
  return std::move(read.documents[0]);
}

Mistake only_mistake(const std::string& text) {
  Documents read = read_documents(text);
  if (read.mistakes.size() != 1) {
    ADD_FAILURE() << read.mistakes.size() << " mistakes";
    return {};
  }
  return std::move(read.mistakes[0]);
}

TEST(Document, IsWhatKubectlWouldSend) {
  EXPECT_EQ(only("a: 1\nb: [yes, \"yes\", 1.5]\nc: {d: ~}\ne: |\n  text\nf:\n").value,
            json::parse(R"({"a": 1, "b": [true, "yes", 1.5], "c": {"d": null}, "e": "text\n",
                            "f": null})"));
}

TEST(Document, KeysAreTexts) {
  EXPECT_EQ(only("1: a\nyes: b\n1.5: c\n\"2\": d\n").value,
            json::parse(R"({"1": "a", "true": "b", "1.5": "c", "2": "d"})"));
}

TEST(Document, KnowsWhereEachValueStands) {
  const Places places = only(
                            "# a comment\nspec:\n  phases:\n  - name: one\n    steps:\n"
                            "    - {name: a,\n       tool: b}\n    - name: c\n")
                            .places;
  const Places& spec = places.fields.at("spec");
  EXPECT_EQ(spec.at, (Place{2, 1}));
  const Places& phase = spec.fields.at("phases").items.at(0);
  EXPECT_EQ(phase.at, (Place{4, 5}));
  const Places& steps = phase.fields.at("steps");
  EXPECT_EQ(steps.at, (Place{5, 5}));
  EXPECT_EQ(steps.items.at(0).fields.at("tool").at, (Place{7, 8}));
  EXPECT_EQ(steps.items.at(1).at, (Place{8, 7}));
}

TEST(Document, KnowsHowAScalarIsWritten) {
  const Places places = only("a: 0644\nb: yes\nc: text\nd: \"1\"\n").places;
  EXPECT_EQ(places.fields.at("a").written, "0644");
  EXPECT_EQ(places.fields.at("b").written, "yes");
  EXPECT_EQ(places.fields.at("c").written, "");
  EXPECT_EQ(places.fields.at("d").written, "");
}

TEST(Document, SeveralStandInOneFile) {
  const Documents read = read_documents("\n---\n# nothing\n---\na: 1\n--- # next\nb: 2\n---\n");
  ASSERT_THAT(read.documents, SizeIs(2));
  EXPECT_EQ(read.documents[0].places.fields.at("a").at, (Place{5, 1}));
  EXPECT_EQ(read.documents[1].places.fields.at("b").at, (Place{7, 1}));
  EXPECT_THAT(read.mistakes, IsEmpty());
}

TEST(Document, LinesMayEndAsOnWindows) {
  const Documents read = read_documents(
      "\xEF\xBB\xBF"
      "a: 1\r\n---\r\nb: 2\r\n");
  ASSERT_THAT(read.documents, SizeIs(2));
  EXPECT_EQ(read.documents[0].value, json({{"a", 1}}));
  EXPECT_EQ(read.documents[1].value, json({{"b", 2}}));
  EXPECT_EQ(read.documents[1].places.fields.at("b").at, (Place{3, 1}));
}

TEST(Document, DashesInATextSeparateNothing) {
  EXPECT_EQ(only("a: |\n  one\n  ---\n  two\n---more: b\n").value,
            json({{"a", "one\n---\ntwo\n"}, {"---more", "b"}}));
}

TEST(Document, OneThatIsNoYamlHidesNoOther) {
  const Documents read = read_documents("a: 1\n---\nb: [1, 2\nc: 3\n---\nd: 4\n");
  EXPECT_THAT(read.documents, SizeIs(2));
  ASSERT_THAT(read.mistakes, SizeIs(1));
  EXPECT_GE(read.mistakes[0].at.line, 3);
  EXPECT_LE(read.mistakes[0].at.line, 4);
  EXPECT_THAT(read.mistakes[0].message, HasSubstr("is not YAML: "));
}

TEST(Document, AKeyThatIsThereTwiceIsNamed) {
  const Mistake mistake =
      only_mistake("spec:\n  tools:\n    image: a\n  phases: []\n  tools: {}\n");
  EXPECT_EQ(mistake.at, (Place{5, 3}));
  EXPECT_EQ(mistake.path, "spec.tools");
  EXPECT_EQ(mistake.message, "is there twice, in line 2 as well; only one would count");
}

TEST(Document, AliasesAndMergesAreResolved) {
  const Document read = only(
      "base: &base\n  image: a\n  env: [x]\nown:\n  <<: *base\n  image: b\nsame: *base\n"
      "both:\n  <<: [{a: 1, b: 1}, {b: 2, c: 2}]\n");
  EXPECT_EQ(read.value["own"], json::parse(R"({"image": "b", "env": ["x"]})"));
  EXPECT_EQ(read.value["same"], read.value["base"]);
  EXPECT_EQ(read.value["both"], json::parse(R"({"a": 1, "b": 1, "c": 2})"));
  EXPECT_EQ(read.places.fields.at("own").fields.at("image").at, (Place{6, 3}));
  EXPECT_EQ(read.places.fields.at("own").fields.at("env").at, (Place{3, 3}));
  EXPECT_EQ(read.places.fields.at("same").at, (Place{7, 1}));
}

TEST(Document, AliasesThatNeverEndAreRefused) {
  EXPECT_THAT(only_mistake("a: &a [*a]\n").message, HasSubstr("nested too deep"));
  EXPECT_THAT(only_mistake("a: &a\n  <<: *a\n").message, HasSubstr("nested too deep"));
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int j = 1; j < 10; ++j) bomb += ", " + last;
    bomb += "]\n";
  }
  EXPECT_THAT(only_mistake(bomb).message, HasSubstr("too large"));
}

TEST(Document, WhatIsNestedWithoutEndIsRefused) {
  EXPECT_THAT(read_documents(std::string(100'000, '[')).mistakes, SizeIs(1));
  EXPECT_THAT(read_documents(std::string(100'000, '{')).mistakes, SizeIs(1));
}

TEST(Document, ANumberThatJsonDoesNotHaveIsAMistake) {
  const Mistake mistake = only_mistake("a:\n  b: [1, .inf]\n");
  EXPECT_EQ(mistake.path, "a.b[1]");
  EXPECT_EQ(mistake.at, (Place{2, 10}));
}

TEST(Document, AKeyMustBeAText) {
  EXPECT_EQ(only_mistake("a:\n  ? [b]\n  : c\n").message, "has a key that is no text");
}

TEST(Document, MayBeJson) {
  const Document read = only("{\n\t\"a\": {\"b\": [1, \"2\", true, null, 1.0, \"\\/\"]}\n}\n");
  EXPECT_EQ(read.value, json::parse(R"({"a": {"b": [1, "2", true, null, 1, "/"]}})"));
  EXPECT_EQ(read.places.fields.at("a").at.line, 2);
}

TEST(Document, JsonValuesMayFollowEachOther) {
  const Documents read = read_documents("{\"a\": \"}{\\\"\"}\n{\n  \"b\": 2}{\"c\": 3}\n");
  ASSERT_THAT(read.documents, SizeIs(3));
  EXPECT_EQ(read.documents[0].value, json({{"a", "}{\""}}));
  EXPECT_EQ(read.documents[1].places.fields.at("b").at.line, 3);
  EXPECT_EQ(read.documents[2].places.fields.at("c").at.line, 3);
}

TEST(Document, FlowStyleIsNotTakenForJson) {
  EXPECT_EQ(only("{a: b, c: [d]}\n").value, json::parse(R"({"a": "b", "c": ["d"]})"));
}

// Of a character beyond U+FFFF JSON has two halves, which YAML does not know.
TEST(Document, JsonIsReadAsJsonWhenItIsNoYaml) {
  const Documents read = read_documents("\n{\"a\": \"\\ud83d\\ude00\"}");
  EXPECT_THAT(read.mistakes, IsEmpty());
  ASSERT_THAT(read.documents, SizeIs(1));
  EXPECT_EQ(read.documents[0].value["a"], "\xF0\x9F\x98\x80");
  EXPECT_EQ(read.documents[0].places.at, (Place{2, 1}));
}

TEST(Document, MustBeUtf8) {
  EXPECT_EQ(only_mistake("a: b\nc: \xFF\n").at, (Place{2, 1}));
  for (const char* wrong : {"\x80", "\xC0\xAF", "\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80"})
    EXPECT_EQ(line_that_is_not_utf8(wrong), 1) << wrong;
  EXPECT_EQ(line_that_is_not_utf8("größer € 😀"), std::nullopt);
}

TEST(Document, NothingIsNoDocument) {
  for (const char* text : {"", "\n", "# nothing\n", "---\n---\n", "---"}) {
    const Documents read = read_documents(text);
    EXPECT_THAT(read.documents, IsEmpty()) << text;
    EXPECT_THAT(read.mistakes, IsEmpty()) << text;
  }
}

}  // namespace
}  // namespace bootstrap::cli
