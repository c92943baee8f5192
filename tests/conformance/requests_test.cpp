// One request, one answer: what is sent, what comes back, and all the ways in which nothing does.

#include <atomic>
#include <random>
#include <thread>

#include <gmock/gmock.h>

#include "tests/conformance/conformance.h"

namespace bootstrap::conformance {
namespace {

using kube::Method;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_P(TransportConformance, SendsWhatItIsGiven) {
  serve([](Peer& peer) {
    while (peer.read_request()) peer.answer(200, "{}");
  });
  const std::string target = "/apis/a%2Fb/x~y?labelSelector=a%20in%20%28b%2Cc%29%2Cd%21%3De&q=%2B";
  for (const Method method :
       {Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete}) {
    const bool has_body = method != Method::Get;
    const auto got =
        transport().send({.method = method,
                          .target = target,
                          .body = has_body ? "{\"ü\":1}" : "",
                          .content_type = has_body ? "application/merge-patch+json" : "",
                          .bearer_token = "a.b-c_d"},
                         kPlenty, {});
    ASSERT_TRUE(got) << got.error().message;
  }
  ASSERT_TRUE(get("/plain"));
  const auto seen = server_->requests();
  ASSERT_EQ(seen.size(), 6U);
  const char* const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(seen[i].method, methods[i]);
    EXPECT_EQ(seen[i].target, target);
    EXPECT_EQ(seen[i].headers.at("authorization"), "Bearer a.b-c_d");
    EXPECT_EQ(seen[i].headers.at("accept"), "application/json");
    EXPECT_EQ(seen[i].headers.count("transfer-encoding"), 0U);
    if (i == 0) continue;
    EXPECT_EQ(seen[i].body, "{\"ü\":1}");
    EXPECT_EQ(seen[i].headers.at("content-type"), "application/merge-patch+json");
  }
  EXPECT_EQ(seen[0].headers.count("content-type"), 0U);
  EXPECT_EQ(seen[5].headers.count("authorization"), 0U);
}

TEST_P(TransportConformance, SendsABodyOfAMegabyte) {
  serve([](Peer& peer) {
    while (peer.read_request()) peer.answer(201, "{}");
  });
  const std::string body(1'500'000, 'j');
  const auto got = post(body);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(server_->requests().at(0).body, body);
}

TEST_P(TransportConformance, ReturnsEveryStatusWithItsBody) {
  serve([](Peer& peer) {
    while (auto request = peer.read_request()) {
      const int status = std::stoi(request->target.substr(1));
      peer.answer(status, "body of " + std::to_string(status),
                  status == 429 ? "Retry-After: 7\r\n" : "");
    }
  });
  for (const int status : {200, 201, 400, 401, 404, 409, 410, 422, 429, 500, 503}) {
    const auto got = get("/" + std::to_string(status));
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->status, status);
    EXPECT_EQ(got->body, "body of " + std::to_string(status));
    EXPECT_EQ(got->retry_after.has_value(), status == 429);
  }
  EXPECT_EQ(get("/429")->retry_after, seconds(7));
}

TEST_P(TransportConformance, ReturnsRedirectsWithoutFollowingThem) {
  serve([](Peer& peer) {
    while (auto request = peer.read_request()) {
      const int status = std::stoi(request->target.substr(1));
      peer.answer(status, "", "Location: /elsewhere\r\n");
    }
  });
  for (const int status : {301, 302, 303, 307, 308}) {
    const auto got = get("/" + std::to_string(status));
    ASSERT_TRUE(got);
    EXPECT_EQ(got->status, status);
  }
  EXPECT_EQ(server_->requests().size(), 5U);
}

TEST_P(TransportConformance, ReadsBodiesHoweverTheyAreFramed) {
  serve([](Peer& peer) {
    const auto request = peer.read_request();
    if (!request) return;
    if (request->target == "/none") {
      peer.write("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    } else if (request->target == "/chunks") {
      peer.begin_chunks();
      for (const char* piece : {"a", "bc", "def"}) peer.chunk(piece);
      peer.end_chunks();
      peer.wait_closed();
    } else {
      peer.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end");
    }
  });
  EXPECT_EQ(get("/none")->body, "");
  EXPECT_EQ(get("/chunks")->body, "abcdef");
  transport(TransportOptions{});
  EXPECT_EQ(get("/close")->body, "until the end");
}

TEST_P(TransportConformance, ReusesItsConnection) {
  serve([](Peer& peer) {
    while (peer.read_request()) peer.answer(200, "{}");
  });
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(i % 2 == 0 ? get() : post());
  EXPECT_LE(server_->connections(), 3);  // one that was not back yet now and then
}

TEST_P(TransportConformance, SaysThatThereIsNoServer) {
  serve([](Peer&) {});
  const std::string url = server_->url();
  server_.reset();
  transport({.server = url});
  const auto got = post();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::Unreachable);
  EXPECT_FALSE(got.error().maybe_applied);
}

