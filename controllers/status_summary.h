#pragma once
// From the records of the steps to what a user sees of the whole: phases, progress, the workflow's
// state, reason and message, conditions, history. Pure functions.

#include "controllers/plan.h"
#include "controllers/standing.h"
#include "controllers/status.h"
#include "controllers/transitions.h"
#include "controllers/views.h"

namespace bootstrap {

// Why a workflow that is not final does not go on, when it is not a step's matter.
struct Hold {
  WorkflowState state;
  std::string reason;
  std::string message;
};

// Sets the workflow's state and all that follows from it.
void hold(Status&, const Hold&, std::int64_t generation, TimePoint now);

// Sets phases, progress, state, reason, message and conditions from the steps of a run.
void summarize(Status&, const Plan&, TimePoint now, const Orders& = {});

// The part of it that can be told before it is known what still runs: progress, and the conditions
// of the state as it is. A run that has just begun would be told with those of the one before.
void summarize_so_far(Status&, const Plan&, const Standing&, TimePoint now);

// The end of a log is the largest part of a step: the newest failures keep theirs
// (limits::kLogTails), and those of which the workflow's message speaks.
void keep_newest_log_tails(Status&, const Plan&, const Standing&);

// `last_transition` moves only when `status` does.
void set_condition(Status&, Condition, TimePoint now);

// What PlanCurrent says after an edit of the workflow.
inline constexpr const char* kDefinitionEdited =
    "the definition was changed after this run had started; the run goes on with the one it "
    "started with, a resume takes the new one";

// "PlanCurrent" by whether the definition is still the pinned one: `changed` says what is not as it
// was; empty: it is.
void set_plan_current(Status&, const std::string& changed, std::int64_t generation, TimePoint now);

// What changed between two statuses, for history, Events and log.
std::vector<Transition> transitions_between(const Status& before, const Status& after,
                                            const Workflow&);

// Appends the transitions and keeps the newest.
void remember(Status&, const std::vector<Transition>&, TimePoint now);

}  // namespace bootstrap
