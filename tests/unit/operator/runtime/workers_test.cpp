#include "operator/runtime/workers.h"

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/manual_clock.h"

namespace bootstrap::runtime {
namespace {

using namespace std::chrono_literals;

const ObjectKey kKey{"ns", "wf"};

struct Pass {
  const char* name;
  Reconcile reconcile;
  std::string why;
  std::optional<Duration> again;  // after which delay
  std::size_t failures;
};

void PrintTo(const Pass& one, std::ostream* out) {
  *out << one.name;
}

class PassTable : public testing::TestWithParam<Pass> {};

TEST_P(PassTable, BecomesQueueOperations) {
  fakes::ManualClock clock;
  WorkQueue queue(clock);
  std::string told;
  Worker worker(queue, clock, GetParam().reconcile,
                {.on_pass = [&](const ObjectKey& key, std::string_view outcome,
                                const std::string& why, std::chrono::microseconds) {
                  told = to_text(key) + " " + std::string(outcome) + " " + why;
                }});
  queue.add_after_failure(kKey);  // it had failed before
  clock.advance(5ms);
  ASSERT_TRUE(worker.try_run_one());
  EXPECT_EQ(told, std::string("ns/wf ") + GetParam().name + " " + GetParam().why);
  EXPECT_EQ(queue.failures(kKey), GetParam().failures);
  if (GetParam().again)
    EXPECT_EQ(queue.next_due(), clock.steady_now() + *GetParam().again);
  else
    EXPECT_TRUE(queue.idle());
  EXPECT_FALSE(worker.try_run_one());
}

INSTANTIATE_TEST_SUITE_P(
    Worker, PassTable,
    testing::Values(
        Pass{"done", [](const ObjectKey&) { return outcomes::Done{}; }, "", {}, 0},
        Pass{"wake", [](const ObjectKey&) { return outcomes::WakeAfter{90s}; }, "", 90s, 0},
        Pass{"retry", [](const ObjectKey&) { return outcomes::Retry{"conflict"}; }, "conflict",
             10ms, 2},
        Pass{"stale", [](const ObjectKey&) { return outcomes::Stale{}; }, "", 10s, 1},
        Pass{"exception", [](const ObjectKey&) -> Outcome { throw std::runtime_error("boom"); },
             "boom", 10ms, 2},
        Pass{"exception", [](const ObjectKey&) -> Outcome { throw 5; },
             "an exception of unknown type", 10ms, 2}));

TEST(Worker, IsBusyWhileItWorksAndAtRestElse) {
  fakes::ManualClock clock;
  WorkQueue queue(clock);
  Health health(clock);
  Heartbeat& heart = health.add_loop("worker-0", 2min);
  std::string during;
  Worker worker(queue, clock,
                [&](const ObjectKey&) {
                  clock.advance(3min);
                  during = health.live().text;
                  return outcomes::Done{};
                },
                {.heart = &heart});
  clock.advance(24h);
  EXPECT_TRUE(health.live().ok);
  queue.add(kKey);
  worker.try_run_one();
  EXPECT_EQ(during, "worker-0: no sign of life for 3m0s, allowed are 2m0s\n");
  clock.advance(24h);
  EXPECT_TRUE(health.live().ok);
}

TEST(Worker, ManyOnOneQueueDoEveryKeyOneAtATime) {
  const SystemClock clock;
  WorkQueue queue(clock);
  std::atomic<int> passes = 0;
  std::atomic<int> inside = 0;
  std::atomic<bool> twice = false;
  const Reconcile reconcile = [&](const ObjectKey&) -> Outcome {
    if (++inside != 1) twice = true;
    --inside;
    // Each pass asks for the next, in all the ways there are.
    switch (++passes % 3) {
      case 0:
        return outcomes::Retry{"again"};
      case 1:
        queue.add(kKey);
        return outcomes::Done{};
      default:
        return outcomes::WakeAfter{0ms};
    }
  };
  std::stop_source stop;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      Worker worker(queue, clock, reconcile, {});
      while (worker.run_one(stop.get_token())) {
      }
    });
  queue.add(kKey);
  while (passes < 60) std::this_thread::yield();
  stop.request_stop();
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(twice);
}

}  // namespace
}  // namespace bootstrap::runtime
