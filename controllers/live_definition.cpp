#include "controllers/live_definition.h"

#include <algorithm>

#include <fmt/format.h>

#include "controllers/object_names.h"
#include "controllers/status_summary.h"
#include "controllers/template_ref.h"

namespace bootstrap {
namespace {

using nlohmann::json;

json parsed(const std::string& spec) {
  return json::parse(spec, nullptr, false);
}

TemplatePin pin_of(const ObjectMeta& meta) {
  return {meta.name, meta.uid, meta.generation};
}

json resolved(const json& spec, const TemplateView& found) {
  return pinned_part(filled_in(parsed(found.spec), given_values(spec)));
}

// Whether a spec names the template of the plan and gives what the plan has.
bool has_values_of(const Plan& plan, const std::string& template_name, const json& spec) {
  const auto is_same = [&](const auto& given) {
    const auto planned = plan.parameters.find(given.first);
    return planned != plan.parameters.end() && planned->second == given.second;
  };
  return plan.pin && plan.pin->name == template_name &&
         std::ranges::all_of(given_values(spec), is_same);
}

// What is not as it was pinned; empty: nothing. None: not known yet.
std::optional<std::string> what_changed(Draft& draft) {
  const Plan& plan = draft.plan();
  const bool same_spec = draft.meta().generation == plan.generation;
  if (same_spec && !plan.pin) return "";
  const json spec = same_spec ? json() : parsed(draft.observed().workflow.spec);
  const std::string name = same_spec ? plan.pin->name : template_name(spec);
  if (name.empty()) return pinned_part(spec) == plan.definition ? "" : kDefinitionEdited;
  const auto* answer = draft.ask()(WatchedTemplate{name});
  if (answer == nullptr || !*answer) return std::nullopt;
  const auto& found = answer->value();
  if (found == nullptr)
    return fmt::format("the template {} is gone; the run goes on with what it started with", name);
  const bool same_template = plan.pin && plan.pin == pin_of(found->meta);
  if (same_spec && same_template) return "";
  const json& own = same_spec ? parsed(draft.observed().workflow.spec) : spec;
  if (resolved(own, *found) == plan.definition) return "";
  if (same_template || !has_values_of(plan, name, own)) return kDefinitionEdited;
  return fmt::format(
      "the template {} was changed after this run had started; the run goes on with what it "
      "started with, a resume takes the new one",
      name);
}

}  // namespace

const TemplateView* find_template(Draft& draft, const std::string& name) {
  draft.ask()(WatchedTemplate{name});  // its change wakes this workflow
  const auto* found = draft.ask()(TemplateOf{name});
  if (found == nullptr) return nullptr;
  if (!*found) {
    draft.retry(found->error().why);
    return nullptr;
  }
  if (found->value()) return &*found->value();
  draft.wait_to_begin(reasons::kTemplateNotFound,
                      fmt::format("BootstrapWorkflowTemplate {} does not exist in namespace {}",
                                  name, draft.meta().ns));
  return nullptr;
}

std::optional<LiveDefinition> live_definition(Draft& draft) {
  json spec = parsed(draft.observed().workflow.spec);
  const std::string name = template_name(spec);
  if (name.empty()) return LiveDefinition{pinned_part(spec), {}, {}};
  Problems problems = template_ref_problems(spec);
  if (!is_object_name(name)) return LiveDefinition{{}, {}, std::move(problems)};
  const TemplateView* found = find_template(draft, name);
  if (found == nullptr && problems.empty()) return std::nullopt;
  if (found == nullptr) return LiveDefinition{{}, {}, std::move(problems)};
  for (Problem& problem : unknown_parameters(given_values(spec), name, parsed(found->spec)))
    problems.push_back(std::move(problem));
  return LiveDefinition{resolved(spec, *found), pin_of(found->meta), std::move(problems)};
}

bool has_new_definition(Draft& draft) {
  const Plan& plan = draft.plan();
  const json spec = parsed(draft.observed().workflow.spec);
  const std::string name = template_name(spec);
  if (name.empty()) return pinned_part(spec) != plan.definition;
  const auto* answer = draft.ask()(WatchedTemplate{name});
  if (answer == nullptr || !*answer || answer->value() == nullptr) return false;
  return resolved(spec, *answer->value()) != plan.definition;
}

void note_definition(Draft& draft) {
  if (const auto changed = what_changed(draft))
    set_plan_current(draft.status(), *changed, draft.meta().generation, draft.now());
}

}  // namespace bootstrap
