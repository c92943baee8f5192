#include "controllers/status.h"

#include <random>

#include <gtest/gtest.h>

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

// A status with everything in it, as the API server would give it back.
json full_status() {
  return json::parse(R"({
    "observedGeneration": 3,
    "uid": "uid-1",
    "state": "Running",
    "reason": "StepRunning",
    "message": "cluster/create is running",
    "run": 2,
    "plan": "full-setup-abc",
    "startTime": "2026-01-02T15:04:05Z",
    "completionTime": "2026-01-02T16:04:05Z",
    "duration": "1h0m0s",
    "progress": {"completed": 5, "total": 9, "percent": 55, "text": "5/9 55%",
                 "current": "cluster/create", "elapsed": "14m10s", "at": "2026-01-02T15:18:15Z"},
    "resources": {"memory": {"peakPercent": 91, "node": "worker-1"},
                  "disk": {"peakPercent": 0, "node": "worker-2"}},
    "conditions": [{"type": "Valid", "status": "True", "reason": "SpecValid", "message": "",
                    "observedGeneration": 3, "lastTransitionTime": "2026-01-02T15:04:05Z"}],
    "phases": [
      {"name": "infra", "state": "Succeeded", "startTime": "2026-01-02T15:04:05Z",
       "completionTime": "2026-01-02T15:14:05Z",
       "steps": [{"name": "bootstrap", "state": "Succeeded", "attempts": 1, "job": "job-1",
                  "jobUID": "job-uid-1", "exitCode": 0, "startTime": "2026-01-02T15:04:05Z",
                  "completionTime": "2026-01-02T15:14:05Z", "plan": "full-setup-abc"}]},
      {"name": "cluster", "state": "Failed",
       "steps": [{"name": "create", "state": "Failed", "attempts": 2, "job": "job-2",
                  "jobUID": "job-uid-2", "reason": "ToolFailed", "message": "exit code 3: größer",
                  "exitCode": 3, "logTail": "line\nlast \"line\"\n"},
                 {"name": "wait", "state": "Pending", "attempts": 0},
                 {"name": "a", "state": "Starting", "attempts": 1},
                 {"name": "b", "state": "Running", "attempts": 1},
                 {"name": "c", "state": "Ending", "attempts": 1},
                 {"name": "d", "state": "Backoff", "attempts": 3, "uncountedAttempts": 1,
                  "nextRetryTime": "2026-01-02T15:04:05Z"},
                 {"name": "e", "state": "Skipped", "attempts": 0}]},
      {"name": "later", "state": "Pending"},
      {"name": "now", "state": "Running"}
    ],
    "history": [{"time": "2026-01-02T15:04:05Z", "run": 2, "state": "Running",
                 "reason": "WorkflowStarted"},
                {"time": "2026-01-02T15:14:05Z", "run": 2, "step": "infra/bootstrap",
                 "state": "Succeeded", "reason": "StepSucceeded"}]
  })");
}

TEST(Status, SurvivesBeingReadAndWritten) {
  const auto status = read_status(full_status());
  ASSERT_TRUE(status) << status.error();
  EXPECT_EQ(to_json(*status), full_status());
}

TEST(Status, IsReadFieldByField) {
  const auto status = read_status(full_status());
  ASSERT_TRUE(status);
  EXPECT_EQ(status->observed_generation, 3);
  EXPECT_EQ(status->uid, "uid-1");
  EXPECT_EQ(status->state, WorkflowState::Running);
  EXPECT_EQ(status->run, 2);
  EXPECT_EQ(status->start, from_rfc3339("2026-01-02T15:04:05Z"));
  EXPECT_EQ(status->progress->completed, 5);
  EXPECT_EQ(status->conditions.at(0).type, "Valid");
  const StepRecord& failed = status->phases.at(1).steps.at(0);
  EXPECT_EQ(failed.state, StepState::Failed);
  EXPECT_EQ(failed.attempts, 2);
  EXPECT_EQ(failed.job_uid, "job-uid-2");
  EXPECT_EQ(failed.exit_code, 3);
  EXPECT_EQ(failed.start, std::nullopt);
  EXPECT_EQ(failed.log_tail, "line\nlast \"line\"\n");
  EXPECT_EQ(status->history.at(1).step, "infra/bootstrap");
}

TEST(Status, OfAWorkflowNeverSeenIsEmpty) {
  for (const json& nothing : {json(), json::object()}) {
    const auto status = read_status(nothing);
    ASSERT_TRUE(status);
    EXPECT_EQ(status->state, std::nullopt);
    EXPECT_EQ(status->run, 0);
    EXPECT_EQ(to_json(*status), json::object());
  }
}

