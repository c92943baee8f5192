#include "operator/kube/receive.h"

#include <gtest/gtest.h>

namespace bootstrap::kube {
namespace {

using Kind = TransportError::Kind;
using std::chrono::milliseconds;
using std::chrono::seconds;

HandOver::Instant in(milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

class PickySink final : public Sink {
 public:
  bool on_bytes(std::string_view bytes) override {
    text += bytes;
    return accept;
  }
  std::string text;
  bool accept = true;
};

class ReceiveTest : public testing::Test {
 protected:
  void answer(int status, std::string_view body) {
    hand_.head({status, std::nullopt});
    hand_.put(body, [] {});
    hand_.end(std::nullopt);
  }
  HandOver hand_{1000};
  PickySink sink_;
};

TEST_F(ReceiveTest, AWholeAnswer) {
  answer(404, "gone");
  const auto got = receive_whole(hand_, in(seconds(20)), 4);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->status, 404);
  EXPECT_EQ(got->body, "gone");
}

TEST_F(ReceiveTest, ABodyOverTheLimit) {
  answer(200, "12345");
  EXPECT_EQ(receive_whole(hand_, in(seconds(20)), 4).error().kind, Kind::TooLarge);
}

TEST_F(ReceiveTest, ADeadlineWithBytesButNoEnd) {
  hand_.head({200, std::nullopt});
  hand_.put("part", [] {});
  EXPECT_EQ(receive_whole(hand_, in(milliseconds(1)), 100).error().kind, Kind::Timeout);
}

TEST_F(ReceiveTest, AFailureAfterPartOfTheBody) {
  hand_.head({200, std::nullopt});
  hand_.put("part", [] {});
  hand_.end(TransportError{Kind::Broken, "why", true});
  const auto got = receive_whole(hand_, in(seconds(20)), 100);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().message, "why");
}

TEST_F(ReceiveTest, AStream) {
  answer(200, "bytes");
  const auto got = receive_stream(hand_, sink_, {}, in(seconds(20)));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->body, "");
  EXPECT_EQ(sink_.text, "bytes");
}

TEST_F(ReceiveTest, AStreamThatFailsAfterItsBytes) {
  hand_.head({200, std::nullopt});
  hand_.put("bytes", [] {});
  hand_.end(TransportError{Kind::Broken, "why", true});
  EXPECT_EQ(receive_stream(hand_, sink_, {}, in(seconds(20))).error().kind, Kind::Broken);
  EXPECT_EQ(sink_.text, "bytes");
}

TEST_F(ReceiveTest, AStreamThatIsRefusedBringsItsBody) {
  answer(410, "expired");
  const auto got = receive_stream(hand_, sink_, {}, in(seconds(20)));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->body, "expired");
  EXPECT_EQ(sink_.text, "");
}

TEST_F(ReceiveTest, LimitsOfAStream) {
  EXPECT_EQ(receive_stream(hand_, sink_, {}, in(milliseconds(1))).error().kind, Kind::Timeout);
  hand_.head({200, std::nullopt});
  const StreamLimits limits{.head = seconds(20), .idle = milliseconds(1)};
  EXPECT_EQ(receive_stream(hand_, sink_, limits, in(seconds(20))).error().kind, Kind::Timeout);
}

TEST_F(ReceiveTest, ASinkThatSaysStop) {
  answer(200, "bytes");
  sink_.accept = false;
  EXPECT_EQ(receive_stream(hand_, sink_, {}, in(seconds(20))).error().kind, Kind::Refused);
}

TEST_F(ReceiveTest, AStopToken) {
  hand_.stop();
  EXPECT_EQ(receive_stream(hand_, sink_, {}, in(seconds(20))).error().kind, Kind::Cancelled);
  EXPECT_EQ(receive_whole(hand_, in(seconds(20)), 100).error().kind, Kind::Cancelled);
}

}  // namespace
}  // namespace bootstrap::kube
