#include "controllers/retry.h"

#include <gtest/gtest.h>

#include "controllers/names.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;

StepRecord failed(int attempts, const char* reason = "ToolFailed", int exit_code = 1,
                  int uncounted = 0) {
  StepRecord record;
  record.state = StepState::Failed;
  record.attempts = attempts;
  record.uncounted = uncounted;
  record.reason = reason;
  record.exit_code = exit_code;
  record.job = job_name("w", "uid", {"p", "s"}, attempts);
  return record;
}

std::string next_of(const Retry& retry, const StepRecord& record) {
  const auto next = next_attempt(retry, record);
  if (!next) return "final";
  return (next->counted ? "counted, " : "uncounted, ") + to_text(next->delay);
}

TEST(Retry, DelaysGrowUntilTheirMaximumAndTheLastAttemptIsFinal) {
  struct Row {
    Retry retry;
    std::vector<const char*> after;  // after the first, second … attempt
  };
  Retry usual, constant, capped, once;
  constant.factor = 1;
  constant.delay = 10s;
  capped.attempts = 6;
  capped.factor = 10;
  capped.max_delay = 90s;
  once.attempts = 1;
  for (const Row& row : {Row{usual, {"counted, 5s", "counted, 10s", "final"}},
                         {constant, {"counted, 10s", "counted, 10s", "final"}},
                         {capped,
                          {"counted, 5s", "counted, 50s", "counted, 1m30s", "counted, 1m30s",
                           "counted, 1m30s", "final"}},
                         {once, {"final"}}})
    for (std::size_t i = 0; i < row.after.size(); ++i)
      EXPECT_EQ(next_of(row.retry, failed(static_cast<int>(i) + 1)), row.after[i]) << i;
}

TEST(Retry, ALargeFactorNeverOverflows) {
  Retry retry;
  retry.attempts = 20;
  retry.factor = 10;
  retry.delay = 168h;
  retry.max_delay = 168h;
  retry.jitter = 100;
  for (int attempt = 1; attempt < 20; ++attempt) {
    const auto next = next_attempt(retry, failed(attempt));
    ASSERT_TRUE(next);
    EXPECT_GE(next->delay, 168h);
    EXPECT_LE(next->delay, 336h);
  }
}

TEST(Retry, AFatalExitCodeIsFinal) {
  Retry retry;
  retry.fatal_exit_codes = {2, 64};
  EXPECT_EQ(next_of(retry, failed(1, "ToolFailed", 2)), "final");
  EXPECT_EQ(next_of(retry, failed(1, "ToolFailed", 64)), "final");
  EXPECT_EQ(next_of(retry, failed(1, "OOMKilled", 64)), "final") << "whatever came of the tool";
  EXPECT_EQ(next_of(retry, failed(1, "ToolFailed", 3)), "counted, 5s");
  EXPECT_EQ(next_of(retry, failed(1, "Disrupted", 2)), "uncounted, 5s") << "not the tool's word";
  EXPECT_EQ(why_last_attempt(retry, failed(1, "ToolFailed", 2)),
            "exit code 2 is fatal, so it is not tried again");
  EXPECT_EQ(why_last_attempt(retry, failed(3, "ToolFailed", 2)), "") << "it was the last anyway";
  EXPECT_EQ(why_last_attempt(retry, failed(3)), "");
}

TEST(Retry, WhatWasLostUsesUpNoAttemptAtMostTenTimes) {
  const Retry retry;
  for (const char* reason : {"Disrupted", "NotStarted"}) {
    EXPECT_EQ(next_of(retry, failed(1, reason)), "uncounted, 5s") << reason;
    EXPECT_EQ(next_of(retry, failed(4, reason, 1, 1)), "uncounted, 10s") << "of 3 attempts";
    EXPECT_EQ(next_of(retry, failed(10, reason, 1, 9)), "uncounted, 6m0s");
    EXPECT_EQ(next_of(retry, failed(11, reason, 1, 10)), "final");
    EXPECT_EQ(why_last_attempt(retry, failed(11, reason, 1, 10)),
              "lost 11 times, so it is not tried again");
  }
  EXPECT_EQ(next_of(retry, failed(4, "ToolFailed", 1, 2)), "counted, 10s") << "the second failure";
  EXPECT_EQ(next_of(retry, failed(5, "ToolFailed", 1, 2)), "final");
}

TEST(Retry, WhatCountsIsTriedAgainWhateverTheReason) {
  for (const char* reason :
       {"ToolFailed", "TimedOut", "OOMKilled", "StartError", "JobDeleted", "JobSuspended",
        "JobFailed", "SourceFailed", "OutputsInvalid", "OutputsTooLarge"})
    EXPECT_EQ(next_of({}, failed(1, reason)), "counted, 5s") << reason;
  for (const char* reason : {"PhaseTimedOut", "WorkflowTimedOut"})
    EXPECT_EQ(next_of({}, failed(1, reason)), "final") << reason;
}

TEST(Retry, JitterIsTheSameForTheSameAttemptAndSpreadOverOthers) {
  Retry retry;
  retry.delay = 100s;
  retry.factor = 1;
  retry.jitter = 50;
  retry.attempts = 20;
  std::set<Duration> delays;
  for (int attempt = 1; attempt < 20; ++attempt) {
    const Duration delay = next_attempt(retry, failed(attempt))->delay;
    EXPECT_EQ(next_attempt(retry, failed(attempt))->delay, delay);
    EXPECT_GE(delay, 100s);
    EXPECT_LE(delay, 150s);
    delays.insert(delay);
  }
  EXPECT_GT(delays.size(), 10U);
}

TEST(Retry, TextsCountAttempts) {
  Retry retry;
  EXPECT_EQ(attempt_text(retry, failed(2)), "attempt 2 of 3");
  EXPECT_EQ(attempt_text(retry, failed(4, "ToolFailed", 1, 2)), "attempt 2 of 3");
  EXPECT_EQ(attempt_text(std::nullopt, failed(1)), "");
  EXPECT_EQ(backoff_text(retry, failed(2)), "attempt 2 of 3, next in 10s");
  EXPECT_EQ(backoff_text(retry, failed(3, "Disrupted", 137, 2)),
            "attempt 3 does not count (2 of at most 10), next in 10s");
}

}  // namespace
}  // namespace bootstrap
