#include "cli/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <re2/re2.h>

namespace bootstrap::cli {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 5> kNull{"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 11> kTrue{"y",    "Y",    "yes", "Yes", "YES", "true",
                                                 "True", "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 11> kFalse{"n",     "N",     "no",  "No",  "NO", "false",
                                                  "False", "FALSE", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 12> kNotInJson{".nan",  ".NaN",  ".NAN",  ".inf",
                                                      ".Inf",  ".INF",  "+.inf", "+.Inf",
                                                      "+.INF", "-.inf", "-.Inf", "-.INF"};
constexpr std::string_view kStandardTag = "tag:yaml.org,2002:";

bool is_one_of(std::string_view text, const auto& words) {
  return std::ranges::find(words, text) != words.end();
}

std::string without_underscores(std::string text) {
  std::erase(text, '_');
  return text;
}

// Takes "0x", "0o", "0b" or the "0" of an octal number off. The base, 10 without any of them.
int take_base(std::string_view& digits) {
  if (digits.size() < 2 || digits[0] != '0') return 10;
  const char letter = static_cast<char>(digits[1] | 0x20);  // in lower case
  const int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
  digits.remove_prefix(base == 0 ? 1 : 2);
  return base == 0 ? 8 : base;
}

// Empty: it is none, or beyond 64 bits.
std::optional<json> whole_number(std::string_view text) {
  const bool is_signed = text.starts_with('-') || text.starts_with('+');
  const bool is_negative = text.starts_with('-');
  if (is_signed) text.remove_prefix(1);
  const int base = take_base(text);
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc{} || last != end) return std::nullopt;
  constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
  if (is_negative && value == kLargest + 1) return std::numeric_limits<std::int64_t>::min();
  if (value <= kLargest) {
    const auto number = static_cast<std::int64_t>(value);
    return is_negative ? -number : number;
  }
  if (is_signed) return std::nullopt;
  return value;
}

// A number without fraction reaches the API server as a whole one: JSON has it as 3, not 3.0.
json as_in_json(double number) {
  constexpr double kBeyond = 9.2e18;
  if (std::trunc(number) == number && std::abs(number) < kBeyond)
    return static_cast<std::int64_t>(number);
  return number;
}

std::optional<json> decimal_number(const std::string& text) {
  static const re2::RE2 kDecimal(R"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)");
  if (!re2::RE2::FullMatch(text, kDecimal)) return std::nullopt;
  const double number = std::strtod(text.c_str(), nullptr);
  if (std::isinf(number)) return std::nullopt;  // too large for a number is text
  return as_in_json(number);
}

bool begins_like_number(std::string_view text) {
  return text.find_first_of("0123456789.+-") == 0;
}

// What a value with a standard tag, such as !!int, must be.
bool is_of_tag(const json& value, std::string_view type) {
  if (type == "int") return value.is_number_integer();
  if (type == "float") return value.is_number();
  if (type == "bool") return value.is_boolean();
  if (type == "null") return value.is_null();
  return value.is_string();
}

}  // namespace

tl::expected<json, std::string> typed_plain(const std::string& text) {
  if (is_one_of(text, kNull)) return json();
  if (is_one_of(text, kTrue)) return json(true);
  if (is_one_of(text, kFalse)) return json(false);
  if (is_one_of(text, kNotInJson))
    return tl::unexpected(
        fmt::format("{} is no number that JSON has; quote it if it is a text", text));
  if (!begins_like_number(text)) return json(text);
  const std::string plain = without_underscores(text);
  if (!text.starts_with('.'))
    if (auto number = whole_number(plain)) return *std::move(number);
  if (auto number = decimal_number(plain)) return *std::move(number);
  return json(text);
}

tl::expected<json, std::string> typed_scalar(const std::string& tag, const std::string& text) {
  if (tag == "?") return typed_plain(text);
  if (!tag.starts_with(kStandardTag)) return json(text);  // in quotes, a block, a tag of somebody
  const std::string_view type = std::string_view(tag).substr(kStandardTag.size());
  if (type == "str" || type == "binary") return json(text);
  auto value = typed_plain(text);
  if (value && !is_of_tag(*value, type))
    return tl::unexpected(fmt::format("\"{}\" is no !!{}", text, type));
  return value;
}

}  // namespace bootstrap::cli
