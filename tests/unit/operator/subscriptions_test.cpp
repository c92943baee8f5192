#include "operator/subscriptions.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/fakes/fake_transport.h"
#include "tests/fakes/manual_clock.h"

namespace bootstrap {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Reading = ResourceFinding::Reading;
using Restart = kube::Watcher::Restart;

constexpr const char* kApps = R"({"resources":[
  {"name":"deployments","kind":"Deployment","namespaced":true,"verbs":["get","list","watch"]},
  {"name":"deployments/scale","kind":"Scale","namespaced":true,"verbs":["get"]},
  {"name":"probes","kind":"Probe","namespaced":true,"verbs":["get","list"]},
  {"name":"zones","kind":"Zone","namespaced":false,"verbs":["list","watch"]}]})";

class SubscriptionsTest : public ::testing::Test {
 protected:
  SubscriptionsTest() {
    transport_.on_send([this](const kube::Request& request) -> fakes::FakeTransport::Answer {
      ++discoveries_;
      if (request.target == "/apis/apps/v1" && apps_) return kube::Response{200, kApps, {}};
      return kube::Response{404, "404 page not found", {}};
    });
  }

  static ResourceQuery deployment(const std::string& name, ResourceTest test = ExistsTest{true}) {
    return {{"apps/v1", "Deployment", name, {}, ResourceRef::Match::All}, std::move(test)};
  }
  static ObjectKey workflow(const std::string& name = "w", const std::string& ns = "ns") {
    return {ns, name};
  }
  // "unknown", "holds", "not", or why it could not be read.
  std::string ask(const ObjectKey& by, const ResourceQuery& query) {
    const auto answer = subscriptions_.ask(by, {query});
    if (!answer) return "unknown";
    if (!*answer) return "unavailable";
    const ResourceFinding& finding = **answer;
    if (finding.reading == Reading::Forbidden) return "forbidden";
    if (finding.reading == Reading::WatchLimit) return "limit";
    if (finding.reading == Reading::Unwatchable) return "unwatchable";
    if (finding.reading == Reading::NoSuchKind) return finding.holds ? "no kind, holds" : "no kind";
    return finding.holds ? "holds" : "not";
  }
  // The orders that are open, as "<ns>/<plural> <selectors>".
  std::vector<std::string> open() const {
    std::vector<std::string> all;
    for (const auto& [id, order] : orders_)
      all.push_back(order->ns + "/" + order->resource.plural + " " + order->watcher.field_selector +
                    order->watcher.label_selector);
    return all;
  }
  std::shared_ptr<const WatchOrder> newest() const { return orders_.rbegin()->second; }
  static json object(const std::string& name, const json& labels = json::object()) {
    return {{"metadata", {{"name", name}, {"labels", labels}}}};
  }
  static void sync(const WatchOrder& order, const std::vector<json>& objects) {
    order.write(kube::ops::Begin{});
    for (const json& each : objects) order.write(kube::ops::Apply{each});
    order.write(kube::ops::Complete{5});
  }

  fakes::FakeTransport transport_;
  fakes::ManualClock clock_;
  kube::Client client_{transport_, nullptr, {}};
  bool apps_ = true;
  int discoveries_ = 0;
  Discovery discovery_{client_, clock_};
  std::map<std::uint64_t, std::shared_ptr<const WatchOrder>> orders_;
  std::vector<std::string> woken_;
  Subscriptions subscriptions_{
      discovery_,
      {.watches = 10, .of_one_resource = 3},
      {[this](std::shared_ptr<const WatchOrder> order) { orders_[order->id] = order; },
       [this](std::uint64_t id) { orders_.erase(id); }},
      [this](const ObjectKey& key) { woken_.push_back(key.name); }};
};

