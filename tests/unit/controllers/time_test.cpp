#include "controllers/time.h"

#include <gtest/gtest.h>

namespace bootstrap {
namespace {

using namespace std::chrono_literals;

TEST(Time, WritesWholeSecondsAsKubernetesDoes) {
  EXPECT_EQ(to_rfc3339(TimePoint(1'700'000'000'999ms)), "2023-11-14T22:13:20Z");
  EXPECT_EQ(to_rfc3339_micro(TimePoint(1'700'000'000'999ms)), "2023-11-14T22:13:20.999000Z");
}

TEST(Time, ReadsWhatKubernetesWrites) {
  EXPECT_EQ(from_rfc3339("2023-11-14T22:13:20Z"), TimePoint(1'700'000'000'000ms));
  EXPECT_EQ(from_rfc3339("2023-11-14T22:13:20.123456Z"), TimePoint(1'700'000'000'123ms));
  EXPECT_EQ(from_rfc3339("2023-11-14T23:13:20+01:00"), TimePoint(1'700'000'000'000ms));
}

TEST(Time, RefusesWhatIsNotATime) {
  for (const char* text :
       {"", "yesterday", "2023-11-14", "2023-11-14T22:13:20", "2023-11-14T22:13:20Zx"})
    EXPECT_FALSE(from_rfc3339(text)) << text;
}

TEST(Time, PrintsDurationsForPeople) {
  EXPECT_EQ(to_text(0ms), "0s");
  EXPECT_EQ(to_text(45'900ms), "45s");
  EXPECT_EQ(to_text(14min + 10s), "14m10s");
  EXPECT_EQ(to_text(3h + 5s), "3h0m5s");
}

TEST(Time, ReadsDurations) {
  EXPECT_EQ(duration_from_text("30m"), 30min);
  EXPECT_EQ(duration_from_text("1h30m5s"), 1h + 30min + 5s);
  EXPECT_EQ(duration_from_text("500ms"), 500ms);
  for (const char* text : {"", "30", "m", "-5s", "5 s", "1d", "99999999999s", "999999999h"})
    EXPECT_FALSE(duration_from_text(text)) << text;
}

}  // namespace
}  // namespace bootstrap
