#pragma once
// A run that has failed and may be resumed, and what people do to resume it.

#include <nlohmann/json.hpp>

#include "tests/unit/controllers/scenario.h"

namespace bootstrap::testing {

// one/a has succeeded, one/b has failed for good, two/c was not started.
Scenario failed_at_b(nlohmann::json spec = three_steps());
Scenario failed_at_b(Scenario not_begun);

// As whoever edits the definition.
void change(Scenario&, const nlohmann::json& spec);

// Why its resume is refused or waits; null: neither.
const Condition* refused(const Status&);

}  // namespace bootstrap::testing
