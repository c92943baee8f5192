#include "controllers/texts.h"

#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace bootstrap {
namespace {

struct Cut {
  std::string text;
  std::size_t limit;
  std::string expected;
};

TEST(Texts, AreCutToTheirLimitWithAnEllipsis) {
  const std::vector<Cut> rows{
      {"", 10, ""},
      {"short", 5, "short"},
      {"longer", 5, "lo…"},
      {"longer", 3, "…"},
      {"longer", 2, ""},  // not even the ellipsis fits
      {"longer", 0, ""},
      {"ab€d", 6, "ab€d"},       // 1 + 1 + 3 + 1 bytes
      {"abc€defgh", 8, "abc…"},  // the euro would end behind the limit: left out whole
      {"😀😀😀", 8, "😀…"},
  };
  for (const Cut& row : rows) {
    EXPECT_EQ(cut(row.text, row.limit), row.expected) << row.text << " to " << row.limit;
    EXPECT_LE(cut(row.text, row.limit).size(), row.limit) << row.text << " to " << row.limit;
  }
}

TEST(Texts, TailsKeepTheEnd) {
  const std::vector<Cut> rows{
      {"", 10, ""},     {"short", 5, "short"}, {"longer", 4, "nger"}, {"longer", 0, ""},
      {"a€b", 4, "€b"}, {"a€b", 3, "b"},  // half a character is no character
      {"a€b", 2, "b"},
  };
  for (const Cut& row : rows)
    EXPECT_EQ(tail(row.text, row.limit), row.expected) << row.text << " to " << row.limit;
}

struct Bytes {
  const char* what;
  std::string bytes;
  std::string expected;
};

TEST(Texts, BytesThatAreNoUtf8BecomeQuestionMarks) {
  const std::vector<Bytes> rows{
      {"Latin-1", "gr\xFC\xDF", "gr??"},
      {"a continuation alone", "\x80x", "?x"},
      {"cut in the middle", "\xE2\x82", "??"},
      {"cut by a letter", "\xE2\x82x", "??x"},
      {"overlong slash", "\xC0\xAF", "??"},
      {"overlong in three", "\xE0\x80\xAF", "???"},
      {"overlong in four", "\xF0\x80\x80\xAF", "????"},
      {"surrogate", "\xED\xA0\x80", "???"},
      {"behind the last plane", "\xF4\x90\x80\x80", "????"},
      {"no lead at all", "\xFF\xFE", "??"},
      {"two bytes", "ß", "ß"},
      {"three bytes", "€", "€"},
      {"last before the surrogates", "\xED\x9F\xBF", "\xED\x9F\xBF"},
      {"four bytes", "😀", "😀"},
      {"last character there is", "\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},
  };
  for (const Bytes& row : rows) {
    EXPECT_EQ(tail(row.bytes, 100), row.expected) << row.what;
    EXPECT_EQ(cut(row.bytes, 100), row.expected) << row.what;
  }
}

TEST(Texts, SayNothingToATerminal) {
  const std::vector<Bytes> rows{
      {"a colour", "\x1B[1;31merror\x1B[0m: no", "error: no"},
      {"a cursor", "50 %\x1B[2K\x1B[1G100 %", "50 %100 %"},
      {"a title", "\x1B]0;title\x07text", "text"},
      {"a link", "\x1B]8;;https://x\x1B\\here\x1B]8;;\x1B\\", "here"},
      {"another escape", "\x1B(Btext\x1B=", "text"},
      {"one that does not end", "text\x1B[31", "text"},
      {"one that is cut off", "text\x1B]0;ti", "text"},
      {"an escape alone", "text\x1B", "text?"},
      {"lines and columns", "a\tb\nc", "a\tb\nc"},
      {"lines of another system", "a\r\nb", "a\nb"},
      {"a progress bar", "10 %\r20 %", "10 %\n20 %"},
      {"zero, bell, delete", std::string("a\0\x07\x7F", 4), "a???"},
      {"C1",
       "a\xC2\x9B"
       "b",
       "a?b"},
      {"first letter behind C1", "\xC2\xA0", "\xC2\xA0"},
  };
  for (const Bytes& row : rows) {
    EXPECT_EQ(tail(row.bytes, 100), row.expected) << row.what;
    EXPECT_EQ(cut(row.bytes, 100), row.expected) << row.what;
  }
}

// nlohmann::json throws on bytes that are not UTF-8: the check of what we promise.
TEST(Texts, OfAnyBytesCanBeWrittenAsJson) {
  unsigned state = 1;
  const auto next = [&state] { return state = state * 1'664'525U + 1'013'904'223U; };
  for (int round = 0; round < 2'000; ++round) {
    std::string bytes(next() >> 8U & 31U, ' ');
    for (char& c : bytes) c = static_cast<char>(next() >> 16U);
    const std::size_t limit = next() >> 8U & 15U;
    EXPECT_NO_THROW((void)nlohmann::json(cut(bytes, limit)).dump());
    EXPECT_NO_THROW((void)nlohmann::json(tail(bytes, limit)).dump());
    EXPECT_LE(cut(bytes, limit).size(), limit);
    EXPECT_LE(tail(bytes, limit).size(), limit);
  }
}

TEST(Texts, LastLineIsTheLastOneThatSaysSomething) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"", ""},
      {"\n \t\r\n", ""},
      {"one", "one"},
      {"one\ntwo", "two"},
      {"one\n  two \n\n", "two"},
      {"one\r\ntwo\r\n", "two"},
      {"  only\n", "only"},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(last_line(text), expected) << text;
}

TEST(WithEnd, WhatMustFollowIsKept) {
  const std::string text(600, 'x'), end = "; its log: kubectl logs job/a";
  const std::string both = with_end(text, end, 512);
  EXPECT_EQ(both.size(), 512U);
  EXPECT_TRUE(both.ends_with("…" + end));
  EXPECT_EQ(with_end("short", end, 512), "short" + end);
}

TEST(WithEnd, TheTextKeepsItsLeast) {
  const std::string both = with_end(std::string(600, 'x'), std::string(600, 'y'), 512, 100);
  EXPECT_EQ(both.size(), 512U);
  EXPECT_EQ(both.find('y'), 100U);
  EXPECT_TRUE(both.ends_with("…"));
}

}  // namespace
}  // namespace bootstrap
