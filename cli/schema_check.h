#pragma once
// What the API server's look at the schema of a CRD would refuse: unknown fields, wrong types, what
// is missing, and values out of bounds. Rules in CEL are not looked at; most of them are rules of
// the domain too (controllers/validation.h).
//
// Understood is what structural schemas of ours use: type, properties, additionalProperties,
// required, items, enum, pattern (RE2), minimum, maximum, min- and maxLength, -Items, -Properties,
// format int32, x-kubernetes-int-or-string, x-kubernetes-preserve-unknown-fields, and lists that
// are maps or sets.
//
// Pure functions.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/document.h"

namespace bootstrap::cli {

struct SchemaProblem {
  std::string path;  // "spec.phases[0].steps[1].retry"
  std::string message;
  // It only says that a pattern does not match; a rule of the domain for the same value says more.
  bool is_pattern = false;
};

std::vector<SchemaProblem> schema_problems(const nlohmann::json& schema, const Document&);

// Whether all of a schema is understood; else what is not, for the tests.
std::vector<std::string> unknown_keywords(const nlohmann::json& schema);

}  // namespace bootstrap::cli
