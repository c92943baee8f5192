#include "cli/schema_check.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <re2/re2.h>

#include "cli/schema_texts.h"

namespace bootstrap::cli {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 26> kUnderstood{
    "type", "properties", "additionalProperties", "required", "items", "enum", "pattern", "minimum",
    "maximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties",
    "format", "x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-list-type", "x-kubernetes-list-map-keys",
    // Of anyOf there is but "integer or string", which x-kubernetes-int-or-string says too.
    "anyOf",
    // Nothing to check.
    "description", "x-kubernetes-validations", "x-kubernetes-map-type", "nullable", "title"};

const json& member(const json& object, const char* key) {
  static const json kNone;
  const auto found = object.find(key);
  return found == object.end() ? kNone : *found;
}

bool is_set(const json& schema, const char* key) {
  const json& value = member(schema, key);
  return value.is_boolean() && value.get<bool>();
}

bool has_type(const json& value, const std::string& type) {
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "array") return value.is_array();
  return type != "object" || value.is_object();
}

// Characters, not bytes, as the API server counts them.
std::size_t length_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool is_below(const json& value, const json& least) {
  return !least.is_null() && !value.is_number_unsigned() && value < least;
}

// Unsigned are those beyond 63 bits only (yaml_scalar.h), which a comparison would take for
// negative.
bool is_above(const json& value, const json& most) {
  return !most.is_null() && (value.is_number_unsigned() || value > most);
}

class Check {
 public:
  std::vector<SchemaProblem> run(const json& schema, const Document& document) {
    look_at(schema, document.value, document.places, "");
    return std::move(problems_);
  }

 private:
  void add(const std::string& path, std::string message, bool is_pattern = false) {
    problems_.push_back({path, std::move(message), is_pattern});
  }

  void look_at(const json& schema, const json& value, const Places& places,
               const std::string& path) {
    if (is_set(schema, "x-kubernetes-int-or-string")) {
      if (!value.is_string() && !value.is_number_integer())
        return add(path, wrong_type("int-or-string", value, places.written));
    } else if (const json& type = member(schema, "type"); type.is_string()) {
      if (!has_type(value, type.get_ref<const std::string&>()))
        return add(path, wrong_type(type.get_ref<const std::string&>(), value, places.written));
    }
    check_enum(schema, value, path);
    if (value.is_string()) check_string(schema, value.get_ref<const std::string&>(), path);
    if (value.is_number()) check_number(schema, value, path);
    if (value.is_array()) check_list(schema, value, places, path);
    if (value.is_object()) check_object(schema, value, places, path);
  }

  void check_enum(const json& schema, const json& value, const std::string& path) {
    const json& allowed = member(schema, "enum");
    if (!allowed.is_array() || std::ranges::find(allowed, value) != allowed.end()) return;
    std::vector<std::string> words;
    for (const json& word : allowed)
      words.push_back(word.is_string() ? word.get<std::string>() : word.dump());
    add(path, not_allowed(value.is_string() ? value.get<std::string>() : value.dump(), words));
  }

  // `key`: such as maxItems. `what`: "entries".
  void check_size(const json& schema, const char* least, const char* most, std::size_t size,
                  const char* what, const std::string& path) {
    if (const json& limit = member(schema, least); limit.is_number() && size < limit)
      add(path, fmt::format("has {} {}; at least {} must be there", size, what, limit.dump()));
    if (const json& limit = member(schema, most); limit.is_number() && size > limit)
      add(path, fmt::format("has {} {}; at most {} are allowed", size, what, limit.dump()));
  }

  void check_string(const json& schema, const std::string& text, const std::string& path) {
    const std::size_t length = length_of(text);
    if (const json& limit = member(schema, "minLength");
        limit.is_number() && length < limit && length == 0)
      return add(path, "must not be empty");
    check_size(schema, "minLength", "maxLength", length, "characters", path);
    const json& pattern = member(schema, "pattern");
    if (!pattern.is_string()) return;
    const re2::RE2 compiled(pattern.get_ref<const std::string&>(), re2::RE2::Quiet);
    if (!compiled.ok() || !re2::RE2::PartialMatch(text, compiled))
      add(path, fmt::format("\"{}\" does not match the pattern {}", text, compiled.pattern()),
          true);
  }

