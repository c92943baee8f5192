#pragma once
// How a run begins, and how it goes on after a restart: its plan is pinned once, and read back.
//
// Nothing begins while pods of a deleted workflow of this name may be at work, and nothing of a
// definition that has a Problem is launched. A run whose stored plan is gone stands still and says
// so: what it was to do is not known.

#include "controllers/draft.h"

namespace bootstrap {

// Validates the definition and stores the plan of the first run. The plan is there in a later
// round.
void begin_run(Draft&);

// Asks for the plan of a run that has begun.
void fetch_plan(Draft&);

// The run's identity and a record for each step of its plan.
void take_plan(Draft&);

}  // namespace bootstrap
