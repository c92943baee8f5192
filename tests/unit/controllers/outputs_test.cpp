#include "controllers/outputs.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/limits.h"

namespace bootstrap {
namespace {

using ::testing::HasSubstr;

TEST(Outputs, AreLinesOfKeyAndValue) {
  struct Row {
    std::string message;
    Outputs expected;
  };
  for (const Row& row : {
           Row{"", {}},
           Row{"\n \n\r\n", {}},
           Row{"a=1", {{"a", "1"}}},
           Row{"a=1\nb=2\n", {{"a", "1"}, {"b", "2"}}},
           Row{"a=1\na=2\n", {{"a", "2"}}},
           Row{"url=https://x/?q=1&r=$(HOME) \n", {{"url", "https://x/?q=1&r=$(HOME) "}}},
           Row{"empty=\n", {{"empty", ""}}},
           Row{"cluster-name_2=ä\n", {{"cluster-name_2", "ä"}}},
       }) {
    const auto outputs = read_outputs(row.message);
    ASSERT_TRUE(outputs) << row.message << ": " << outputs.error().message;
    EXPECT_EQ(*outputs, row.expected) << row.message;
  }
}

TEST(Outputs, ALineThatIsSomethingElseIsNamed) {
  struct Row {
    std::string message;
    const char* says;
  };
  for (const Row& row : {
           Row{"hello\n", "line 1 of $BOOTSTRAP_OUTPUTS is not key=value"},
           Row{"a=1\n\n=2\n", "line 3 "},
           Row{"a=1\nb: 2", "\"b: 2\""},
           Row{" a=1", "line 1 "},
           Row{"a b=1", "line 1 "},
           Row{"1a=1", "line 1 "},
           Row{"ä=1", "line 1 "},
           Row{std::string(64, 'k') + "=1", "line 1 "},
           Row{std::string("a=1\0", 4), "line 1 "},
       }) {
    const auto outputs = read_outputs(row.message);
    ASSERT_FALSE(outputs) << row.message;
    EXPECT_STREQ(outputs.error().reason, "OutputsInvalid");
    EXPECT_THAT(outputs.error().message, HasSubstr(row.says));
  }
  const auto long_line = read_outputs(std::string(500, 'x'));
  EXPECT_LT(long_line.error().message.size(), limits::kMessage / 2) << "only its beginning";
}

TEST(Outputs, AreAtMostOneKiB) {
  const auto of_size = [](std::size_t size) { return "a=" + std::string(size - 3, 'x') + "\n"; };
  EXPECT_TRUE(read_outputs(of_size(1024)));
  const auto more = read_outputs(of_size(1025));
  ASSERT_FALSE(more);
  EXPECT_STREQ(more.error().reason, "OutputsTooLarge");
  EXPECT_THAT(more.error().message,
              HasSubstr("wrote 1025 bytes to $BOOTSTRAP_OUTPUTS; at most 1024"));
  // What the kubelet has cut may have been of any size, and its first line may be half a line.
  const auto cut = read_outputs(std::string(4096, 'x'));
  EXPECT_STREQ(cut.error().reason, "OutputsTooLarge");
  EXPECT_THAT(cut.error().message, HasSubstr("at least 4096 bytes"));
}

TEST(Outputs, CountAsTheyAreStored) {
  EXPECT_EQ(stored_size({{"key", "value"}, {"b", ""}}), 10U + 3U);
  EXPECT_EQ(stored_size({{"q", R"("\)"}}), 1U + 4U + 2U) << "a quote and a backslash";
  EXPECT_EQ(stored_size({{"e", "\x1B"}}), 1U + 6U + 2U) << "a control character: \\u001b";
  EXPECT_EQ(stored_size({{"u", "ä€"}}), 1U + 5U + 2U);

  EXPECT_TRUE(read_outputs("a=" + std::string(510, '"')));
  const auto more = read_outputs("a=" + std::string(511, '"'));
  ASSERT_FALSE(more);
  EXPECT_STREQ(more.error().reason, "OutputsTooLarge");
  EXPECT_THAT(more.error().message, HasSubstr("1025 bytes in a status"));
}

TEST(Outputs, AreAtMost64) {
  std::string message;
  for (int i = 0; i < 64; ++i) message += fmt::format("k{}=\n", i);
  EXPECT_TRUE(read_outputs(message));
  const auto more = read_outputs(message + "one-more=\n");
  ASSERT_FALSE(more);
  EXPECT_STREQ(more.error().reason, "OutputsTooLarge");
  EXPECT_EQ(more.error().message, "wrote 65 outputs; at most 64 are kept");
}

TEST(Outputs, AreToldFromALog) {
  EXPECT_TRUE(look_like_outputs("url=https://x\nname=a b c\n"));
  for (const char* log : {"", "\n", "connection refused\n", "a=1\nconnection refused\n",
                          "level=error msg=\"connection refused\"\n", "time=2026 level=info\n"})
    EXPECT_FALSE(look_like_outputs(log)) << log;
}

TEST(OutputReference, IsOfAPhaseAStepAndAKey) {
  EXPECT_EQ(output_reference("steps.cluster.create-it.outputs.url_2"),
            (OutputRef{{"cluster", "create-it"}, "url_2"}));
  for (const char* other :
       {"steps.", "steps.a", "steps.a.b", "steps.a.b.outputs", "steps.a.b.outputs.",
        "steps.a.b.output.x", "steps.a.b.outputs.x.y", "steps.a.b.outputs.1", "steps.A.b.outputs.x",
        "steps.a..outputs.x", "steps..b.outputs.x", "steps.a.b.outputs.x y", "params.x"})
    EXPECT_FALSE(output_reference(other)) << other;
  EXPECT_TRUE(means_output("steps.nonsense"));
  EXPECT_FALSE(means_output("params.x"));
}

}  // namespace
}  // namespace bootstrap
