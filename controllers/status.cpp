#include "controllers/status.h"

#include <array>
#include <utility>

namespace bootstrap {
namespace {

using nlohmann::json;

template <class E, std::size_t N>
using Texts = std::array<std::pair<E, const char*>, N>;

constexpr Texts<WorkflowState, 8> kWorkflowStates{{{WorkflowState::Pending, "Pending"},
                                                   {WorkflowState::Running, "Running"},
                                                   {WorkflowState::Waiting, "Waiting"},
                                                   {WorkflowState::Suspended, "Suspended"},
                                                   {WorkflowState::Succeeded, "Succeeded"},
                                                   {WorkflowState::Failed, "Failed"},
                                                   {WorkflowState::Cancelled, "Cancelled"},
                                                   {WorkflowState::Invalid, "Invalid"}}};
constexpr Texts<PhaseState, 7> kPhaseStates{{{PhaseState::Pending, "Pending"},
                                             {PhaseState::Running, "Running"},
                                             {PhaseState::Succeeded, "Succeeded"},
                                             {PhaseState::Failed, "Failed"},
                                             {PhaseState::Cancelled, "Cancelled"},
                                             {PhaseState::Skipped, "Skipped"},
                                             {PhaseState::Removed, "Removed"}}};
constexpr Texts<StepState, 11> kStepStates{{{StepState::Pending, "Pending"},
                                            {StepState::Starting, "Starting"},
                                            {StepState::Running, "Running"},
                                            {StepState::Waiting, "Waiting"},
                                            {StepState::Ending, "Ending"},
                                            {StepState::Backoff, "Backoff"},
                                            {StepState::Succeeded, "Succeeded"},
                                            {StepState::Failed, "Failed"},
                                            {StepState::Cancelled, "Cancelled"},
                                            {StepState::Skipped, "Skipped"},
                                            {StepState::Removed, "Removed"}}};

template <class E, std::size_t N>
const char* text_of(const Texts<E, N>& texts, E value) {
  for (const auto& [v, text] : texts)
    if (v == value) return text;
  return "";
}

template <class S, class R>
R* find_in(S& status, const StepRef& ref) {
  for (auto& phase : status.phases) {
    if (phase.name != ref.phase) continue;
    for (auto& step : phase.steps)
      if (step.name == ref.step) return &step;
  }
  return nullptr;
}

}  // namespace

const char* to_text(WorkflowState state) {
  return text_of(kWorkflowStates, state);
}
const char* to_text(PhaseState state) {
  return text_of(kPhaseStates, state);
}
const char* to_text(StepState state) {
  return text_of(kStepStates, state);
}

bool is_final(WorkflowState state) {
  return state == WorkflowState::Succeeded || state == WorkflowState::Failed ||
         state == WorkflowState::Cancelled;
}

bool is_final(StepState state) {
  return state == StepState::Succeeded || state == StepState::Failed ||
         state == StepState::Cancelled || state == StepState::Skipped ||
         state == StepState::Removed;
}

bool same_when_stored(const Status& a, const Status& b) {
  // Most passes change nothing, and JSON is a hundred times as dear.
  return a == b || to_json(a) == to_json(b);
}

json merge_patch(const json& from, const json& to) {
  json patch = json::object();
  for (const auto& [key, value] : to.items()) {
    const auto old = from.find(key);
    if (old == from.end()) {
      patch[key] = value;
    } else if (*old != value) {
      patch[key] = old->is_object() && value.is_object() ? merge_patch(*old, value) : value;
    }
  }
  for (const auto& [key, value] : from.items())
    if (!to.contains(key)) patch[key] = nullptr;
  return patch;
}

const Condition* find_condition(const Status& status, std::string_view type) {
  for (const Condition& condition : status.conditions)
    if (condition.type == type) return &condition;
  return nullptr;
}

StepRecord* find_step(Status& status, const StepRef& ref) {
  return find_in<Status, StepRecord>(status, ref);
}
const StepRecord* find_step(const Status& status, const StepRef& ref) {
  return find_in<const Status, const StepRecord>(status, ref);
}

}  // namespace bootstrap
