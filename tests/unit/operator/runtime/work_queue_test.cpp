#include "operator/runtime/work_queue.h"

#include <array>
#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/manual_clock.h"

namespace bootstrap::runtime {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

ObjectKey key(const std::string& name) {
  return {"ns", name};
}

class WorkQueueTest : public testing::Test {
 protected:
  // The name of the next key that is due, or "-".
  std::string take() {
    const auto got = queue_.try_get(clock_.steady_now());
    return got ? got->name : "-";
  }
  std::string take_and_finish() {
    const std::string name = take();
    if (name != "-") queue_.done(key(name));
    return name;
  }

  fakes::ManualClock clock_;
  std::vector<std::size_t> depths_;
  std::vector<Duration> waits_;
  WorkQueue queue_{clock_,
                   {.on_depth = [this](std::size_t depth) { depths_.push_back(depth); },
                    .on_taken = [this](Duration waited) { waits_.push_back(waited); }}};
};

TEST_F(WorkQueueTest, IsFirstInFirstOutAndKnowsEachKeyOnce) {
  for (const char* name : {"a", "b", "a", "c", "b"}) queue_.add(key(name));
  EXPECT_EQ(queue_.depth(), 3U);
  EXPECT_EQ(take(), "a");
  EXPECT_EQ(take(), "b");
  EXPECT_EQ(take(), "c");
  EXPECT_EQ(take(), "-");
  EXPECT_THAT(depths_, ElementsAre(1, 2, 3, 2, 1, 0));
}

TEST_F(WorkQueueTest, AKeyInWorkIsQueuedAgainOnlyWhenItIsDone) {
  queue_.add(key("a"));
  EXPECT_EQ(take(), "a");
  queue_.add(key("a"));
  queue_.add(key("a"));
  EXPECT_EQ(take(), "-") << "never two workers on one key";
  queue_.done(key("a"));
  EXPECT_EQ(take(), "a");
  queue_.done(key("a"));
  EXPECT_EQ(take(), "-") << "two events, one more pass";
  EXPECT_TRUE(queue_.idle());
}

TEST_F(WorkQueueTest, ABusyKeyDoesNotStarveTheOthers) {
  queue_.add(key("busy"));
  queue_.add(key("other"));
  EXPECT_EQ(take(), "busy");
  queue_.add(key("busy"));
  queue_.done(key("busy"));
  EXPECT_EQ(take(), "other");
}

TEST_F(WorkQueueTest, ADelayedKeyComesWhenItIsDue) {
  queue_.add_after(key("a"), 100ms);
  queue_.add_after(key("now"), 0ms);
  EXPECT_EQ(take(), "now");
  EXPECT_EQ(queue_.next_due(), clock_.steady_now() + 100ms);
  clock_.advance(99ms);
  EXPECT_EQ(take(), "-");
  clock_.advance(1ms);
  EXPECT_EQ(take(), "a");
  EXPECT_EQ(queue_.next_due(), std::nullopt);
}

TEST_F(WorkQueueTest, OfSeveralDelaysTheEarliestCounts) {
  queue_.add_after(key("a"), 100ms);
  queue_.add_after(key("a"), 50ms);
  queue_.add_after(key("a"), 70ms);
  queue_.add_after(key("b"), 60ms);
  clock_.advance(50ms);
  EXPECT_EQ(take_and_finish(), "a");
  EXPECT_EQ(take(), "-");
  clock_.advance(10ms);
  EXPECT_EQ(take_and_finish(), "b");
  clock_.advance(1h);
  EXPECT_EQ(take(), "-") << "the later delays are gone";
}

TEST_F(WorkQueueTest, ADelayThatEndsDuringWorkCausesAnotherPass) {
  queue_.add(key("a"));
  EXPECT_EQ(take(), "a");
  queue_.add_after(key("a"), 10ms);
  clock_.advance(10ms);
  EXPECT_EQ(take(), "-");
  queue_.done(key("a"));
  EXPECT_EQ(take(), "a");
}

TEST_F(WorkQueueTest, EqualDelaysKeepTheirOrder) {
  for (const char* name : {"c", "a", "b"}) queue_.add_after(key(name), 10ms);
  clock_.advance(10ms);
  EXPECT_EQ(take(), "c");
  EXPECT_EQ(take(), "a");
  EXPECT_EQ(take(), "b");
}

TEST_F(WorkQueueTest, FailuresBackOffForEachKeyUntilForgotten) {
  std::vector<Duration> delays;
  const auto fail = [&](const char* name) {
    queue_.add_after_failure(key(name));
    const auto delay =
        std::chrono::duration_cast<Duration>(*queue_.next_due() - clock_.steady_now());
    clock_.advance(delay);
    EXPECT_EQ(take_and_finish(), name);
    return delay;
  };
  for (int i = 0; i < 15; ++i) delays.push_back(fail("a"));
  EXPECT_THAT(delays, ElementsAre(5ms, 10ms, 20ms, 40ms, 80ms, 160ms, 320ms, 640ms, 1280ms, 2560ms,
                                  5120ms, 10240ms, 20480ms, 30s, 30s));
  EXPECT_EQ(fail("b"), 5ms);
  EXPECT_EQ(queue_.failures(key("a")), 15U);
  queue_.forget(key("a"));
  EXPECT_EQ(queue_.failures(key("a")), 0U);
  EXPECT_EQ(fail("a"), 5ms);
}

TEST_F(WorkQueueTest, MeasuresFromDueToTaken) {
  queue_.add(key("a"));
  clock_.advance(30ms);
  EXPECT_EQ(take(), "a");
  queue_.add(key("a"));
  clock_.advance(100ms);  // in work, not waiting
  queue_.done(key("a"));
  clock_.advance(7ms);
  EXPECT_EQ(take(), "a");
  EXPECT_THAT(waits_, ElementsAre(30ms, 7ms));
}

TEST_F(WorkQueueTest, ShutDownEndsEverything) {
  queue_.add(key("a"));
  queue_.shut_down();
  queue_.add(key("b"));
  EXPECT_EQ(take(), "-");
  EXPECT_EQ(queue_.get({}), std::nullopt);
}

// --- with real threads; none of these waits for time to pass ---

TEST(WorkQueueThreads, GetWaitsForAKeyForStopAndForShutDown) {
  const SystemClock clock;
  WorkQueue queue(clock);
  std::optional<ObjectKey> got;
  std::thread taker([&] { got = queue.get({}); });
  queue.add({"ns", "a"});
  taker.join();
  EXPECT_EQ(got, (ObjectKey{"ns", "a"}));

  std::stop_source stop;
  std::thread stopped([&] { EXPECT_EQ(queue.get(stop.get_token()), std::nullopt); });
  stop.request_stop();
  stopped.join();

  queue.add_after({"ns", "later"}, 1h);
  std::thread shut([&] { EXPECT_EQ(queue.get({}), std::nullopt); });
  queue.shut_down();
  shut.join();
}

TEST(WorkQueueThreads, GetWakesForADelayThatIsEarlierThanTheOneItWaitsFor) {
  const SystemClock clock;
  WorkQueue queue(clock);
  queue.add_after({"ns", "later"}, 1h);
  std::optional<ObjectKey> got;
  std::thread taker([&] { got = queue.get({}); });
  queue.add_after({"ns", "soon"}, 1ms);
  taker.join();
  EXPECT_EQ(got, (ObjectKey{"ns", "soon"}));
}

// Whoever wakes looks at the clock.
class CountedClock : public Clock {
 public:
  TimePoint now() const override { return clock_.now(); }
  SteadyPoint steady_now() const override {
    ++looks_;
    return clock_.steady_now();
  }
  int looks() const { return looks_; }

