#include "controllers/ask_spec.h"

#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "controllers/answers.h"
#include "controllers/limits.h"
#include "controllers/outputs.h"
#include "controllers/parameter_rules.h"
#include "controllers/run_values.h"
#include "controllers/spec_reader.h"

namespace bootstrap {

using nlohmann::json;

namespace {

Parameter read_asked(SpecReader& in, const json& object, const std::string& at) {
  for (const char* key : {"value", "requiredWhen"})
    if (SpecReader::has(object, key)) in.problem(at + key, "has no meaning in ask");
  Parameter parameter;
  parameter.name = in.text(object, "name", at);
  parameter.description = in.text(object, "description", at);
  parameter.default_value = in.optional_text(object, "default", at);
  parameter.allowed = in.texts(object, "allowed", at);
  parameter.pattern = in.text(object, "pattern", at);
  const bool required = in.flag(object, "required", at);
  if (required && parameter.default_value)
    in.problem(at + "default", "and required exclude each other; remove one");
  parameter.required =
      SpecReader::has(object, "required") ? required : !parameter.default_value.has_value();
  return parameter;
}

class AskRules {
 public:
  explicit AskRules(const Definition& definition) : definition_(definition) {}

  Problems check() {
    for (const Parameter& p : definition_.parameters) {
      owners_.emplace(environment_name(p.name), "spec.parameters");
      for (std::size_t i = 0; i < p.required_when.size(); ++i)
        check_known_at_start(p.required_when[i].param,
                             fmt::format("parameters[{}].requiredWhen[{}].param", p.name, i));
    }
    StepIndex index = 0;
    for (const auto& [list, phases] :
         {std::pair("phases", &definition_.phases), std::pair("finally", &definition_.finally)})
      for (const PhaseDefinition& phase : *phases) {
        check_when(phase.when, index, fmt::format("{}[{}]", list, phase.name));
        for (const StepDefinition& step : phase.steps) {
          const std::string at = step_path(phase, step, list);
          check_when(step.when, index++, at);
          if (const auto* ask = std::get_if<AskWork>(&step.work)) check_ask(*ask, at);
        }
      }
    return std::move(problems_);
  }

 private:
  void add(std::string field, std::string message) {
    problems_.push_back({std::move(field), std::move(message)});
  }

  void check_known_at_start(const std::string& param, const std::string& field) {
    if (asked_.contains(param))
      add(field,
          fmt::format("\"{}\" is asked for while the run goes on; this is decided before", param));
  }

  // `step` is the one it belongs to, of a phase its first.
  void check_when(const When& when, StepIndex step, const std::string& at) {
    for (std::size_t i = 0; i < when.size(); ++i) {
      const auto* entry = std::get_if<ParameterCondition>(&when[i]);
      if (entry == nullptr || step >= steps_.size()) continue;
      const auto found = asked_.find(entry->param);
      if (found != asked_.end() && !order_[step].contains(found->second.step))
        add(fmt::format("{}.when[{}].param", at, i),
            fmt::format("{}, which asks for \"{}\", does not come before",
                        to_text(found->second.ref), entry->param));
    }
  }

  void check_ask(const AskWork& ask, const std::string& step_at) {
    const std::string at = step_at + ".ask.parameters";
    if (ask.parameters.empty()) add(at, "needs at least one parameter");
    if (ask.parameters.size() > limits::kAsked)
      add(at, fmt::format("has {} parameters; at most {}", ask.parameters.size(), limits::kAsked));
    Outputs least;
    for (const Parameter& p : ask.parameters) {
      const std::string field = fmt::format("{}[{}]", at, p.name);
      check_parameter(p, field);
      const auto [owner, fresh] = owners_.emplace(environment_name(p.name), step_at);
      if (!fresh)
        add(field, fmt::format("its variable {} is one of {} already; rename it", owner->first,
                               owner->second));
      least.emplace(p.name, p.default_value.value_or(""));
    }
    if (stored_size(least) > limits::kOutputs)
      add(at, fmt::format("names and defaults are longer than {} bytes together, which is what "
                          "the answers of a step may have",
                          limits::kOutputs));
  }

  void check_parameter(const Parameter& p, const std::string& field) {
    if (!is_output_key(p.name))
      add(field + ".name",
          "must be at most 63 letters, digits, '-' and '_', beginning with a letter");
    for (Problem& problem : declaration_problems(p, field)) problems_.push_back(std::move(problem));
  }

  const Definition& definition_;
  const std::vector<PlanStep> steps_ = flatten(definition_);
  const std::vector<std::set<StepIndex>> order_ = steps_before(steps_);
  const AskedParameters asked_ = asked_parameters(steps_);
  std::map<std::string, std::string> owners_;  // by environment variable
  Problems problems_;
};

}  // namespace

AskWork read_ask(SpecReader& in, const json& step, const std::string& step_at) {
  for (const char* key : {"args", "stdin", "startTimeout", "retry", "tools"})
    if (SpecReader::has(step, key)) in.problem(step_at + key, "has no meaning beside ask");
  AskWork ask;
  in.each_entry(in.object(step, "ask", step_at), "parameters", step_at + "ask.",
                [&](const json& entry, const std::string& at) {
                  ask.parameters.push_back(read_asked(in, entry, at));
                });
  return ask;
}

AskedParameters asked_parameters(const std::vector<PlanStep>& steps) {
  AskedParameters asked;
  for (StepIndex i = 0; i < steps.size(); ++i)
    if (const auto* ask = std::get_if<AskWork>(&steps[i].definition.work))
      for (const Parameter& p : ask->parameters)
        asked.emplace(p.name, Asked{i, steps[i].ref, !p.required && !p.default_value});
  return asked;
}

const Asked* asked_by(const AskedParameters& asked, std::string_view reference) {
  constexpr std::string_view kParams = "params.";
  if (!reference.starts_with(kParams)) return nullptr;
  const auto found = asked.find(reference.substr(kParams.size()));
  return found == asked.end() ? nullptr : &found->second;
}

Problems ask_problems(const Definition& definition) {
  return AskRules(definition).check();
}

}  // namespace bootstrap
