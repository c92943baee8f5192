#include "operator/node_monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_transport.h"
#include "tests/fakes/manual_clock.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const ObjectKey kOne{"ns", "one"};
const ObjectKey kTwo{"ns", "two"};

class NodeMonitorTest : public ::testing::Test {
 protected:
  NodeMonitorTest() {
    transport_.on_send([this](const kube::Request& request) { return answer(request); });
  }

  fakes::FakeTransport::Answer answer(const kube::Request& request) {
    requests_.push_back(request.target);
    const bool is_metrics = request.target.starts_with("/apis/metrics.k8s.io/v1beta1/nodes/");
    if (is_metrics && refusal_) return kube::Response{refusal_, R"({"message": "no"})", {}};
    const std::string memory = std::to_string(memory_) + "Mi";
    const json conditions{
        {{"type", "MemoryPressure"}, {"status", has_pressure_ ? "True" : "False"}}};
    const json object = is_metrics ? json{{"usage", {{"memory", memory}, {"cpu", "1"}}}}
                                   : json{{"status",
                                           {{"allocatable", {{"memory", "100Mi"}, {"cpu", "10"}}},
                                            {"conditions", conditions}}}};
    return kube::Response{200, object.dump(), {}};
  }

  static NodeUsage usage(const char* node, Duration interval = 30s, LoadLimits limits = {}) {
    return {node, interval, limits, 1};
  }
  std::optional<int> memory(const ObjectKey& who, const NodeUsage& question) {
    const auto answer = monitor_.ask(who, question);
    return answer ? (*answer)->now.memory_percent : std::nullopt;
  }
  // Seconds from now; -1: nothing is due.
  int next_due() {
    const auto next = monitor_.next_due();
    if (!next) return -1;
    return static_cast<int>(
        std::max<std::chrono::seconds>(
            0s, std::chrono::ceil<std::chrono::seconds>(*next - clock_.steady_now()))
            .count());
  }
  std::vector<std::string> woken() { return std::exchange(woken_, {}); }

  fakes::FakeTransport transport_;
  fakes::ManualClock clock_;
  kube::Client client_{transport_, nullptr, {.pause = [](auto, auto) { return false; }}};
  int memory_ = 50;
  int refusal_ = 0;
  bool has_pressure_ = false;
  std::vector<std::string> requests_;
  std::vector<std::string> woken_;
  std::vector<std::string> samples_;
  std::optional<int> disk_;
  NodeMonitor monitor_{
      client_,
      clock_,
      [this](const NodeView&, const std::stop_token&) { return disk_; },
      {.wake = [this](const ObjectKey& who) { woken_.push_back(who.name); },
       .on_sample =
           [this](const std::string& node, const NodeLoad& load) {
             samples_.push_back(node + " " + std::to_string(load.memory_percent.value_or(-1)));
           },
       .on_end = [this](const std::string& node) { samples_.push_back(node + " ends"); }}};
};

TEST_F(NodeMonitorTest, SamplesWhatIsAskedForAndNothingElse) {
  monitor_.sample_due();
  EXPECT_THAT(requests_, IsEmpty());
  EXPECT_EQ(next_due(), -1);
  EXPECT_FALSE(monitor_.ask(kOne, usage("a"))) << "not known yet";
  EXPECT_EQ(next_due(), 0);
  monitor_.sample_due();
  EXPECT_THAT(requests_, ElementsAre("/api/v1/nodes/a", "/apis/metrics.k8s.io/v1beta1/nodes/a"));
  EXPECT_THAT(woken(), ElementsAre("one")) << "for its first sample";
  EXPECT_EQ(memory(kOne, usage("a")), 50);
  EXPECT_EQ(next_due(), 30);
  monitor_.sample_due();
  EXPECT_EQ(requests_.size(), 2U) << "it is not time";
}

