#include "controllers/when.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controllers/account.h"
#include "controllers/attempt.h"
#include "controllers/launch_values.h"
#include "controllers/resource_query_spec.h"

namespace bootstrap {
namespace {

using Kind = WhenResult::Kind;
using Values = std::vector<std::string>;

// --- values: of parameters and of outputs ---

// `value` null: there is none.
bool compares(Operator op, const Values& values, const std::string* value) {
  const bool in = value != nullptr && std::ranges::find(values, *value) != values.end();
  const bool exists = value != nullptr && !value->empty();
  switch (op) {
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

std::string demand(Operator op, const Values& values) {
  switch (op) {
    case Operator::In:
    case Operator::NotIn:
      return fmt::format("must {}be one of [{}]", op == Operator::In ? "" : "not ",
                         fmt::join(values, ", "));
    case Operator::Exists:
      return "must have one";
    case Operator::DoesNotExist:
      break;
  }
  return "must have none";
}

std::string value_text(const std::string* value) {
  return value == nullptr ? "has no value" : fmt::format("is \"{}\"", *value);
}

const std::string* value_of(const ParameterValues& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? nullptr : &found->second;
}

WhenResult evaluate(const ParameterCondition& condition, const WhenFacts& facts) {
  if (holds(condition, facts.parameters)) return {};
  return {Kind::DoesNot,
          fmt::format("parameter {} {}, and {}", condition.param,
                      value_text(value_of(facts.parameters, condition.param)), to_text(condition))};
}

// What has come of something is not known before it is over. It comes before, but what another
// operator has launched shows up when it does: a later step of a phase may have ended while an
// earlier one is being decided.
WhenResult not_over(const std::string& what) {
  return {Kind::NotKnownYet,
          fmt::format("its condition cannot be decided, because {} is not over", what)};
}

WhenResult evaluate(const PhaseCondition& condition, const WhenFacts& facts) {
  if (!facts.standing.is_over(condition.phase)) return not_over("phase " + condition.phase);
  const std::string state =
      to_text(facts.standing.state(condition.phase).value_or(PhaseState::Pending));
  if (std::ranges::find(condition.states, state) != condition.states.end()) return {};
  return {Kind::DoesNot, fmt::format("phase {} is {}, not {}", condition.phase, state,
                                     fmt::join(condition.states, " or "))};
}

WhenResult evaluate(const ResultCondition& condition, const WhenFacts& facts) {
  const std::string result = facts.lookup(kWorkflowResult).value_or("");
  if (result == condition.result) return {};
  return {Kind::DoesNot, fmt::format("the run is {}, not {}", result, condition.result)};
}

WhenResult evaluate(const OutputCondition& condition, const WhenFacts& facts) {
  const std::string name = to_path(condition.output);
  const auto given = given_output(condition.output, facts.status);
  const StepRecord* giver = find_step(facts.status, condition.output.step);
  if (!facts.standing.is_over(condition.output.step))
    return not_over(to_text(condition.output.step));
  if (!given && giver != nullptr && giver->reason == reasons::kPodGone)
    return {Kind::Never, fmt::format("needs output {}, but {}", name, given.error().message),
            given.error().reason};
  const std::string* value = given ? &*given : nullptr;
  if (compares(condition.op, condition.values, value)) return {};
  return {Kind::DoesNot, fmt::format("output {} {}, and {}", name, value_text(value),
                                     demand(condition.op, condition.values))};
}

// --- resources ---

WhenResult never(const Lacking& lacking) {
  return {Kind::Never, lacking.message, lacking.reason};
}

// `why`: of an API server that could not tell.
WhenResult not_known(const ResourceRef& resource, const std::string& why = "") {
  return {Kind::NotKnownYet,
          fmt::format("its condition cannot be decided, because nothing is known yet of {}{}{}",
                      to_text(resource), why.empty() ? "" : ": ", why)};
}

// Without references. Lacking: an output that it needs was not given, or makes no sense there.
tl::expected<ResourceQuery, Lacking> query_of(const ResourceCondition& condition,
                                              const WhenFacts& facts) {
  auto query = resolved(condition.query, with_given_outputs(facts.lookup, facts.status));
  if (!query) {
    const auto wanted = output_reference(query.error());
    const auto given = wanted ? given_output(*wanted, facts.status) : std::string();
    return tl::unexpected(Lacking{
        reasons::kOutputMissing, fmt::format("its condition needs $({}), but {}", query.error(),
                                             given ? "that is not known" : given.error().message)});
  }
  const Problems problems = check_resource_query(*query, "when.");
  if (!problems.empty())
    return tl::unexpected(
        Lacking{reasons::kOutputRefused,
                fmt::format("{}: {}", problems.front().field, problems.front().message)});
  return std::move(*query);
}

// Nothing when whoever wrote the workflow may know about the resource.
std::optional<WhenResult> no_right(const ResourceCondition& condition, const ResourceRef& resource,
                                   const WhenFacts& facts) {
  const AccountUse use = use_of(condition.account, facts.ns, facts.ask);
  const auto* allowed = facts.ask(right_to_read(condition.account, resource));
  if (use.kind == AccountUse::Kind::Refused)
    return WhenResult{Kind::NotKnownYet, use.message, use.reason};
  if (use.kind == AccountUse::Kind::NotKnownYet) return not_known(resource, use.message);
  if (allowed == nullptr) return not_known(resource);
  if (!*allowed) return not_known(resource, allowed->error().why);
  if (**allowed) return std::nullopt;
  return WhenResult{Kind::NotKnownYet, no_right_text(condition.account, resource),
                    reasons::kServiceAccountMayNotRead};
}

WhenResult judged(const ResourceQuery& query, const ResourceFinding& finding) {
  switch (finding.reading) {
    case ResourceFinding::Reading::Forbidden:
      return {Kind::NotKnownYet, why_not(query, finding), reasons::kOperatorMayNotRead};
    case ResourceFinding::Reading::WatchLimit:
      return {Kind::NotKnownYet, why_not(query, finding), reasons::kWatchLimit};
    case ResourceFinding::Reading::NoSuchKind:
    case ResourceFinding::Reading::Unwatchable:  // it was listed
    case ResourceFinding::Reading::Read:
      break;
  }
  if (finding.holds) return {};
  return {Kind::DoesNot, why_not(query, finding), "", true};
}

WhenResult evaluate(const ResourceCondition& condition, const WhenFacts& facts) {
  const auto query = query_of(condition, facts);
  if (!query) return never(query.error());
  const auto* answer = facts.ask(ResourceNow{*query});
  const ResourceFinding* finding = answer != nullptr && *answer ? &**answer : nullptr;
  // A right to read a kind that does not exist cannot be asked for.
  if (finding == nullptr || finding->reading != ResourceFinding::Reading::NoSuchKind)
    if (auto missing = no_right(condition, query->resource, facts)) return *missing;
  if (finding != nullptr) return judged(*query, *finding);
  return not_known(query->resource, answer == nullptr ? "" : answer->error().why);
}

// --- all of them ---

bool is_of_cluster(const WhenEntry& entry) {
  return std::holds_alternative<ResourceCondition>(entry);
}

// All are looked at, so that everything is asked at once.
WhenResult together(const When& when, bool of_cluster, const WhenFacts& facts) {
  WhenResult all;
  for (const WhenEntry& entry : when) {
    if (is_of_cluster(entry) != of_cluster) continue;
    WhenResult one = std::visit([&](const auto& e) { return evaluate(e, facts); }, entry);
    if (one.kind > all.kind) all = std::move(one);
  }
  return all;
}

}  // namespace

bool depends_on_cluster(const When& when) {
  return std::ranges::any_of(when, is_of_cluster);
}

bool holds(const ParameterCondition& condition, const ParameterValues& values) {
  return compares(condition.op, condition.values, value_of(values, condition.param));
}

std::string to_text(const ParameterCondition& condition) {
  return demand(condition.op, condition.values);
}

WhenResult evaluate(const When& when, const WhenFacts& facts) {
  WhenResult fixed = together(when, false, facts);
  return fixed.kind == Kind::Holds ? together(when, true, facts) : fixed;
}

}  // namespace bootstrap