TEST_F(SubscriptionsTest, TheAnswerComesWithTheListAndWakes) {
  EXPECT_EQ(ask(workflow(), deployment("x")), "unknown");
  EXPECT_THAT(open(), ElementsAre("ns/deployments metadata.name=x"));
  const auto order = newest();
  order->write(kube::ops::Begin{});
  order->write(kube::ops::Apply{object("x")});
  EXPECT_THAT(woken_, IsEmpty());
  EXPECT_EQ(ask(workflow(), deployment("x")), "unknown");
  order->write(kube::ops::Complete{5});
  EXPECT_THAT(woken_, ElementsAre("w"));
  EXPECT_EQ(ask(workflow(), deployment("x")), "holds");
  order->write(kube::ops::Apply{object("x")});
  EXPECT_THAT(woken_, SizeIs(1)) << "nothing has changed";
  order->write(kube::ops::Delete{object("x")});
  EXPECT_THAT(woken_, SizeIs(2));
  EXPECT_EQ(ask(workflow(), deployment("x")), "not");
}

TEST_F(SubscriptionsTest, EqualQuestionsShareAWatch) {
  ask(workflow("a"), deployment("x"));
  sync(*newest(), {});
  EXPECT_EQ(ask(workflow("b"), deployment("x")), "not");
  EXPECT_THAT(open(), SizeIs(1));
  woken_.clear();
  newest()->write(kube::ops::Apply{object("x")});
  EXPECT_THAT(woken_, ElementsAre("a", "b"));
  subscriptions_.keep_only(workflow("a"), {});
  EXPECT_THAT(open(), SizeIs(1));
  subscriptions_.keep_only(workflow("b"), {});
  EXPECT_THAT(open(), IsEmpty());
  EXPECT_EQ(subscriptions_.watches(), 0U);
}

TEST_F(SubscriptionsTest, AnotherTestOfTheSameObjectBeginsTheWatchAnewAndKeepsTheAnswer) {
  ask(workflow(), deployment("x"));
  sync(*newest(), {object("x")});
  const auto former = newest();
  EXPECT_EQ(ask(workflow("v"), deployment("x", JsonPathTest{".spec.a", "1"})), "unknown");
  EXPECT_THAT(open(), SizeIs(1));
  EXPECT_NE(newest()->id, former->id);
  EXPECT_EQ(ask(workflow(), deployment("x")), "holds") << "as before, until the new list is there";
  former->write(kube::ops::Delete{object("x")});
  EXPECT_EQ(ask(workflow(), deployment("x")), "holds") << "a closed watch says nothing any more";
  sync(*newest(), {{{"metadata", {{"name", "x"}}}, {"spec", {{"a", "1"}}}}});
  EXPECT_EQ(ask(workflow("v"), deployment("x", JsonPathTest{".spec.a", "1"})), "holds");
}

TEST_F(SubscriptionsTest, WhatIsNotAskedAnyMoreIsClosed) {
  ask(workflow(), deployment("x"));
  ask(workflow(), deployment("y"));
  subscriptions_.keep_only(workflow(), {ResourceState{deployment("y")}});
  EXPECT_THAT(open(), ElementsAre("ns/deployments metadata.name=y"));
}

TEST_F(SubscriptionsTest, NamespacesAreApartUnlessTheKindHasNone) {
  ask(workflow("w", "one"), deployment("x"));
  ask(workflow("w", "two"), deployment("x"));
  const ResourceQuery zone{{"apps/v1", "Zone", "z", {}, ResourceRef::Match::All}, ExistsTest{true}};
  ask(workflow("w", "one"), zone);
  ask(workflow("w", "two"), zone);
  EXPECT_THAT(open(), ElementsAre("one/deployments metadata.name=x",
                                  "two/deployments metadata.name=x", "/zones metadata.name=z"));
}

TEST_F(SubscriptionsTest, OneWatchOfEverythingTakesOver) {
  for (const char* name : {"a", "b", "c"}) ask(workflow(), deployment(name));
  for (const auto& [id, order] : orders_) sync(*order, {object("a")});
  EXPECT_EQ(ask(workflow(), deployment("a")), "holds");
  EXPECT_THAT(open(), SizeIs(3));
  EXPECT_EQ(ask(workflow(), deployment("d")), "unknown");
  EXPECT_THAT(open(), ElementsAre("ns/deployments "));
  EXPECT_EQ(ask(workflow(), deployment("a")), "holds") << "known from before";
  sync(*newest(), {object("b"), object("d")});
  EXPECT_EQ(ask(workflow(), deployment("a")), "not");
  EXPECT_EQ(ask(workflow(), deployment("b")), "holds");
  EXPECT_EQ(ask(workflow(), deployment("d")), "holds");
  subscriptions_.keep_only(workflow(), {});
  EXPECT_THAT(open(), IsEmpty());
  ask(workflow(), deployment("a"));
  EXPECT_THAT(open(), ElementsAre("ns/deployments metadata.name=a")) << "each on its own again";
}

