// Bodies that arrive piece by piece, for as long as they like.

#include <atomic>
#include <thread>

#include <gmock/gmock.h>

#include "tests/conformance/conformance.h"

namespace bootstrap::conformance {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kLarge = std::size_t{64} << 20U;
constexpr std::size_t kPiece = std::size_t{64} << 10U;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsMeasurable = false;
#else
constexpr bool kMemoryIsMeasurable = true;
#endif

TEST_P(TransportConformance, PassesEachPieceOnBeforeTheNextIsSent) {
  RecordingSink sink;
  std::atomic<bool> in_time = true;
  serve([&](Peer& peer) {
    peer.read_request();
    peer.begin_chunks();
    std::size_t sent = 0;
    for (const char* piece : {"one\n", "two, with \xC3", "\xBC\n", "three\n"}) {
      peer.chunk(piece);
      sent += std::string_view(piece).size();
      in_time = in_time && sink.received.wait_for(sent);
    }
    peer.end_chunks();
    peer.wait_closed();
  });
  const auto thread = std::this_thread::get_id();
  bool own_thread = true;
  sink.on_each = [&] { return own_thread = own_thread && std::this_thread::get_id() == thread; };
  const auto got = watch(sink);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->body, "");
  EXPECT_EQ(sink.text(), "one\ntwo, with \xC3\xBC\nthree\n");
  EXPECT_TRUE(in_time);
  EXPECT_TRUE(own_thread);
}

TEST_P(TransportConformance, AStreamThatIsRefusedReturnsItsStatusAndBody) {
  serve([](Peer& peer) {
    while (peer.read_request()) peer.answer(410, "{\"reason\":\"Expired\"}", "Retry-After: 1\r\n");
  });
  RecordingSink sink;
  const auto got = watch(sink);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->status, 410);
  EXPECT_EQ(got->body, "{\"reason\":\"Expired\"}");
  EXPECT_EQ(got->retry_after, seconds(1));
  EXPECT_EQ(sink.text(), "");
}

TEST_P(TransportConformance, AnErrorEventInsideAStreamIsBytesLikeAnyOther) {
  const std::string event = R"({"type":"ERROR","object":{"kind":"Status","code":410}})";
  serve([&](Peer& peer) {
    peer.read_request();
    peer.begin_chunks();
    peer.chunk(event);
    peer.end_chunks();
    peer.wait_closed();
  });
  RecordingSink sink;
  EXPECT_EQ(watch(sink)->status, 200);
  EXPECT_EQ(sink.text(), event);
}

TEST_P(TransportConformance, AStreamWithoutHeadersMeetsItsLimit) {
  serve([](Peer& peer) {
    peer.read_request();
    peer.wait_closed();
  });
  RecordingSink sink;
  const auto got = watch(sink, {.head = milliseconds(300), .idle = kPlenty});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::Timeout);
  EXPECT_TRUE(server_->wait_for_finished(1));
}

TEST_P(TransportConformance, ASilentStreamDies) {
  serve([](Peer& peer) {
    peer.read_request();
    peer.begin_chunks();
    peer.chunk("then nothing");
    peer.wait_closed();
  });
  RecordingSink sink;
  const auto got = watch(sink, {.head = kPlenty, .idle = milliseconds(400)});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::Timeout);
  EXPECT_EQ(sink.text(), "then nothing");
  EXPECT_TRUE(server_->wait_for_finished(1));
}

TEST_P(TransportConformance, ASlowStreamLivesLongerThanItsIdleLimit) {
  serve([](Peer& peer) {
    peer.read_request();
    peer.begin_chunks();
    for (int i = 0; i < 24; ++i) {
      peer.chunk("x");
      std::this_thread::sleep_for(milliseconds(100));
    }
    peer.end_chunks();
    peer.wait_closed();
  });
  RecordingSink sink;
  const auto got = watch(sink, {.head = kPlenty, .idle = seconds(2)});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(sink.text().size(), 24U);
}

TEST_P(TransportConformance, AStreamThatBreaksOffIsNotAnEnd) {
  serve([](Peer& peer) {
    peer.read_request();
    peer.begin_chunks();
    peer.chunk("half");
    if (peer.connection() == 1) peer.reset();
  });
  for (int i = 0; i < 2; ++i) {
    RecordingSink sink;
    const auto got = watch(sink);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, Kind::Broken);
  }
}

TEST_P(TransportConformance, ASinkMayEndTheStream) {
  serve([](Peer& peer) {
    peer.read_request();
    peer.begin_chunks();
    while (peer.chunk("more")) continue;
  });
  RecordingSink sink;
  sink.on_each = [] { return false; };
  const auto got = watch(sink);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::Refused);
  EXPECT_TRUE(server_->wait_for_finished(1));
}

