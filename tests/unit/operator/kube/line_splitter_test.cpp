#include "operator/kube/line_splitter.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bootstrap::kube {
namespace {

TEST(LineSplitter, FindsTheSameLinesHoweverTheBytesAreCut) {
  const std::string text_in = "one\n\nzwölf 🚀\nthree\nrest";
  for (std::size_t size = 1; size <= text_in.size(); ++size) {
    LineSplitter lines(100);
    std::vector<std::string> found;
    for (std::size_t at = 0; at < text_in.size(); at += size)
      ASSERT_TRUE(
          lines.feed(std::string_view(text_in).substr(at, size), [&](std::string_view line) {
            found.emplace_back(line);
            return true;
          }));
    EXPECT_EQ(found, (std::vector<std::string>{"one", "zwölf 🚀", "three"})) << size;
  }
}

TEST(LineSplitter, RefusesWhatIsTooLong) {
  const auto any = [](std::string_view) { return true; };
  EXPECT_TRUE(LineSplitter(4).feed("abcd\nabcd\nabcd", any));
  EXPECT_FALSE(LineSplitter(4).feed("abcde\n", any));
  EXPECT_FALSE(LineSplitter(4).feed("abcde", any));
  LineSplitter lines(4);
  EXPECT_TRUE(lines.feed("abc", any));
  EXPECT_FALSE(lines.feed("de", any)) << "over two pieces";
  EXPECT_TRUE(lines.feed("abcd\n", any)) << "afterwards it begins anew";
}

TEST(LineSplitter, StopsWhenAsked) {
  LineSplitter lines(100);
  int seen = 0;
  EXPECT_FALSE(lines.feed("a\nb\nc\n", [&](std::string_view) { return ++seen < 2; }));
  EXPECT_EQ(seen, 2);
}

}  // namespace
}  // namespace bootstrap::kube
