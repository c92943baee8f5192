// Connections that die: between two requests, before a request was read, and after. A POST must
// never reach the server twice, and its caller must know when it may have been done.

#include <gmock/gmock.h>

#include "tests/conformance/conformance.h"

namespace bootstrap::conformance {
namespace {

using kube::Method;

enum class End { Orderly, Silent, Reset };

void end_like(Peer& peer, End end) {
  if (end == End::Silent) peer.drop();
  if (end == End::Reset) peer.reset();
}

std::size_t count(const std::vector<SeenRequest>& requests, const std::string& method) {
  std::size_t number = 0;
  for (const auto& request : requests) number += request.method == method ? 1 : 0;
  return number;
}

TEST_P(TransportConformance, AConnectionClosedMeanwhileIsNotUsedAgain) {
  for (const End end : {End::Orderly, End::Silent, End::Reset}) {
    for (const Method method : {Method::Get, Method::Post, Method::Patch}) {
      serve([end](Peer& peer) {
        if (!peer.read_request()) return;
        peer.answer(200, "{}");
        if (peer.connection() == 0) return end_like(peer, end);
        while (peer.read_request()) peer.answer(200, "{}");
      });
      transport(TransportOptions{});
      ASSERT_TRUE(get());
      ASSERT_TRUE(server_->wait_for_finished(1));
      const auto got =
          transport().send({.method = method,
                            .target = "/second",
                            .body = method == Method::Get ? "" : "{}",
                            .content_type = method == Method::Get ? "" : "application/json"},
                           kPlenty, {});
      ASSERT_TRUE(got) << got.error().message;
      EXPECT_EQ(server_->requests().size(), 2U);
      EXPECT_EQ(server_->connections(), 2);
      transport_.reset();
    }
  }
}

TEST_P(TransportConformance, APostLostOnANewConnectionBeforeItWasRead) {
  serve([](Peer& peer) { peer.reset(); });
  const auto got = post();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::Broken) << got.error().message;
  EXPECT_EQ(server_->connections(), 1);
}

TEST_P(TransportConformance, APostLostOnANewConnectionAfterItWasRead) {
  for (const End end : {End::Orderly, End::Silent, End::Reset}) {
    serve([end](Peer& peer) {
      peer.read_request();
      end_like(peer, end);
    });
    transport(TransportOptions{});
    const auto got = post();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, Kind::Broken);
    EXPECT_TRUE(got.error().maybe_applied);
    EXPECT_EQ(count(server_->requests(), "POST"), 1U);
    transport_.reset();
  }
}

// Where a library that repeats by itself would do the thing twice.
TEST_P(TransportConformance, APostLostOnAKeptAliveConnectionIsNotSentAgain) {
  for (const End end : {End::Orderly, End::Silent, End::Reset}) {
    for (const Method method : {Method::Post, Method::Patch}) {
      serve([end](Peer& peer) {
        while (auto request = peer.read_request()) {
          if (request->method != "GET") return end_like(peer, end);
          peer.answer(200, "{}");
        }
      });
      transport(TransportOptions{});
      for (int i = 0; i < 5; ++i) ASSERT_TRUE(get());
      const auto got = transport().send(
          {.method = method, .target = "/things", .body = "{}", .content_type = "application/json"},
          kPlenty, {});
      ASSERT_FALSE(got);
      EXPECT_EQ(got.error().kind, Kind::Broken);
      EXPECT_TRUE(got.error().maybe_applied);
      EXPECT_EQ(server_->requests().size(), 6U);
      // Whatever the loss left behind, the next requests are well.
      for (int i = 0; i < 5; ++i) {
        const auto next = get();
        ASSERT_TRUE(next) << next.error().message;
      }
      EXPECT_EQ(server_->requests().size(), 11U);
      transport_.reset();
    }
  }
}

TEST_P(TransportConformance, AGetLostOnAKeptAliveConnectionIsSentAgain) {
  serve([](Peer& peer) {
    for (int i = 0; auto request = peer.read_request(); ++i) {
      if (request->target == "/lost" && i > 0) return;
      peer.answer(200, "{}");
    }
  });
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(get());
  const auto got = get("/lost");
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_GE(server_->requests().size(), 7U);
}

TEST_P(TransportConformance, AGetLostOnANewConnectionIsNotRepeatedForever) {
  serve([](Peer& peer) { peer.read_request(); });
  const auto got = get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::Broken);
  EXPECT_LE(server_->requests().size(), 2U);
}

TEST_P(TransportConformance, APostOfWhichOnlyTheHeadWasReadWasNotDone) {
  serve([](Peer& peer) {
    peer.read_head();
    peer.reset();
  });
  // More than all buffers between the two hold, so that it cannot have been written whole.
  const auto got = post(std::string(std::size_t{32} << 20U, 'x'));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::Broken) << got.error().message;
  EXPECT_FALSE(got.error().maybe_applied);
}

}  // namespace
}  // namespace bootstrap::conformance
