#include "cli/schema_texts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/near_match.h"
#include "cli/yaml_scalar.h"

namespace bootstrap::cli {
namespace {

using nlohmann::json;

std::string as_written(const json& value, const std::string& written) {
  return written.empty() ? value.dump() : written;
}

std::string kind_of(const json& value) {
  if (value.is_array()) return "a list";
  if (value.is_object()) return "an object";
  if (value.is_string()) return "a text";
  return value.is_null() ? "empty" : value.dump();
}

std::string not_a_string(const json& value, const std::string& written) {
  if (value.is_structured()) return fmt::format("must be a string, not {}", kind_of(value));
  const std::string text = as_written(value, written);
  const bool is_plain = text == value.dump();  // 3, not 0x3
  return fmt::format("must be a string: quote it, \"{}\"{}", text,
                     is_plain ? "" : fmt::format("; without quotes it is {}", value.dump()));
}

// What is missing, said of the text that was given instead.
std::string instead_of_text(const std::string& type, const std::string& text) {
  const auto unquoted = typed_plain(text);
  const bool would_do = unquoted && ((type == "boolean" && unquoted->is_boolean()) ||
                                     (type == "integer" && unquoted->is_number_integer()) ||
                                     (type == "number" && unquoted->is_number()));
  return would_do ? fmt::format("not \"{}\" in quotes", text) : fmt::format("not \"{}\"", text);
}

std::string meaning_of(const std::string& type) {
  if (type == "boolean") return "true or false";
  if (type == "integer") return "a whole number";
  if (type == "number") return "a number";
  if (type == "array") return "a list";
  if (type == "object") return "an object";
  return "a string or a whole number";
}

// Where the field belongs, when a neighbour has it: "tools.image", "steps[].retry".
std::string in_a_neighbour(const std::string& name, const json& fields) {
  for (const auto& [key, schema] : fields.items()) {
    const bool is_list = schema.contains("items");
    const json& below = is_list ? schema["items"] : schema;
    const auto found = below.find("properties");
    if (found != below.end() && found->contains(name))
      return fmt::format("{}{}.{}", key, is_list ? "[]" : "", name);
  }
  return "";
}

}  // namespace

std::string wrong_type(const std::string& type, const json& value, const std::string& written) {
  if (value.is_null())
    return fmt::format("has no value; write {}, or leave the field out",
                       type == "string" ? "a string" : meaning_of(type));
  if (type == "string") return not_a_string(value, written);
  const std::string what = meaning_of(type);
  if (value.is_string() && type != "array" && type != "object")
    return fmt::format("must be {}, {}", what, instead_of_text(type, value.get<std::string>()));
  const char* const hint = type == "array" ? "; its entries begin with \"- \"" : "";
  return fmt::format(
      "must be {}, not {}{}", what,
      value.is_structured() || value.is_string() ? kind_of(value) : as_written(value, written),
      hint);
}

std::string unknown_field(const std::string& name, const json& fields) {
  std::vector<std::string> known;
  for (const auto& [key, schema] : fields.items()) known.push_back(key);
  if (const std::string near = nearest(name, known); !near.empty())
    return fmt::format("is not a field; did you mean {}?", near);
  if (const std::string place = in_a_neighbour(name, fields); !place.empty())
    return fmt::format("is not a field here; did you mean {}?", place);
  return fmt::format("is not a field; known are: {}", fmt::join(known, ", "));
}

std::string not_allowed(const std::string& value, const std::vector<std::string>& allowed) {
  const std::string near = nearest(value, allowed);
  std::vector<std::string> shown;
  for (const std::string& word : allowed) shown.push_back(word.empty() ? "\"\"" : word);
  return fmt::format("\"{}\" is not allowed; {}allowed: {}", value,
                     near.empty() ? "" : fmt::format("did you mean {}? ", near),
                     fmt::join(shown, ", "));
}

std::string out_of_range(const json& value, const json& least, const json& most) {
  if (least.is_null()) return fmt::format("{} is too large; at most {}", value.dump(), most.dump());
  if (most.is_null())
    return fmt::format("{} is too small; at least {}", value.dump(), least.dump());
  return fmt::format("{} is out of range; allowed: {} to {}", value.dump(), least.dump(),
                     most.dump());
}

}  // namespace bootstrap::cli
