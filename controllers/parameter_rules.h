#pragma once
// Whether what a parameter declares can be: one of the workflow, and one that a step asks for. A
// part of validate() (validation.h). Values are looked at where they are known: run_values.h,
// ask_gate.h.
//
// Pure function.

#include <string>

#include "controllers/definition.h"

namespace bootstrap {

// That `pattern` is one, that `allowed` agrees with it, and that `default` agrees with both.
Problems declaration_problems(const Parameter&, const std::string& field);

}  // namespace bootstrap
