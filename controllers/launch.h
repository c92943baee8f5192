#pragma once
// Launching: a step that is ready gets its Job, or says what is in the way.

#include "controllers/draft.h"
#include "controllers/standing.h"

namespace bootstrap {

void launch(Draft&, const Standing&, const PlanStep&);

}  // namespace bootstrap
