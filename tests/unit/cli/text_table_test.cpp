#include "cli/text_table.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/screen.h"

namespace bootstrap::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Text, IsCutAndWrappedByCharacters) {
  EXPECT_EQ(characters("└── é"), 5U);
  EXPECT_EQ(clipped("└── é", 4), "└── ");
  EXPECT_EQ(clipped("ab", 4), "ab");
  EXPECT_THAT(wrapped("", 10), IsEmpty());
  EXPECT_THAT(wrapped("one two three", 0), ElementsAre("one two three"));
  EXPECT_THAT(wrapped("one two three", 8), ElementsAre("one two", "three"));
  EXPECT_THAT(wrapped("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(wrapped("éééééé", 4), ElementsAre("éééé", "éé"));
  EXPECT_THAT(wrapped("a\nb\n", 8), ElementsAre("a", "b"));
}

TEST(Screen, DrawsWhereItHasDrawnBefore) {
  std::ostringstream out;
  Screen screen(out);
  screen.draw("a\nb\n", {10, 80});
  EXPECT_EQ(out.str(), "a\x1b[K\nb\x1b[K\n\x1b[J");
  out.str("");
  screen.draw("c\n", {10, 80});
  EXPECT_EQ(out.str(), "\x1b[2A\rc\x1b[K\n\x1b[J");
  out.str("");
  screen.finish("d\ne\n");
  EXPECT_EQ(out.str(), "\x1b[1A\r\x1b[Jd\ne\n");
}

TEST(Screen, LeavesOutWhatDoesNotFit) {
  std::ostringstream out;
  Screen screen(out);
  screen.draw("abcdef\nb\nc\nd\n", {4, 4});
  EXPECT_EQ(out.str(), "abcd\x1b[K\nb\x1b[K\n… 2 \x1b[K\n\x1b[J");
}

}  // namespace
}  // namespace bootstrap::cli
