#include "operator/runtime/log.h"

#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/fakes/manual_clock.h"

namespace bootstrap::runtime {
namespace {

class LogTest : public testing::Test {
 protected:
  Log::Options to_lines(LogLevel level, LogFormat format) {
    return {level, format, [this](std::string_view line) { lines_.emplace_back(line); }};
  }
  fakes::ManualClock clock_;
  std::vector<std::string> lines_;
};

TEST_F(LogTest, WritesOneJsonObjectALineWithTypedValues) {
  const Log log(clock_, to_lines(LogLevel::Info, LogFormat::Json));
  const std::string name = "full-setup";
  log.info("job created", {{"workflow", ObjectKey{"ns", "wf"}},
                           {"job", name},
                           {"attempt", 2},
                           {"big", std::numeric_limits<std::uint64_t>::max()},
                           {"ratio", 0.5},
                           {"adopted", false},
                           {"why", "literal"}});
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0],
            R"({"ts":"2026-01-02T15:04:05.123Z","level":"info","msg":"job created",)"
            R"("workflow":"ns/wf","job":"full-setup","attempt":2,"big":18446744073709551615,)"
            R"("ratio":0.5,"adopted":false,"why":"literal"})");
}

TEST_F(LogTest, EscapesWhatJsonMustEscapeAndMendsWhatIsNotUtf8) {
  const Log log(clock_, to_lines(LogLevel::Info, LogFormat::Json));
  log.warn("quote \" backslash \\ line\nend {} {0} %v",
           {{"tool", std::string("tab\t nul\0 bell\a Grüße 🚀", 28)}, {"bad", "\xff!"}});
  const auto line = nlohmann::json::parse(lines_.at(0));
  EXPECT_EQ(line["msg"], "quote \" backslash \\ line\nend {} {0} %v");
  EXPECT_EQ(line["tool"].get<std::string>().substr(0, 10), std::string("tab\t nul\0 ", 10));
  EXPECT_EQ(line["bad"], "\xEF\xBF\xBD!");
  EXPECT_EQ(lines_[0].find('\n'), std::string::npos);
}

TEST_F(LogTest, NumbersThatJsonDoesNotHaveAreNull) {
  const Log log(clock_, to_lines(LogLevel::Info, LogFormat::Json));
  log.info("x", {{"nan", std::numeric_limits<double>::quiet_NaN()}});
  EXPECT_TRUE(nlohmann::json::parse(lines_.at(0))["nan"].is_null());
}

TEST_F(LogTest, WritesTextForPeople) {
  const Log log(clock_, to_lines(LogLevel::Info, LogFormat::Text));
  log.warn("cannot read\nit", {{"job", "a-b"}, {"why", "no \"name\""}, {"empty", ""}, {"n", 3}});
  EXPECT_EQ(lines_.at(0),
            R"(2026-01-02T15:04:05.123Z warn  cannot read\nit job=a-b why="no \"name\"" n=3)");
}

TEST_F(LogTest, LeavesOutWhatIsBelowTheLevel) {
  const std::vector<std::pair<LogLevel, std::size_t>> levels{
      {LogLevel::Debug, 4}, {LogLevel::Info, 3}, {LogLevel::Warn, 2}, {LogLevel::Error, 1}};
  for (const auto& [level, expected] : levels) {
    lines_.clear();
    const Log log(clock_, to_lines(level, LogFormat::Json));
    log.debug("d");
    log.info("i");
    log.warn("w");
    log.error("e");
    EXPECT_EQ(lines_.size(), expected);
  }
}

TEST_F(LogTest, LinesOfManyThreadsAreNeverTorn) {
  const Log log(clock_, to_lines(LogLevel::Info, LogFormat::Json));
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&log, t] {
      for (int i = 0; i < 100; ++i) log.info("m", {{"thread", t}, {"i", i}});
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lines_.size(), 300U);
  for (const std::string& line : lines_) EXPECT_TRUE(nlohmann::json::accept(line)) << line;
}

TEST(Log, ReadsItsOptions) {
  EXPECT_EQ(log_level_from("debug"), LogLevel::Debug);
  EXPECT_EQ(log_level_from("error"), LogLevel::Error);
  EXPECT_EQ(log_level_from("INFO"), std::nullopt);
  EXPECT_EQ(log_format_from("text"), LogFormat::Text);
  EXPECT_EQ(log_format_from("json"), LogFormat::Json);
  EXPECT_EQ(log_format_from(""), std::nullopt);
}

TEST(Log, GoesToStandardErrorByItself) {
  const fakes::ManualClock clock;
  testing::internal::CaptureStderr();
  Log(clock).info("hello");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            R"({"ts":"2026-01-02T15:04:05.123Z","level":"info","msg":"hello"})"
            "\n");
}

}  // namespace
}  // namespace bootstrap::runtime
