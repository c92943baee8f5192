#include "cli/text_table.h"

#include <algorithm>

namespace bootstrap::cli {
namespace {

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

// The byte behind the first `count` characters.
std::size_t bytes_of(std::string_view text, std::size_t count) {
  for (std::size_t at = 0; at < text.size(); ++at)
    if (begins_character(text[at]) && count-- == 0) return at;
  return text.size();
}

void wrap_line(std::string_view line, std::size_t width, std::vector<std::string>& lines) {
  while (width > 0 && characters(line) > width) {
    const std::size_t most = bytes_of(line, width);
    std::size_t end = line.rfind(' ', most);
    if (end == std::string_view::npos || end == 0) end = most;
    lines.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
    while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  }
  lines.emplace_back(line);
}

}  // namespace

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

std::string clipped(std::string_view text, std::size_t width) {
  return std::string(text.substr(0, bytes_of(text, width)));
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    wrap_line(text.substr(0, end), width, lines);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string TextTable::text() const {
  std::vector<std::size_t> widths;
  for (const Line& line : rows_)
    for (std::size_t i = 0; i < line.cells.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], characters(line.cells[i]));
    }
  std::string text;
  for (const Line& line : rows_) {
    std::string one = line.text;
    for (std::size_t i = 0; i < line.cells.size(); ++i)
      one += line.cells[i] + std::string(widths[i] - characters(line.cells[i]) + 2, ' ');
    one.erase(one.find_last_not_of(' ') + 1);
    text += one + "\n";
  }
  return text;
}

}  // namespace bootstrap::cli
