#pragma once
// r: what a resume keeps and what it does again, told from the spec and the statuses alone.

#include "tests/simulation/known.h"

namespace bootstrap::simulation {

// What a status of the former run comes to when the next run begins with it.
Json resumed(const Json& status, const Outline&, const std::string& from);

// Turns what is known of a run into what is known of the next one at its beginning, and forgets
// what had become of steps that are done again.
void begin_next_run(Known&, TimePoint start, TimePoint now);

// How many attempts of a step at the most are none of this run. One that was not on record when the
// run began is none of it either, unless the run says itself how it failed.
int attempts_before(const Known&, const std::string& uid, const StepRef&);

}  // namespace bootstrap::simulation
