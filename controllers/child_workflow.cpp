#include "controllers/child_workflow.h"

#include "controllers/lineage.h"
#include "controllers/plan.h"

namespace bootstrap {

using nlohmann::json;

namespace {

constexpr char kBefore = '/';  // no name contains it

}  // namespace

std::string to_text(const Ancestors& ancestors) {
  std::string text;
  for (const std::string& name : ancestors) text += kBefore + name;
  return text;
}

Ancestors ancestors_from(std::string_view text) {
  Ancestors ancestors;
  while (!text.empty()) {
    text.remove_prefix(1);
    const auto end = std::min(text.find(kBefore), text.size());
    ancestors.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return ancestors;
}

json build_child(const ObjectMeta& parent, const CreateChild& child) {
  json spec{{"templateRef", {{"name", child.template_name}}}};
  for (const auto& [name, value] : child.parameters)
    spec["parameters"].push_back({{"name", name}, {"value", value}});
  return {{"apiVersion", kApiVersion},
          {"kind", kWorkflowKind},
          {"metadata",
           {{"name", child.name},
            {"namespace", parent.ns},
            {"labels", labels_of_attempt(parent, child.step, child.attempt)},
            {"annotations", {{annotations::kAncestors, to_text(child.ancestors)}}},
            {"ownerReferences", json::array({owner_reference(parent)})}}},
          {"spec", std::move(spec)}};
}

bool is_child(const ObjectMeta& meta) {
  return !meta.controller_uid.empty() && attempt_of(meta).has_value();
}

bool is_over(const Workflow& child) {
  const auto& state = child.status.state;
  return state && child.status.uid == child.meta.uid &&
         (is_final(*state) || *state == WorkflowState::Invalid);
}

}  // namespace bootstrap
