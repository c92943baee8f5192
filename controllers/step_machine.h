#pragma once
// The life of a step, the same for every kind of work.
//
//              launched            result
//   Pending ────1────▶ Running ──────4─────▶ Succeeded
//      │                ▲  │ ╲
//      │          3 (it │  │  ╲───────5────▶ Failed
//      │           runs)│  │ 2 (no container,      ▲
//      │                │  ▼    and why)           │
//      │               Starting ──────4, 5─────────┤
//      │                   │                       │
//      │                   │ 6 (startTimeout:      │
//      │                   ▼    suspend sent)      │
//      │                Ending ───────7────────────┤  (or 4: its pod had succeeded after all)
//      │                                           │
//      └───────────────8 (it can never be launched)┘
//
//   1  its Job exists (created, or adopted)
//   2  launched, no container runs, and the cluster says why
//   3  a container runs (or nobody says why it does not)
//   4  the attempt ended with success
//   5  the attempt ended otherwise
//   6  no container ran within startTimeout
//   7  what was stopped has ended
//   8  its Job's name is taken, or its Job is not valid
//
// Succeeded and Failed are final: the first recorded result stands, whatever is seen later.
// Pure functions.

#include <optional>

#include "controllers/attempt.h"
#include "controllers/plan.h"
#include "controllers/status.h"

namespace bootstrap {

struct StepMove {
  StepRecord record;
  bool stop = false;              // its work must be stopped (again, until it has ended)
  std::optional<TimePoint> wake;  // when time alone may move it
};

// Transitions 2 to 7, of a step that has been launched.
StepMove advance(const PlanStep&, StepRecord, const AttemptView&, TimePoint now);

// Transition 1. The Job of this attempt exists.
StepRecord launched(StepRecord, int attempt, std::string job, std::string job_uid,
                    const std::string& plan, TimePoint start);

// Transition 8.
StepRecord never_launched(StepRecord, std::string reason, std::string message, TimePoint now);

bool is_launched(StepState);  // Starting, Running, Ending

}  // namespace bootstrap
