#pragma once
// Launching: a step that is ready gets its Job, or says what is in the way.

#include "controllers/draft.h"

namespace bootstrap {

void launch(Draft&, const PlanStep&);

}  // namespace bootstrap
