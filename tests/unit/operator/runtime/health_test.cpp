#include "operator/runtime/health.h"

#include <gtest/gtest.h>

#include "tests/fakes/manual_clock.h"

namespace bootstrap::runtime {
namespace {

using namespace std::chrono_literals;

TEST(Health, IsAliveWithoutLoopsAndBeforeTheirFirstBeat) {
  fakes::ManualClock clock;
  Health health(clock);
  EXPECT_TRUE(health.live().ok);
  EXPECT_EQ(health.live().text, "ok\n");
  health.add_loop("watch jobs", 5min);
  clock.advance(1h);
  EXPECT_TRUE(health.live().ok);
}

TEST(Health, NamesTheLoopsThatAreWedged) {
  fakes::ManualClock clock;
  Health health(clock);
  Heartbeat& jobs = health.add_loop("watch jobs", 5min);
  Heartbeat& pods = health.add_loop("watch pods", 5min);
  jobs.beat();
  pods.beat();
  clock.advance(5min);
  EXPECT_TRUE(health.live().ok) << "exactly at the limit";
  pods.beat();
  clock.advance(1s);
  EXPECT_FALSE(health.live().ok);
  EXPECT_EQ(health.live().text, "watch jobs: no sign of life for 5m1s, allowed are 5m0s\n");
  jobs.beat();
  EXPECT_TRUE(health.live().ok) << "it came back";
}

TEST(Health, ALoopAtRestMayBeSilent) {
  fakes::ManualClock clock;
  Health health(clock);
  Heartbeat& worker = health.add_loop("worker-0", 2min);
  worker.beat();
  worker.rest();
  clock.advance(24h);
  EXPECT_TRUE(health.live().ok);
}

TEST(Health, IsReadyWhenAllConditionsHold) {
  fakes::ManualClock clock;
  Health health(clock);
  bool jobs = false;
  bool pods = false;
  EXPECT_TRUE(health.ready().ok);
  health.add_condition("jobs synced", [&] { return jobs; });
  health.add_condition("pods synced", [&] { return pods; });
  EXPECT_EQ(health.ready().text, "jobs synced: not yet\npods synced: not yet\n");
  jobs = true;
  EXPECT_FALSE(health.ready().ok);
  EXPECT_EQ(health.ready().text, "pods synced: not yet\n");
  pods = true;
  EXPECT_TRUE(health.ready().ok);
}

TEST(Health, NotReadyIsNotIll) {
  fakes::ManualClock clock;
  Health health(clock);
  health.add_condition("never", [] { return false; });
  EXPECT_TRUE(health.live().ok);
}

}  // namespace
}  // namespace bootstrap::runtime
