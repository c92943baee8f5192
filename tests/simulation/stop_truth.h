#pragma once
// m: nothing is stopped without cause. What the operator tells to end has run over a timeout, did
// not start in time, or should never have been launched. A failure elsewhere is no cause for what
// has been launched before it.

#include "tests/simulation/known.h"

namespace bootstrap::simulation {

// The operator suspends a Job, or deletes a child ("" for a reason).
void check_stop(const Known&, const AttemptName&, const std::string& reason, TimePoint now,
                const Complain&);

// At the end: what was launched too late was so because of a failure, a timeout, or the end.
void judge_stops(const Known&, const Complain&);

}  // namespace bootstrap::simulation
