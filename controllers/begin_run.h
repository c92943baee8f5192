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

// What the next run would do, by the definition as it is now. Problems: why it cannot be. None:
// that is not known yet, or waited for, and the draft says so.
std::optional<tl::expected<PlanRecord, Problems>> next_plan(Draft&, int run,
                                                            const std::string& from);

// Whether the plan of that run is stored, by a request whose answer was lost or by an operator that
// has died since. That run has begun then, whatever is asked for now, and the plan is there in a
// later round. None: that is not known yet, and the draft says so.
std::optional<bool> has_begun(Draft&, int run);

// The plan is there in a later round; else the draft says what keeps it.
void store_plan(Draft&, PlanRecord);

// Pods of a deleted workflow of this name may still be at work on what this one would work on. The
// draft says so, or asks.
bool former_pods_run(Draft&);

// Asks for the plan of a run that has begun.
void fetch_plan(Draft&);

// The run's identity and a record for each step of its plan.
void take_plan(Draft&);

}  // namespace bootstrap
