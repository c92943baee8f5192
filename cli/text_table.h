#pragma once
// Columns that are as wide as what stands in them, and texts as wide as a terminal. Widths are
// counted in characters, of which a byte of UTF-8 may be a part. Pure functions.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bootstrap::cli {

std::size_t characters(std::string_view);

// At most this many characters.
std::string clipped(std::string_view text, std::size_t width);

// Lines of at most `width` characters, broken at spaces where there are some; 0: without limit. A
// newline of the text begins a line, too.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

using Row = std::vector<std::string>;

// Each row with its end of line, without spaces before it. Columns are two spaces apart.
class TextTable {
 public:
  void add(Row row) { rows_.push_back({std::move(row), {}}); }
  // A line between rows, which is no part of the columns.
  void add_line(std::string text) { rows_.push_back({{}, std::move(text)}); }
  std::string text() const;

 private:
  struct Line {
    Row cells;
    std::string text;
  };
  std::vector<Line> rows_;
};

}  // namespace bootstrap::cli
