#include "controllers/launch_child.h"

#include <algorithm>

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

// That of the step's last attempt in a former run, when it can go on where it stopped. It may have
// gone on, and be over, already: this operator, or a person, has resumed it before.
const Workflow* child_to_resume(const Draft& draft, const StepRecord& record) {
  if (record.state != StepState::Pending || record.child_uid.empty()) return nullptr;
  for (const auto& child : draft.observed().work.children) {
    const Status& status = child->status;
    if (child->meta.uid == record.child_uid && !child->meta.deletion && status.run > 0)
      return child.get();
  }
  return nullptr;
}

void resume_child(Draft& draft, const Workflow& child, const CreateChild& wanted,
                  StepRecord& record) {
  if (is_over(child) && *child.status.state != WorkflowState::Succeeded) {
    SteerChild action{child.meta.name, child.meta.uid};
    const int run = std::max(child.status.run, child.steering.resume.run) + 1;
    action.resume = {run, wanted.template_name, wanted.parameters};
    draft.steer(action);
    const Outcome* outcome = draft.outcome_of(action);
    if (outcome == nullptr || !std::holds_alternative<Done>(*outcome)) return;
  }
  record = launched_child(std::move(record), record.attempts, child.meta.name, child.meta.uid,
                          draft.plan().name, draft.now());
}

}  // namespace

void launch_child(Draft& draft, const Standing& standing, const PlanStep& step,
                  const LaunchValues& values) {
  const auto& work = std::get<ChildWork>(step.definition.work);
  StepRecord& record = *find_step(draft.status(), step.ref);
  const ObjectMeta& meta = draft.meta();
  const int attempt = record.attempts + 1;
  CreateChild action{.name = child_name(meta.name, meta.uid, step.ref, attempt),
                     .step = step.ref,
                     .attempt = attempt,
                     .run = draft.plan().run.run,
                     .template_name = work.template_name,
                     .parameters = {},
                     .ancestors = ancestors_of_children(draft),
                     .lock = draft.plan().lock};
  const Plan& plan = draft.plan();
  const Lookup lookup =
      with_values(plan.run, plan.parameters, values, result_for(plan, standing, step.phase));
  for (const auto& [name, value] : work.parameters)
    action.parameters[name] = substitute(value, lookup, Quoting::Plain).value_or(value);

  if (const Workflow* former = child_to_resume(draft, record))
    return resume_child(draft, *former, action, record);
  const Outcome* outcome = draft.outcome_of(action);
  if (outcome == nullptr) return draft.act(std::move(action));
  const Creation child{"workflow", action.name, reasons::kChildInvalid};
  if (const Done* done = created(draft, record, child, *outcome))
    record = launched_child(std::move(record), attempt, action.name, done->uid,
                            plan_of_launch(draft, done->run), draft.now());
}

}  // namespace bootstrap
