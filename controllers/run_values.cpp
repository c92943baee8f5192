#include "controllers/run_values.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace bootstrap {

std::string environment_name(std::string_view parameter) {
  std::string name = "PARAM_";
  for (const char c : parameter)
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

tl::expected<ParameterValues, Problems> resolve_parameters(const std::vector<Parameter>& all) {
  ParameterValues values;
  Problems problems;
  std::map<std::string, std::string> by_environment;
  for (const Parameter& p : all) {
    const std::string field = fmt::format("parameters[{}]", p.name);
    const auto [same, fresh] = by_environment.emplace(environment_name(p.name), p.name);
    if (!fresh)
      problems.push_back(
          {field, fmt::format("has the same environment variable {} as {}; rename one", same->first,
                              same->second)});
    const auto& value = p.value ? p.value : p.default_value;
    if (p.required && (!value || value->empty())) {
      problems.push_back({field, "is required: set its value"});
      continue;
    }
    if (!value) continue;
    if (!p.allowed.empty() && std::ranges::find(p.allowed, *value) == p.allowed.end())
      problems.push_back({field, fmt::format("\"{}\" is not allowed; allowed: {}", *value,
                                             fmt::join(p.allowed, ", "))});
    values.emplace(p.name, *value);
  }
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  return values;
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