TEST(Status, EmptyFieldsAreLeftOut) {
  Status status;
  status.state = WorkflowState::Pending;
  status.phases = {{"p", PhaseState::Pending, {}, {}, {}}};
  status.phases[0].steps.resize(1);
  status.phases[0].steps[0].name = "s";
  EXPECT_EQ(to_json(status), json::parse(R"({"state": "Pending", "phases": [
    {"name": "p", "state": "Pending",
     "steps": [{"name": "s", "state": "Pending", "attempts": 0}]}]})"));
}

TEST(Status, AnExitCodeOfZeroIsKept) {
  Status status;
  status.phases = {{"p", PhaseState::Succeeded, {}, {}, {}}};
  status.phases[0].steps.resize(1);
  status.phases[0].steps[0].exit_code = 0;
  EXPECT_EQ(to_json(status)["phases"][0]["steps"][0].at("exitCode"), 0);
}

TEST(Status, FieldsThatAreNullAreAsGoodAsAbsent) {
  const auto status = read_status(json::parse(
      R"({"state": null, "run": null, "uid": null, "progress": null, "phases": null,
          "startTime": null, "history": [{"time": null, "state": "x"}]})"));
  ASSERT_TRUE(status) << status.error();
  EXPECT_EQ(status->state, std::nullopt);
  EXPECT_FALSE(status->progress);
  EXPECT_EQ(status->run, 0);
}

// A status of a newer version must not be overwritten with what is understood of it.
TEST(Status, WhatThisVersionDoesNotKnowIsRefused) {
  struct Row {
    const char* pointer;
    json value;
    const char* error;  // "": only that there is one
  };
  const std::vector<Row> rows{
      {"/state", "Broken", "unknown state \"Broken\""},
      {"/state", "running", "unknown state \"running\""},
      {"/state", "", "unknown state \"\""},
      {"/state", 5, ""},
      {"/phases/0/state", "Broken", "unknown state \"Broken\""},
      {"/phases/0/steps/0/state", "Dreaming", "unknown state \"Dreaming\""},
      {"/phases/0/steps/0", {{"name", "no state"}}, "unknown state \"\""},
      {"/phases/0/steps/0/attempts", "1", ""},
      {"/phases/0/steps/0/exitCode", "0", ""},
      {"/phases/0/steps/0/startTime", "yesterday", "startTime is not a time"},
      {"/phases/0/steps/0/jobUID", 5, ""},
      {"/phases/0", "x", ""},
      {"/phases", "x", ""},
      {"/startTime", 5, ""},
      {"/progress", "5/9", ""},
      {"/history/0", 5, ""},
      {"/conditions", {{"Valid", {{"status", "True"}}}}, "conditions is not a list"},
      {"", json::array(), ""},
      {"", "Running", ""},
  };
  for (const Row& row : rows) {
    json changed = full_status();
    changed[json::json_pointer(row.pointer)] = row.value;
    const auto status = read_status(changed);
    ASSERT_FALSE(status) << row.pointer << " " << row.value;
    const std::string expected(row.error);
    EXPECT_EQ(status.error(), expected.empty() ? status.error() : expected) << row.pointer;
    EXPECT_FALSE(status.error().empty()) << row.pointer;
  }
}

TEST(Status, FieldsOfNewerVersionsAreNoReasonToRefuse) {
  json newer = full_status();
  newer["estimatedCompletionTime"] = "2026-01-02T15:04:05Z";
  newer["phases"][0]["steps"][0]["outputs"] = {{"key", "value"}};
  EXPECT_TRUE(read_status(newer));
}

TEST(Status, FinalStates) {
  for (const auto& [state, final] : std::vector<std::pair<WorkflowState, bool>>{
           {WorkflowState::Pending, false},
           {WorkflowState::Running, false},
           {WorkflowState::Suspended, false},
           {WorkflowState::Invalid, false},  // it starts by itself when it is mended
           {WorkflowState::Succeeded, true},
           {WorkflowState::Failed, true}})
    EXPECT_EQ(is_final(state), final) << to_text(state);
  for (const auto& [state, final] :
       std::vector<std::pair<StepState, bool>>{{StepState::Pending, false},
                                               {StepState::Starting, false},
                                               {StepState::Running, false},
                                               {StepState::Ending, false},
                                               {StepState::Succeeded, true},
                                               {StepState::Failed, true}})
    EXPECT_EQ(is_final(state), final) << to_text(state);
}

