#include "controllers/advance_step.h"

#include "controllers/child_attempt.h"
#include "controllers/job_attempt.h"
#include "controllers/launch_values.h"
#include "controllers/resource_query_spec.h"
#include "controllers/step_machine.h"
#include "controllers/wait_attempt.h"

namespace bootstrap {
namespace {

AttemptView view_of(Draft& draft, const Standing& standing, const PlanStep& step,
                    const StepRecord& record) {
  if (has_child(step))
    return child_attempt(step, record, draft.observed().work, draft.ask(), draft.now());
  const auto* wait = std::get_if<WaitWork>(&step.definition.work);
  if (wait == nullptr)
    return job_attempt(step, record, draft.observed().work, draft.ask(), draft.now());
  // That every reference has a value was seen to before the run, and at its launch.
  const auto query =
      resolved(wait->query,
               with_given_outputs(lookup_for(draft.plan(), standing, step.phase), draft.status()));
  const auto& progress = draft.observed().workflow.status.progress;
  return wait_attempt(step, query.value_or(wait->query), record,
                      progress ? progress->at : std::nullopt, draft.ask(), draft.now());
}

}  // namespace

void advance_step(Draft& draft, const Standing& standing, const PlanStep& step) {
  StepRecord& record = *find_step(draft.status(), step.ref);
  if (!is_launched(record.state)) return;
  const AttemptView view = view_of(draft, standing, step, record);
  StepMove move = advance(step, std::move(record), view, draft.now());
  record = std::move(move.record);
  if (move.wake) draft.wake(*move.wake);
  if (move.stop) draft.stop_work_of(record);
}

void end_wait(Draft& draft, const Standing& standing, const PlanStep& step) {
  const bool waits = !has_job(step) && !has_child(step);
  if (waits && find_step(draft.status(), step.ref)->state == StepState::Ending)
    advance_step(draft, standing, step);
}

}  // namespace bootstrap
