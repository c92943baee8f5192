#include "cli/text_parts.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace bootstrap::cli {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

int lines_in(std::string_view text) {
  return static_cast<int>(std::ranges::count(text, '\n'));
}

bool separates(std::string_view line) {
  return line.starts_with("---") && (line.size() == 3 || kSpace.find(line[3]) != kSpace.npos);
}

// Where the object that begins at the start of `text` ends; npos: nowhere.
std::size_t end_of_object(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\')
      ++i;
    else if (c == '"')
      in_string = !in_string;
    else if (!in_string && c == '{')
      ++depth;
    else if (!in_string && c == '}' && --depth == 0)
      return i + 1;
  }
  return std::string_view::npos;
}

bool is_continuation(unsigned char c) {
  return (c & 0xC0U) == 0x80U;
}

// Bytes of the character at the start of a text that is not empty; 0: it is none. Refused are what
// is longer than needed, surrogates and what is beyond U+10FFFF.
std::size_t length_of_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xC2   ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if (!is_continuation(byte(i))) return 0;
  const unsigned char second = byte(1);
  const bool is_wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                        (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return is_wrong ? 0 : length;
}

}  // namespace

std::vector<TextPart> yaml_parts(std::string_view text) {
  std::vector<TextPart> parts(1);
  int line_number = 1;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, length);
    if (separates(line)) parts.push_back({"", line_number});
    parts.back().text += line;
    text.remove_prefix(length);
    ++line_number;
  }
  return parts;
}

std::vector<TextPart> json_parts(std::string_view text) {
  std::vector<TextPart> parts;
  int line_number = 1;
  for (;;) {
    const std::size_t begin = std::min(text.find_first_not_of(kSpace), text.size());
    line_number += lines_in(text.substr(0, begin));
    text.remove_prefix(begin);
    if (text.empty()) return parts;
    const std::size_t end = text.starts_with('{') ? end_of_object(text) : std::string_view::npos;
    if (end == std::string_view::npos) return {};
    const std::string_view object = text.substr(0, end);
    if (!nlohmann::json::accept(object)) return {};
    parts.push_back({std::string(object), line_number});
    line_number += lines_in(object);
    text.remove_prefix(end);
  }
}

std::optional<int> line_that_is_not_utf8(std::string_view text) {
  int line = 1;
  while (!text.empty()) {
    const std::size_t length = length_of_character(text);
    if (length == 0) return line;
    if (text.front() == '\n') ++line;
    text.remove_prefix(length);
  }
  return std::nullopt;
}

}  // namespace bootstrap::cli
