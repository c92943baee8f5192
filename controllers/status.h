#pragma once
// The status of a workflow: all state there is. What is not here does not survive a restart.
//
// Pure values and their JSON, as the CRD has it. Fields that are empty are left out of the JSON.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "controllers/names.h"
#include "controllers/outputs.h"
#include "controllers/time.h"

namespace bootstrap {

enum class WorkflowState {
  Pending,
  Running,
  Waiting,
  Suspended,
  Succeeded,
  Failed,
  Cancelled,
  Invalid
};
enum class PhaseState { Pending, Running, Succeeded, Failed, Cancelled, Skipped, Removed };

// Running: its Job has been launched. Starting: launched, but no container runs, and reason and
// message say why. Waiting: for people; reason and message say for what. Ending: it is being
// stopped; its pod has not ended yet. Backoff: an attempt has failed, and the next one comes at
// `next_retry`. Cancelled: by spec.cancel, before it had an end of its own. Skipped: its `when`, or
// that of its phase, did not hold. Removed: the definition has it no more; its record stays for its
// number of attempts. The transitions are drawn in step_machine.h.
enum class StepState {
  Pending,
  Starting,
  Running,
  Waiting,
  Ending,
  Backoff,
  Succeeded,
  Failed,
  Cancelled,
  Skipped,
  Removed
};

struct StepRecord {
  std::string name;
  StepState state = StepState::Pending;
  int attempts = 0;   // Jobs launched so far; never goes down, so that no name is met twice
  int former = 0;     // of those: of former runs
  int uncounted = 0;  // of the others: lost to disruption or never started, which uses up none
  std::string job;
  std::string job_uid;
  std::string child;  // the workflow it runs, in place of a Job
  std::string child_uid;
  std::optional<int> child_percent;  // how far that is; never goes down
  std::string reason;
  std::string message;
  std::string last_failure;  // why the attempt before failed, of one that is tried again
  std::optional<int> exit_code;
  std::optional<TimePoint> start;       // of the newest attempt
  std::optional<TimePoint> completion;  // of the newest attempt
  std::optional<TimePoint> next_retry;  // of Backoff; whole seconds, as it is stored
  std::optional<Duration> expected;     // how long the newest attempt is to take; whole seconds
  std::string log_tail;
  Outputs outputs;              // of a step that succeeded; of one that is Waiting: so far
  std::string source_revision;  // the commit its source was cloned at
  std::string plan;             // the ControllerRevision its newest attempt ran with
  bool operator==(const StepRecord&) const = default;
};

struct PhaseRecord {
  std::string name;
  PhaseState state = PhaseState::Pending;
  std::optional<TimePoint> start;
  std::optional<TimePoint> completion;
  std::vector<StepRecord> steps;
  Duration paused{};  // of its time, before status.paused_since; whole seconds
  bool operator==(const PhaseRecord&) const = default;
};

struct Progress {
  int completed = 0;
  int total = 0;
  int percent = 0;
  std::string text;     // "5/9 55%"
  std::string current;  // "phase/step"
  std::string elapsed;  // as of `at`
  std::optional<TimePoint> at;
  std::string eta = {};        // time left, as of `at`: "31m"; empty: nobody knows
  std::string eta_clock = {};  // when it is over: "14:31Z"
  std::string overdue = {};    // steps that take longer than expected, as of `at`
  bool operator==(const Progress&) const = default;
};

struct Condition {
  std::string type;
  std::string status;  // "True", "False", "Unknown"
  std::string reason;
  std::string message;
  std::int64_t observed_generation = 0;
  std::optional<TimePoint> last_transition;
  bool operator==(const Condition&) const = default;
};

// The condition that is there while a resume is asked for and has not begun: "False" when it is
// refused, "Unknown" when it waits.
inline constexpr const char* kResumeAccepted = "ResumeAccepted";

// The condition that a node on which steps run uses too much; see monitoring.h.
inline constexpr const char* kResourcePressure = "ResourcePressure";
inline constexpr const char* kBelowLimits = "BelowLimits";
inline constexpr const char* kUsageUnknown = "UsageUnknown";
inline constexpr const char* kNoStepRuns = "NoStepRuns";

// The reason of a workflow that comes from a backup and stands still.
inline constexpr const char* kRestored = "Restored";

// The most that a node used of something while steps of the run were at work there; see
// node_load.h.
struct Peak {
  int percent = 0;
  std::string node;
  bool operator==(const Peak&) const = default;
};

struct ResourcePeaks {
  std::optional<Peak> memory;
  std::optional<Peak> cpu;
  std::optional<Peak> disk;
  bool operator==(const ResourcePeaks&) const = default;
};

struct HistoryEntry {
  TimePoint time;
  int run = 0;
  std::string step;  // "phase/step"; empty: the workflow
  std::string state;
  std::string reason;
  bool operator==(const HistoryEntry&) const = default;
};

struct Status {
  std::int64_t observed_generation = 0;
  std::string uid;  // of the object this status belongs to: a restored one has another
  std::optional<WorkflowState> state;
  std::string reason;
  std::string message;
  int run = 0;  // 0: never started
  std::string plan;
  std::string lock;                  // that it holds or waits for; empty: none
  std::optional<TimePoint> cleanup;  // when what this run has left behind was deleted
  std::optional<TimePoint> start;
  std::optional<TimePoint> completion;
  std::optional<TimePoint> estimated_end;  // see eta.h; whole seconds
  std::string duration;
  std::optional<TimePoint> paused_since;  // only people are waited for; whole seconds
  Duration paused{};                      // before that, in all; whole seconds
  std::optional<Progress> progress;
  ResourcePeaks resources;
  std::vector<Condition> conditions;
  std::vector<PhaseRecord> phases;
  std::vector<HistoryEntry> history;  // oldest first

  // To the millisecond, where what is stored has whole seconds: use same_when_stored().
  bool operator==(const Status&) const = default;
};

const char* to_text(WorkflowState);
const char* to_text(PhaseState);
const char* to_text(StepState);

bool is_final(WorkflowState);  // Succeeded, Failed, Cancelled: nothing changes it but the user
bool is_final(StepState);      // Succeeded, Failed, Cancelled, Skipped, Removed

nlohmann::json to_json(const Status&);
// Whether they are the same object once they are written.
bool same_when_stored(const Status&, const Status&);
// Error: a value this version does not know, e.g. the state of a newer one; such a workflow must
// not be touched.
tl::expected<Status, std::string> read_status(const nlohmann::json&);

// What must be sent (RFC 7386) to turn the status `from` into `to`: fields that vanish are null.
// Empty object: nothing.
nlohmann::json merge_patch(const nlohmann::json& from, const nlohmann::json& to);

// Null: it is not there.
const Condition* find_condition(const Status&, std::string_view type);

StepRecord* find_step(Status&, const StepRef&);
const StepRecord* find_step(const Status&, const StepRef&);

}  // namespace bootstrap