TEST_P(TransportConformance, ATricklingAnswerMeetsTheDeadline) {
  Gate ended;
  serve([&](Peer& peer) {
    peer.read_request();
    peer.begin_chunks();
    while (!ended.is_open() && peer.chunk("x")) std::this_thread::sleep_for(milliseconds(20));
    peer.wait_closed();
  });
  const auto began = std::chrono::steady_clock::now();
  const auto got = post("{}", milliseconds(600));
  ended.open();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::Timeout);
  EXPECT_TRUE(got.error().maybe_applied);
  EXPECT_GE(std::chrono::steady_clock::now() - began, milliseconds(600));
  EXPECT_TRUE(server_->wait_for_finished(1));  // the connection was closed
}

TEST_P(TransportConformance, AServerThatNeverAnswersMeetsTheDeadline) {
  serve([](Peer& peer) { peer.wait_closed(); });
  EXPECT_EQ(get("/", milliseconds(300)).error().kind, Kind::Timeout);
}

TEST_P(TransportConformance, RefusesABodyOverTheLimit) {
  serve([](Peer& peer) {
    peer.read_request();
    peer.begin_chunks();
    while (peer.chunk(std::string(100'000, 'x'))) continue;
  });
  transport({.max_body = 1'000'000});
  const auto got = get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::TooLarge);
  EXPECT_TRUE(server_->wait_for_finished(1));
}

TEST_P(TransportConformance, AnAnswerThatBreaksOffIsBroken) {
  serve([](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
  });
  const auto got = post();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::Broken);
  EXPECT_TRUE(got.error().maybe_applied);
}

TEST_P(TransportConformance, WhatIsNoHttpIsBroken) {
  serve([](Peer& peer) {
    peer.read_request();
    peer.write("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  });
  EXPECT_EQ(get().error().kind, Kind::Broken);
}

TEST_P(TransportConformance, IsStoppedBeforeItBegins) {
  serve([](Peer& peer) { peer.wait_closed(); });
  std::stop_source stop;
  stop.request_stop();
  const auto got = post("{}", kPlenty, stop.get_token());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::Cancelled);
  EXPECT_FALSE(got.error().maybe_applied);
}

TEST_P(TransportConformance, IsStoppedBeforeTheHeaders) {
  serve([](Peer& peer) {
    peer.read_request();
    peer.wait_closed();
  });
  std::stop_source stop;
  std::jthread stopper([&] {
    server_->wait_for_requests(1);
    stop.request_stop();
  });
  const auto got = post("{}", kPlenty, stop.get_token());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::Cancelled);
  EXPECT_TRUE(got.error().maybe_applied);
  EXPECT_TRUE(server_->wait_for_finished(1));
}

TEST_P(TransportConformance, IsStoppedInsideTheBody) {
  std::stop_source stop;
  serve([&](Peer& peer) {
    peer.read_request();
    peer.begin_chunks();
    peer.chunk("the first of many");
    stop.request_stop();
    peer.wait_closed();
  });
  EXPECT_EQ(get("/", kPlenty, stop.get_token()).error().kind, Kind::Cancelled);
  EXPECT_TRUE(server_->wait_for_finished(1));
}

TEST_P(TransportConformance, BoundsWhatIsInFlight) {
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  Gate go;
  serve([&](Peer& peer) {
    while (peer.read_request()) {
      const int now = ++inside;
      for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) continue;
      go.wait();
      --inside;
      peer.answer(200, "{}");
    }
  });
  transport({.max_requests = 3});
  std::atomic<int> succeeded = 0;
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 12; ++i) {
      callers.emplace_back([&] { succeeded += get() ? 1 : 0; });
    }
    EXPECT_TRUE(server_->wait_for_requests(3));
    EXPECT_EQ(get("/", milliseconds(200)).error().kind, Kind::Timeout);  // no place for it
    go.open();
  }
  EXPECT_EQ(succeeded, 12);
  EXPECT_EQ(most, 3);
}

TEST_P(TransportConformance, SurvivesRandomCancellations) {
  serve([](Peer& peer) {
    while (auto request = peer.read_request()) {
      if (request->target == "/watch") {
        peer.begin_chunks();
        for (int i = 0; i < 20; ++i) peer.chunk(std::string(20'000, 'w'));
        peer.end_chunks();
      } else {
        peer.answer(200, std::string(5'000, 'b'));
      }
    }
  });
  transport();
  std::atomic<int> done = 0;
  std::atomic<int> odd = 0;
  {
    std::vector<std::jthread> callers;
    for (unsigned caller = 0; caller < 6; ++caller) {
      callers.emplace_back([&, caller] {
        std::mt19937 random(caller);
        for (int i = 0; i < 300; ++i) {
          std::stop_source stop;
          const auto delay = std::chrono::microseconds(random() % 6000);
          std::jthread stopper([&stop, delay] {
            std::this_thread::sleep_for(delay);
            stop.request_stop();
          });
          RecordingSink sink;
          const auto got = i % 3 == 0   ? watch(sink, {kPlenty, kPlenty}, stop.get_token())
                           : i % 3 == 1 ? post("{}", kPlenty, stop.get_token())
                                        : get("/", kPlenty, stop.get_token());
          if (!got && got.error().kind != Kind::Cancelled) {
            ++odd;
            ADD_FAILURE() << got.error().message;
          }
          ++done;
        }
      });
    }
  }
  EXPECT_EQ(done, 1800);
  EXPECT_EQ(odd, 0);
  EXPECT_TRUE(get());  // and it still works
}

}  // namespace
}  // namespace bootstrap::conformance
