#include "operator/runtime/threads.h"

#include <array>
#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

namespace bootstrap::runtime {
namespace {

using namespace std::chrono_literals;

void wait_for_stop(std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait(lock, stop, [] { return false; });
}

TEST(Threads, CallAStepOverAndOverUntilStop) {
  std::atomic<int> steps = 0;
  std::promise<void> enough;
  Threads threads;
  threads.spawn("loop", [&](std::stop_token) {
    if (++steps == 3) enough.set_value();
  });
  enough.get_future().wait();
  threads.request_stop();
  EXPECT_TRUE(threads.join(60s).empty());
  EXPECT_GE(steps, 3);
  EXPECT_EQ(threads.failure(), std::nullopt);
}

TEST(Threads, HaveNames) {
  Threads threads;
  std::promise<std::string> name;
  threads.spawn("a-name-that-is-too-long", [&](std::stop_token stop) {
    std::array<char, 16> buffer{};
    // The name is given by whoever made the thread, so it may come a moment later.
    while (std::string(buffer.data()).rfind("a-name", 0) != 0)
      pthread_getname_np(pthread_self(), buffer.data(), buffer.size());
    name.set_value(buffer.data());
    wait_for_stop(stop);
  });
  EXPECT_EQ(name.get_future().get(), "a-name-that-is-");
  threads.request_stop();
  threads.join(60s);
}

TEST(Threads, StopEndsStepsThatWait) {
  Threads threads;
  for (const char* name : {"one", "two"}) threads.spawn(name, wait_for_stop);
  threads.request_stop();
  EXPECT_TRUE(threads.join(60s).empty());
}

TEST(Threads, AStepThatThrowsStopsEverythingAndIsTold) {
  Threads threads;
  threads.spawn("other", wait_for_stop);
  threads.spawn("bad", [](std::stop_token) { throw std::runtime_error("boom"); });
  EXPECT_TRUE(threads.join(60s).empty()) << "no one else asked to stop";
  EXPECT_EQ(threads.failure(), "bad: boom");
  EXPECT_TRUE(threads.stop_token().stop_requested());
}

TEST(Threads, JoinNamesThoseThatDoNotEnd) {
  // As in main, before any thread exists. The one that is left behind here may outlive this test by
  // a moment; without the mask it would die of the signal that a later test sends to the process.
  const SignalGuard signals;
  std::promise<void> begun;
  std::promise<void> release;
  std::promise<void> ended;
  {
    Threads threads;
    auto released = release.get_future().share();
    threads.spawn("stuck", [&begun, &ended, released](std::stop_token) {
      begun.set_value();
      released.wait();
      ended.set_value();
    });
    threads.spawn("fine", wait_for_stop);
    begun.get_future().wait();
    threads.request_stop();
    // "fine" may need its moment too, but "stuck" cannot end before it is released.
    const auto left = threads.join(50ms);
    ASSERT_FALSE(left.empty());
    EXPECT_EQ(left[0], "stuck");
  }
  release.set_value();
  ended.get_future().wait();
}

TEST(SignalGuard, WaitsForASignalOrForStop) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const SignalGuard guard;
    kill(getpid(), signal);
    EXPECT_EQ(guard.wait({}), signal);
  }
  const SignalGuard guard;
  std::stop_source stop;
  Threads threads;
  threads.spawn("stopper", [&](std::stop_token) {
    stop.request_stop();
    threads.request_stop();
  });
  EXPECT_EQ(guard.wait(stop.get_token()), 0);
  threads.join(60s);
  EXPECT_EQ(guard.wait(stop.get_token()), 0) << "stopped before";
}

}  // namespace
}  // namespace bootstrap::runtime
