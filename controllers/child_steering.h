#pragma once
// What people want of a workflow is passed down to those that its steps run: a suspension here; a
// cancelling as the end of the step (obedience.h), a resume as its launch (launch_child.h).
//
// A child does what its parent does: whoever wants one to stand still suspends the parent.

#include "controllers/draft.h"
#include "controllers/standing.h"

namespace bootstrap {

// Suspends those that run, or lets them go on.
void steer_children(Draft&, const Standing&);

}  // namespace bootstrap
