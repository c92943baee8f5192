#include "operator/runtime/process_metrics.h"

#include <gtest/gtest.h>

namespace bootstrap::runtime {
namespace {

TEST(ProcessStat, ReadsTheFieldsWhateverTheProgramIsCalled) {
  const auto stat = parse_process_stat(
      "4242 (evil) 1 (x) S 1 2 3 4 5 6 7 8 9 10 111 222 15 16 20 0 6 0 333444 555666 777 "
      "18446744073709551615 1 1\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->user_ticks, 111U);
  EXPECT_EQ(stat->system_ticks, 222U);
  EXPECT_EQ(stat->threads, 6U);
  EXPECT_EQ(stat->start_ticks, 333444U);
  EXPECT_EQ(stat->virtual_bytes, 555666U);
  EXPECT_EQ(stat->resident_pages, 777U);
}

TEST(ProcessStat, RefusesWhatIsNotOne) {
  for (const char* text : {"", "4242", "4242 (x) S 1 2", "4242 (x"})
    EXPECT_FALSE(parse_process_stat(text)) << text;
}

TEST(ProcessMetrics, AreOfThisProcess) {
  double start = 0;
  double threads = 0;
  for (const auto& family : process_metrics()) {
    if (family.name == "process_start_time_seconds") start = family.metric.at(0).gauge.value;
    if (family.name == "process_threads") threads = family.metric.at(0).gauge.value;
  }
  EXPECT_GT(start, 1.7e9);  // after 2023, in seconds
  EXPECT_LT(start, 1e11);
  EXPECT_GE(threads, 1);
}

}  // namespace
}  // namespace bootstrap::runtime
