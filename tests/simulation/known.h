#pragma once
// What the invariants know of a workflow: its outline, and what has really happened to it.
//
// Threads: values.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/nodes.h"
#include "tests/simulation/object_store.h"
#include "tests/simulation/outline.h"

namespace bootstrap::simulation {

// A Job or a child that was created.
struct Launch {
  TimePoint at;
  std::string uid;
  bool late = false;        // see invariants.h
  std::size_t process = 0;  // the operator that created it
  // The status that would have recorded it was not written: it is found by a later pass.
  bool unwritten = false;
  // The operator has told it to end.
  std::optional<TimePoint> stopped = {};
  std::string stop_reason = {};
};

// An attempt that was recorded as failed, as it was recorded first.
struct FailedAttempt {
  Json record;
  TimePoint at;
};

// Only people were waited for.
struct Pause {
  TimePoint from;
  std::optional<TimePoint> to = {};
};

struct Known {
  std::string name;
  std::uint64_t created = 0;  // at which version
  TimePoint created_at;
  Outline outline;  // of its spec as created
  std::set<StepRef> launched;
  Json status;                                         // the newest
  std::size_t writer = 0;                              // the process that wrote it
  std::size_t processes = 0;                           // started by then
  std::map<std::string, std::set<std::string>> given;  // answers, ever, by name
  bool deleted = false;
  bool cancelled = false;                           // was told to be, ever in this run
  bool ever_cancelled = false;                      // in any
  std::optional<TimePoint> suspended = {};          // is told to be, since then
  std::map<int, std::set<std::string>> asked = {};  // resume.run, ever, and its `from`s
  int wanted = 0;                                   // resume.run
  int run = 0;                                      // of its newest plan
  std::string from = {};                            // of that
  TimePoint run_start = {};
  bool resumed = false;     // that is not its first one
  Json former_status = {};  // of the run before: the newest
  AttemptName of = {};      // of a child: whose it is
  std::map<AttemptName, Launch> launches = {};
  std::map<AttemptName, FailedAttempt> failures = {};
  // Launched before this run and not on record when it began.
  std::set<AttemptName> unrecorded = {};
  std::map<std::string, TimePoint> phase_begins = {};  // with its first launch
  std::map<StepRef, TimePoint> over = {};              // when a step's result was recorded
  std::vector<Pause> pauses = {};
  TimePoint newest = {};  // of its status
};

// Takes a sentence about what is wrong.
using Complain = std::function<void(const std::string&)>;

// Of all runs.
std::vector<const PodRun*> runs_of(const Nodes&, const std::string& workflow_uid, const StepRef&);

}  // namespace bootstrap::simulation
