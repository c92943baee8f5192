#pragma once
// `templateRef`: a workflow's definition that stands in a template. Nothing here asks for one; see
// live_definition.h.
//
// Pure functions.

#include <string>

#include <nlohmann/json.hpp>

#include "controllers/definition.h"

namespace bootstrap {

// Of a workflow's spec; empty: it has its definition itself.
std::string template_name(const nlohmann::json& spec);

// What is wrong with a spec that names a template, looked at by itself: only parameters with name
// and value, and live fields, may stand beside it.
Problems template_ref_problems(const nlohmann::json& spec);

// Values for parameters that a template does not have, of a spec or of a step that names it.
Problems unknown_parameters(const ParameterValues&, const std::string& template_name,
                            const nlohmann::json& template_spec);

// The values that a spec gives. Those without value are left out.
ParameterValues given_values(const nlohmann::json& spec);

// The definition of a template with values for its parameters: what a run of it pins.
nlohmann::json filled_in(nlohmann::json template_spec, const ParameterValues&);

// Problems of what `filled_in` made, as users of the template find them: those of a value are
// theirs, all others are the template's.
Problems as_of_template(Problems, const std::string& template_name);

}  // namespace bootstrap
