#pragma once
// Launching: a step that is ready gets its Job, or says what is in the way.

#include "controllers/draft.h"
#include "controllers/standing.h"

namespace bootstrap {

void launch(Draft&, const Standing&, const PlanStep&);

// Something that may pass stands in the way; it is tried again in growing intervals.
void wait_to_launch(Draft&, StepRecord&, const char* reason, const std::string& message);

}  // namespace bootstrap
