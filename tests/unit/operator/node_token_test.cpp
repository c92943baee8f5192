#include "operator/node_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_transport.h"
#include "tests/fakes/manual_clock.h"

namespace bootstrap {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class NodeTokenTest : public ::testing::Test {
 protected:
  NodeTokenTest() {
    transport_.on_send([this](const kube::Request& request) -> fakes::FakeTransport::Answer {
      requests_.push_back(request.target);
      EXPECT_THAT(request.body, HasSubstr("\"expirationSeconds\":600"));
      if (refuses_) return kube::Response{403, R"({"message": "not allowed"})", {}};
      return kube::Response{
          201, R"({"status": {"token": "t)" + std::to_string(requests_.size()) + R"("}})", {}};
    });
  }

  fakes::FakeTransport transport_;
  fakes::ManualClock clock_;
  kube::Client client_{transport_, nullptr, {.pause = [](auto, auto) { return false; }}};
  bool refuses_ = false;
  std::vector<std::string> requests_;
  std::vector<std::string> problems_;
  NodeToken token_{client_, clock_, "ops", "disks",
                   [this](const std::string& what) { problems_.push_back(what); }};
};

TEST_F(NodeTokenTest, IsOfThatAccountAndUsedForHalfItsLife) {
  EXPECT_EQ(token_.token(), "t1");
  EXPECT_EQ(token_.token(), "t1");
  EXPECT_THAT(requests_, ElementsAre("/api/v1/namespaces/ops/serviceaccounts/disks/token"));
  clock_.advance(NodeToken::kUsedFor);
  EXPECT_EQ(token_.token(), "t2");
  token_.rejected("t1");
  EXPECT_EQ(token_.token(), "t2") << "that was the one before";
  token_.rejected("t2");
  EXPECT_EQ(token_.token(), "t3");
}

TEST_F(NodeTokenTest, WithoutTheRightThereIsNoneAndItIsToldOnce) {
  refuses_ = true;
  EXPECT_EQ(token_.token(), "");
  EXPECT_EQ(token_.token(), "");
  EXPECT_THAT(problems_, ElementsAre("no token of ServiceAccount ops/disks: not allowed"));
  refuses_ = false;
  problems_.clear();
  EXPECT_NE(token_.token(), "");
  EXPECT_THAT(problems_, IsEmpty());
}

}  // namespace
}  // namespace bootstrap
