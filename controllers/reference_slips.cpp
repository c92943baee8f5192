#include "controllers/reference_slips.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "controllers/outputs.h"

namespace bootstrap {
namespace {

using Names = std::set<std::string, std::less<>>;

constexpr std::array<std::string_view, 3> kRoots{"params.", "steps.", "workflow."};
constexpr std::array<std::string_view, 6> kOfWorkflow{"name", "namespace", "uid",
                                                      "run",  "startTime", "result"};
constexpr std::string_view kSpace = " \t";
// Behind one of these nobody would look for the ')' that is missing.
constexpr std::string_view kEndsUnclosed = " \t\r\n\"'";

bool begins_reference(std::string_view text) {
  return std::ranges::any_of(kRoots, [&](std::string_view root) { return text.starts_with(root); });
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// Equal but for one letter that is missing, too many or another one, or two that changed places.
bool is_close(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  const auto same =
      static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());  // letters in front
  const std::string_view rest_a = a.substr(same);
  const std::string_view rest_b = b.substr(same);
  if (a.size() + 1 == b.size()) return rest_a == rest_b.substr(1);
  if (a.size() != b.size()) return false;
  if (rest_a.size() < 2) return true;
  return rest_a.substr(1) == rest_b.substr(1) ||
         (rest_a[0] == rest_b[1] && rest_a[1] == rest_b[0] && rest_a.substr(2) == rest_b.substr(2));
}

bool resembles_params(const std::string& word) {
  return is_close(word, "params") || word == "parameter" || word == "parameters";
}

// What must have been meant by the inside of "$(…)"; empty: it may be anything.
std::string meant_by(std::string_view written, const Names& parameters) {
  const std::string_view inside = trimmed(written);
  const auto dot = inside.find('.');
  if (dot == std::string_view::npos) return "";
  const std::string word = lower(inside.substr(0, dot));
  const std::string rest(inside.substr(dot + 1));
  if (!std::ranges::all_of(word, [](unsigned char c) { return std::isalpha(c) != 0; })) return "";
  if (output_reference("steps." + rest)) return "steps." + rest;
  if (resembles_params(word) && parameters.contains(rest)) return "params." + rest;
  const bool of_workflow = std::ranges::find(kOfWorkflow, rest) != kOfWorkflow.end();
  return of_workflow && is_close(word, "workflow") ? "workflow." + rest : "";
}

std::optional<Slip> slip_at(std::string_view inside, const Names& parameters) {
  const auto close = inside.find(')');
  if (begins_reference(inside)) {
    if (close != std::string_view::npos) return std::nullopt;  // a reference, right or wrong
    return Slip{std::string(inside.substr(0, inside.find_first_of(kEndsUnclosed))), ""};
  }
  if (close == std::string_view::npos) return std::nullopt;
  std::string meant = meant_by(inside.substr(0, close), parameters);
  if (meant.empty()) return std::nullopt;
  return Slip{std::string(inside.substr(0, close)), std::move(meant)};
}

}  // namespace

std::vector<Slip> slips_in(std::string_view text, const Names& parameters) {
  constexpr std::string_view kBegin = "$(";
  std::vector<Slip> slips;
  for (auto at = text.find(kBegin); at != std::string_view::npos;
       at = text.find(kBegin, at + kBegin.size())) {
    const bool is_text = at > 0 && text[at - 1] == '$';
    if (is_text) continue;
    if (auto slip = slip_at(text.substr(at + kBegin.size()), parameters))
      slips.push_back(std::move(*slip));
  }
  return slips;
}

}  // namespace bootstrap
