#pragma once
// What a step's phase is meant to do (standing.h), done to the step: what is to end is stopped, and
// what waits for another attempt that may not come is given up.

#include "controllers/draft.h"
#include "controllers/standing.h"

namespace bootstrap {

void obey(Draft&, const Standing&, StepIndex);

}  // namespace bootstrap
