#include "controllers/pod_trouble.h"

#include <gtest/gtest.h>

namespace bootstrap {
namespace {

using namespace std::chrono_literals;

ContainerView container(ContainerState state, const char* reason, const char* message) {
  ContainerView view;
  view.name = "main";
  view.state = state;
  view.reason = reason;
  view.message = message;
  return view;
}

struct WaitingRow {
  const char* reason;
  const char* message;
  const char* expected_reason;  // "": no trouble
  const char* expected_message;
};

// Reasons and messages of a kubelet 1.35.
const std::vector<WaitingRow> kWaiting{
    {"ContainerCreating", "", "", ""},
    {"PodInitializing", "", "", ""},
    {"", "", "", ""},
    {"SomethingNew", "of a later version", "", ""},
    {"ErrImagePull", "failed to pull and unpack image \"registry.example/tools:9\": not found",
     "ImagePullFailed",
     "ErrImagePull: failed to pull and unpack image \"registry.example/tools:9\": not found"},
    {"ImagePullBackOff", "Back-off pulling image \"registry.example/tools:9\"", "ImagePullFailed",
     "ImagePullBackOff: Back-off pulling image \"registry.example/tools:9\""},
    {"InvalidImageName", "couldn't parse image name \"X\"", "ImagePullFailed",
     "InvalidImageName: couldn't parse image name \"X\""},
    {"ErrImageNeverPull", "", "ImagePullFailed", "ErrImageNeverPull"},
    {"ImageInspectError", "x", "ImagePullFailed", "ImageInspectError: x"},
    {"RegistryUnavailable", "x", "ImagePullFailed", "RegistryUnavailable: x"},
    {"SignatureValidationFailed", "x", "ImagePullFailed", "SignatureValidationFailed: x"},
    {"CreateContainerConfigError", "secret \"credentials\" not found", "ConfigMissing",
     "CreateContainerConfigError: secret \"credentials\" not found"},
    {"CreateContainerError", "context deadline exceeded", "StartError",
     "CreateContainerError: context deadline exceeded"},
    {"RunContainerError", "x", "StartError", "RunContainerError: x"},
    {"PreCreateHookError", "x", "StartError", "PreCreateHookError: x"},
};

TEST(PodTrouble, AContainersWaitingReasonIsPutIntoAFewWords) {
  for (const WaitingRow& row : kWaiting) {
    PodView main, init;
    main.containers = {container(ContainerState::Waiting, row.reason, row.message)};
    init.init_containers = main.containers;
    init.containers = {container(ContainerState::Waiting, "PodInitializing", "")};
    for (const PodView& pod : {main, init}) {
      const auto trouble = trouble_of(pod);
      ASSERT_EQ(trouble.has_value(), *row.expected_reason != '\0') << row.reason;
      if (!trouble) continue;
      EXPECT_EQ(trouble->reason, row.expected_reason) << row.reason;
      EXPECT_EQ(trouble->message, row.expected_message) << row.reason;
    }
  }
}

TEST(PodTrouble, OnlyWaitingContainersAreInTrouble) {
  PodView pod;
  pod.containers = {container(ContainerState::Running, "ErrImagePull", "x"),
                    container(ContainerState::Terminated, "CreateContainerError", "x")};
  EXPECT_FALSE(trouble_of(pod));
  EXPECT_FALSE(trouble_of(PodView{}));
}

TEST(PodTrouble, SchedulingIsToldByTheCondition) {
  struct Row {
    ObjectCondition condition;
    bool trouble;
  };
  const std::string message = "0/3 nodes are available: 3 Insufficient memory.";
  const std::vector<Row> rows{
      {{"PodScheduled", "False", "Unschedulable", message}, true},
      {{"PodScheduled", "True", "", ""}, false},
      {{"PodScheduled", "False", "SchedulingGated", "x"}, false},
      {{"PodScheduled", "Unknown", "Unschedulable", "x"}, false},
      {{"Ready", "False", "Unschedulable", "x"}, false},
  };
  for (const Row& row : rows) {
    PodView pod;
    pod.conditions = {row.condition};
    const auto trouble = trouble_of(pod);
    ASSERT_EQ(trouble.has_value(), row.trouble) << row.condition.type << row.condition.reason;
    if (!trouble) continue;
    EXPECT_EQ(trouble->reason, "Unschedulable");
    EXPECT_EQ(trouble->message, message);
  }
}

EventView event(const char* reason, const char* message, std::optional<TimePoint> time = {},
                const char* type = "Warning") {
  return {type, reason, message, time};
}

TEST(PodTrouble, EventsAreSortedByWhatIsMissing) {
  struct Row {
    const char* reason;
    const char* message;
    const char* expected;
  };
  const std::vector<Row> rows{
      {"FailedCreate",
       "Error creating: pods \"x-abcde\" is forbidden: exceeded quota: small, requested: pods=1, "
       "used: pods=5, limited: pods=5",
       "PodRefused"},
      {"FailedCreate",
       "Error creating: pods \"x-\" is forbidden: unable to validate against any security context "
       "constraint",
       "PodRefused"},
      {"FailedMount",
       "MountVolume.SetUp failed for volume \"bootstrap-source\" : configmap \"tools\" not found",
       "ConfigMissing"},
      {"FailedMount",
       "MountVolume.SetUp failed for volume \"vault\" : secret \"vault-token\" not found",
       "ConfigMissing"},
      {"FailedMount",
       "Unable to attach or mount volumes: unmounted volumes=[data]: timed out waiting for the "
       "condition",
       "VolumeNotReady"},
      {"FailedMount", "MountVolume.SetUp failed for volume \"d\" : path /d not found",
       "VolumeNotReady"},
      {"FailedAttachVolume", "Multi-Attach error for volume \"pvc-1\"", "VolumeNotReady"},
      {"FailedMapVolume", "x", "VolumeNotReady"},
      {"FailedScheduling", "0/1 nodes are available: persistentvolumeclaim \"d\" not found.",
       "Unschedulable"},
      {"FailedCreatePodSandBox", "failed to setup network for sandbox", "NotStarting"},
      {"Failed", "Error: cannot allocate memory", "NotStarting"},
      {"BackOff", "Back-off restarting failed container", ""},
      {"Unhealthy", "Readiness probe failed", ""},
  };
  for (const Row& row : rows) {
    const auto trouble = trouble_in({event(row.reason, row.message)});
    ASSERT_EQ(trouble.has_value(), *row.expected != '\0') << row.reason;
    if (!trouble) continue;
    EXPECT_EQ(trouble->reason, row.expected) << row.reason << ": " << row.message;
    EXPECT_EQ(trouble->message, row.message);
  }
}

TEST(PodTrouble, TheNewestWarningCounts) {
  const TimePoint t(1'700'000'000'000ms);
  EXPECT_FALSE(trouble_in({}));
  EXPECT_FALSE(trouble_in({event("FailedMount", "x", t, "Normal")}));
  const auto message = [](const std::vector<EventView>& events) {
    const auto trouble = trouble_in(events);
    return trouble ? trouble->message : "";
  };
  EXPECT_EQ(message({event("FailedMount", "new", t + 1s), event("FailedMount", "old", t)}), "new");
  EXPECT_EQ(message({event("FailedMount", "old", t), event("FailedMount", "new", t + 1s)}), "new");
  EXPECT_EQ(message({event("FailedMount", "timed", t), event("FailedMount", "not timed")}),
            "timed");
  EXPECT_EQ(message({event("FailedMount", "listed first", t), event("FailedMount", "last", t)}),
            "last");
  EXPECT_EQ(message({event("FailedMount", "says it", t), event("Scheduled", "newer", t + 1s),
                     event("BackOff", "newer", t + 2s)}),
            "says it");
}

TEST(LookSchedule, LooksLessAndLessOften) {
  struct Row {
    Duration waited;
    bool due;
    Duration next;  // since the beginning
  };
  const TimePoint since(1'700'000'000'000ms);
  const std::vector<Row> rows{
      {-10s, false, 5s},  // clocks differ
      {0s, false, 5s},     {4999ms, false, 5s}, {5s, true, 10s},
      {9999ms, true, 10s}, {10s, true, 20s},    {20s, true, 40s},
      {39s, true, 40s},    {40s, true, 80s},    {80s, true, 140s},  // at last every minute
      {140s, true, 200s},  {1h, true, 3620s},
  };
  for (const Row& row : rows) {
    const LookSchedule look = look_schedule(since, since + row.waited, 1min);
    EXPECT_EQ(look.due, row.due) << row.waited.count();
    EXPECT_EQ((look.next - since).count(), row.next.count()) << row.waited.count();
  }
}

TEST(LookSchedule, TheNextLookIsAlwaysAhead) {
  const TimePoint since(1'700'000'000'000ms);
  for (Duration waited = -10s; waited < 2h; waited += 777ms) {
    const LookSchedule look = look_schedule(since, since + waited, 5min);
    EXPECT_GT(look.next, since + waited);
    EXPECT_LE(look.next - (since + waited), std::max<Duration>(5min, 15s));
  }
}

}  // namespace
}  // namespace bootstrap
