#pragma once
// What makes a definition impossible to run. Everything wrong is named at once, each with its
// field and what is allowed; a definition with a Problem launches nothing.
//
// The CRD's schema and CEL rules refuse at apply what they can see. This looks at the rest
// (references, parameters, how parts fit together) and, because text also comes from files and
// older CRDs, at the rules on which safety rests once more. Pure function.

#include "controllers/definition.h"

namespace bootstrap {

// Of a definition that read_definition has made.
Problems validate(const Definition&);

// Of one with the values of its parameters that is too large: its plan or its status could not be
// written.
Problems size_problems(const nlohmann::json& definition, const ParameterValues&);

// One text for status: "the spec cannot run, 2 problems: parameters[region]: …; phases[a]…: …", at
// most `limit` bytes.
std::string problems_text(const Problems&, std::size_t limit);

}  // namespace bootstrap
