#include "controllers/graph_rules.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controllers/ask_spec.h"
#include "controllers/limits.h"
#include "controllers/parameter_rules.h"

namespace bootstrap {
namespace {

using Names = std::set<std::string>;

// States of a phase that is over; Pending is one that never began.
constexpr std::array<std::string_view, 5> kStates{"Succeeded", "Failed", "Cancelled", "Skipped",
                                                  "Pending"};
constexpr std::array<std::string_view, 3> kResults{"Succeeded", "Failed", "Cancelled"};

class GraphRules {
 public:
  explicit GraphRules(const Definition& definition) : definition_(definition) {}

  Problems check() {
    for (const Parameter& p : definition_.parameters) check_parameter(p);
    Names listed;
    for (const PhaseDefinition& phase : definition_.phases) {
      const std::string at = fmt::format("phases[{}]", phase.name);
      check_depends_on(phase, listed, at);
      const Names before = definition_.order == Order::Graph ? ancestors_of(phase) : listed;
      check_phase(phase, before, at);
      ancestors_[phase.name] = before;
      listed.insert(phase.name);
    }
    in_finally_ = true;
    for (const PhaseDefinition& phase : definition_.finally) {
      const std::string at = fmt::format("finally[{}]", phase.name);
      if (!phase.depends_on.empty())
        add(at + ".dependsOn", "is not for phases of finally, which run as listed");
      check_phase(phase, listed, at);
      listed.insert(phase.name);
    }
    return std::move(problems_);
  }

 private:
  void add(std::string field, std::string message) {
    problems_.push_back({std::move(field), std::move(message)});
  }

  void check_parameter(const Parameter& p) {
    const std::string at = fmt::format("parameters[{}]", p.name);
    Parameter declared = p;
    // A default that is used is looked at as the value it then is (run_values.h).
    if (!p.value) declared.default_value.reset();
    for (Problem& problem : declaration_problems(declared, at))
      problems_.push_back(std::move(problem));
    for (std::size_t i = 0; i < p.required_when.size(); ++i)
      check_entry(p.required_when[i], {}, fmt::format("{}.requiredWhen[{}]", at, i));
  }

  void check_depends_on(const PhaseDefinition& phase, const Names& listed, const std::string& at) {
    if (!phase.depends_on.empty() && definition_.order != Order::Graph)
      add(at + ".dependsOn", "needs order: Graph; phases run as listed otherwise");
    for (const std::string& name : phase.depends_on)
      if (!listed.contains(name))
        add(at + ".dependsOn",
            fmt::format("\"{}\" is no phase listed before; {}", name, allowed(listed)));
  }

  Names ancestors_of(const PhaseDefinition& phase) const {
    Names all;
    for (const std::string& name : phase.depends_on) {
      all.insert(name);
      if (const auto found = ancestors_.find(name); found != ancestors_.end())
        all.insert(found->second.begin(), found->second.end());
    }
    return all;
  }

  void check_phase(const PhaseDefinition& phase, const Names& before, const std::string& at) {
    check_when(phase.when, before, at);
    for (const StepDefinition& step : phase.steps) {
      const std::string step_at = fmt::format("{}.steps[{}]", at, step.name);
      check_when(step.when, before, step_at);
      if (step.retry) check_retry(*step.retry, step_at + ".retry");
    }
  }

  void check_retry(const Retry& retry, const std::string& at) {
    if (retry.max_delay < retry.delay)
      add(at + ".maxDelay",
          fmt::format("must not be shorter than delay, which is {}", to_text(retry.delay)));
    if (retry.fatal_exit_codes.size() > limits::kFatalExitCodes)
      add(at + ".fatalExitCodes",
          fmt::format("has {} entries; at most {}", retry.fatal_exit_codes.size(),
                      limits::kFatalExitCodes));
  }

  void check_when(const When& when, const Names& before, const std::string& at) {
    if (when.size() > limits::kConditions)
      add(at + ".when",
          fmt::format("has {} entries; at most {}", when.size(), limits::kConditions));
    for (std::size_t i = 0; i < when.size(); ++i)
      std::visit(
          [&](const auto& entry) { check_entry(entry, before, fmt::format("{}.when[{}]", at, i)); },
          when[i]);
  }

  void check_entry(const ParameterCondition& entry, const Names&, const std::string& at) {
    const auto param = std::ranges::find(definition_.parameters, entry.param, &Parameter::name);
    const bool is_known = param != definition_.parameters.end();
    if (!is_known && !asked_.contains(entry.param))
      add(at + ".param",
          fmt::format("there is no parameter \"{}\"; {}", entry.param, allowed(parameter_names())));
    check_values(entry.op, entry.values, at);
    if (is_known) check_allowed(*param, entry.values, at);
  }

  // Most likely a slip: the parameter never has that value.
  void check_allowed(const Parameter& param, const std::vector<std::string>& values,
                     const std::string& at) {
    if (param.allowed.empty()) return;
    for (const std::string& value : values)
      if (std::ranges::find(param.allowed, value) == param.allowed.end() && !value.empty())
        add(at + ".values", fmt::format("\"{}\" is no value of {}; allowed: {}", value, param.name,
                                        fmt::join(param.allowed, ", ")));
  }

  void check_values(Operator op, const std::vector<std::string>& values, const std::string& at) {
    const bool compares = op == Operator::In || op == Operator::NotIn;
    if (compares && values.empty())
      add(at + ".values", fmt::format("operator {} needs at least one value", to_text(op)));
    if (!compares && !values.empty())
      add(at + ".values", fmt::format("operator {} takes no values", to_text(op)));
  }

  // Whether it comes in time is checked where references to outputs are (validation.cpp).
  void check_entry(const OutputCondition& entry, const Names&, const std::string& at) {
    check_values(entry.op, entry.values, at);
  }

  void check_entry(const PhaseCondition& entry, const Names& before, const std::string& at) {
    if (!before.contains(entry.phase))
      add(at + ".phase",
          fmt::format("\"{}\" is no phase that is over by then; {}", entry.phase, allowed(before)));
    if (entry.states.empty()) add(at + ".states", "needs at least one state");
    for (const std::string& state : entry.states)
      if (std::ranges::find(kStates, state) == kStates.end())
        add(at + ".states",
            fmt::format("\"{}\" is not a state of a phase that is over; allowed: {}", state,
                        fmt::join(kStates, ", ")));
  }

  void check_entry(const ResultCondition& entry, const Names&, const std::string& at) {
    if (!in_finally_) add(at + ".result", "is known in finally only; name a phase and its states");
    if (std::ranges::find(kResults, entry.result) == kResults.end())
      add(at + ".result", fmt::format("\"{}\" is no result of a run; allowed: {}", entry.result,
                                      fmt::join(kResults, ", ")));
  }

  // Its references are replaced first, so it is checked where these are (validation.cpp).
  void check_entry(const ResourceCondition&, const Names&, const std::string&) {}

  Names parameter_names() const {
    Names names;
    for (const Parameter& p : definition_.parameters) names.insert(p.name);
    for (const auto& [name, by] : asked_) names.insert(name);
    return names;
  }

  static std::string allowed(const Names& names) {
    return names.empty() ? "there is none" : fmt::format("allowed: {}", fmt::join(names, ", "));
  }

  const Definition& definition_;
  const AskedParameters asked_ = asked_parameters(flatten(definition_));
  std::map<std::string, Names> ancestors_;  // by phase
  bool in_finally_ = false;
  Problems problems_;
};

}  // namespace

Problems graph_problems(const Definition& definition) {
  return GraphRules(definition).check();
}

}  // namespace bootstrap
