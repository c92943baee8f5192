#pragma once
// Texts that go into a status: cut to their limit without breaking a character, and without what
// would speak to a terminal: a tool's colours are left out, and other control characters but
// newlines and tabs are replaced by '?', as bytes are that are no UTF-8 (a tool may print anything,
// JSON may not carry it). Pure functions.

#include <cstddef>
#include <string>
#include <string_view>

namespace bootstrap {

// At most `limit` bytes of valid UTF-8, ending in "…" when something was cut off.
std::string cut(std::string text, std::size_t limit);

// A text and what must follow it, at most `limit` bytes in all: of the text as much as there is
// room for, but at least `least` bytes before the end is cut, too.
std::string with_end(std::string text, std::string_view end, std::size_t limit,
                     std::size_t least = 160);

// The end of a text, at most `limit` bytes, whole characters.
std::string tail(std::string_view text, std::size_t limit);

// The last line that is not blank, without white space around it.
std::string last_line(std::string_view text);

}  // namespace bootstrap
