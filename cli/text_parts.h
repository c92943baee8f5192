#pragma once
// A file in the parts that are parsed one by one, so that a mistake in one hides nothing in the
// others. Pure functions.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bootstrap::cli {

struct TextPart {
  std::string text;
  int first_line = 1;  // of the file; counted from 1
};

// At lines of "---", which may have a comment or content behind it.
std::vector<TextPart> yaml_parts(std::string_view text);

// The JSON values of a text that is nothing but JSON objects; empty: it is something else.
std::vector<TextPart> json_parts(std::string_view text);

// The line of the first byte that is not UTF-8.
std::optional<int> line_that_is_not_utf8(std::string_view text);

}  // namespace bootstrap::cli
