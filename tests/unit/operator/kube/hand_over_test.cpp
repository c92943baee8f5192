#include "operator/kube/hand_over.h"

#include <thread>

#include <gtest/gtest.h>

namespace bootstrap::kube {
namespace {

using News = HandOver::News;
using Until = HandOver::Until;

HandOver::Instant far() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(20);
}
HandOver::Instant at_once() {
  return std::chrono::steady_clock::now();
}

class HandOverTest : public testing::Test {
 protected:
  bool put(std::string_view bytes) {
    return hand_.put(bytes, [this] { ++taken_; });
  }
  HandOver hand_{10};
  int taken_ = 0;
};

TEST_F(HandOverTest, HasNoNewsAtFirst) {
  EXPECT_EQ(hand_.wait(Until::Head, at_once()), News::Nothing);
  EXPECT_EQ(hand_.wait(Until::Bytes, at_once()), News::Nothing);
}

TEST_F(HandOverTest, PassesHeadBytesAndEndInOrder) {
  hand_.head({200, std::chrono::seconds(3)});
  EXPECT_TRUE(put("abc"));
  EXPECT_TRUE(put("de"));
  hand_.end(std::nullopt);
  EXPECT_EQ(hand_.wait(Until::Head, far()), News::Head);
  EXPECT_EQ(hand_.head().status, 200);
  EXPECT_EQ(hand_.head().retry_after, std::chrono::seconds(3));
  EXPECT_EQ(hand_.wait(Until::Bytes, far()), News::Bytes);
  EXPECT_EQ(hand_.take(), "abcde");
  EXPECT_EQ(hand_.wait(Until::Bytes, far()), News::End);
  EXPECT_FALSE(hand_.failure());
  EXPECT_EQ(taken_, 0);
}

TEST_F(HandOverTest, WhatDoesNotFitWaitsUntilItIsTaken) {
  EXPECT_TRUE(put("12345678"));
  const std::string more = "9abc";
  EXPECT_FALSE(put(more));
  EXPECT_EQ(taken_, 0);
  EXPECT_EQ(hand_.take(), "123456789abc");
  EXPECT_EQ(taken_, 1);
  EXPECT_TRUE(put("next"));
}

TEST_F(HandOverTest, APieceLargerThanTheBufferIsHandedOverWhole) {
  const std::string large(100, 'x');
  EXPECT_FALSE(put(large));
  EXPECT_EQ(hand_.wait(Until::Bytes, far()), News::Bytes);
  EXPECT_EQ(hand_.take(), large);
  EXPECT_EQ(taken_, 1);
}

TEST_F(HandOverTest, ACallerOfTheWholeIsWokenByAFullBufferOrTheEndOnly) {
  put("abc");
  EXPECT_EQ(hand_.wait(Until::FullOrEnd, at_once()), News::Nothing);
  const std::string more = "0123456789";
  put(more);
  EXPECT_EQ(hand_.wait(Until::FullOrEnd, far()), News::Bytes);
  hand_.take();
  put("rest");
  hand_.end(std::nullopt);
  EXPECT_EQ(hand_.wait(Until::FullOrEnd, far()), News::Bytes);
  EXPECT_EQ(hand_.take(), "rest");
  EXPECT_EQ(hand_.wait(Until::FullOrEnd, far()), News::End);
}

TEST_F(HandOverTest, AStopIsNewsBeforeBytesButNotBeforeAWholeAnswer) {
  put("abc");
  hand_.stop();
  EXPECT_EQ(hand_.wait(Until::Bytes, far()), News::Stopped);
  EXPECT_EQ(hand_.wait(Until::FullOrEnd, far()), News::Stopped);
  hand_.end(std::nullopt);
  EXPECT_EQ(hand_.wait(Until::FullOrEnd, far()), News::Bytes);
  hand_.take();
  EXPECT_EQ(hand_.wait(Until::FullOrEnd, far()), News::End);
}

TEST_F(HandOverTest, AfterItWasAbandonedNothingWaits) {
  const std::string large(100, 'x');
  put(large);
  hand_.abandon();
  EXPECT_EQ(taken_, 1);
  EXPECT_TRUE(put(large));
  EXPECT_EQ(taken_, 1);
  EXPECT_EQ(hand_.take(), "");
}

TEST_F(HandOverTest, CarriesAFailureToTheCaller) {
  std::jthread library([this] { hand_.end(TransportError{TransportError::Kind::Broken, "why"}); });
  EXPECT_EQ(hand_.wait(Until::Head, far()), News::End);
  ASSERT_TRUE(hand_.failure());
  EXPECT_EQ(hand_.failure()->message, "why");
}

TEST_F(HandOverTest, ManyBytesThroughASmallBufferStayInOrder) {
  constexpr int kPieces = 2000;
  std::mutex mutex;
  std::condition_variable changed;
  int free_again = 0;
  std::jthread library([&] {
    for (int i = 0; i < kPieces; ++i) {
      const std::string piece = std::to_string(i) + ",";
      const int before = free_again;
      if (hand_.put(piece, [&] {
            const std::lock_guard lock(mutex);
            ++free_again;
            changed.notify_all();
          })) {
        continue;
      }
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return free_again > before; });
    }
    hand_.end(std::nullopt);
  });
  std::string all;
  while (hand_.wait(Until::Bytes, far()) == News::Bytes) all += hand_.take();
  library.join();
  std::string expected;
  for (int i = 0; i < kPieces; ++i) expected += std::to_string(i) + ",";
  EXPECT_EQ(all, expected);
}

}  // namespace
}  // namespace bootstrap::kube
