#include "controllers/json_fields.h"

namespace bootstrap {

using nlohmann::json;

const json& field(const json& object, const char* key) {
  static const json kAbsent;
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found == object.end() ? kAbsent : *found;
}

std::string text_field(const json& object, const char* key) {
  const json& value = field(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::optional<TimePoint> time_field(const json& object, const char* key) {
  const json& value = field(object, key);
  return value.is_string() ? from_rfc3339(value.get_ref<const std::string&>()) : std::nullopt;
}

}  // namespace bootstrap
