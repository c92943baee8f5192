#pragma once
// Resuming: a run goes on as another one, with the definition as it is now.
//
// A resume is a function from the status and the next plan to the status; it adds no state of its
// own. What it keeps and what it does again:
//
//   Succeeded, Skipped        kept, with outputs and the plan they ran with
//   Failed, but tolerated     kept: what comes after it went on without it
//   Failed, Cancelled,        again; a workflow that a step runs is resumed itself
//   waiting for a retry
//   what depends on those,    again, from the beginning
//   and `from` with what
//   depends on that
//   running                   goes on, with the plan it was launched with
//   a phase with a condition  decided anew, as a whole, when nothing of it has begun and one of its
//                             steps is to run
//   finally                   again
//   not in the definition     Removed; its number of attempts stays, so that no name is met twice
//   new in the definition     to do
//
// Attempts are numbered on; those of former runs use up none of `retry`. Timeouts of workflow and
// phases begin anew.
//
// Pure functions.

#include <optional>
#include <set>
#include <string>

#include "controllers/plan.h"
#include "controllers/status.h"

namespace bootstrap {

// The status with which the next run begins. `is_restored`: it was another object's, and what ran
// there is no work of this one.
Status resumed(const Status&, const Plan& next, bool is_restored);

// Why `from` of the plan cannot be: it names no phase or step that runs before finally. Empty: it
// can.
std::string from_problem(const Plan& next);

// What must end before the run can go on as the next one: an attempt that is being stopped, that
// would be done again, or that the next plan does not know as what it is. Empty: nothing.
std::string what_must_end(const Status&, const Plan& next);

// Whether a run of this status and plan would have nothing to do but finally.
bool has_nothing_to_do(const Status&, const Plan& next);

}  // namespace bootstrap
