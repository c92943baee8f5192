#pragma once
// Texts that go into a status: cut to their limit without breaking a character. Pure functions.

#include <cstddef>
#include <string>
#include <string_view>

namespace bootstrap {

// At most `limit` bytes of valid UTF-8, ending in "…" when something was cut off.
std::string cut(std::string text, std::size_t limit);

// The end of a text, at most `limit` bytes, whole characters; bytes that are not UTF-8 are replaced
// by '?' (a tool may print anything, JSON may not carry it).
std::string tail(std::string_view text, std::size_t limit);

// The last line that is not blank, without white space around it.
std::string last_line(std::string_view text);

}  // namespace bootstrap
