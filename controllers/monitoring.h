#pragma once
// What is told of the nodes on which the steps of a run are at work: the condition
// ResourcePressure, and the most that any of them used in this run (status.resources). Nothing is
// stopped for it.
//
//   True     AboveLimits   a node is above a limit, or says itself that it is under pressure
//   False    BelowLimits   all that is known is calm again
//   False    NoStepRuns    no step has a Job any more
//   Unknown  UsageUnknown  no node says what it uses
//   Unknown  NotSampled    a step has a Job, but no pod on a node yet
//
// The turn to True, and back to BelowLimits or UsageUnknown, is written at once, each with an
// Event; back not before every node has answered, nor within kPressureLasts. Everything else goes
// with what is written anyway: while nothing happens nothing is written.
//
// A node is sampled as long as a pod of the workflow is there that has not ended, or of which that
// is not on record yet: the end of a step is what is written anyway, and often nothing before it.
// The pods of children are their own matter.

#include <chrono>

#include "controllers/draft.h"

namespace bootstrap {

// Load that comes and goes with every sample is one pressure.
inline constexpr Duration kPressureLasts = std::chrono::minutes(2);

// Asks for the nodes; sets the condition when it turns.
void tell_pressure(Draft&);

// Everything else, when something is written.
void tell_resources(Draft&);

}  // namespace bootstrap
