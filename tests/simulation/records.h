#pragma once
// How records are read here: of steps in a status, of attempts in their labels. Nothing of the
// operator's own reading is used.
//
// Threads: values.

#include <string>

#include "tests/simulation/fate.h"
#include "tests/simulation/object_store.h"
#include "tests/simulation/outline.h"

namespace bootstrap::simulation {

// A status has whole seconds.
inline constexpr Duration kRounding{1'000};

// What a status says of a step or phase; an empty object: nothing.
Json step_record(const Json& status, const StepRef&);
Json phase_record(const Json& status, const std::string& phase);

// Of the attempts on record: those that are none of this run's.
int former_attempts(const Json& record);
// How many there were in this run.
int attempts_in_run(const Json& record);

// Of a workflow; of a step.
bool is_final(const std::string& state);
bool is_final_step(const std::string& state);
// It, or a step of it, is Cancelled.
bool says_cancelled(const Json& status);

// Stopped, or not tried again, because the time of its phase or workflow was over.
bool was_ended(const Json& record);
// For good, and not tolerated.
bool is_failure(const OutlineStep&, const Json& record);

// Which attempt a Job, a pod or a child workflow is, by its labels.
AttemptName attempt_name(const Json& object);

}  // namespace bootstrap::simulation
