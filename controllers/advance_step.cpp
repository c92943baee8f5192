#include "controllers/advance_step.h"

#include "controllers/answers.h"
#include "controllers/approve_gate.h"
#include "controllers/ask_gate.h"
#include "controllers/child_attempt.h"
#include "controllers/job_attempt.h"
#include "controllers/launch_values.h"
#include "controllers/resource_query_spec.h"
#include "controllers/step_machine.h"
#include "controllers/wait_attempt.h"

namespace bootstrap {
namespace {

AttemptView wait_view(Draft& draft, const Standing& standing, const PlanStep& step,
                      const WaitWork& wait, const StepRecord& record) {
  const Plan& plan = draft.plan();
  // That every reference has a value was seen to before the step was launched.
  const LaunchValues values = launch_values(step, plan, draft.status()).value_or(LaunchValues{});
  const auto query = resolved(wait.query, with_values(plan.run, plan.parameters, values,
                                                      result_for(plan, standing, step.phase)));
  const auto& progress = draft.observed().workflow.status.progress;
  return wait_attempt(step, query.value_or(wait.query), record,
                      progress ? progress->at : std::nullopt, draft.ask(), draft.now());
}

AttemptView approve_view(Draft& draft, const PlanStep& step, const ApproveWork& approve,
                         const StepRecord& record) {
  const Plan& plan = draft.plan();
  const Lookup lookup = with_outputs_so_far(
      with_answers_so_far(lookup_of(plan.run, plan.parameters), plan, draft.status()),
      draft.status());
  const std::string message =
      substitute(approve.message, lookup, Quoting::Plain).value_or(approve.message);
  const Observed& observed = draft.observed();
  return gate_attempt(step, record,
                      approve_gate(plan, step, approve, message, observed.workflow.approvals,
                                   observed.approvals_are_verified),
                      draft.now());
}

AttemptView view_of(Draft& draft, const Standing& standing, const PlanStep& step,
                    const StepRecord& record) {
  if (const auto* wait = std::get_if<WaitWork>(&step.definition.work))
    return wait_view(draft, standing, step, *wait, record);
  if (const auto* ask = std::get_if<AskWork>(&step.definition.work))
    return gate_attempt(
        step, record, ask_gate(draft.plan(), step, *ask, record, draft.observed().workflow.answers),
        draft.now());
  if (const auto* approve = std::get_if<ApproveWork>(&step.definition.work))
    return approve_view(draft, step, *approve, record);
  if (has_child(step))
    return child_attempt(step, record, draft.observed().work, draft.ask(), draft.now());
  return job_attempt(step, record, draft.observed().work, draft.ask(), draft.now());
}

// An operator that another one had overtaken has stopped it for the end of a run before, of which
// there is no record: nobody wants this run to end for that, so the attempt is lost like one whose
// node is gone.
void forgive_former_stop(AttemptView& view, const PlanStep& step, const StepRecord& record,
                         const Plan& plan, const Standing& standing) {
  if (!view.result || !was_for_a_run(view.result->stop)) return;
  const int run = view.result->stop.run;
  const bool is_of_former_run = run > 0 && run < plan.run.run;
  if (!is_of_former_run || record.state == StepState::Ending ||
      standing.intent(step.phase) == Intent::End)
    return;
  view.result->reason = has_child(step) ? reasons::kChildFailed : reasons::kDisrupted;
  view.result->message = "it was stopped with the run before";
}

}  // namespace

void advance_step(Draft& draft, const Standing& standing, const PlanStep& step) {
  StepRecord& record = *find_step(draft.status(), step.ref);
  if (!is_launched(record.state)) return;
  AttemptView view = view_of(draft, standing, step, record);
  forgive_former_stop(view, step, record, draft.plan(), standing);
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
