#include "controllers/transitions.h"

#include <gtest/gtest.h>

#include "tests/unit/controllers/specs.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using namespace testing_specs;

const TimePoint kNow(1'700'000'000'123ms);

Transition failed_step() {
  Transition t;
  t.step = StepRef{"cluster", "create"};
  t.state = "Failed";
  t.reason = "StepFailed";
  t.message = "cluster/create failed (ToolFailed): exit code 3";
  t.warning = t.event = true;
  return t;
}

TEST(Transitions, BecomeEventsAboutTheWorkflow) {
  json event = to_event(workflow_meta(), failed_step(), "cause", "pod-1", kNow);
  EXPECT_EQ(event["metadata"]["name"], event_name("full-setup", workflow_meta().uid, "cause"));
  event["metadata"].erase("name");
  EXPECT_EQ(event, json::parse(R"({
    "apiVersion": "v1", "kind": "Event", "metadata": {"namespace": "bootstrap"},
    "eventTime": "2023-11-14T22:13:20.123000Z", "type": "Warning", "count": 1,
    "firstTimestamp": "2023-11-14T22:13:20Z", "lastTimestamp": "2023-11-14T22:13:20Z",
    "reportingComponent": "bootstrap.openshift.io/bootstrap-operator",
    "reportingInstance": "pod-1", "action": "RunStep", "reason": "StepFailed",
    "message": "cluster/create failed (ToolFailed): exit code 3",
    "involvedObject": {"apiVersion": "bootstrap.openshift.io/v1alpha1", "kind": "BootstrapWorkflow",
                  "namespace": "bootstrap", "name": "full-setup",
                  "uid": "6f1f0c2e-8d0b-4c2e-9a55-0f6f0f3a1b2c"}})"));
}

TEST(Transitions, OfTheWorkflowItselfAreNormalUnlessTheyWarn) {
  Transition t;
  t.reason = "WorkflowStarted";
  const json event = to_event(workflow_meta(), t, "cause", "pod-1", kNow);
  EXPECT_EQ(event["action"], "RunWorkflow");
  EXPECT_EQ(event["type"], "Normal");
}

TEST(Transitions, PublishedTwiceMeetTheirOwnName) {
  const auto name = [](const char* cause, TimePoint now) {
    return to_event(workflow_meta(), failed_step(), cause, "pod-1", now)["metadata"]["name"];
  };
  EXPECT_EQ(name("cause", kNow), name("cause", kNow + 1h));
  EXPECT_NE(name("cause", kNow), name("other cause", kNow));
}

TEST(Transitions, NotesKeepTheLimitOfTheApi) {
  Transition t = failed_step();
  t.message = std::string(1023, 'x') + "€";
  const json event = to_event(workflow_meta(), t, "cause", "pod-1", kNow);
  EXPECT_EQ(event["message"], std::string(1021, 'x') + "…");
}

}  // namespace
}  // namespace bootstrap
