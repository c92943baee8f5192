#include "controllers/resource_query.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace bootstrap {

using nlohmann::json;

namespace {

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : ",") + value;
  return text;
}

std::string requirement_text(const LabelRequirement& requirement) {
  const bool one = requirement.values.size() == 1;
  switch (requirement.op) {
    case LabelRequirement::Operator::In:
      return one ? fmt::format("{}={}", requirement.key, requirement.values.front())
                 : fmt::format("{} in ({})", requirement.key, joined(requirement.values));
    case LabelRequirement::Operator::NotIn:
      return one ? fmt::format("{}!={}", requirement.key, requirement.values.front())
                 : fmt::format("{} notin ({})", requirement.key, joined(requirement.values));
    case LabelRequirement::Operator::Exists:
      return requirement.key;
    case LabelRequirement::Operator::DoesNotExist:
      return "!" + requirement.key;
  }
  return "";
}

const json& part(const json& object, const char* key) {
  static const json kNone;
  if (!object.is_object()) return kNone;
  const auto found = object.find(key);
  return found == object.end() ? kNone : *found;
}

// As the API server matches: without the label NotIn holds.
bool holds(const LabelRequirement& requirement, const json& labels) {
  const json& label = part(labels, requirement.key.c_str());
  const auto* value = label.get_ptr<const std::string*>();
  const bool among =
      value != nullptr && std::ranges::find(requirement.values, *value) != requirement.values.end();
  switch (requirement.op) {
    case LabelRequirement::Operator::In:
      return among;
    case LabelRequirement::Operator::NotIn:
      return !among;
    case LabelRequirement::Operator::Exists:
      return value != nullptr;
    case LabelRequirement::Operator::DoesNotExist:
      return value == nullptr;
  }
  return false;
}

}  // namespace

std::string selector_text(const std::vector<LabelRequirement>& requirements) {
  std::string text;
  for (const LabelRequirement& requirement : requirements)
    text += (text.empty() ? "" : ",") + requirement_text(requirement);
  return text;
}

bool selects(const ResourceRef& resource, const json& object) {
  const json& metadata = part(object, "metadata");
  if (!resource.name.empty()) return part(metadata, "name") == resource.name;
  const json& labels = part(metadata, "labels");
  return std::ranges::all_of(resource.labels,
                             [&](const LabelRequirement& r) { return holds(r, labels); });
}

std::string to_text(const ResourceRef& resource) {
  if (!resource.name.empty()) return fmt::format("{} {}", resource.kind, resource.name);
  return fmt::format("{} {} with {}", resource.match == ResourceRef::Match::All ? "every" : "a",
                     resource.kind, selector_text(resource.labels));
}

}  // namespace bootstrap
