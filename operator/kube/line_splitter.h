#pragma once
// Cuts a stream of bytes into lines, whatever the pieces it arrives in. Bytes are not looked into,
// so text of many bytes a character stays whole.
//
// Threads: one at a time. Errors: a line over the limit ends it; nothing throws.

#include <cstddef>
#include <string>
#include <string_view>

namespace bootstrap::kube {

class LineSplitter {
 public:
  explicit LineSplitter(std::size_t max_line) : max_line_(max_line) {}

  // Calls `on_line(std::string_view)` for each complete line, without its end; empty lines are
  // skipped. False when a line is too long, or when on_line returned false; the rest is dropped.
  template <class OnLine>
  bool feed(std::string_view bytes, OnLine&& on_line) {
    for (std::size_t end; (end = bytes.find('\n')) != std::string_view::npos;) {
      const std::string_view piece = bytes.substr(0, end);
      bytes.remove_prefix(end + 1);
      if (rest_.size() + piece.size() > max_line_) return clear(), false;
      bool more = true;
      if (rest_.empty()) {
        if (!piece.empty()) more = on_line(piece);
      } else {
        rest_.append(piece);
        more = on_line(std::string_view(rest_));
        clear();
      }
      if (!more) return false;
    }
    if (rest_.size() + bytes.size() > max_line_) return clear(), false;
    rest_.append(bytes);
    return true;
  }
  // A new stream begins.
  void clear() {
    rest_.clear();
    if (rest_.capacity() > kKeptCapacity) rest_.shrink_to_fit();
  }

 private:
  static constexpr std::size_t kKeptCapacity = 64 << 10;  // after a large line

  std::size_t max_line_;
  std::string rest_;  // of a line whose end has not arrived
};

}  // namespace bootstrap::kube
