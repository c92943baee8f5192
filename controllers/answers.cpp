#include "controllers/answers.h"

#include <algorithm>

#include "controllers/ask_spec.h"

namespace bootstrap {
namespace {

bool has_answered(const Status& status, const PlanStep& ask) {
  const StepRecord* record = find_step(status, ask.ref);
  return record != nullptr && record->state == StepState::Succeeded;
}

}  // namespace

ParameterValues answers_before(const PlanStep& step, const Plan& plan, const Status& status) {
  ParameterValues answers;
  for (const StepIndex ask : step.asks)
    if (has_answered(status, plan.steps[ask]))
      for (const auto& [name, value] : find_step(status, plan.steps[ask].ref)->outputs)
        answers.emplace(name, value);
  return answers;
}

ParameterValues known_parameters(const PlanStep& step, const Plan& plan, const Status& status) {
  ParameterValues all = answers_before(step, plan, status);
  all.insert(plan.parameters.begin(), plan.parameters.end());
  return all;
}

Lookup with_answers_so_far(Lookup known, const Plan& plan, const Status& status) {
  return [known = std::move(known), asked = asked_parameters(plan.steps), &plan,
          &status](std::string_view reference) -> std::optional<std::string> {
    const Asked* by = asked_by(asked, reference);
    if (by == nullptr) return known(reference);
    const PlanStep& ask = plan.steps[by->step];
    if (!has_answered(status, ask)) return "(none)";
    const Outputs& outputs = find_step(status, ask.ref)->outputs;
    const auto found = outputs.find(std::string(reference.substr(reference.find('.') + 1)));
    return found == outputs.end() ? "(none)" : found->second;
  };
}

}  // namespace bootstrap
