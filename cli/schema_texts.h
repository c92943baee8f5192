#pragma once
// What is said of a value that a schema does not allow: what is wrong, and what to write instead. A
// part of schema_check.h. Pure functions.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace bootstrap::cli {

// `type`: of the schema, or "int-or-string". `written`: the value as it stands in the file, when it
// is no string: `yes` of the value true.
std::string wrong_type(const std::string& type, const nlohmann::json& value,
                       const std::string& written);

// `fields`: the properties that the object may have.
std::string unknown_field(const std::string& name, const nlohmann::json& fields);

std::string not_allowed(const std::string& value, const std::vector<std::string>& allowed);

// `least`, `most`: null when there is no bound.
std::string out_of_range(const nlohmann::json& value, const nlohmann::json& least,
                         const nlohmann::json& most);

}  // namespace bootstrap::cli
