#include "operator/kube/watcher.h"

#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/operator/kube/watch_text.h"

namespace bootstrap::kube {
namespace {

using namespace std::chrono_literals;
using namespace watch_text;
using Restart = Watcher::Restart;
using Ms = std::chrono::milliseconds;

struct WatchEnd {
  const char* what;
  std::string bytes;  // before the end
  Ms lived;
  std::optional<ApiError> error;
  Restart restart;
  std::vector<std::string> next;
};

void PrintTo(const WatchEnd& one, std::ostream* out) {
  *out << one.what;
}

class WatchEndTable : public testing::TestWithParam<WatchEnd> {};

TEST_P(WatchEndTable, LeadsTo) {  // 10, 11, 12
  Watcher watcher = watching();
  watcher.on_watch_ended(290s, std::nullopt);
  EXPECT_EQ(text(watcher.next(0)), "watch@10");
  watcher.on_bytes(GetParam().bytes);
  const auto out = watcher.on_watch_ended(GetParam().lived, GetParam().error);
  EXPECT_EQ(to_text(out.restart), to_text(GetParam().restart)) << GetParam().what;
  for (const std::string& expected : GetParam().next)
    EXPECT_EQ(text(watcher.next(0)), expected) << GetParam().what;
}

const auto kBroken = api_error(ApiError::Kind::NoAnswer, 0);
const auto kGone = api_error(ApiError::Kind::Expired, 410);
const auto kAhead =
    api_error(ApiError::Kind::Unavailable, 504, "Too large resource version: 9, current: 5");

INSTANTIATE_TEST_SUITE_P(
    Watcher, WatchEndTable,
    testing::Values(
        WatchEnd{"the server's timeout", "", 290s, {}, Restart::Ended, {"watch@10"}},
        WatchEnd{"short but with an event",
                 event("ADDED", "b", 11),
                 0ms,
                 {},
                 Restart::Ended,
                 {"watch@11"}},
        WatchEnd{"short and silent", "", 999ms, {}, Restart::Short, {"pause 800", "watch@10"}},
        WatchEnd{"short, only a bookmark",
                 bookmark(12),
                 10ms,
                 {},
                 Restart::Short,
                 {"pause 800", "watch@12"}},
        WatchEnd{"broke after life",
                 event("ADDED", "b", 11),
                 60s,
                 kBroken,
                 Restart::Broken,
                 {"watch@11"}},
        WatchEnd{"never connected", "", 15s, kBroken, Restart::Failed, {"pause 800", "watch@10"}},
        WatchEnd{"410 at once", "", 1ms, kGone, Restart::Expired, {"pause 800", "stream"}},
        WatchEnd{"410 after progress", bookmark(12), 1s, kGone, Restart::Expired, {"stream"}},
        WatchEnd{"410 in the stream",
                 bookmark(12) + error_event(410),
                 1s,
                 kBroken,
                 Restart::Expired,
                 {"stream"}},
        WatchEnd{"500 in the stream",
                 error_event(500),
                 1s,
                 kBroken,
                 Restart::Failed,
                 {"pause 7000", "watch@10"}},
        WatchEnd{"429",
                 "",
                 1ms,
                 api_error(ApiError::Kind::TooManyRequests, 429),
                 Restart::Throttled,
                 {"pause 800", "watch@10"}},
        WatchEnd{"429 in the stream",
                 error_event(429),
                 1s,
                 kBroken,
                 Restart::Throttled,
                 {"pause 7000", "watch@10"}},
        WatchEnd{
            "restored from a backup", "", 3s, kAhead, Restart::Expired, {"pause 800", "stream"}},
        WatchEnd{"403",
                 "",
                 1s,
                 api_error(ApiError::Kind::Forbidden, 403),
                 Restart::Forbidden,
                 {"pause 800", "watch@10"}},
        WatchEnd{"stopped",
                 "",
                 1ms,
                 api_error(ApiError::Kind::Cancelled, 0),
                 Restart::None,
                 {"watch@10"}},
        WatchEnd{"no JSON", "<html>\n", 1s, kBroken, Restart::Corrupt, {"pause 800", "stream"}},
        WatchEnd{"no object",
                 "{\"type\":\"ADDED\"}\n",
                 1s,
                 kBroken,
                 Restart::Corrupt,
                 {"pause 800", "stream"}}));

TEST(Watcher, StopsTheStreamAtAnErrorAndSaysWhy) {
  Watcher watcher = watching();
  auto out = watcher.on_bytes(event("ADDED", "b", 11) + error_event(500, "no leader") +
                              event("ADDED", "c", 12));
  EXPECT_EQ(text(out), "+b") << "nothing after the error counts";
  EXPECT_FALSE(out.go_on);
  out = watcher.on_watch_ended(1s, kBroken);
  EXPECT_EQ(out.message, "no leader");
}

TEST(Watcher, AnUnknownTypeOfEventIsPassedOver) {
  Watcher watcher = watching();
  const auto out = watcher.on_bytes(event("SNAPSHOT", "b", 99) + event("ADDED", "c", 12));
  EXPECT_EQ(text(out), "+c");
  EXPECT_TRUE(out.go_on);
  EXPECT_EQ(watcher.version(), 12U);
}

TEST(Watcher, ALineTooLongEndsTheStream) {
  auto with = options();
  with.max_line = 300;
  Watcher watcher = watching(with);
  EXPECT_FALSE(watcher.on_bytes(std::string(301, 'x')).go_on);
  EXPECT_EQ(watcher.on_watch_ended(1s, kBroken).restart, Restart::Corrupt);
}

TEST(Watcher, PausesDoubleAreSpreadAndBeginAnewAfterProgress) {
  Watcher watcher = watching();
  watcher.on_watch_ended(290s, std::nullopt);
  const auto fail_and_pause = [&](double random) {
    watcher.next(0);
    watcher.on_watch_ended(0ms, kBroken);
    return text(watcher.next(random));
  };
  const std::vector<std::string> lowest{"pause 800",   "pause 1600",  "pause 3200", "pause 6400",
                                        "pause 12800", "pause 15000", "pause 15000"};
  for (const std::string& expected : lowest) EXPECT_EQ(fail_and_pause(0), expected);
  EXPECT_EQ(fail_and_pause(0.999999), "pause 29999");
  watcher.next(0);
  watcher.on_bytes(bookmark(20));
  watcher.on_watch_ended(2s, kBroken);
  EXPECT_EQ(fail_and_pause(0), "pause 800");
  EXPECT_EQ(fail_and_pause(0.5), "pause 2400");
}

TEST(Watcher, AListAloneIsNoProgress) {
  // Otherwise a server that lists well and expires every watch would be listed in a tight loop.
  Watcher watcher = watching();
  std::vector<std::string> pauses;
  for (int i = 0; i < 3; ++i) {
    watcher.on_watch_ended(1ms, kGone);
    pauses.push_back(text(watcher.next(0)));
    EXPECT_EQ(text(watcher.next(0)), "stream");
    watcher.on_bytes(bookmark(20, true));
  }
  EXPECT_EQ(pauses, (std::vector<std::string>{"pause 800", "pause 1600", "pause 3200"}));
}

TEST(Watcher, BelievesAnOlderListAfterARestore) {
  Watcher watcher = watching();
  watcher.on_watch_ended(1s, kAhead);
  watcher.next(0);
  watcher.next(0);
  EXPECT_EQ(text(watcher.on_bytes(bookmark(5, true))), "begin complete@5");
  EXPECT_EQ(watcher.version(), 5U);
}

}  // namespace
}  // namespace bootstrap::kube
