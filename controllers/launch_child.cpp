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
  if (outcome == nullptr) {
    draft.act(std::move(action));
  } else if (const auto* done = std::get_if<Done>(outcome)) {
    record = launched_child(std::move(record), attempt, action.name, done->uid, draft.plan().name,
                            draft.now());
  } else if (const auto* taken = std::get_if<NameTaken>(outcome)) {
    record = never_launched(std::move(record), reasons::kNameTaken,
                            fmt::format("there is a workflow {} already, which belongs to {}",
                                        action.name, taken->owner),
                            draft.now());
  } else if (const auto* refused = std::get_if<Refused>(outcome)) {
    if (refused->may_pass)
      wait_to_launch(draft, record, reasons::kLaunchRefused, refused->message);
    else
      record =
          never_launched(std::move(record), reasons::kChildInvalid, refused->message, draft.now());
  } else if (const auto* unknown = std::get_if<NotKnown>(outcome)) {
    draft.retry(unknown->why);
  }
}

}  // namespace bootstrap
