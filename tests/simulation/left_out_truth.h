#pragma once
// e: what is left Pending at the end is so because of a failure or a timeout of a phase that it
// rests on, or of the workflow's timeout. Nothing else keeps a step back for good.

#include "tests/simulation/known.h"

namespace bootstrap::simulation {

void judge_left_out(const Known&, TimePoint now, const Complain&);

}  // namespace bootstrap::simulation
