#pragma once
// l: what is ended for its timeout is not ended too early, and what is over its timeout does end.
//
// Deadlines are computed from the spec and from what really happened; they are known but for the
// whole seconds of a status, and for pauses, whose end is known by the status that says so.

#include "tests/simulation/known.h"

namespace bootstrap::simulation {

// Whether the timeout of a phase, or of the workflow that it is part of, may have passed.
bool may_be_late(const Known&, const std::string& phase, TimePoint now);
bool workflow_may_be_late(const Known&, TimePoint now);
// Of any of them.
bool has_timed_out(const Known&, TimePoint now);

// Not too early: `step` is to end, or has ended, for this reason (of the status, or of a Job).
void check_not_too_early(const Known&, const OutlineStep&, const std::string& reason, TimePoint now,
                         const Complain&);
// The node ends what its Job tells it to end.
void check_deadline_of_job(const OutlineStep&, const Json& job, const Complain&);
// Whatever a status says has ended so.
void check_timeouts(const Known&, const Json& before, const Json& after, TimePoint now,
                    const Complain&);

// At the end: nothing has gone on for longer than its timeouts and `patience`.
void judge_timeouts(const Known&, const std::string& uid, const Nodes&, Duration patience,
                    const Complain&);

}  // namespace bootstrap::simulation
