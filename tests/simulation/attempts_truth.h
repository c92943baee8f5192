#pragma once
// o: which attempts count, and why each is said to have failed, by what became of its pod. One that
// was lost to a disruption or never started does not count.

#include "tests/simulation/known.h"

namespace bootstrap::simulation {

// Whether a record says of its attempt that it was lost.
bool is_lost(const Json& record);

// An attempt that has just been recorded as failed, after `known.failures` has it.
void check_failure(const Known&, const Nodes&, const AttemptName&, const FailedAttempt&,
                   const Complain&);

}  // namespace bootstrap::simulation
