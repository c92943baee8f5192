#include "controllers/launch_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controllers/answers.h"
#include "controllers/ask_spec.h"
#include "controllers/attempt.h"
#include "controllers/git_source.h"
#include "controllers/program_references.h"
#include "controllers/references.h"
#include "controllers/resource_query_spec.h"

namespace bootstrap {
namespace {

using nlohmann::json;

std::string names_of(const Outputs& outputs) {
  std::vector<std::string> names;
  for (const auto& [key, value] : outputs) names.push_back(key);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string why_missing(const OutputRef& wanted, const StepRecord* giver) {
  const std::string step = to_text(wanted.step);
  if (giver == nullptr || giver->state != StepState::Succeeded)
    return fmt::format("{} has not succeeded, so it gave no outputs", step);
  if (giver->reason == reasons::kPodGone)
    return fmt::format("the pod of {} was gone before its outputs were read", step);
  if (giver->outputs.empty()) return fmt::format("{} wrote nothing to $BOOTSTRAP_OUTPUTS", step);
  return fmt::format("{} gave only: {}", step, names_of(giver->outputs));
}

// What an output or answer has made of the question that the step waits on.
std::optional<Lacking> impossible_query(const StepDefinition& step, const Lookup& lookup) {
  const auto* wait = std::get_if<WaitWork>(&step.work);
  if (wait == nullptr) return std::nullopt;
  const auto query = resolved(wait->query, with_result(lookup, RunResult{"Succeeded", ""}));
  if (!query) return std::nullopt;
  const Problems problems = check_resource_query(*query, "waitFor.");
  if (problems.empty()) return std::nullopt;
  return Lacking{reasons::kOutputRefused,
                 fmt::format("{}: {}", problems.front().field, problems.front().message)};
}

// Why a reference to a parameter has no value; empty: it has one, or is none.
std::string why_unanswered(const std::string& reference, const AskedParameters& asked,
                           const Plan& plan, const Status& status, const ParameterValues& known) {
  const Asked* by = asked_by(asked, reference);
  if (by == nullptr || known.contains(reference.substr(reference.find('.') + 1))) return "";
  const StepRecord* record = find_step(status, plan.steps[by->step].ref);
  const char* why = "has not succeeded";
  if (record != nullptr && record->state == StepState::Skipped) why = "was skipped";
  if (record != nullptr && record->state == StepState::Succeeded) why = "was given no answer";
  return fmt::format("needs $({}), but {}, which asks for it, {}", reference, to_text(by->ref),
                     why);
}

}  // namespace

std::vector<std::string> texts_with_outputs(const StepDefinition& step) {
  std::vector<std::string> texts = step.args;
  if (const auto* command = std::get_if<CommandWork>(&step.work))
    texts.insert(texts.end(), command->command.begin(), command->command.end());
  if (const auto* child = std::get_if<ChildWork>(&step.work))
    for (const auto& [name, value] : child->parameters) texts.push_back(value);
  if (step.input) texts.push_back(*step.input);
  if (const auto* wait = std::get_if<WaitWork>(&step.work)) {  // nothing else of it is used
    for (auto& [field, text] : reference_texts(wait->query, "")) texts.push_back(std::move(text));
    return texts;
  }
  texts.push_back(step.tools.image);
  for (const json& entry : step.tools.env)
    if (const auto value = entry.find("value"); value != entry.end() && value->is_string())
      texts.push_back(value->get<std::string>());
  if (const auto* wait = std::get_if<WaitWork>(&step.work))
    for (auto& [field, text] : reference_texts(wait->query, "")) texts.push_back(std::move(text));
  return texts;
}

tl::expected<LaunchValues, Lacking> launch_values(const PlanStep& step, const Plan& plan,
                                                  const Status& status) {
  LaunchValues values;
  if (const auto& git = step.definition.tools.source_git)
    values.source_commit = resolved_commit(*git, plan, status);
  values.answers = answers_before(step, plan, status);
  const AskedParameters asked = asked_parameters(plan.steps);
  for (const std::string& text : texts_with_outputs(step.definition))
    for (const std::string& reference : references_in(text)) {
      if (const std::string why = why_unanswered(reference, asked, plan, status, values.answers);
          !why.empty())
        return tl::unexpected(Lacking{reasons::kOutputMissing, why});
      const auto wanted = output_reference(reference);
      if (!wanted) continue;
      auto given = given_output(*wanted, status);
      if (!given)
        return tl::unexpected(
            Lacking{given.error().reason,
                    fmt::format("needs $({}), but {}", reference, given.error().message)});
      values.outputs.emplace(reference, std::move(*given));
    }
  const Lookup lookup = with_values(plan.run, plan.parameters, values, {});
  // Validation did not know the values yet: one may be the name of a shell.
  if (const auto pasted = references_in_programs(step.definition, lookup); !pasted.empty())
    return tl::unexpected(Lacking{
        reasons::kOutputRefused,
        fmt::format("$({}) in {} would become part of a program's text, because a value before it "
                    "names an interpreter; pass it as an environment variable",
                    pasted.front().reference, pasted.front().field)});
  if (auto impossible = impossible_query(step.definition, lookup))
    return tl::unexpected(std::move(*impossible));
  return values;
}

Lookup with_values(const RunIdentity& run, ParameterValues parameters, const LaunchValues& values,
                   const std::optional<RunResult>& result) {
  parameters.insert(values.answers.begin(), values.answers.end());
  return with_outputs(with_result(lookup_of(run, parameters), result), values.outputs);
}

tl::expected<std::string, Lacking> given_output(const OutputRef& wanted, const Status& status) {
  const StepRecord* giver = find_step(status, wanted.step);
  if (giver != nullptr && giver->state == StepState::Succeeded)
    if (const auto found = giver->outputs.find(wanted.key); found != giver->outputs.end())
      return found->second;
  return tl::unexpected(Lacking{reasons::kOutputMissing, why_missing(wanted, giver)});
}

Lookup with_given_outputs(Lookup known, const Status& status) {
  return [known = std::move(known),
          &status](std::string_view reference) -> std::optional<std::string> {
    const auto wanted = output_reference(reference);
    if (!wanted) return known(reference);
    auto given = given_output(*wanted, status);
    return given ? std::optional(std::move(*given)) : std::nullopt;
  };
}

Lookup with_outputs(Lookup known, std::map<std::string, std::string> outputs) {
  return [known = std::move(known),
          outputs = std::move(outputs)](std::string_view reference) -> std::optional<std::string> {
    const auto found = outputs.find(std::string(reference));
    return found != outputs.end() ? found->second : known(reference);
  };
}

Lookup with_outputs_so_far(Lookup known, const Status& status) {
  return [known = std::move(known),
          &status](std::string_view reference) -> std::optional<std::string> {
    const auto wanted = output_reference(reference);
    if (!wanted) return known(reference);
    const StepRecord* giver = find_step(status, wanted->step);
    if (giver == nullptr) return "(none)";
    const auto found = giver->outputs.find(wanted->key);
    return found == giver->outputs.end() ? "(none)" : found->second;
  };
}

}  // namespace bootstrap
