#include "cli/near_match.h"

#include <algorithm>
#include <cctype>
#include <cstddef>

namespace bootstrap::cli {
namespace {

// Longer ones are no slips of a field's name, and the time grows with the square.
constexpr std::size_t kLongest = 64;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// Letters to add, take away, change or swap with their neighbour to come from one to the other.
std::size_t slips(std::string_view a, std::string_view b) {
  using Row = std::vector<std::size_t>;
  Row before_last, last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, change});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = row;
  }
  return last[b.size()];
}

}  // namespace

std::string nearest(std::string_view written, const std::vector<std::string>& known) {
  if (written.size() > kLongest) return "";
  // "retries" is three slips from "retry", and "name" two from "size": the longer, the more.
  std::size_t least = (written.size() + 2) / 3 + 1;
  std::string best;
  for (const std::string& word : known) {
    const std::size_t count = slips(lower(written), lower(word));
    if (count >= least) continue;
    least = count;
    best = word;
  }
  return best;
}

}  // namespace bootstrap::cli
