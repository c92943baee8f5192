#include "controllers/when.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace bootstrap {
namespace {

using Kind = WhenResult::Kind;

std::string value_text(const ParameterValues& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? "has no value" : fmt::format("is \"{}\"", found->second);
}

WhenResult evaluate(const ParameterCondition& condition, const WhenFacts& facts) {
  if (holds(condition, facts.parameters)) return {};
  return {Kind::DoesNot,
          fmt::format("parameter {} {}, and {}", condition.param,
                      value_text(facts.parameters, condition.param), to_text(condition))};
}

WhenResult evaluate(const PhaseCondition& condition, const WhenFacts& facts) {
  const std::string state =
      to_text(facts.standing.state(condition.phase).value_or(PhaseState::Pending));
  if (std::ranges::find(condition.states, state) != condition.states.end()) return {};
  return {Kind::DoesNot, fmt::format("phase {} is {}, not {}", condition.phase, state,
                                     fmt::join(condition.states, " or "))};
}

}  // namespace

bool holds(const ParameterCondition& condition, const ParameterValues& values) {
  const auto found = values.find(condition.param);
  const bool in = found != values.end() &&
                  std::ranges::find(condition.values, found->second) != condition.values.end();
  const bool exists = found != values.end() && !found->second.empty();
  switch (condition.op) {
    case Operator::In:
      return in;
    case Operator::NotIn:
      return !in;
    case Operator::Exists:
      return exists;
    case Operator::DoesNotExist:
      break;
  }
  return !exists;
}

std::string to_text(const ParameterCondition& condition) {
  switch (condition.op) {
    case Operator::In:
    case Operator::NotIn:
      return fmt::format("must {}be one of [{}]", condition.op == Operator::In ? "" : "not ",
                         fmt::join(condition.values, ", "));
    case Operator::Exists:
      return "must have one";
    case Operator::DoesNotExist:
      break;
  }
  return "must have none";
}

WhenResult evaluate(const When& when, const WhenFacts& facts) {
  for (const WhenEntry& entry : when) {
    WhenResult result = std::visit([&](const auto& e) { return evaluate(e, facts); }, entry);
    if (result.kind != Kind::Holds) return result;
  }
  return {};
}

}  // namespace bootstrap