TEST_F(NodeMonitorTest, WakesWhenTheLevelBecomesAnotherOne) {
  monitor_.ask(kOne, usage("a"));
  monitor_.ask(kTwo, usage("a", 30s, {40, 95}));
  monitor_.sample_due();
  EXPECT_THAT(woken(), ElementsAre("one", "two"));
  EXPECT_EQ(memory(kOne, usage("a")), 50);
  memory_ = 60;
  clock_.advance(30s);
  monitor_.sample_due();
  EXPECT_THAT(woken(), IsEmpty()) << "calm for the one, above for the other, as before";
  EXPECT_EQ(memory(kOne, usage("a")), 60);
  memory_ = 90;
  clock_.advance(30s);
  monitor_.sample_due();
  EXPECT_THAT(woken(), ElementsAre("one"));
  memory_ = 10;
  clock_.advance(30s);
  monitor_.sample_due();
  EXPECT_THAT(woken(), ElementsAre("one", "two"));
  EXPECT_THAT(samples_, ElementsAre("a 50", "a 60", "a 90", "a 10"));
}

TEST_F(NodeMonitorTest, PeaksAreThoseSinceOneHasAsked) {
  monitor_.ask(kOne, usage("a"));
  memory_ = 70;
  monitor_.sample_due();
  memory_ = 20;
  clock_.advance(30s);
  monitor_.sample_due();
  EXPECT_EQ((*monitor_.ask(kOne, usage("a")))->peak.memory_percent, 70);
  EXPECT_EQ((*monitor_.ask(kTwo, usage("a")))->peak.memory_percent, 20) << "it came later";
  EXPECT_EQ((*monitor_.ask(kOne, usage("a")))->now.memory_percent, 20);
}

TEST_F(NodeMonitorTest, TheShortestIntervalCounts) {
  monitor_.ask(kOne, usage("a", 60s));
  monitor_.sample_due();
  EXPECT_EQ(next_due(), 60);
  monitor_.ask(kTwo, usage("a", 15s));
  EXPECT_EQ(next_due(), 15);
  monitor_.keep_only(kTwo, {});
  EXPECT_EQ(next_due(), 60);
}

TEST_F(NodeMonitorTest, StepsThatComeAndGoDoNotSampleMoreOften) {
  for (int step = 0; step < 100; ++step) {
    monitor_.ask(kOne, usage("a"));
    monitor_.sample_due();
    EXPECT_TRUE(monitor_.ask(kOne, usage("a")));
    monitor_.keep_only(kOne, {});
    clock_.advance(100ms);
  }
  EXPECT_EQ(requests_.size(), 2U);
  EXPECT_THAT(samples_, ElementsAre("a 50")) << "nor has it ended";
  clock_.advance(15s);
  monitor_.sample_due();
  EXPECT_THAT(samples_, ElementsAre("a 50", "a ends"));
  EXPECT_EQ(next_due(), -1);
  EXPECT_FALSE(monitor_.ask(kOne, usage("a")));
  EXPECT_EQ(next_due(), 0);
}

TEST_F(NodeMonitorTest, WhoAsksAnewIsNotGivenWhatIsOld) {
  monitor_.ask(kOne, usage("a", 1h));
  memory_ = 90;
  monitor_.sample_due();
  memory_ = 10;
  clock_.advance(59min);
  EXPECT_EQ(memory(kOne, usage("a", 1h)), 90);
  EXPECT_FALSE(monitor_.ask(kTwo, usage("a"))) << "nearly an hour old";
  EXPECT_EQ(next_due(), 0);
  monitor_.sample_due();
  EXPECT_EQ((*monitor_.ask(kTwo, usage("a")))->peak.memory_percent, 10);
  EXPECT_EQ((*monitor_.ask(kOne, usage("a", 1h)))->peak.memory_percent, 90);
}

TEST_F(NodeMonitorTest, EachRunHasPeaksOfItsOwn) {
  monitor_.ask(kOne, usage("a"));
  memory_ = 70;
  monitor_.sample_due();
  memory_ = 20;
  clock_.advance(30s);
  monitor_.sample_due();
  NodeUsage next = usage("a");
  next.run = 2;
  EXPECT_EQ((*monitor_.ask(kOne, next))->peak.memory_percent, 20);
}

