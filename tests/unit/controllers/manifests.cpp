#include "tests/unit/controllers/manifests.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>

#include <yaml-cpp/yaml.h>

namespace bootstrap::testing {
namespace {

using nlohmann::json;

bool is_one_of(const std::string& text, const auto& words) {
  return std::ranges::find(words, text) != words.end();
}

constexpr std::array<std::string_view, 5> kNull{"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 9> kTrue{"true", "True", "TRUE", "yes", "Yes",
                                                "YES",  "on",   "On",   "ON"};
constexpr std::array<std::string_view, 9> kFalse{"false", "False", "FALSE", "no", "No",
                                                 "NO",    "off",   "Off",   "OFF"};

// All of the text as a number: octal when it begins with 0.
json number_or_text(const std::string& text) {
  const char* const end = text.data() + text.size();
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  const bool is_octal = text.size() > sign + 1 && text[sign] == '0';
  std::int64_t whole = 0;
  if (const auto [last, error] = std::from_chars(text.data(), end, whole, is_octal ? 8 : 10);
      error == std::errc{} && last == end)
    return whole;
  double real = 0;
  const bool is_digit = text.find_first_of("0123456789") <= sign + 1;  // neither "inf" nor "nan"
  if (const auto [last, error] = std::from_chars(text.data(), end, real);
      is_digit && error == std::errc{} && last == end)
    return real;
  return text;
}

json typed(const YAML::Node& scalar) {
  const std::string& text = scalar.Scalar();
  const bool is_plain = scalar.Tag() == "?";
  if (!is_plain) return text;
  if (is_one_of(text, kNull)) return nullptr;
  if (is_one_of(text, kTrue)) return true;
  if (is_one_of(text, kFalse)) return false;
  return number_or_text(text);
}

json to_json(const YAML::Node& node) {
  if (node.IsScalar()) return typed(node);
  json result;
  if (node.IsSequence()) {
    result = json::array();
    for (const YAML::Node& entry : node) result.push_back(to_json(entry));
  } else if (node.IsMap()) {
    result = json::object();
    for (const auto& entry : node) result[entry.first.Scalar()] = to_json(entry.second);
  }
  return result;
}

}  // namespace

std::vector<Manifest> manifests_in(const std::filesystem::path& folder) {
  std::vector<Manifest> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".yaml")
      for (const YAML::Node& document : YAML::LoadAllFromFile(entry.path()))
        all.push_back({entry.path(), to_json(document)});
  std::ranges::stable_sort(all, {}, &Manifest::file);
  return all;
}

std::vector<std::string> expectations_of(const std::filesystem::path& file) {
  constexpr std::string_view kExpect = "# expect: ";
  std::vector<std::string> expected;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line) && line.starts_with(kExpect);)
    expected.push_back(line.substr(kExpect.size()));
  return expected;
}

}  // namespace bootstrap::testing
