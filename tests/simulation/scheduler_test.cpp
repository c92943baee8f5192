#include "tests/simulation/scheduler.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bootstrap::simulation {
namespace {

using namespace std::chrono_literals;

TEST(Scheduler, RunsInTheOrderOfTimeAndMovesTheClock) {
  SimClock clock;
  Scheduler scheduler(clock, Random(1));
  const TimePoint start = clock.now();
  std::vector<std::pair<std::string, Duration>> seen;
  const auto note = [&](const char* name) {
    return [&seen, &clock, start, name] { seen.emplace_back(name, clock.now() - start); };
  };
  scheduler.after(20ms, note("late"));
  scheduler.after(10ms, note("early"));
  const auto never = scheduler.after(15ms, note("never"));
  scheduler.cancel(never);
  EXPECT_FALSE(scheduler.run_until(start + 1s));
  EXPECT_EQ(seen, (std::vector<std::pair<std::string, Duration>>{{"early", 10ms}, {"late", 20ms}}));
  EXPECT_EQ(clock.now(), start + 1s);
}

std::string order_of_ties(std::uint64_t seed) {
  SimClock clock;
  Scheduler scheduler(clock, Random(seed));
  std::string order;
  for (const char c : std::string("abcdefgh")) scheduler.after(5ms, [&order, c] { order += c; });
  scheduler.run_for(1s);
  return order;
}

TEST(Scheduler, DrawsTheOrderOfTiesFromTheSeed) {
  EXPECT_EQ(order_of_ties(7), order_of_ties(7));
  EXPECT_NE(order_of_ties(7), order_of_ties(8));
}

TEST(Scheduler, TheWorldGoesOnWhileTheOperatorIsBlocked) {
  SimClock clock;
  Scheduler scheduler(clock, Random(1));
  std::string order;
  scheduler.after(5ms, [&] { order += "world "; });
  scheduler.after(
      6ms, [&] { order += "worker "; }, Scheduler::Lane::Operator);
  scheduler.after(
      1ms,
      [&] {
        order += "request ";
        scheduler.run_world_for(10ms);
        order += "answer ";
      },
      Scheduler::Lane::Operator);
  scheduler.run_for(1s);
  EXPECT_EQ(order, "request world answer worker ");
}

TEST(Scheduler, StopsWhenDoneOrOutOfBudget) {
  SimClock clock;
  Scheduler scheduler(clock, Random(1));
  int count = 0;
  std::function<void()> again = [&] {
    ++count;
    scheduler.after(1ms, again);
  };
  scheduler.after(1ms, again);
  EXPECT_TRUE(scheduler.run_until(clock.now() + 1h, [&] { return count == 5; }));
  EXPECT_EQ(count, 5);
  EXPECT_FALSE(scheduler.run_until(clock.now() + 1h, {}, 10));
  EXPECT_EQ(count, 15);
}

}  // namespace
}  // namespace bootstrap::simulation
