#include "cli/seen_workflow.h"

#include <utility>

#include "controllers/child_workflow.h"
#include "controllers/views.h"

namespace bootstrap::cli {
namespace {

using nlohmann::json;

// What was asked for and has neither begun nor been refused.
bool is_about_to_resume(const SeenWorkflow& workflow) {
  const Status& status = workflow.status;
  if (status.run == 0)  // cancelled before it began: it begins without that
    return workflow.steering.resume.run > 0 && !workflow.steering.cancel;
  if (workflow.steering.resume.run <= status.run) return false;
  const Condition* said = find_condition(status, kResumeAccepted);
  return said == nullptr || said->status != "False" ||
         said->observed_generation != workflow.meta.generation;
}

}  // namespace

const json& SeenWorkflow::spec(const char* field) const {
  static const json kNone;
  const auto all = object.find("spec");
  if (all == object.end() || !all->is_object()) return kNone;
  const auto found = all->find(field);
  return found == all->end() ? kNone : *found;
}

std::string SeenWorkflow::resource_version() const {
  return object.value("/metadata/resourceVersion"_json_pointer, "");
}

tl::expected<SeenWorkflow, std::string> seen_workflow(json object) {
  auto read = kWorkflowProjection.read(object);
  if (!read) return tl::unexpected(read.error());
  return SeenWorkflow{std::move(object), std::move(read->meta), std::move(read->status),
                      std::move(read->steering)};
}

std::string state_text(const Status& status) {
  return to_text(status.state.value_or(WorkflowState::Pending));
}

bool has_ended(const SeenWorkflow& workflow) {
  const Status& status = workflow.status;
  if (!status.state) return false;
  if (*status.state == WorkflowState::Invalid)
    return status.observed_generation >= workflow.meta.generation;
  return is_final(*status.state) && !is_about_to_resume(workflow);
}

bool is_not_fine(const SeenWorkflow& workflow) {
  const auto& state = workflow.status.state;
  return state == WorkflowState::Failed || state == WorkflowState::Cancelled ||
         state == WorkflowState::Invalid;
}

std::optional<StepRef> step_ref(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size())
    return std::nullopt;
  return StepRef{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

std::vector<std::string> step_names(const Status& status) {
  std::vector<std::string> names;
  for (const PhaseRecord& phase : status.phases)
    for (const StepRecord& step : phase.steps)
      names.push_back(to_text(StepRef{phase.name, step.name}));
  return names;
}

std::optional<Parent> parent_of(const SeenWorkflow& workflow) {
  if (!is_child(workflow.meta)) return std::nullopt;
  const auto label = [&](const char* key) {
    const auto found = workflow.meta.labels.find(key);
    return found == workflow.meta.labels.end() ? std::string() : found->second;
  };
  return Parent{label(labels::kWorkflow), {label(labels::kPhase), label(labels::kStep)}};
}

}  // namespace bootstrap::cli
