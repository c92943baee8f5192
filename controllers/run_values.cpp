#include "controllers/run_values.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <re2/re2.h>

#include "controllers/when.h"

namespace bootstrap {

std::string environment_name(std::string_view parameter) {
  std::string name = "PARAM_";
  for (const char c : parameter)
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

namespace {

// The RE2 library writes into the log what it cannot compile, unless told not to.
re2::RE2::Options quiet() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  return options;
}

void check_value(const Parameter& p, const std::string& value, Problems& problems) {
  const std::string field = fmt::format("parameters[{}]", p.name);
  if (!p.allowed.empty() && std::ranges::find(p.allowed, value) == p.allowed.end())
    problems.push_back({field, fmt::format("\"{}\" is not allowed; allowed: {}", value,
                                           fmt::join(p.allowed, ", "))});
  if (p.pattern.empty()) return;
  // That a pattern is one at all is looked at elsewhere (parameter_rules.h).
  if (!matches_whole(value, p.pattern).value_or(true))
    problems.push_back(
        {field, fmt::format("\"{}\" does not match the pattern {}", value, p.pattern)});
}

bool is_empty(const ParameterValues& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() || found->second.empty();
}

// Why a parameter must have a value; empty: it need not.
std::string why_required(const Parameter& p, const ParameterValues& values) {
  if (p.required) return "is required";
  if (p.required_when.empty() ||
      !std::ranges::all_of(p.required_when, [&](const auto& c) { return holds(c, values); }))
    return "";
  std::vector<std::string> because;
  for (const ParameterCondition& c : p.required_when)
    because.push_back(is_empty(values, c.param)
                          ? fmt::format("{} has no value", c.param)
                          : fmt::format("{} is \"{}\"", c.param, values.at(c.param)));
  return fmt::format("is required because {}", fmt::join(because, " and "));
}

}  // namespace

tl::expected<ParameterValues, Problems> resolve_parameters(const std::vector<Parameter>& all) {
  ParameterValues values;
  for (const Parameter& p : all)
    if (const auto& value = p.value ? p.value : p.default_value) values.emplace(p.name, *value);
  Problems problems;
  std::map<std::string, std::string> by_environment;
  for (const Parameter& p : all) {
    const std::string field = fmt::format("parameters[{}]", p.name);
    const auto [same, fresh] = by_environment.emplace(environment_name(p.name), p.name);
    if (!fresh)
      problems.push_back(
          {field, fmt::format("has the same environment variable {} as {}; rename one", same->first,
                              same->second)});
    const std::string required = why_required(p, values);
    if (!required.empty() && is_empty(values, p.name))
      problems.push_back({field, required + ": set its value"});
    else if (const auto& value = p.value ? p.value : p.default_value)
      check_value(p, *value, problems);
  }
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  return values;
}

tl::expected<bool, std::string> matches_whole(const std::string& text, const std::string& pattern) {
  const re2::RE2 compiled(pattern, quiet());
  if (!compiled.ok()) return tl::unexpected(compiled.error());
  return re2::RE2::FullMatch(text, compiled);
}

Lookup with_result(Lookup lookup, const std::optional<RunResult>& result) {
  if (!result) return lookup;
  return [lookup = std::move(lookup),
          state = result->state](std::string_view reference) -> std::optional<std::string> {
    if (reference == kWorkflowResult) return state;
    return lookup(reference);
  };
}

Lookup lookup_of(const RunIdentity& run, const ParameterValues& values) {
  return [run, values](std::string_view reference) -> std::optional<std::string> {
    constexpr std::string_view kParams = "params.";
    if (reference.starts_with(kParams)) {
      const auto found = values.find(std::string(reference.substr(kParams.size())));
      return found == values.end() ? std::nullopt : std::optional(found->second);
    }
    if (reference == "workflow.name") return run.name;
    if (reference == "workflow.namespace") return run.ns;
    if (reference == "workflow.uid") return run.uid;
    if (reference == "workflow.run") return std::to_string(run.run);
    if (reference == "workflow.startTime") return to_rfc3339(run.start);
    return std::nullopt;
  };
}

std::string known_references(const ParameterValues& values) {
  std::string known;
  for (const auto& [name, value] : values) known += fmt::format("params.{}, ", name);
  return known +
         "workflow.name, workflow.namespace, workflow.uid, workflow.run, workflow.startTime";
}

}  // namespace bootstrap