TEST(Status, StepsAreFoundByPhaseAndName) {
  Status status = *read_status(full_status());
  ASSERT_NE(find_step(status, {"cluster", "create"}), nullptr);
  EXPECT_EQ(find_step(status, {"cluster", "create"})->job, "job-2");
  EXPECT_EQ(find_step(status, {"infra", "create"}), nullptr);
  EXPECT_EQ(find_step(status, {"nowhere", "create"}), nullptr);
  const Status& unchanged = status;
  EXPECT_EQ(find_step(unchanged, {"cluster", "create"}), find_step(status, {"cluster", "create"}));
}

// --- patches ---

struct PatchRow {
  const char* what;
  const char* from;
  const char* to;
  const char* patch;
};

TEST(MergePatch, SaysOnlyWhatChanged) {
  const std::vector<PatchRow> rows{
      {"nothing", "{}", "{}", "{}"},
      {"nothing in something", R"({"a": [1, {"b": 2}]})", R"({"a": [1, {"b": 2}]})", "{}"},
      {"a new field", R"({"a": 1})", R"({"a": 1, "b": 2})", R"({"b": 2})"},
      {"a changed field", R"({"a": 1, "b": 2})", R"({"a": 1, "b": 3})", R"({"b": 3})"},
      {"a field that vanishes", R"({"a": 1, "b": 2})", R"({"a": 1})", R"({"b": null})"},
      {"a change deep inside", R"({"p": {"x": 1, "y": {"z": 1, "w": 1}}})",
       R"({"p": {"x": 1, "y": {"z": 2, "w": 1}}})", R"({"p": {"y": {"z": 2}}})"},
      {"a field vanishes deep inside", R"({"p": {"x": 1, "y": 2}})", R"({"p": {"x": 1}})",
       R"({"p": {"y": null}})"},
      {"an object vanishes", R"({"p": {"x": 1}})", "{}", R"({"p": null})"},
      {"lists are replaced whole", R"({"l": [{"a": 1}, {"b": 2}]})", R"({"l": [{"a": 1}]})",
       R"({"l": [{"a": 1}]})"},
      {"an entry of a list that changes", R"({"l": [{"a": 1, "b": 1}]})",
       R"({"l": [{"a": 1, "b": 2}]})", R"({"l": [{"a": 1, "b": 2}]})"},
      {"an object becomes a value", R"({"p": {"x": 1}})", R"({"p": 1})", R"({"p": 1})"},
      {"a value becomes an object", R"({"p": 1})", R"({"p": {"x": 1}})", R"({"p": {"x": 1}})"},
      {"an object is emptied", R"({"p": {"x": 1}})", R"({"p": {}})", R"({"p": {"x": null}})"},
  };
  for (const PatchRow& row : rows) {
    const json from = json::parse(row.from), to = json::parse(row.to);
    EXPECT_EQ(merge_patch(from, to), json::parse(row.patch)) << row.what;
    json applied = from;
    applied.merge_patch(merge_patch(from, to));
    EXPECT_EQ(applied, to) << row.what;
  }
}

json random_value(std::mt19937& random, int depth) {
  switch (random() % (depth > 0 ? 6 : 3)) {
    case 0:
      return static_cast<int>(random() % 3);
    case 1:
      return std::string(random() % 2, 'x');
    case 2:
      return random() % 2 == 0;
    case 3: {
      json list = json::array();
      for (auto n = random() % 3; n > 0; --n) list.push_back(random_value(random, depth - 1));
      return list;
    }
    default:
      json object = json::object();
      for (auto n = random() % 4; n > 0; --n)
        object[std::string(1, static_cast<char>('a' + random() % 4))] =
            random_value(random, depth - 1);
      return object;
  }
}

TEST(MergePatch, TurnsAnyObjectIntoAnyOther) {
  std::mt19937 random(7);  // NOLINT: the same every time
  int different = 0;
  for (int round = 0; round < 5'000; ++round) {
    const json from = {{"s", random_value(random, 4)}, {"t", random_value(random, 2)}};
    json to = from;
    to["s"] = random_value(random, 4);
    const json patch = merge_patch(from, to);
    json applied = from;
    applied.merge_patch(patch);
    ASSERT_EQ(applied, to) << from << " patched with " << patch;
    EXPECT_EQ(patch.empty(), from == to) << from << " " << to;
    different += patch.empty() ? 0 : 1;
  }
  EXPECT_GT(different, 3'000);
}

TEST(MergePatch, OfAStatusThatLosesFieldsNamesThem) {
  Status before = *read_status(full_status());
  Status after = before;
  after.completion.reset();
  after.reason.clear();
  after.progress->elapsed.clear();
  EXPECT_EQ(merge_patch(to_json(before), to_json(after)),
            json::parse(R"({"completionTime": null, "reason": null,
                            "progress": {"elapsed": null}})"));
}

}  // namespace
}  // namespace bootstrap
