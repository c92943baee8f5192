#include "operator/kube/watch_loop.h"

#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/kube/store.h"
#include "operator/kube/store_writer.h"
#include "tests/fakes/fake_transport.h"

namespace bootstrap::kube {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

struct Job {
  ObjectMeta meta;
};

tl::expected<Job, std::string> read_job(const nlohmann::json& object) {
  return Job{read_meta(object)};
}

std::string added(const std::string& name, int version) {
  return R"({"type":"ADDED","object":{"metadata":{"namespace":"ns","name":")" + name +
         R"(","resourceVersion":")" + std::to_string(version) + "\"}}}\n";
}
std::string listed(int version) {
  return R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":")" +
         std::to_string(version) + R"(","annotations":{"k8s.io/initial-events-end":"true"}}}})" +
         "\n";
}

class WatchLoopTest : public testing::Test {
 protected:
  WatchLoop loop() {
    return WatchLoop(
        client_, clock_,
        {.resource = resources::kJobs,
         .ns = "ns",
         .watcher = {.fields = FieldFilter(kMetaFields), .label_selector = "a=b"}},
        {.write = StoreWriter<Job>(store_, &read_job, {}),
         .beat = [this] { ++beats_; },
         .on_restart = [this](Watcher::Restart reason,
                              const std::string&) { restarts_.emplace_back(to_text(reason)); },
         .random = [] { return 0.0; },
         .pause =
             [this](std::chrono::milliseconds length, std::stop_token) {
               pauses_.push_back(length.count());
               return true;
             }});
  }
  std::vector<std::string> targets() const {
    std::vector<std::string> out;
    for (const auto& seen : transport_.seen()) out.push_back(seen.request.target);
    return out;
  }

  fakes::FakeTransport transport_;
  Client client_{transport_, nullptr, {}};
  runtime::SystemClock clock_;
  Store<Job> store_;
  int beats_ = 0;
  std::vector<std::string> restarts_;
  std::vector<std::int64_t> pauses_;
};

TEST_F(WatchLoopTest, FillsTheStoreFromAStreamCutAnywhere) {
  const std::string text = added("a", 1) + added("b", 2) + listed(5) + added("c", 6);
  transport_.will_stream({text.substr(0, 40), text.substr(40, 100), text.substr(140)});
  WatchLoop watch = loop();
  watch.step({});
  EXPECT_TRUE(store_.synced());
  EXPECT_EQ(store_.size(), 3U);
  EXPECT_EQ(store_.newest_version(), 6U);
  EXPECT_EQ(beats_, 5) << "before, after and with each piece";
  EXPECT_THAT(restarts_, ElementsAre("ended"));
  transport_.will_stream({added("d", 7)});
  watch.step({});
  EXPECT_EQ(store_.size(), 4U);
  EXPECT_THAT(targets()[0], HasSubstr("sendInitialEvents=true"));
  EXPECT_THAT(targets()[1], HasSubstr("resourceVersion=6"));
  EXPECT_TRUE(pauses_.empty());
}

TEST_F(WatchLoopTest, ListsWhenTheServerRefusesStreams) {
  transport_.will_answer({.status = 422, .body = R"({"kind":"Status","code":422})"});
  transport_.will_answer(
      {.status = 200,
       .body = R"({"metadata":{"resourceVersion":"8"},"items":[)"
               R"({"metadata":{"namespace":"ns","name":"a","resourceVersion":"3"}}]})"});
  transport_.will_stream({added("b", 9)});
  WatchLoop watch = loop();
  for (int i = 0; i < 3; ++i) watch.step({});
  EXPECT_EQ(store_.size(), 2U);
  EXPECT_THAT(targets()[1], HasSubstr("limit=250"));
  EXPECT_THAT(targets()[2], HasSubstr("resourceVersion=8"));
  EXPECT_THAT(restarts_, ElementsAre("refused", "ended"));
}

TEST_F(WatchLoopTest, PausesWhileTheServerIsAway) {
  WatchLoop watch = loop();
  for (int i = 0; i < 6; ++i) watch.step({});
  EXPECT_THAT(pauses_, ElementsAre(800, 1600, 3200));
  EXPECT_THAT(restarts_, ElementsAre("failed", "failed", "failed"));
  EXPECT_FALSE(store_.synced());
}

TEST_F(WatchLoopTest, AnErrorInTheStreamEndsTheRequestAndLeadsToANewList) {
  transport_.will_stream(
      {added("a", 1) + listed(5) + added("b", 6) +
       R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}})" + "\n" +
       added("never", 7)});
  transport_.will_stream({added("b", 6) + listed(9)});
  WatchLoop watch = loop();
  watch.step({});
  EXPECT_EQ(store_.get({"ns", "never"}), nullptr);
  watch.step({});
  EXPECT_EQ(store_.get({"ns", "a"}), nullptr) << "gone while the watch was";
  EXPECT_NE(store_.get({"ns", "b"}), nullptr);
  EXPECT_THAT(restarts_, ElementsAre("expired", "ended"));
}

TEST_F(WatchLoopTest, StopEndsAWatchThatIsSilent) {
  transport_.will_stream_until_stopped({added("a", 1) + listed(5)});
  WatchLoop watch = loop();
  std::stop_source stop;
  std::thread thread([&] { watch.step(stop.get_token()); });
  transport_.wait_for_calls(1);
  stop.request_stop();
  thread.join();
  EXPECT_TRUE(restarts_.empty()) << "being stopped is no failure";
}

TEST(WatchLoop, StopEndsAPauseOfTheDefaultKind) {
  fakes::FakeTransport transport;  // answers nothing
  Client client(transport, nullptr, {});
  const runtime::SystemClock clock;
  std::stop_source stop;
  WatchLoop watch(
      client, clock,
      {.resource = resources::kPods, .watcher = {.first_pause = 3600s, .longest_pause = 7200s}},
      {.write = [](const StoreOp&) {}});
  watch.step(stop.get_token());
  std::thread thread([&] { watch.step(stop.get_token()); });
  stop.request_stop();
  thread.join();  // the test ends: that is the assertion
  EXPECT_EQ(watch.state(), Watcher::State::Empty);
}

}  // namespace
}  // namespace bootstrap::kube
