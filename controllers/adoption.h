#pragma once
// Jobs and children of ours that the status does not know: made just before a crash. Before
// anything is launched they are put on record, so that no attempt is made twice and no name is met
// again.

#include <vector>

#include "controllers/draft.h"
#include "controllers/standing.h"

namespace bootstrap {

// Of a run that goes on. A Job that may not run any more is stopped and stays on record.
void adopt(Draft&, const Standing&);

// Of steps that had their turn when something failed: the request to launch one may have been
// answered by nobody and done all the same, and the store may not show it yet. The live API is
// asked, so that nothing counts as over while it may run. False: it cannot be told now.
bool adopt_lost_launches(Draft&, const Standing&);

// The same of steps that are about to be skipped. A Job of theirs is adopted and goes on.
enum class LostLaunches { None, Adopted, NotKnownYet };
LostLaunches adopt_lost_launches_of(Draft&, const Standing&, const std::vector<StepIndex>&);

// Of a run that is over: they are stopped, and their numbers are kept.
void retire_unknown_jobs(Draft&);

}  // namespace bootstrap
