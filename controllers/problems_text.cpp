#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "controllers/texts.h"
#include "controllers/validation.h"

namespace bootstrap {
namespace {

// Between what is wrong and what to do about it.
constexpr std::string_view kHint = "; ";

// Tools of the workflow are tools of every step: a mistake in them is told with the first.
Problems told_once(const Problems& problems) {
  struct Told {
    Problem first;
    std::string place;  // within the tools; empty: not in tools
    std::size_t more = 0;
  };
  std::vector<Told> all;
  for (const Problem& problem : problems) {
    const auto at = problem.field.find(".tools.");
    const std::string place = at == std::string::npos ? "" : problem.field.substr(at);
    const auto same = std::ranges::find_if(all, [&](const Told& told) {
      return !place.empty() && told.place == place && told.first.message == problem.message;
    });
    if (same == all.end())
      all.push_back({problem, place});
    else
      ++same->more;
  }
  Problems once;
  for (Told& told : all) {
    if (told.more > 0)
      told.first.field +=
          fmt::format(" (and {} more step{})", told.more, told.more == 1 ? "" : "s");
    once.push_back(std::move(told.first));
  }
  return once;
}

template <class Shape>
std::string listed(const Problems& problems, Shape&& shape) {
  std::string text = problems.size() == 1
                         ? std::string("the spec cannot run: ")
                         : fmt::format("the spec cannot run, {} problems: ", problems.size());
  for (std::size_t i = 0; i < problems.size(); ++i)
    text +=
        fmt::format("{}{}: {}", i == 0 ? "" : "; ", problems[i].field, shape(problems[i].message));
  return text;
}

}  // namespace

std::string problems_text(const Problems& problems, std::size_t limit) {
  const Problems all = told_once(problems);
  std::string text = listed(all, [](const std::string& message) { return message; });
  // Rather every problem without its hint than the first ones only.
  if (text.size() > limit)
    text = listed(
        all, [](const std::string& message) { return message.substr(0, message.find(kHint)); });
  return cut(std::move(text), limit);
}

}  // namespace bootstrap
