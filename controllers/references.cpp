#include "controllers/references.h"

#include <array>

namespace bootstrap {
namespace {

constexpr std::array<std::string_view, 3> kRoots{"$(params.", "$(steps.", "$(workflow."};

struct Found {
  std::size_t begin;  // of "$("
  std::size_t end;    // behind ")"
};

std::optional<Found> next_reference(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find("$(", from); at != std::string_view::npos;
       at = text.find("$(", at + 2)) {
    for (const std::string_view root : kRoots) {
      if (!text.substr(at).starts_with(root)) continue;
      const std::size_t close = text.find(')', at);
      if (close != std::string_view::npos) return Found{at, close + 1};
    }
  }
  return std::nullopt;
}

std::string_view inside(std::string_view text, Found found) {
  return text.substr(found.begin + 2, found.end - found.begin - 3);
}

// A '$' that the author wrote right before a reference must not pair with what the value begins
// with: "$$(params.x)" and the value "(PASSWORD)" would make the kubelet's "$(PASSWORD)". Doubled
// it stands for itself. After an even number each has its partner already.
void close_open_dollar(std::string& text) {
  const std::size_t last_other = text.find_last_not_of('$');
  const std::size_t dollars =
      last_other == std::string::npos ? text.size() : text.size() - last_other - 1;
  if (dollars % 2 == 1) text += '$';
}

}  // namespace

std::vector<std::string> references_in(std::string_view text) {
  std::vector<std::string> all;
  for (auto found = next_reference(text, 0); found; found = next_reference(text, found->end))
    all.emplace_back(inside(text, *found));
  return all;
}

std::string quoted_for_kubelet(std::string_view value) {
  std::string quoted;
  for (const char c : value) quoted.append(c == '$' ? 2 : 1, c);
  return quoted;
}

tl::expected<std::string, std::string> substitute(std::string_view text, const Lookup& lookup,
                                                  Quoting quoting) {
  std::string result;
  std::size_t done = 0;
  for (auto found = next_reference(text, 0); found; found = next_reference(text, done)) {
    const auto value = lookup(inside(text, *found));
    if (!value) return tl::unexpected(std::string(inside(text, *found)));
    result.append(text.substr(done, found->begin - done));
    if (quoting == Quoting::Kubelet) {
      close_open_dollar(result);
      result.append(quoted_for_kubelet(*value));
    } else {
      result.append(*value);
    }
    done = found->end;
  }
  result.append(text.substr(done));
  return result;
}

}  // namespace bootstrap
