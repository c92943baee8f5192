#include "operator/kubelet_disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/kube/credentials.h"
#include "tests/fakes/fake_transport.h"

namespace bootstrap {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Each connection has the next answer.
class KubeletDiskTest : public ::testing::Test {
 protected:
  static NodeView node(std::string address, int port) {
    NodeView view;
    view.address = std::move(address);
    view.kubelet_port = port;
    return view;
  }

  std::optional<int> percent(int status, std::string body) {
    answer_ = kube::Response{status, std::move(body), {}};
    return disk_.percent(node("10.0.0.7", 10250), {});
  }

  // Asks what the test wants to know of a connection that is gone by then.
  class Kubelet final : public kube::Transport {
   public:
    explicit Kubelet(KubeletDiskTest& test) : test_(test) {}
    tl::expected<kube::Response, kube::TransportError> send(const kube::Request& request,
                                                            std::chrono::milliseconds,
                                                            std::stop_token) override {
      test_.requests_.push_back(request.target + " " + request.bearer_token);
      return test_.answer_;
    }
    tl::expected<kube::Response, kube::TransportError> stream(const kube::Request&, kube::Sink&,
                                                              kube::StreamLimits,
                                                              std::stop_token) override {
      return test_.answer_;
    }

   private:
    KubeletDiskTest& test_;
  };

  tl::expected<kube::Response, kube::TransportError> answer_;
  std::vector<std::string> servers_;
  std::vector<std::string> requests_;
  std::vector<std::string> problems_;
  kube::FixedToken token_{"secret"};
  KubeletDisk disk_{[this](std::string server) {
                      servers_.push_back(std::move(server));
                      return std::make_unique<Kubelet>(*this);
                    },
                    token_,
                    [this](const std::string& server, const std::string& what) {
                      problems_.push_back(server + ": " + what);
                    }};
};

TEST_F(KubeletDiskTest, AsksTheKubeletItself) {
  EXPECT_EQ(percent(200, R"({"node": {"fs": {"availableBytes": 1, "capacityBytes": 4}}})"), 75);
  EXPECT_THAT(servers_, ElementsAre("https://10.0.0.7:10250"));
  EXPECT_THAT(requests_, ElementsAre("/stats/summary secret"));
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(KubeletDiskTest, AProblemIsToldOnceUntilItIsAnotherOneOrHasPassed) {
  EXPECT_FALSE(percent(403, "Forbidden (user=x, resource=nodes, subresource=stats)"));
  EXPECT_FALSE(percent(403, "Forbidden (user=x, resource=nodes, subresource=stats)"));
  EXPECT_EQ(problems_.size(), 1U);
  EXPECT_FALSE(percent(500, "broken"));
  EXPECT_EQ(problems_.size(), 2U);
  EXPECT_TRUE(percent(200, R"({"node": {"fs": {"availableBytes": 1, "capacityBytes": 4}}})"));
  EXPECT_FALSE(percent(500, "broken"));
  EXPECT_EQ(problems_.size(), 3U);
}

// Nodes come and go, for as long as the operator runs.
TEST_F(KubeletDiskTest, ProblemsAreRememberedOfSoManyNodesOnly) {
  answer_ = kube::Response{403, "Forbidden", {}};
  const auto ask = [&](int i) {
    disk_.percent(node("10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256), 10250),
                  {});
  };
  for (int i = 0; i < 2'000; ++i) ask(i % 1'000);
  EXPECT_EQ(problems_.size(), 1'000U);
  ask(1'000);
  ask(0);
  EXPECT_EQ(problems_.size(), 1'002U) << "the first one is told again";
}

TEST_F(KubeletDiskTest, WhatANodeSaysOfItselfMayBeAnything) {
  for (const char* address : {"", "a b", "fd00::7", "evil.example/?", "10.0.0.7:1"})
    EXPECT_FALSE(disk_.percent(node(address, 10250), {})) << address;
  EXPECT_FALSE(disk_.percent(node("10.0.0.7", 0), {}));
  EXPECT_FALSE(disk_.percent(node("10.0.0.8", 70'000), {}));
  EXPECT_THAT(servers_, IsEmpty());
  EXPECT_EQ(problems_.size(), 7U) << "each is told";
}

TEST_F(KubeletDiskTest, WithoutATokenNobodyIsAsked) {
  kube::FixedToken none("");
  KubeletDisk disk(
      [](const std::string&) -> std::unique_ptr<kube::Transport> { std::abort(); }, none,
      [this](const std::string&, const std::string& what) { problems_.push_back(what); });
  EXPECT_FALSE(disk.percent(node("10.0.0.7", 10250), {}));
  EXPECT_THAT(problems_, ElementsAre("there is no token for it"));
}

TEST_F(KubeletDiskTest, AnAnswerThatDoesNotSayItIsAProblem) {
  EXPECT_FALSE(percent(200, "{}"));
  EXPECT_THAT(problems_, ElementsAre("10.0.0.7: its answer does not say"));
}

}  // namespace
}  // namespace bootstrap
