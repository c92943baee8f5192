#pragma once
// A text that is drawn again where it stands, by the few control sequences that every terminal of
// today knows.
//
// Threads: one. Pure but for writing to the stream; terminal_size() asks the system.

#include <cstddef>
#include <iosfwd>
#include <string>

namespace bootstrap::cli {

struct ScreenSize {
  std::size_t rows = 24;
  std::size_t columns = 80;
};
// Of the terminal that is the standard output.
ScreenSize terminal_size();

class Screen {
 public:
  explicit Screen(std::ostream& out) : out_(out) {}

  // Takes the place of what was drawn before. What does not fit is left out: of lines their ends,
  // of the text the lines in the end, and it says how many.
  void draw(const std::string& text, const ScreenSize& size);
  // The same for the last time: all of it, as it is.
  void finish(const std::string& text);

 private:
  std::ostream& out_;
  std::size_t drawn_ = 0;  // lines
};

}  // namespace bootstrap::cli
