#include "controllers/parameter_rules.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controllers/run_values.h"

namespace bootstrap {
namespace {

std::string does_not_match(const std::string& value, const std::string& pattern) {
  return fmt::format("\"{}\" does not match the pattern {}", value, pattern);
}

}  // namespace

Problems declaration_problems(const Parameter& p, const std::string& field) {
  if (const auto compiled = matches_whole("", p.pattern); !compiled)
    return {{field + ".pattern", "is no regular expression: " + compiled.error()}};
  const auto matches = [&](const std::string& value) {
    return p.pattern.empty() || matches_whole(value, p.pattern).value_or(true);
  };
  Problems problems;
  for (const std::string& value : p.allowed)
    if (!matches(value)) problems.push_back({field + ".allowed", does_not_match(value, p.pattern)});
  if (!p.default_value) return problems;
  const bool is_allowed =
      p.allowed.empty() || std::ranges::find(p.allowed, *p.default_value) != p.allowed.end();
  if (!is_allowed)
    problems.push_back(
        {field + ".default", fmt::format("\"{}\" is not allowed; allowed: {}", *p.default_value,
                                         fmt::join(p.allowed, ", "))});
  if (!matches(*p.default_value))
    problems.push_back({field + ".default", does_not_match(*p.default_value, p.pattern)});
  return problems;
}

}  // namespace bootstrap
