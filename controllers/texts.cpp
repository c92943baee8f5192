#include "controllers/texts.h"

#include <algorithm>

namespace bootstrap {
namespace {

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// Length of the well-formed UTF-8 sequence at the front of `text`, 0 when there is none.
std::size_t sequence_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if (!continues(text[i])) return 0;
  const auto second = length > 1 ? static_cast<unsigned char>(text[1]) : 0U;
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate_or_beyond =
      (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
  return overlong || surrogate_or_beyond ? 0 : length;
}

// Length of the escape sequence at the front of `text` (ECMA-48: colours, cursor; window titles and
// links), 0 when there is none. One that does not end is as long as the text.
std::size_t escape_length(std::string_view text) {
  constexpr char kEscape = '\x1B', kBell = '\x07';
  if (text[0] != kEscape || text.size() < 2) return 0;
  if (text[1] == '[') {  // up to its letter
    const auto is_letter = [](char c) { return c >= '@' && c <= '~'; };
    const auto letter = std::ranges::find_if(text.substr(2), is_letter);
    return std::min(static_cast<std::size_t>(letter - text.begin()) + 1, text.size());
  }
  if (text[1] == ']') {  // up to a bell, or to an escape and a backslash
    const auto end = text.find_first_of(std::string{kBell, kEscape}, 2);
    if (end == std::string_view::npos) return text.size();
    return std::min(end + (text[end] == kBell ? 1 : 2), text.size());
  }
  const auto is_between = [](char c) { return c >= ' ' && c <= '/'; };
  const auto last = std::ranges::find_if_not(text.substr(1), is_between);
  return std::min(static_cast<std::size_t>(last - text.begin()) + 1, text.size());
}

// C0 without tab and newline, DEL, and C1 of a well-formed sequence.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1)
    return (first < 0x20 && first != '\n' && first != '\t') || first == 0x7F;
  return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

std::string printable(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    if (const std::size_t escape = escape_length(text); escape > 0) {
      text.remove_prefix(escape);
    } else if (text.starts_with("\r\n")) {
      text.remove_prefix(1);
    } else if (const std::size_t length = sequence_length(text);
               length == 0 || is_control(text.substr(0, length))) {
      clean += text[0] == '\r' ? '\n' : '?';  // a progress bar begins its line anew
      text.remove_prefix(std::max<std::size_t>(length, 1));
    } else {
      clean += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return clean;
}

}  // namespace

std::string cut(std::string text, std::size_t limit) {
  text = printable(text);
  if (text.size() <= limit) return text;
  constexpr std::string_view kEllipsis = "…";
  if (limit < kEllipsis.size()) return "";
  std::size_t end = limit - kEllipsis.size();
  while (end > 0 && continues(text[end])) --end;
  return text.substr(0, end).append(kEllipsis);
}

std::string with_end(std::string text, std::string_view end, std::size_t limit, std::size_t least) {
  const std::size_t room = end.size() < limit ? limit - end.size() : 0;
  text = cut(std::move(text), std::max(room, std::min(least, limit)));
  return cut(text.append(end), limit);
}

std::string tail(std::string_view text, std::size_t limit) {
  std::string clean = printable(text);
  if (clean.size() <= limit) return clean;
  std::size_t begin = clean.size() - limit;
  while (begin < clean.size() && continues(clean[begin])) ++begin;
  return clean.substr(begin);
}

std::string last_line(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto end = text.find_last_not_of(kBlank);
  if (end == std::string_view::npos) return "";
  text = text.substr(0, end + 1);
  const auto newline = text.rfind('\n');
  if (newline != std::string_view::npos) text.remove_prefix(newline + 1);
  const auto begin = text.find_first_not_of(kBlank);
  return std::string(text.substr(begin));
}

}  // namespace bootstrap
