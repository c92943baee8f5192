#pragma once
// Which steps may start now, and which are skipped instead.
//
// A step's turn comes when everything before it is done. Then the `when` of its phase is looked at,
// unless a step of the phase has begun already (what a phase has begun it goes on with), and after
// it the step's own. While it cannot be known whether that holds, the step says what is in the way
// and waits; when it never can, the step fails.

#include "controllers/draft.h"
#include "controllers/standing.h"

namespace bootstrap {

// False: not now, or it was skipped or has failed.
bool may_start(Draft&, const Standing&, StepIndex);

}  // namespace bootstrap
