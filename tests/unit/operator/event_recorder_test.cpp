#include "operator/event_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/fakes/fake_transport.h"
#include "tests/fakes/manual_clock.h"
#include "tests/unit/operator/small_cluster.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

Transition trouble(const std::string& what) {
  Transition t;
  t.step = StepRef{"p", "a"};
  t.reason = "LaunchRefused";
  t.message = what;
  t.warning = t.event = true;
  return t;
}

class EventRecorderTest : public ::testing::Test {
 protected:
  EventRecorderTest() {
    workflow_.ns = "ns";
    workflow_.name = "w";
    workflow_.uid = "uid-w";
    transport_.on_send([this](const kube::Request&) -> fakes::FakeTransport::Answer {
      return std::exchange(answer_, kube::Response{.status = 200, .body = "{}"});
    });
  }

  // The newest request it sends for that; null: none.
  json says(const Transition& t) {
    const auto before = transport_.seen().size();
    is_written_ = recorder_.record(workflow_, t, "cause-" + std::to_string(++causes_)).has_value();
    if (transport_.seen().size() == before) return nullptr;
    const kube::Request request = transport_.seen().back().request;
    json body = json::parse(request.body);
    body["method"] = request.method == kube::Method::Post ? "POST" : "PATCH";
    body["target"] = request.target;
    return body;
  }

  // Of so many different ones.
  int written(int events) {
    int count = 0;
    for (int i = 0; i < events; ++i)
      count += says(trouble("trouble " + std::to_string(troubles_++))).is_null() ? 0 : 1;
    return count;
  }

  kube::Response answer_{.status = 200, .body = "{}"};
  fakes::FakeTransport transport_;
  fakes::ManualClock clock_;
  kube::Client client_{transport_, nullptr, {}};
  EventRecorder recorder_{client_, clock_, "operator-0"};
  ObjectMeta workflow_;
  int causes_ = 0;
  int troubles_ = 0;
  bool is_written_ = false;
};

TEST_F(EventRecorderTest, CountsWhatIsSaidAgainInTheSameEvent) {
  const json first = says(trouble("exceeded quota"));
  EXPECT_EQ(first["method"], "POST");
  EXPECT_EQ(first["reportingInstance"], "operator-0");
  clock_.advance(60s);
  const json again = says(trouble("exceeded quota"));
  EXPECT_EQ(again["method"], "PATCH");
  EXPECT_EQ(again["target"],
            "/api/v1/namespaces/ns/events/" + first["metadata"]["name"].get<std::string>());
  EXPECT_EQ(again["count"], 2);
  EXPECT_EQ(again["lastTimestamp"], to_rfc3339(clock_.now()));
  EXPECT_EQ(says(trouble("exceeded quota"))["count"], 3);
  EXPECT_EQ(says(trouble("another trouble"))["method"], "POST");
  workflow_.uid = "uid-of-another";
  EXPECT_EQ(says(trouble("exceeded quota"))["method"], "POST");
}

TEST_F(EventRecorderTest, SaysAnewWhatWasSaidLongAgoOrWasDeleted) {
  says(trouble("exceeded quota"));
  clock_.advance(EventRecorder::kSeries + 1ms);
  EXPECT_EQ(says(trouble("exceeded quota"))["method"], "POST");
  answer_ = testing::refusal(404, "NotFound", "gone");
  EXPECT_EQ(says(trouble("exceeded quota"))["method"], "POST");
  EXPECT_TRUE(is_written_);
}

TEST_F(EventRecorderTest, OneThatWasNotWrittenIsNotCountedUp) {
  answer_ = testing::refusal(403, "Forbidden", "no");
  says(trouble("exceeded quota"));
  EXPECT_FALSE(is_written_);
  EXPECT_EQ(says(trouble("exceeded quota"))["method"], "POST");
}

TEST_F(EventRecorderTest, AWorkflowHasABudget) {
  EXPECT_EQ(written(EventRecorder::kAtOnce + 20), EventRecorder::kAtOnce);
  clock_.advance(EventRecorder::kBetween);
  EXPECT_EQ(written(5), 1);
  Transition over;
  over.reason = "WorkflowFailed";
  over.message = "p/a failed";
  over.ends = over.event = true;
  EXPECT_EQ(says(over)["method"], "POST") << "what it came to is always told";
  workflow_.uid = "uid-of-another";
  EXPECT_EQ(written(5), 5);
}

}  // namespace
}  // namespace bootstrap