  void check_number(const json& schema, const json& value, const std::string& path) {
    const json& format = member(schema, "format");
    const bool is_int32 = format == "int32";
    json least = member(schema, "minimum");
    json most = member(schema, "maximum");
    if (is_int32 && least.is_null()) least = std::numeric_limits<std::int32_t>::min();
    if (is_int32 && most.is_null()) most = std::numeric_limits<std::int32_t>::max();
    if (format == "int64" && most.is_null()) most = std::numeric_limits<std::int64_t>::max();
    if (is_below(value, least) || is_above(value, most))
      add(path, out_of_range(value, least, most));
  }

  void check_list(const json& schema, const json& list, const Places& places,
                  const std::string& path) {
    check_size(schema, "minItems", "maxItems", list.size(), "entries", path);
    const json& items = member(schema, "items");
    static const Places kUnknown;
    for (std::size_t i = 0; items.is_object() && i < list.size(); ++i)
      look_at(items, list[i], i < places.items.size() ? places.items[i] : kUnknown,
              fmt::format("{}[{}]", path, i));
    check_twins(schema, list, path);
  }

  // Entries of a list that is a map or a set, and that are there twice.
  void check_twins(const json& schema, const json& list, const std::string& path) {
    const json& kind = member(schema, "x-kubernetes-list-type");
    const json& keys = member(schema, "x-kubernetes-list-map-keys");
    std::set<json> seen;
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (kind == "set" && !seen.insert(list[i]).second)
        add(fmt::format("{}[{}]", path, i), fmt::format("{} is there twice", list[i].dump()));
      if (kind != "map" || !keys.is_array() || !list[i].is_object()) continue;
      const std::vector<std::string> names = keys.get<std::vector<std::string>>();
      std::vector<std::string> values;
      for (const std::string& name : names) values.push_back(list[i].value(name, json()).dump());
      if (values[0] == "null" || seen.insert(values).second) continue;
      const std::string entry = fmt::format("{}[{}]", path, i);
      add(names.size() == 1 ? fmt::format("{}.{}", entry, names[0]) : entry,
          fmt::format("{} is there twice", fmt::join(values, ", ")));
    }
  }

  void check_object(const json& schema, const json& object, const Places& places,
                    const std::string& path) {
    check_size(schema, "minProperties", "maxProperties", object.size(), "fields", path);
    const std::string at = path.empty() ? "" : path + ".";
    const json& required = member(schema, "required");
    for (const json& name : required.is_array() ? required : json::array())
      if (!object.contains(name.get_ref<const std::string&>()))
        add(at + name.get_ref<const std::string&>(), "is needed");
    for (const auto& [key, value] : object.items()) check_field(schema, key, value, places, at);
  }

  void check_field(const json& schema, const std::string& key, const json& value,
                   const Places& places, const std::string& at) {
    static const Places kUnknown;
    const auto place = places.fields.find(key);
    const Places& below = place == places.fields.end() ? kUnknown : place->second;
    const json& fields = member(schema, "properties");
    const json& others = member(schema, "additionalProperties");
    if (fields.is_object() && fields.contains(key))
      return look_at(fields[key], value, below, at + key);
    if (others.is_object()) return look_at(others, value, below, at + key);
    const bool takes_all = is_set(schema, "x-kubernetes-preserve-unknown-fields") ||
                           is_set(schema, "additionalProperties") || !fields.is_object();
    if (!takes_all) add(at + key, unknown_field(key, fields));
  }

  std::vector<SchemaProblem> problems_;
};

void collect_unknown(const json& schema, std::set<std::string>& unknown) {
  if (!schema.is_object()) return;
  for (const auto& [key, value] : schema.items())
    if (std::ranges::find(kUnderstood, key) == kUnderstood.end()) unknown.insert(key);
  const json& fields = member(schema, "properties");
  for (const json& field : fields.is_object() ? fields : json::object())
    collect_unknown(field, unknown);
  collect_unknown(member(schema, "items"), unknown);
  collect_unknown(member(schema, "additionalProperties"), unknown);
}

}  // namespace

std::vector<SchemaProblem> schema_problems(const json& schema, const Document& document) {
  return Check().run(schema, document);
}

std::vector<std::string> unknown_keywords(const json& schema) {
  std::set<std::string> unknown;
  collect_unknown(schema, unknown);
  return {unknown.begin(), unknown.end()};
}

}  // namespace bootstrap::cli
