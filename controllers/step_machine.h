#pragma once
// The life of a step, the same for every kind of work.
//
//   Pending ──1──▶ Running ◀──2, 3──▶ Starting      (a gate: ──1──▶ Waiting, in place of both)
//    │   │            │                  │
//    │   │            └────────┬─────────┴──6, 11──▶ Ending   (from each: stop sent)
//    │   │                     │                       │
//    │   8                     └───────────┬───────────┘
//    │   ▼                                 ├──4──────▶ Succeeded
//    │  Failed                             ├──5, 7───▶ Failed
//    │                                     └──9──────▶ Backoff ──1────▶ Running
//    ├──12──▶ Skipped                                          ──10──▶ Failed
//    └──13──▶ Cancelled, from Ending and Backoff as well
//
//   1  its Job exists (created, or adopted); from Backoff: that of the next attempt, in its time
//   2  launched, no container runs, and the cluster says why
//   3  a container runs (or nobody says why it does not)
//   4  the attempt ended with success
//   5  the attempt ended otherwise
//   6  no container ran within startTimeout, or its child workflow was not over within timeout
//   7  what was stopped has ended
//   8  its Job's name is taken, or its Job is not valid
//   9  as 5 and 7, and another attempt may follow (retry.h)
//  10  as 8, or no other attempt may follow any more
//  11  its phase or the workflow is to end (standing.h)
//  12  its `when`, or that of its phase, does not hold (when.h)
//  13  the workflow is cancelled; from Ending as 7, when 11 was for that reason
//  14  a resume does it again (from any that is final, and from Backoff): to Pending
//  15  a resume finds it no more in the definition: to Removed
//
// A gate waits for people and has neither Job nor pod: from Waiting 4, 5 and 11 lead on.
//
// Succeeded, Failed, Cancelled and Skipped are final: the first recorded result stands, whatever is
// seen later, but for 14 and 15. Pure functions.

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

// Transitions 2 to 7 and 9, of a step that has been launched.
StepMove advance(const PlanStep&, StepRecord, const AttemptView&, TimePoint now);

// Transition 1. The Job of this attempt exists.
StepRecord launched(StepRecord, int attempt, std::string job, std::string job_uid,
                    const std::string& plan, TimePoint start);

// Transition 1 of a step that runs a template. The child workflow exists.
StepRecord launched_child(StepRecord, int attempt, std::string child, std::string child_uid,
                          const std::string& plan, TimePoint start);

// Of Backoff, before something else becomes its reason: why its last attempt failed is kept.
void keep_failure(StepRecord&);

// Transitions 8 and 10, by its Job.
StepRecord never_launched(StepRecord, std::string reason, std::string message, TimePoint now);

// Transition 10. `why` there is no other attempt.
StepRecord given_up(StepRecord, const char* reason, const std::string& why, TimePoint now);

// Transition 13, of a step that is not launched.
StepRecord cancelled(StepRecord, TimePoint now);

// Transition 11.
StepRecord to_be_stopped(StepRecord, const char* reason, const std::string& why);

// Transition 12.
StepRecord skipped(StepRecord, const std::string& why);

// Transition 14. The number of its attempts stays; none of them counts for `retry` any more. Of one
// that is retried the workflow it runs stays as well, to be resumed.
StepRecord to_be_repeated(const StepRecord&);
StepRecord to_be_retried(const StepRecord&);

// Transition 15.
StepRecord removed(const StepRecord&);

// Stopped, or not tried again, because the time of its phase or of the workflow was over.
bool was_ended(const StepRecord&);

bool is_launched(StepState);  // Starting, Running, Waiting, Ending

}  // namespace bootstrap