 private:
  SystemClock clock_;
  mutable std::atomic<int> looks_ = 0;
};

TEST(WorkQueueThreads, AnEarlierDelayWakesOneOfAllThatWait) {
  constexpr int kWorkers = 16;
  constexpr int kDelays = 50;
  const CountedClock clock;
  WorkQueue queue(clock);
  std::vector<std::thread> workers;
  for (int i = 0; i < kWorkers; ++i) workers.emplace_back([&] { queue.get({}); });
  while (clock.looks() < kWorkers) std::this_thread::yield();
  const int before = clock.looks();
  for (int i = 0; i < kDelays; ++i) {
    const int seen = clock.looks();
    queue.add_after({"", std::to_string(i)}, 2h - i * 1min);
    while (clock.looks() < seen + 2) std::this_thread::yield();  // its own look, and one more
  }
  queue.shut_down();
  for (std::thread& worker : workers) worker.join();
  EXPECT_LE(clock.looks() - before, 2 * kDelays + kWorkers);
}

TEST(WorkQueueThreads, ADelayedKeyFindsAWorkerWhileTheOtherIsBusy) {
  const SystemClock clock;
  for (int round = 0; round < 20; ++round) {
    WorkQueue queue(clock);
    std::stop_source stop;
    std::promise<void> delayed_came;
    const auto work = [&] {
      while (const auto taken = queue.get(stop.get_token())) {
        if (taken->name == "busy") delayed_came.get_future().wait();  // for ever if no one takes it
        if (taken->name == "delayed") delayed_came.set_value();
        queue.done(*taken);
        if (taken->name == "busy") stop.request_stop();
      }
    };
    std::thread one(work);
    std::thread two(work);
    queue.add_after({"", "delayed"}, 2ms);
    queue.add({"", "busy"});
    one.join();
    two.join();
    EXPECT_TRUE(queue.idle());
  }
}

TEST(WorkQueueThreads, NoKeyIsEverWithTwoWorkersAndNoAddIsLost) {
  constexpr int kKeys = 5;
  constexpr int kAdds = 2'000;
  const SystemClock clock;
  WorkQueue queue(clock);
  std::array<std::atomic<int>, kKeys> wanted{};  // raised before each add
  std::array<std::atomic<int>, kKeys> done{};    // what the last pass saw of it
  std::array<std::atomic<int>, kKeys> inside{};
  std::atomic<bool> twice = false;
  std::stop_source stop;
  const auto work = [&] {
    while (const auto taken = queue.get(stop.get_token())) {
      const auto i = static_cast<std::size_t>(std::stoi(taken->name));
      if (++inside[i] != 1) twice = true;
      done[i] = wanted[i].load();
      --inside[i];
      queue.done(*taken);
    }
  };
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i) workers.emplace_back(work);
  std::vector<std::thread> adders;
  for (int t = 0; t < 2; ++t)
    adders.emplace_back([&] {
      for (int n = 0; n < kAdds; ++n) {
        const auto i = static_cast<std::size_t>(n % kKeys);
        ++wanted[i];
        queue.add({"", std::to_string(i)});
      }
    });
  for (std::thread& adder : adders) adder.join();
  const auto all_seen = [&] {
    for (std::size_t i = 0; i < kKeys; ++i)
      if (done[i] != wanted[i]) return false;
    return true;
  };
  while (!all_seen()) std::this_thread::yield();
  stop.request_stop();
  for (std::thread& worker : workers) worker.join();
  EXPECT_FALSE(twice);
}

}  // namespace
}  // namespace bootstrap::runtime
