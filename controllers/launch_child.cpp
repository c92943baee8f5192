#include "controllers/launch_child.h"

#include <fmt/format.h>

#include "controllers/child_attempt.h"
#include "controllers/child_workflow.h"
#include "controllers/launch.h"
#include "controllers/step_machine.h"

namespace bootstrap {
namespace {

Ancestors ancestors_of_children(const Draft& draft) {
  Ancestors all = draft.observed().workflow.ancestors;
  const auto& pin = draft.plan().pin;
  all.push_back(pin ? pin->name : "");
  return all;
}

}  // namespace

void launch_child(Draft& draft, const Standing& standing, const PlanStep& step,
                  const LaunchValues& values) {
  const auto& work = std::get<ChildWork>(step.definition.work);
  StepRecord& record = *find_step(draft.status(), step.ref);
  const ObjectMeta& meta = draft.meta();
  const int attempt = record.attempts + 1;
  CreateChild action{child_name(meta.name, meta.uid, step.ref, attempt),
                     step.ref,
                     attempt,
                     work.template_name,
                     {},
                     ancestors_of_children(draft)};
  const Plan& plan = draft.plan();
  const Lookup lookup =
      with_values(plan.run, plan.parameters, values, result_for(plan, standing, step.phase));
  for (const auto& [name, value] : work.parameters)
    action.parameters[name] = substitute(value, lookup, Quoting::Plain).value_or(value);

  const Outcome* outcome = draft.outcome_of(action);
  if (outcome == nullptr) return draft.act(std::move(action));
  const Creation child{"workflow", action.name, reasons::kChildInvalid};
  if (const auto uid = created(draft, record, child, *outcome))
    record = launched_child(std::move(record), attempt, action.name, *uid, plan.name, draft.now());
}

}  // namespace bootstrap
