#include "controllers/object_names.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "controllers/references.h"

namespace bootstrap {
namespace {

using nlohmann::json;

constexpr std::size_t kLongest = 253;

// Where a pod's spec names objects: in this member of an object under this key.
struct Place {
  std::string_view key;
  const char* member;
  std::string_view kind;
};
constexpr std::array<Place, 9> kPlaces{{
    {"configMap", "name", "ConfigMap"},
    {"configMapRef", "name", "ConfigMap"},
    {"configMapKeyRef", "name", "ConfigMap"},
    {"secret", "secretName", "Secret"},
    {"secret", "name", "Secret"},  // in a projected volume
    {"secretRef", "name", "Secret"},
    {"secretKeyRef", "name", "Secret"},
    {"nodePublishSecretRef", "name", "Secret"},
    {"persistentVolumeClaim", "claimName", "PersistentVolumeClaim"},
}};

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

void check_member(const json& object, const Place& place, const std::string& field,
                  Problems& problems) {
  const auto found = object.find(place.member);
  if (found == object.end() || !found->is_string()) return;
  const std::string& name = found->get_ref<const std::string&>();
  if (!references_in(name).empty()) return;
  if (std::string problem = name_problem(place.kind, name); !problem.empty())
    problems.push_back({fmt::format("{}.{}", field, place.member), std::move(problem)});
}

void check_part(const json& part, const std::string& field, Problems& problems) {
  if (!part.is_structured()) return;
  for (const auto& [key, value] : part.items()) {
    const std::string at =
        part.is_array() ? fmt::format("{}[{}]", field, key) : fmt::format("{}.{}", field, key);
    for (const Place& place : kPlaces)
      if (value.is_object() && place.key == key) check_member(value, place, at, problems);
    check_part(value, at, problems);
  }
}

}  // namespace

bool is_object_name(std::string_view name) {
  const auto is_inside = [](char c) { return is_lower_or_digit(c) || c == '-' || c == '.'; };
  // Each part between dots begins and ends with a letter or digit.
  const auto is_torn = [](char a, char b) {
    return (a == '.' && !is_lower_or_digit(b)) || (b == '.' && !is_lower_or_digit(a));
  };
  return !name.empty() && name.size() <= kLongest && is_lower_or_digit(name.front()) &&
         is_lower_or_digit(name.back()) && std::ranges::all_of(name, is_inside) &&
         std::ranges::adjacent_find(name, is_torn) == name.end();
}

std::string name_problem(std::string_view kind, const std::string& name) {
  if (is_object_name(name)) return "";
  return fmt::format(
      "\"{}\" cannot be the name of a {}: at most {} of a-z, 0-9, '-' and '.', "
      "beginning and ending with a letter or digit",
      name, kind, kLongest);
}

Problems name_problems(const json& part, const std::string& field) {
  Problems problems;
  check_part(part, field, problems);
  return problems;
}

}  // namespace bootstrap
