#pragma once
// Label and field selectors as the API server reads them: "a=b,c!=d,e in (f,g),h,!i".
//
// Threads: values, pure functions.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace bootstrap::simulation {

struct Requirement {
  enum class Operator { In, NotIn, Exists, DoesNotExist };
  std::string key;
  Operator op = Operator::Exists;
  std::vector<std::string> values;
};

using Selector = std::vector<Requirement>;  // all must hold; empty matches everything

// Empty on what the API server would refuse.
std::optional<Selector> parse_label_selector(std::string_view);
// Equality only: "metadata.name=x,status.phase!=Running".
std::optional<Selector> parse_field_selector(std::string_view);

bool matches_labels(const Selector&, const nlohmann::json& object);
// Keys are dotted paths; a field that is absent equals "".
bool matches_fields(const Selector&, const nlohmann::json& object);

}  // namespace bootstrap::simulation
