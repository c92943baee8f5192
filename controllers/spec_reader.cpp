#include "controllers/spec_reader.h"

#include "controllers/limits.h"

namespace bootstrap {

using nlohmann::json;

namespace {

std::string not_a_string(const json& value) {
  if (value.is_structured())
    return fmt::format("must be a string, not {}", value.is_array() ? "a list" : "an object");
  return fmt::format("must be a string, not {}; put it in quotes", value.dump());
}

std::optional<int> number_in(const json& value, int least, int most) {
  if (!value.is_number_integer()) return std::nullopt;
  const auto number = value.get<std::int64_t>();
  if (value.is_number_unsigned() && number < 0) return std::nullopt;  // beyond int64
  if (number < least || number > most) return std::nullopt;
  return static_cast<int>(number);
}

std::string not_in_range(int least, int most) {
  return fmt::format("must be a whole number from {} to {}", least, most);
}

}  // namespace

std::optional<std::string> SpecReader::optional_text(const json& object, const char* key,
                                                     const std::string& at) {
  if (!has(object, key)) return std::nullopt;
  const json& value = object[key];
  if (value.is_string()) return value.get<std::string>();
  problem(at + key, not_a_string(value));
  return std::nullopt;
}

std::vector<std::string> SpecReader::texts(const json& object, const char* key,
                                           const std::string& at) {
  std::vector<std::string> values;
  for (const json& item : array(object, key, at)) {
    if (item.is_string()) {
      values.push_back(item.get<std::string>());
    } else {
      problem(fmt::format("{}{}[{}]", at, key, values.size()), not_a_string(item));
      values.emplace_back();
    }
  }
  return values;
}

const json& SpecReader::array(const json& object, const char* key, const std::string& at) {
  static const json kNone = json::array();
  if (!has(object, key)) return kNone;
  if (object[key].is_array()) return object[key];
  problem(at + key, "must be a list");
  return kNone;
}

const json& SpecReader::object(const json& parent, const char* key, const std::string& at) {
  static const json kNone = json::object();
  if (!has(parent, key)) return kNone;
  if (parent[key].is_object()) return parent[key];
  problem(at + key, "must be an object");
  return kNone;
}

std::optional<Duration> SpecReader::optional_duration(const json& object, const char* key,
                                                      const std::string& at) {
  const auto written = optional_text(object, key, at);
  if (!written) return std::nullopt;
  const auto parsed = duration_from_text(*written);
  if (parsed && *parsed >= limits::kShortestTimeout && *parsed <= limits::kLongestTimeout)
    return *parsed;
  problem(at + key, fmt::format("\"{}\" is not a duration from 1s to 168h, such as \"90s\", "
                                "\"30m\" or \"1h30m\"",
                                *written));
  return std::nullopt;
}

bool SpecReader::flag(const json& object, const char* key, const std::string& at) {
  if (!has(object, key)) return false;
  if (object[key].is_boolean()) return object[key].get<bool>();
  problem(at + key, "must be true or false");
  return false;
}

int SpecReader::number(const json& object, const char* key, const std::string& at, int absent,
                       int least, int most) {
  if (!has(object, key)) return absent;
  if (const auto number = number_in(object[key], least, most)) return *number;
  problem(at + key, not_in_range(least, most));
  return absent;
}

std::vector<int> SpecReader::numbers(const json& object, const char* key, const std::string& at,
                                     int least, int most) {
  std::vector<int> values;
  std::size_t index = 0;
  for (const json& item : array(object, key, at)) {
    if (const auto number = number_in(item, least, most))
      values.push_back(*number);
    else
      problem(fmt::format("{}{}[{}]", at, key, index), not_in_range(least, most));
    ++index;
  }
  return values;
}

std::string SpecReader::entry_path(const std::string& list, const json& entry, std::size_t index) {
  const auto name = entry.find("name");
  if (name != entry.end() && name->is_string() && !name->get_ref<const std::string&>().empty())
    return fmt::format("{}[{}].", list, name->get_ref<const std::string&>());
  return fmt::format("{}[{}].", list, index);
}

}  // namespace bootstrap
