#pragma once
// Of the steps that may be launched with a branch or tag whose commit nobody knows yet, one finds
// out and all others wait. Who it is follows from plan and status alone, not from what the cluster
// has answered so far: two operators (one that lags, or is being replaced) choose the same step,
// and the name of its Job makes the two launches one.

#include "controllers/draft.h"
#include "controllers/standing.h"

namespace bootstrap {

// True: `step`, whose turn it is, is the one (or has no source in Git). False: its record says
// whom it waits for.
bool finds_out_its_commit(Draft&, const Standing&, const PlanStep& step);

}  // namespace bootstrap
