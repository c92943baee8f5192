#include "operator/access_reviews.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_transport.h"
#include "tests/fakes/manual_clock.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

const MayRead kWidget{"tool", "example.com/v1", "Widget", "x"};

// An API server with one kind, and one answer to all reviews.
class AccessReviewsTest : public ::testing::Test {
 protected:
  AccessReviewsTest() {
    transport_.on_send([this](const kube::Request& request) -> fakes::FakeTransport::Answer {
      if (request.target == "/apis/example.com/v1" && has_kind_)
        return kube::Response{200, R"({"resources":[{"name":"widgets","kind":"Widget",)"
                                   R"("namespaced":true,"verbs":["get","list","watch"]}]})"};
      if (request.method != kube::Method::Post) return kube::Response{404, "{}"};
      ++asked_;
      last_ = json::parse(request.body).at("spec");
      if (broken_) return kube::Response{500, "{}"};
      return kube::Response{201, json{{"status", {{"allowed", allowed_}}}}.dump()};
    });
  }

  fakes::FakeTransport transport_;
  fakes::ManualClock clock_;
  kube::Client client_{transport_, nullptr, {}};
  Discovery discovery_{client_, clock_};
  AccessReviews reviews_{client_, clock_, discovery_};
  bool has_kind_ = true;
  bool allowed_ = true;
  bool broken_ = false;
  int asked_ = 0;
  json last_;
};

TEST_F(AccessReviewsTest, AsksForTheAccountWithTheGroupsOfItsToken) {
  EXPECT_TRUE(*reviews_.ask("ns", kWidget));
  EXPECT_EQ(last_, json::parse(R"({
    "user": "system:serviceaccount:ns:tool",
    "groups": ["system:serviceaccounts", "system:serviceaccounts:ns", "system:authenticated"],
    "resourceAttributes": {"verb": "get", "group": "example.com", "version": "v1",
                           "resource": "widgets", "namespace": "ns", "name": "x"}})"));
  EXPECT_TRUE(*reviews_.ask("ns", MayRead{"tool", "example.com/v1", "Widget", ""}));
  EXPECT_EQ(last_.at("/resourceAttributes/verb"_json_pointer), "list");
  EXPECT_FALSE(last_.at("resourceAttributes").contains("name"));
}

TEST_F(AccessReviewsTest, AYesIsBelievedForFiveMinutes) {
  EXPECT_TRUE(*reviews_.ask("ns", kWidget));
  allowed_ = false;
  clock_.advance(5min - 1ms);
  EXPECT_TRUE(*reviews_.ask("ns", kWidget));
  EXPECT_EQ(asked_, 1);
  clock_.advance(1ms);
  EXPECT_FALSE(*reviews_.ask("ns", kWidget));
}

TEST_F(AccessReviewsTest, ANoIsAskedAgainAfterSomeSeconds) {
  allowed_ = false;
  EXPECT_FALSE(*reviews_.ask("ns", kWidget));
  allowed_ = true;
  clock_.advance(AccessReviews::kNoFor - 1ms);
  EXPECT_FALSE(*reviews_.ask("ns", kWidget));
  clock_.advance(1ms);
  EXPECT_TRUE(*reviews_.ask("ns", kWidget));
}

TEST_F(AccessReviewsTest, TheAnswerIsOfOneAccountNamespaceAndObject) {
  EXPECT_TRUE(*reviews_.ask("ns", kWidget));
  allowed_ = false;
  EXPECT_FALSE(*reviews_.ask("other", kWidget));
  EXPECT_FALSE(*reviews_.ask("ns", MayRead{"other", "example.com/v1", "Widget", "x"}));
  EXPECT_FALSE(*reviews_.ask("ns", MayRead{"tool", "example.com/v1", "Widget", "y"}));
}

TEST_F(AccessReviewsTest, AServerThatDoesNotAnswerHasSaidNeither) {
  broken_ = true;
  EXPECT_FALSE(reviews_.ask("ns", kWidget).has_value());
  broken_ = false;
  EXPECT_TRUE(*reviews_.ask("ns", kWidget));
}

TEST_F(AccessReviewsTest, AKindThatDoesNotExistMayBeReadByAnybody) {
  has_kind_ = false;
  EXPECT_TRUE(*reviews_.ask("ns", kWidget));
  EXPECT_EQ(asked_, 0);
}

}  // namespace
}  // namespace bootstrap