TEST_F(NodeMonitorTest, EndsSomeTimeAfterTheLastWhoAsks) {
  monitor_.ask(kOne, usage("a"));
  monitor_.ask(kTwo, usage("a"));
  monitor_.ask(kTwo, usage("b"));
  monitor_.sample_due();
  samples_.clear();
  requests_.clear();
  monitor_.keep_only(kOne, {});
  monitor_.keep_only(kTwo, {Question(usage("b"))});
  clock_.advance(1h);
  monitor_.sample_due();
  EXPECT_THAT(samples_, ElementsAre("a ends", "b 50"));
  EXPECT_THAT(requests_, ElementsAre(HasSubstr("/nodes/b"), HasSubstr("/nodes/b")));
}

TEST_F(NodeMonitorTest, SaysWhyNothingIsKnown) {
  refusal_ = 404;
  monitor_.ask(kOne, usage("a"));
  monitor_.sample_due();
  auto load = (*monitor_.ask(kOne, usage("a")))->now;
  EXPECT_FALSE(load.memory_percent);
  EXPECT_THAT(load.unknown, HasSubstr("metrics.k8s.io says nothing of node a"));
}

TEST_F(NodeMonitorTest, ARequestThatFailsForAWhileIsNoNews) {
  memory_ = 90;
  monitor_.ask(kOne, usage("a"));
  monitor_.sample_due();
  monitor_.ask(kOne, usage("a"));
  woken();
  refusal_ = 403;
  for (int i = 0; i < 9; ++i) {
    clock_.advance(30s);
    monitor_.sample_due();
    EXPECT_EQ(memory(kOne, usage("a")), 90);
  }
  EXPECT_THAT(woken(), IsEmpty());
  clock_.advance(30s);
  monitor_.sample_due();
  EXPECT_THAT(woken(), ElementsAre("one"));
  EXPECT_EQ((*monitor_.ask(kOne, usage("a")))->now.unknown,
            "what nodes use is not known: metrics.k8s.io: no");
}

// As when the API server does not reach metrics-server.
TEST_F(NodeMonitorTest, WhatTheNodeItselfReportsIsKnownWithoutMetrics) {
  memory_ = 50;
  monitor_.ask(kOne, usage("a"));
  monitor_.sample_due();
  woken();
  refusal_ = 503;
  has_pressure_ = true;
  clock_.advance(30s);
  monitor_.sample_due();
  EXPECT_THAT(woken(), ElementsAre("one"));
  const NodeLoad load = (*monitor_.ask(kOne, usage("a")))->now;
  EXPECT_TRUE(load.memory_pressure);
  EXPECT_EQ(load.memory_percent, 50) << "stands for a while";
  clock_.advance(5min);
  monitor_.sample_due();
  const NodeLoad later = (*monitor_.ask(kOne, usage("a")))->now;
  EXPECT_TRUE(later.memory_pressure);
  EXPECT_EQ(later.memory_percent, std::nullopt);
  EXPECT_EQ(later.unknown, "what nodes use is not known: metrics.k8s.io: no");
}

TEST_F(NodeMonitorTest, DiskIsWhatItsReaderSays) {
  disk_ = 77;
  monitor_.ask(kOne, usage("a"));
  monitor_.sample_due();
  EXPECT_EQ((*monitor_.ask(kOne, usage("a")))->now.disk_percent, 77);
}

TEST_F(NodeMonitorTest, WaitEndsWhenSomebodyAsksAndAtTheStop) {
  monitor_.sample_due();
  monitor_.ask(kOne, usage("a"));
  monitor_.wait(std::nullopt, {});  // returns at once, or the test hangs
  monitor_.sample_due();
  std::stop_source stop;
  stop.request_stop();
  monitor_.wait(clock_.steady_now() + 1h, stop.get_token());
}

}  // namespace
}  // namespace bootstrap
