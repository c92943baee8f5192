#include "tests/bench/process_use.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace bootstrap::bench {
namespace {

TEST(CpuSeconds, adds_user_and_system_time_whatever_the_command_is_called) {
  const auto cpu = cpu_seconds_from(
      "42 (a b) c) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 7 9 20 0 1 0 100 1 1", 100);
  ASSERT_TRUE(cpu);
  EXPECT_DOUBLE_EQ(*cpu, 2.0);
}

TEST(CpuSeconds, is_empty_for_a_text_that_ends_too_early) {
  EXPECT_FALSE(cpu_seconds_from("", 100));
  EXPECT_FALSE(cpu_seconds_from("42 (x) S 1 42", 100));
}

TEST(CpuSeconds, knows_this_process_and_no_other_than_those_that_are) {
  EXPECT_TRUE(cpu_seconds_of(getpid()));
  EXPECT_FALSE(cpu_seconds_of(-1));
}

}  // namespace
}  // namespace bootstrap::bench
