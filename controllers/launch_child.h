#pragma once
// Launching a step that runs a template: it gets its child workflow, or says what is in the way.

#include "controllers/draft.h"
#include "controllers/standing.h"

namespace bootstrap {

void launch_child(Draft&, const Standing&, const PlanStep&, const LaunchValues&);

}  // namespace bootstrap
