#include "operator/kube/keep_warm.h"

#include <gtest/gtest.h>

#include "operator/kube/credentials.h"
#include "tests/fakes/fake_transport.h"
#include "tests/fakes/manual_clock.h"

namespace bootstrap::kube {
namespace {

using std::chrono::seconds;

class KeepWarmTest : public testing::Test {
 protected:
  KeepWarmTest() {
    real_.on_send([](const Request&) { return Response{.status = 200}; });
  }
  fakes::FakeTransport real_;
  fakes::ManualClock clock_;
  FixedToken token_{"t"};
};

TEST_F(KeepWarmTest, WarmsAtOnceAndThenAfterQuietOnly) {
  KeepWarm warm(real_, clock_, {});
  EXPECT_EQ(warm.step(&token_, {}), clock_.steady_now() + seconds(20));
  ASSERT_EQ(real_.seen().size(), 1U);
  EXPECT_EQ(real_.seen()[0].request.target, "/livez");
  EXPECT_EQ(real_.seen()[0].request.bearer_token, "t");
  clock_.advance(seconds(19));
  warm.step(&token_, {});
  EXPECT_EQ(real_.seen().size(), 1U);
  clock_.advance(seconds(1));
  warm.step(&token_, {});
  EXPECT_EQ(real_.seen().size(), 2U);
}

TEST_F(KeepWarmTest, ARequestThatWentOutAnywayIsAsGood) {
  KeepWarm warm(real_, clock_, {});
  warm.step(nullptr, {});
  clock_.advance(seconds(15));
  ASSERT_TRUE(warm.send({.target = "/x"}, seconds(1), {}));
  clock_.advance(seconds(10));
  EXPECT_EQ(warm.step(nullptr, {}), clock_.steady_now() + seconds(10));
  EXPECT_EQ(real_.seen().size(), 2U);
}

TEST_F(KeepWarmTest, AFailureIsNotRepeatedBeforeTheNextQuietTime) {
  real_.on_send([](const Request&) -> fakes::FakeTransport::Answer {
    return tl::unexpected(TransportError{TransportError::Kind::Unreachable, "no", false});
  });
  KeepWarm warm(real_, clock_, {});
  EXPECT_EQ(warm.step(nullptr, {}), clock_.steady_now() + seconds(20));
  warm.step(nullptr, {});
  EXPECT_EQ(real_.seen().size(), 1U);
}

}  // namespace
}  // namespace bootstrap::kube
