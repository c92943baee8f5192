#include "tests/simulation/sim_transport.h"

#include <sstream>

#include <gtest/gtest.h>

namespace bootstrap::simulation {
namespace {

using namespace std::chrono_literals;
using kube::Method;

class Network : public ::testing::Test {
 protected:
  SimTransport transport(FaultRates faults, std::optional<CrashPoint> crash = {}) {
    return SimTransport(server, scheduler, Random(3),
                        SimTransport::Settings{.faults = faults, .crash = crash});
  }
  static kube::Request create(const std::string& name) {
    kube::Request request;
    request.method = Method::Post;
    request.target = "/api/v1/namespaces/ns/configmaps";
    request.body =
        Json{{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", name}}}}.dump();
    request.content_type = "application/json";
    return request;
  }
  bool exists(const std::string& name) {
    return server.store().find(maps, {"ns", name}) != nullptr;
  }

  SimClock clock;
  Scheduler scheduler{clock, Random(1)};
  SimApiServer server{scheduler, Random(2)};
  const ResourceType& maps = *server.store().type("", "v1", "configmaps");
};

TEST_F(Network, ARequestTakesTimeInWhichTheWorldGoesOn) {
  auto network = transport(FaultRates::none());
  int events = 0;
  scheduler.after(1ms, [&] { ++events; });
  const auto before = clock.now();
  const auto answer = network.send(create("a"), 15s, {});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(events, 1);
  EXPECT_GT(clock.now(), before);
}

TEST_F(Network, ALostAnswerIsAWriteThatWasDone) {
  auto network = transport({.lost_answer = 1});
  const auto before = clock.now();
  const auto answer = network.send(create("a"), 15s, {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, kube::TransportError::Kind::Timeout);
  EXPECT_TRUE(answer.error().maybe_applied);
  EXPECT_TRUE(exists("a"));
  EXPECT_GE(clock.now() - before, 15s);
}

TEST_F(Network, ALostRequestLooksTheSameButNothingWasDone) {
  auto network = transport({.lost_request = 1});
  const auto answer = network.send(create("a"), 15s, {});
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().maybe_applied);
  EXPECT_FALSE(exists("a"));
}

TEST_F(Network, ALateRequestIsDoneAfterTheClientHasGivenUp) {
  auto network = transport({.late_request = 1});
  ASSERT_FALSE(network.send(create("a"), 15s, {}));
  EXPECT_FALSE(exists("a"));
  scheduler.run_for(1min);
  EXPECT_TRUE(exists("a"));
}

TEST_F(Network, ARefusedConnectionHasSurelyDoneNothing) {
  auto network = transport({.refused = 1});
  const auto answer = network.send(create("a"), 15s, {});
  ASSERT_FALSE(answer);
  EXPECT_FALSE(answer.error().maybe_applied);
  EXPECT_FALSE(exists("a"));
}

TEST_F(Network, TheServerRefusesLikeTheRealOne) {
  EXPECT_EQ(transport({.too_many_requests = 1}).send(create("a"), 15s, {})->status, 429);
  EXPECT_EQ(transport({.internal_error = 1}).send(create("a"), 15s, {})->status, 500);
  EXPECT_EQ(transport({.unavailable = 1}).send(create("a"), 15s, {})->status, 503);
  EXPECT_EQ(transport({.conflict = 1}).send(create("a"), 15s, {})->status, 409);
  EXPECT_FALSE(exists("a"));
}

TEST_F(Network, ACrashComesBeforeOrAfterTheWriteAndOnlyThere) {
  auto before = transport({}, CrashPoint{2, CrashPoint::When::BeforeIsDone});
  EXPECT_TRUE(before.send(create("a"), 15s, {}));
  EXPECT_THROW(before.send(create("b"), 15s, {}), Crash);
  EXPECT_FALSE(exists("b"));
  auto after = transport({}, CrashPoint{1, CrashPoint::When::AfterIsDone});
  EXPECT_THROW(after.send(create("c"), 15s, {}), Crash);
  EXPECT_TRUE(exists("c"));
}

TEST_F(Network, KeepsARecordForPeople) {
  auto network = transport(FaultRates::none());
  network.send(create("a"), 15s, {});
  ASSERT_EQ(network.records().size(), 1U);
  EXPECT_EQ(network.records()[0].status, 201);
  std::ostringstream out;
  print_trace(out, network.records());
  EXPECT_NE(out.str().find("POST   /api/v1/namespaces/ns/configmaps -> 201"), std::string::npos)
      << out.str();
}

}  // namespace
}  // namespace bootstrap::simulation
