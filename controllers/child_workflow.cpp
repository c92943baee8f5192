#include "controllers/child_workflow.h"

#include <algorithm>

#include "controllers/lineage.h"
#include "controllers/plan.h"

namespace bootstrap {

using nlohmann::json;

namespace {

constexpr char kBefore = '/';  // no name contains it

json to_json(const ParameterValues& parameters) {
  json list = json::array();
  for (const auto& [name, value] : parameters) list.push_back({{"name", name}, {"value", value}});
  return list;
}

// It has asked for a resume, which was neither begun nor refused.
bool is_about_to_resume(const Workflow& child) {
  if (child.status.run == 0 || child.steering.resume.run <= child.status.run) return false;
  return refused_resume(child) == nullptr;
}

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
  if (!child.parameters.empty()) spec["parameters"] = to_json(child.parameters);
  return {{"apiVersion", kApiVersion},
          {"kind", kWorkflowKind},
          {"metadata",
           {{"name", child.name},
            {"namespace", parent.ns},
            {"labels", labels_of_attempt(parent, child.step, child.attempt, child.run, child.lock)},
            {"annotations", {{annotations::kAncestors, to_text(child.ancestors)}}},
            {"ownerReferences", json::array({owner_reference(parent)})}}},
          {"spec", std::move(spec)}};
}

bool is_child(const ObjectMeta& meta) {
  return !meta.controller_uid.empty() && attempt_of(meta).has_value();
}

const Condition* refused_resume(const Workflow& child) {
  const Condition* said = find_condition(child.status, kResumeAccepted);
  const bool refused = said != nullptr && said->status == "False" &&
                       said->observed_generation == child.meta.generation;
  return refused ? said : nullptr;
}

bool is_over(const Workflow& child) {
  const auto& state = child.status.state;
  return state && child.status.uid == child.meta.uid &&
         (is_final(*state) || *state == WorkflowState::Invalid) && !is_about_to_resume(child);
}

json steering_patch(const SteerChild& to) {
  // Null: the field is as if it had never been set.
  json spec{{"suspend", to.suspend ? json(true) : json()},
            {"cancel", to.cancel.reason.empty() ? json() : json(true)}};
  if (to.resume) {
    spec["resume"] = {{"run", to.resume->run}};
    spec["templateRef"] = {{"name", to.resume->template_name}};
    spec["parameters"] = to_json(to.resume->parameters);
  }
  return {{"metadata", {{"uid", to.uid}, {"annotations", annotations_of(to.cancel)}}},
          {"spec", std::move(spec)}};
}

}  // namespace bootstrap