TEST_P(TransportConformance, ASlowSinkSlowsTheServerDown) {
  Counter pushed;
  serve([&](Peer& peer) {
    peer.read_request();
    peer.begin_chunks();
    const std::string piece(kPiece, 'p');
    for (std::size_t sent = 0; sent < kLarge; sent += kPiece) {
      if (!peer.chunk(piece)) return;
      pushed.add(kPiece);
    }
    peer.end_chunks();
    peer.wait_closed();
  });
  Gate go;
  RecordingSink sink;
  sink.keep = false;
  sink.on_each = [&] { return go.wait(); };
  transport();
  reset_peak_memory();
  const std::size_t before = peak_memory();
  std::size_t while_blocked = 0;
  std::jthread watcher([&] {
    sink.received.wait_for(1);
    while_blocked = pushed.wait_for_rest();
    go.open();
  });
  const auto got = watch(sink);
  watcher.join();
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(sink.received.value(), kLarge);
  // The kernel's buffers of both sides (at most 6 + 4 MiB here), and ours.
  EXPECT_LT(while_blocked, std::size_t{16} << 20U);
  RecordProperty("pushed_while_blocked", std::to_string(while_blocked));
  if (kMemoryIsMeasurable) {
    EXPECT_LT(peak_memory() - before, std::size_t{8} << 20U);
  }
}

TEST_P(TransportConformance, ALineOf64MebibytesNeedsNoMemory) {
  serve([&](Peer& peer) {
    peer.read_request();
    peer.begin_chunks();
    std::string piece(kPiece, ' ');
    for (std::size_t sent = 0; sent < kLarge; sent += kPiece) {
      for (std::size_t i = 0; i < kPiece; ++i) piece[i] = static_cast<char>('a' + (sent + i) % 23);
      if (!peer.chunk(piece)) return;
    }
    peer.end_chunks();
    peer.wait_closed();
  });
  class Checker final : public kube::Sink {
   public:
    bool on_bytes(std::string_view bytes) override {
      for (const char c : bytes) ok = ok && c == static_cast<char>('a' + size++ % 23);
      return true;
    }
    std::size_t size = 0;
    bool ok = true;
  };
  Checker sink;
  transport();
  reset_peak_memory();
  const std::size_t before = peak_memory();
  const auto got = watch(sink);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(sink.size, kLarge);
  EXPECT_TRUE(sink.ok);
  if (kMemoryIsMeasurable) {
    EXPECT_LT(peak_memory() - before, std::size_t{8} << 20U);
  }
}

TEST_P(TransportConformance, IsStoppedWhileTheStreamIsQuiet) {
  serve([](Peer& peer) {
    peer.read_request();
    peer.begin_chunks();
    peer.chunk("x");
    peer.wait_closed();
  });
  RecordingSink sink;
  std::stop_source stop;
  std::jthread stopper([&] {
    sink.received.wait_for(1);
    stop.request_stop();
  });
  EXPECT_EQ(watch(sink, {kPlenty, kPlenty}, stop.get_token()).error().kind, Kind::Cancelled);
  EXPECT_TRUE(server_->wait_for_finished(1));
}

TEST_P(TransportConformance, IsStoppedWhileTheSinkIsBusyAndBytesWait) {
  Counter pushed;
  serve([&](Peer& peer) {
    peer.read_request();
    peer.begin_chunks();
    const std::string piece(kPiece, 'p');
    while (peer.chunk(piece)) pushed.add(kPiece);
  });
  Gate go;
  RecordingSink sink;
  sink.on_each = [&] { return go.wait(); };
  std::stop_source stop;
  bool closed_at_once = false;
  std::jthread stopper([&] {
    sink.received.wait_for(1);
    pushed.wait_for_rest();
    stop.request_stop();
    closed_at_once = server_->wait_for_finished(1);  // although the sink has not returned
    go.open();
  });
  EXPECT_EQ(watch(sink, {kPlenty, kPlenty}, stop.get_token()).error().kind, Kind::Cancelled);
  stopper.join();
  EXPECT_TRUE(closed_at_once);
}

TEST_P(TransportConformance, BlockedSinksAndManyStreamsDoNotDelayARequest) {
  serve([](Peer& peer) {
    while (auto request = peer.read_request()) {
      if (request->target != "/watch") {
        peer.answer(200, "{}");
        continue;
      }
      peer.begin_chunks();
      const std::string piece(kPiece, 'p');
      while (peer.chunk(piece)) continue;
    }
  });
  constexpr std::size_t kStreams = 8;
  transport({.max_requests = 1, .max_streams = kStreams});
  Gate go;
  Counter blocked;
  {
    std::vector<std::jthread> watchers;
    for (std::size_t i = 0; i < kStreams; ++i) {
      watchers.emplace_back([&] {
        RecordingSink sink;
        sink.keep = false;
        sink.on_each = [&] {
          blocked.add(1);
          go.wait();
          return false;
        };
        watch(sink);
      });
    }
    EXPECT_TRUE(blocked.wait_for(kStreams));
    RecordingSink one_too_many;
    EXPECT_EQ(watch(one_too_many, {milliseconds(200), kPlenty}).error().kind, Kind::Timeout);
    for (int i = 0; i < 10; ++i) {
      const auto got = get("/", seconds(5));
      EXPECT_TRUE(got) << got.error().message;
    }
    go.open();
  }
}

}  // namespace
}  // namespace bootstrap::conformance
