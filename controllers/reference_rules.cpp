#include "controllers/reference_rules.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "controllers/json_fields.h"
#include "controllers/outputs.h"
#include "controllers/reference_slips.h"
#include "controllers/run_values.h"

namespace bootstrap {

using nlohmann::json;

namespace {

constexpr std::string_view kParams = "params.";
// Where what is known only while the run goes on may be read.
constexpr const char* kReadLate =
    "args, command, env values, image, stdin, waitFor, when, workflow.parameters and notes";
// The fields in which references are replaced, in the words of docs/api.md.
constexpr const char* kReplaced =
    "args, command, env values, image, source, stdin, workflow.parameters, workspace.claimName, "
    "lock, notes, and name, labels and value of waitFor and when";

// Whether the kubelet may know a variable of this name in the step's container.
bool may_be_variable(const Tools& tools, std::string_view name) {
  return std::ranges::any_of(tools.env,
                             [&](const json& e) { return text_field(e, "name") == name; }) ||
         std::ranges::any_of(tools.env_from, [&](const json& entry) {
           return name.starts_with(text_field(entry, "prefix"));
         });
}

}  // namespace

ReferenceRules::ReferenceRules(const Definition& definition, Problems& problems)
    : definition_(definition), problems_(problems) {
  auto values = resolve_parameters(definition.parameters);
  if (values) {
    values_ = *values;
    values_are_known_ = true;
  } else {
    problems_.insert(problems_.end(), values.error().begin(), values.error().end());
    // So that a bad value is reported once and not again at each reference to it.
    for (const Parameter& p : definition.parameters) values_.emplace(p.name, "");
  }
  for (const Parameter& p : definition.parameters) parameters_.insert(p.name);
  for (const auto& [name, asked] : asked_) parameters_.insert(name);
  // Which workflow it will be is not known here; its names are such that any rule holds for them.
  lookup_ = lookup_of(RunIdentity{"namespace", "name", "uid", 1, {}}, values_);
}

void ReferenceRules::stand_in_step(StepIndex step) {
  taker_ = {&order_[step], "step"};
  tools_ = &steps_[step].definition.tools;
}

void ReferenceRules::stand_in_phase(StepIndex first) {
  taker_ = {&order_[first], "phase"};
  tools_ = nullptr;
}

void ReferenceRules::stand_outside() {
  taker_ = {};
  tools_ = nullptr;
}

void ReferenceRules::begin_finally() {
  lookup_ = with_result(lookup_, RunResult{"Succeeded", ""});
}

void ReferenceRules::add(std::string field, std::string message) {
  problems_.push_back({std::move(field), std::move(message)});
}

void ReferenceRules::check_slips(const std::string& field, const std::string& text) {
  for (const auto& [written, meant] : slips_in(text, parameters_))
    if (meant.empty())
      add(field, fmt::format("$({} is not closed; a reference ends with ')'", written));
    else if (tools_ == nullptr || !may_be_variable(*tools_, written))
      add(field, fmt::format("$({}) is no reference; write $({})", written, meant));
}

void ReferenceRules::check_text(const std::string& field, const std::string& text) {
  check_slips(field, text);
  for (const std::string& reference : references_in(text))
    if (means_output(reference))
      check_output_reference(field, reference);
    else if (const Asked* asked = asked_by(asked_, reference))
      check_asked(field, reference, *asked);
    else if (!lookup_(reference))
      add(field, unknown(reference, true));
}

// An answer must be there before the one that needs it can start. In notes it need not.
void ReferenceRules::check_asked(const std::string& field, const std::string& reference,
                                 const Asked& asked) {
  if (taker_.before == nullptr) return;
  if (!taker_.before->contains(asked.step))
    add(field, fmt::format("$({}): {}, which asks for it, does not come before this {}", reference,
                           to_text(asked.ref), taker_.name));
  else if (asked.may_be_absent)
    add(field, fmt::format("$({}): the parameter may stay without a value; give it a default, or "
                           "make it required",
                           reference));
}

void ReferenceRules::check_text_before_start(const std::string& field, const std::string& text) {
  check_slips(field, text);
  for (const std::string& reference : references_in(text))
    if (means_output(reference))
      add(field,
          fmt::format("$({}) cannot be used here; outputs only in {}", reference, kReadLate));
    else if (asked_by(asked_, reference) != nullptr)
      add(field, fmt::format("$({}) cannot be used here, because it is asked for while the run "
                             "goes on; only in {}",
                             reference, kReadLate));
    else if (!lookup_(reference))
      add(field, unknown(reference, false));
}

void ReferenceRules::check_output_reference(const std::string& field,
                                            const std::string& reference) {
  const auto wanted = output_reference(reference);
  if (!wanted)
    return add(field, fmt::format("$({}) is not known; an output is written "
                                  "$(steps.<phase>.<step>.outputs.<key>)",
                                  reference));
  if (const std::string why = why_not_in_time(*wanted, steps_, taker_); !why.empty())
    add(field, fmt::format("$({}): {}", reference, why));
}

void ReferenceRules::check_literal(const std::string& field, const std::string& text) {
  for (const std::string& reference : references_in(text))
    add(field, fmt::format("$({}) cannot be used here; only in {}", reference, kReplaced));
}

void ReferenceRules::check_literals(const std::string& field, const json& part) {
  if (part.is_string()) return check_literal(field, part.get_ref<const std::string&>());
  if (!part.is_structured()) return;
  for (const auto& [key, value] : part.items())
    check_literals(fmt::format(fmt::runtime(part.is_array() ? "{}[{}]" : "{}.{}"), field, key),
                   value);
}

std::optional<std::string> ReferenceRules::value_of(const std::string& text) const {
  if (!values_are_known_ && !references_in(text).empty()) return std::nullopt;
  const auto value = substitute(text, lookup_, Quoting::Plain);
  return value ? std::optional(*value) : std::nullopt;
}

std::string ReferenceRules::filled(const std::string& text) const {
  return substitute(text, lookup_, Quoting::Plain).value_or(text);
}

// What may be referred to where the text stands; `late`: also what is known by then only.
std::string ReferenceRules::known(bool late) const {
  ParameterValues parameters = values_;
  for (const auto& [name, asked] : asked_) {
    const bool in_time =
        taker_.before == nullptr || (taker_.before->contains(asked.step) && !asked.may_be_absent);
    if (late && in_time) parameters.emplace(name, "");
  }
  return known_references(parameters) +
         (lookup_(kWorkflowResult) ? fmt::format(", {}", kWorkflowResult) : "");
}

std::string ReferenceRules::unknown(const std::string& reference, bool late) const {
  if (reference == kWorkflowResult)
    return fmt::format("$({}) is known in steps of finally only", reference);
  if (reference.starts_with(kParams)) {
    const auto name = reference.substr(kParams.size());
    const auto declared = std::ranges::any_of(definition_.parameters,
                                              [&](const Parameter& p) { return p.name == name; });
    if (declared)
      return fmt::format("$({}): the parameter has no value; give it a value or a default",
                         reference);
  }
  return fmt::format("$({}) is not known; known are: {}", reference, known(late));
}

void ReferenceRules::check_output(const std::string& field, const OutputRef& output) {
  if (const std::string why = why_not_in_time(output, steps_, taker_); !why.empty())
    add(field, fmt::format("{}: {}", to_path(output), why));
}

}  // namespace bootstrap
