#include "controllers/resume_request.h"

#include <algorithm>

#include <fmt/format.h>

#include "controllers/attempt.h"
#include "controllers/begin_run.h"
#include "controllers/limits.h"
#include "controllers/live_definition.h"
#include "controllers/lock.h"
#include "controllers/resume.h"
#include "controllers/status_summary.h"
#include "controllers/step_machine.h"
#include "controllers/texts.h"
#include "controllers/validation.h"

namespace bootstrap {
namespace {

bool has_ended(const Draft& draft) {
  const auto& state = draft.observed().workflow.status.state;
  return state && is_final(*state);
}

Resuming refuse(Draft& draft, const char* reason, const std::string& message) {
  set_condition(draft.status(),
                {kResumeAccepted,
                 "False",
                 reason,
                 cut(message, limits::kMessage),
                 draft.meta().generation,
                 {}},
                draft.now());
  return Resuming::No;
}

void forget_request(Status& status) {
  std::erase_if(status.conditions, [](const Condition& c) { return c.type == kResumeAccepted; });
}

// What has been asked for; none: nothing, or nothing that is known yet.
std::optional<ResumeRequest> request_of(Draft& draft) {
  const Workflow& workflow = draft.observed().workflow;
  const Status& status = workflow.status;
  if (workflow.steering.resume.run > status.run) return workflow.steering.resume;
  if (workflow.steering.resume_policy != ResumePolicy::OnDefinitionChange ||
      status.state != WorkflowState::Failed || is_restored(draft))
    return std::nullopt;
  if (draft.observed().plan == nullptr) {
    if (draft.observed().plan_problem.empty()) fetch_plan(draft);
    return std::nullopt;
  }
  if (!has_new_definition(draft)) return std::nullopt;
  return ResumeRequest{status.run + 1, ""};
}

// Of the run that goes on: nothing can be told by it any more.
bool plan_is_lost(Draft& draft) {
  if (!draft.observed().plan_problem.empty()) return true;
  const ObjectMeta& meta = draft.meta();
  const auto* stored =
      draft.ask()(StoredPlan{plan_name(meta.name, meta.uid, draft.observed().workflow.status.run)});
  if (stored == nullptr) return false;
  return *stored ? !stored->value().has_value() : stored->error().for_good;
}

// A template that is not there may be so for long: the run goes on until then.
bool waits_for_template(const Status& status) {
  const Condition* said = find_condition(status, kResumeAccepted);
  return said != nullptr && said->reason == reasons::kTemplateNotFound;
}

bool finally_has_begun(const Draft& draft) {
  if (draft.observed().plan == nullptr) return false;
  const Plan& plan = draft.plan();
  return std::ranges::any_of(plan.steps, [&](const PlanStep& step) {
    const StepRecord* record = find_step(draft.observed().workflow.status, step.ref);
    return plan.phases[step.phase].runs_on == RunsOn::Always && record != nullptr &&
           record->state != StepState::Pending;
  });
}

// Told to end, which is not on record: by a cancel that was taken out again at once, or by somebody
// else.
std::string what_is_being_stopped(const Draft& draft) {
  const Work& work = draft.observed().work;
  const auto says = [&](const ObjectMeta& meta) {
    const auto attempt = attempt_of(meta);
    const StepRecord* record =
        attempt ? find_step(draft.observed().workflow.status, attempt->step) : nullptr;
    const bool is_its_work = record != nullptr && is_launched(record->state) &&
                             (record->job_uid == meta.uid || record->child_uid == meta.uid);
    return is_its_work ? to_text(attempt->step) + " is being stopped" : "";
  };
  for (const auto& job : work.jobs)
    if (job->suspended && !says(job->meta).empty()) return says(job->meta);
  for (const auto& child : work.children)
    if (child->steering.cancel && !says(child->meta).empty()) return says(child->meta);
  return "";
}

std::string what_is_launched(const Status& status) {
  for (const PhaseRecord& phase : status.phases)
    for (const StepRecord& step : phase.steps)
      if (is_launched(step.state)) return to_text(StepRef{phase.name, step.name});
  return "";
}

// What has to end before; empty: nothing. Of a run that is over nothing goes on any more.
std::string what_keeps_it(const Draft& draft, const Plan& next) {
  if (has_ended(draft) || is_restored(draft)) return "";
  if (finally_has_begun(draft)) return "finally is running";
  if (std::string stops = what_is_being_stopped(draft); !stops.empty()) return stops;
  if (draft.observed().plan != nullptr && draft.plan().lock != next.lock)
    if (std::string runs = what_is_launched(draft.observed().workflow.status); !runs.empty())
      return fmt::format("{} is running under another lock", runs);
  return what_must_end(draft.observed().workflow.status, next);
}

Resuming wait(Draft& draft, const std::string& for_what) {
  draft.wait_to_begin("WaitingForEnd",
                      fmt::format("the resume waits for that to end: {}", for_what));
  return Resuming::Waits;
}

// When the answer is lost, the run may have begun.
Resuming store(Draft& draft, PlanRecord record) {
  CreatePlan action;
  action.name = plan_name(draft.meta().name, draft.meta().uid, record.run);
  store_plan(draft, std::move(record));
  const Outcome* outcome = draft.outcome_of(action);
  const bool may_begin = outcome == nullptr || std::holds_alternative<NotKnown>(*outcome);
  return may_begin ? Resuming::Stores : Resuming::Waits;
}

Resuming begin(Draft& draft) {
  const Workflow& workflow = draft.observed().workflow;
  draft.begin_with(resumed(workflow.status, draft.plan(), is_restored(draft)));
  forget_request(draft.status());
  return Resuming::Begins;
}

Resuming look_at_request(Draft& draft) {
  const Workflow& workflow = draft.observed().workflow;
  const Status& status = workflow.status;
  if (status.run == 0) return Resuming::No;
  if (draft.observed().plan != nullptr && draft.plan().run.run > status.run)
    return begins_under_lock(draft) ? begin(draft) : Resuming::Stores;
  const auto request = request_of(draft);
  if (!request) {
    if (workflow.steering.resume.run <= status.run) forget_request(draft.status());
    return Resuming::No;
  }
  if (has_begun(draft, request->run) != false) return Resuming::Stores;
  if (workflow.steering.cancel)
    return refuse(draft, "CancelIsSet", "spec.cancel is true: take it out to resume");
  const bool goes_on = !has_ended(draft) && !is_restored(draft);
  if (goes_on && draft.observed().plan == nullptr && !plan_is_lost(draft))
    return Resuming::No;  // it is fetched first
  if (is_restored(draft) && former_pods_run(draft)) return Resuming::Waits;
  auto record = next_plan(draft, request->run, request->from);
  if (!record) return waits_for_template(draft.status()) ? Resuming::No : Resuming::Waits;
  if (!*record)
    return refuse(draft, "InvalidSpec", problems_text(record->error(), limits::kMessage));
  const auto next = compile(draft.meta(), **record);
  if (!next) return refuse(draft, "InvalidSpec", next.error());
  if (const std::string why = from_problem(*next); !why.empty())
    return refuse(draft, "ResumeFromUnknown", "spec.resume.from: " + why);
  if (status.state == WorkflowState::Succeeded && has_nothing_to_do(status, *next))
    return refuse(draft, "NothingToDo",
                  "the workflow has succeeded, so there is nothing to resume; to run a part of it "
                  "again, name a phase or step in spec.resume.from");
  if (const std::string why = what_keeps_it(draft, *next); !why.empty()) return wait(draft, why);
  if (!holds_lock(draft, next->lock, request->run)) return Resuming::Waits;
  return store(draft, std::move(**record));
}

}  // namespace

bool is_restored(const Draft& draft) {
  const Status& status = draft.observed().workflow.status;
  if (!status.uid.empty() && status.uid != draft.meta().uid) return true;
  return (status.state == WorkflowState::Suspended && status.reason == kRestored) ||
         lost_its_status(draft);
}

bool lost_its_status(const Draft& draft) {
  const Status& status = draft.observed().workflow.status;
  return draft.observed().has_restore_label && !status.state && status.uid.empty();
}

// A round that still asks or does something for it does nothing else: what it would end for the run
// that goes on, the next round might take over into the next run.
Resuming consider_resume(Draft& draft) {
  const Resuming resuming = look_at_request(draft);
  const bool is_settled = draft.ask().all_is_known() && draft.actions().empty();
  return resuming == Resuming::Waits && !is_settled ? Resuming::Stores : resuming;
}

}  // namespace bootstrap
