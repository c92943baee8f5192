#pragma once
// What must hold of order, dependsOn, when, retry and timeouts of a definition, and of requiredWhen
// and what else its parameters declare. A part of validate() (validation.h). Pure function.

#include "controllers/definition.h"

namespace bootstrap {

Problems graph_problems(const Definition&);

}  // namespace bootstrap