TEST_F(SubscriptionsTest, BeyondTheLimitOneIsToldAndWokenWhenOneEnds) {
  for (int i = 0; i < 10; ++i)
    ask(workflow("w" + std::to_string(i), "ns" + std::to_string(i)), deployment("x"));
  EXPECT_EQ(subscriptions_.watches(), 10U);
  EXPECT_EQ(ask(workflow("late", "other"), deployment("x")), "limit");
  EXPECT_THAT(open(), SizeIs(10));
  woken_.clear();
  subscriptions_.keep_only(workflow("w3", "ns3"), {});
  EXPECT_THAT(woken_, ElementsAre("late"));
  EXPECT_EQ(ask(workflow("late", "other"), deployment("x")), "unknown");
}

TEST_F(SubscriptionsTest, ARightThatIsMissingIsSaidUntilTheWatchGoesOn) {
  ask(workflow(), deployment("x"));
  newest()->on_restart(Restart::Forbidden);
  EXPECT_EQ(ask(workflow(), deployment("x")), "forbidden");
  EXPECT_THAT(woken_, ElementsAre("w"));
  newest()->on_restart(Restart::Forbidden);
  EXPECT_THAT(woken_, SizeIs(1));
  sync(*newest(), {object("x")});
  EXPECT_EQ(ask(workflow(), deployment("x")), "holds");
  newest()->on_restart(Restart::Broken);
  EXPECT_EQ(ask(workflow(), deployment("x")), "holds") << "what is known stays known";
}

TEST_F(SubscriptionsTest, AKindThatDoesNotExistIsAskedForAgainSoon) {
  apps_ = false;
  EXPECT_EQ(ask(workflow(), deployment("x")), "no kind");
  EXPECT_EQ(ask(workflow(), deployment("x", ExistsTest{false})), "no kind, holds");
  EXPECT_EQ(discoveries_, 1) << "believed for a moment";
  apps_ = true;
  clock_.advance(Discovery::kMissingFor);
  EXPECT_EQ(ask(workflow(), deployment("x")), "unknown");
  ask(workflow(), deployment("x"));
  EXPECT_EQ(discoveries_, 2) << "what exists is remembered";
}

TEST_F(SubscriptionsTest, AKindThatGoesIsNoticedByItsWatch) {
  ask(workflow(), deployment("x"));
  sync(*newest(), {object("x")});
  apps_ = false;
  newest()->on_restart(Restart::NotFound);
  EXPECT_EQ(ask(workflow(), deployment("x")), "no kind");
}

TEST_F(SubscriptionsTest, AKindThatCanOnlyBeListedIsNotWatched) {
  ResourceQuery probe = deployment("x");
  probe.resource.kind = "Probe";
  EXPECT_EQ(ask(workflow(), probe), "unwatchable");
  EXPECT_THAT(open(), IsEmpty());
}

TEST_F(SubscriptionsTest, ASubresourceIsNoKind) {
  ResourceQuery scale = deployment("x");
  scale.resource.kind = "Scale";
  EXPECT_EQ(ask(workflow(), scale), "no kind");
}

TEST_F(SubscriptionsTest, AServerThatDoesNotAnswerIsNoAbsence) {
  transport_.on_send([](const kube::Request&) -> fakes::FakeTransport::Answer {
    return kube::Response{503, "{}", {}};
  });
  EXPECT_EQ(ask(workflow(), deployment("x", ExistsTest{false})), "unavailable");
}

}  // namespace
}  // namespace bootstrap
