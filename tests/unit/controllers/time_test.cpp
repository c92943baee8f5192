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
  EXPECT_EQ(from_rfc3339("2023-11-14T22:13:20.5Z"), TimePoint(1'700'000'000'500ms));
  EXPECT_EQ(from_rfc3339("2023-11-14T22:13:20.1239999999Z"), TimePoint(1'700'000'000'123ms));
  EXPECT_EQ(from_rfc3339("2023-11-14T23:13:20+01:00"), TimePoint(1'700'000'000'000ms));
  EXPECT_EQ(from_rfc3339("2023-11-14T16:43:20-05:30"), TimePoint(1'700'000'000'000ms));
  EXPECT_EQ(from_rfc3339("2024-02-29T00:00:00Z"), TimePoint(1'709'164'800'000ms));
  EXPECT_EQ(from_rfc3339("1969-12-31T23:59:59.999Z"), TimePoint(-1ms));
}

TEST(Time, ReadsWhatItWroteToTheEndOfTheCalendar) {
  for (auto t = TimePoint(-62'135'596'800'000ms); t < TimePoint(253'402'300'800'000ms);
       t += 86'399s * 1'009)
    EXPECT_EQ(from_rfc3339(to_rfc3339(t)), t) << to_rfc3339(t);
}

TEST(Time, RefusesWhatIsNotATime) {
  for (const char* text : {"",
                           "yesterday",
                           "2023-11-14",
                           "2023-11-14T22:13:20",
                           "2023-11-14T22:13:20Zx",
                           "2023-11-14T22:13:20.Z",
                           "2023-11-14T22:13:20.x",
                           "2023-11-14T22:13:20z",
                           "2023-11-14 22:13:20Z",
                           "2023-11-14T22:13Z",
                           "2023-02-29T00:00:00Z",
                           "2023-00-01T00:00:00Z",
                           "2023-13-01T00:00:00Z",
                           "2023-11-00T00:00:00Z",
                           "2023-11-14T24:00:00Z",
                           "2023-11-14T22:60:20Z",
                           "2023-11-14T22:13:60Z",
                           "-023-11-14T22:13:20Z",
                           "2023-11-14T22:13:-2Z",
                           "2023-11-14T22:13:20+1:00",
                           "2023-11-14T22:13:20+24:00",
                           "2023-11-14T22:13:20+00:60",
                           "2023-11-14T22:13:20+0100"})
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
