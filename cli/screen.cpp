#include "cli/screen.h"

#include <ostream>
#include <vector>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/text_table.h"

namespace bootstrap::cli {
namespace {

constexpr const char* kClearRestOfLine = "\x1b[K";
constexpr const char* kClearBelow = "\x1b[J";

// Where what was drawn begins.
std::string to_begin(std::size_t drawn) {
  return drawn > 0 ? fmt::format("\x1b[{}A\r", drawn) : "";
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

}  // namespace

ScreenSize terminal_size() {
  ScreenSize size;
  winsize window{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0) return size;
  if (window.ws_row > 0) size.rows = window.ws_row;
  if (window.ws_col > 0) size.columns = window.ws_col;
  return size;
}

void Screen::draw(const std::string& text, const ScreenSize& size) {
  std::vector<std::string> lines = lines_of(text);
  // The cursor stands in the line below the last one.
  const std::size_t most = size.rows > 2 ? size.rows - 1 : 1;
  if (lines.size() > most) {
    const std::size_t left_out = lines.size() - most + 1;
    lines.resize(most - 1);
    lines.push_back(fmt::format("… {} lines more", left_out));
  }
  std::string all = to_begin(drawn_);
  for (const std::string& line : lines)
    all += clipped(line, size.columns) + kClearRestOfLine + "\n";
  all += kClearBelow;
  drawn_ = lines.size();
  out_ << all << std::flush;
}

void Screen::finish(const std::string& text) {
  out_ << to_begin(drawn_) << kClearBelow << text << std::flush;
  drawn_ = 0;
}

}  // namespace bootstrap::cli
