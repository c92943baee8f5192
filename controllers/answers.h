#pragma once
// What people have answered: the values of the parameters that steps ask for, as the other steps
// of the run know them.
//
// They are outputs of the step that asks, recorded in its status: what is taken out of spec.answers
// later undoes nothing. A step knows those of the asks that are ordered before it and no others, so
// that each of its attempts is told the same whenever it comes.
//
// Pure functions.

#include "controllers/plan.h"
#include "controllers/status.h"

namespace bootstrap {

// The answers that a step knows. One that was skipped, or has failed, gave none.
ParameterValues answers_before(const PlanStep&, const Plan&, const Status&);

// The parameters of the run and these.
ParameterValues known_parameters(const PlanStep&, const Plan&, const Status&);

// For texts that are no part of a launch (notes): a parameter that is asked for and has no answer
// is "(none)".
Lookup with_answers_so_far(Lookup known, const Plan&, const Status&);

}  // namespace bootstrap
