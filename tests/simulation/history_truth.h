#pragma once
// p: states never go back, and the history is only ever added to.

#include "tests/simulation/known.h"

namespace bootstrap::simulation {

void check_history(const Known&, const Json& before, const Json& after, const Complain&);

}  // namespace bootstrap::simulation
