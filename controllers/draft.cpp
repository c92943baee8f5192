#include "controllers/draft.h"

#include <algorithm>

#include "controllers/child_workflow.h"
#include "controllers/eta.h"
#include "controllers/limits.h"
#include "controllers/monitoring.h"
#include "controllers/status_summary.h"
#include "controllers/texts.h"

namespace bootstrap {

const Outcome* Draft::outcome_of(const Action& action) const {
  const auto found = observed_.outcomes.find(key_of(action));
  return found == observed_.outcomes.end() ? nullptr : &found->second;
}

void Draft::wake(TimePoint at) {
  decision_.wake = decision_.wake ? std::min(*decision_.wake, at) : at;
}

void Draft::begin_with(Status status) {
  begin_ = status;
  decision_.status = std::move(status);
}

void Draft::wait_to_begin(const char* reason, std::string message) {
  if (status().run == 0)
    return hold(status(), {WorkflowState::Pending, reason, std::move(message)}, meta().generation,
                now_);
  set_condition(status(),
                {kResumeAccepted,
                 "Unknown",
                 reason,
                 cut(std::move(message), limits::kMessage),
                 meta().generation,
                 {}},
                now_);
}

bool Draft::stop(const JobView& job, const std::string& reason) {
  if (job.suspended || has_condition(job.conditions, "Complete") ||
      has_condition(job.conditions, "Failed"))
    return true;
  return act_until_done(SuspendJob{job.meta.name, job.meta.uid, {reason, status().run}});
}

bool Draft::stop(const Workflow& child, const std::string& reason) {
  if (child.meta.deletion || is_over(child) || child.steering.cancel) return true;
  return steer({child.meta.name, child.meta.uid, false, {reason, status().run}});
}

bool Draft::act_until_done(Action action) {
  const Outcome* outcome = outcome_of(action);
  if (outcome == nullptr)
    act(std::move(action));
  else if (const auto* unknown = std::get_if<NotKnown>(outcome))
    retry(unknown->why);
  else if (const auto* refused = std::get_if<Refused>(outcome))
    retry(refused->message);
  return outcome != nullptr && std::holds_alternative<Done>(*outcome);
}

void Draft::stop_work_of(const StepRecord& record) {
  for (const auto& child : observed_.work.children)
    if (child->meta.uid == record.child_uid) stop(*child, record.reason);
  for (const auto& job : observed_.work.jobs)
    if (job->meta.uid == record.job_uid) stop(*job, record.reason);
}

Decision Draft::finish() {
  if (!decision_.actions.empty()) return std::move(decision_);
  complete_status();
  decision_.asked = ask_.asked();
  return std::move(decision_);
}

// History, the times of progress and what nodes have used go with what has changed. When nothing
// has, nothing moves but an estimate that time has overtaken.
void Draft::complete_status() {
  const Status& before = observed_.workflow.status;
  tell_pressure(*this);
  const bool changed = !same_when_stored(before, status());
  if (changed) {
    tell_resources(*this);
    decision_.transitions = transitions_between(before, status(), observed_.workflow);
    remember(status(), decision_.transitions, now_);
  }
  if (!status().progress || !status().start) return;
  if (is_under_way()) return tell_eta_when_due(changed);
  if (!changed) return;
  forget_eta(status());
  tell_elapsed();
}

void Draft::tell_elapsed() {
  status().progress->at = now_;
  status().progress->elapsed = to_text(status().completion.value_or(now_) - *status().start);
}

// Nobody knows how long people take.
bool Draft::is_under_way() const {
  const Status& status = decision_.status;
  return observed_.plan != nullptr && plan().run.run == status.run && !status.completion &&
         (status.state == WorkflowState::Running || status.state == WorkflowState::Pending);
}

void Draft::tell_eta_when_due(bool changed) {
  const Steering& steering = observed_.workflow.steering;
  const Standing standing(plan(), status(), now_, {steering.suspend, steering.cancel});
  const auto due = told_anew_at(plan(), standing, status());
  if (!changed && !(due && *due <= now_)) {
    if (due) wake(*due);
    return;
  }
  const auto* times = look_up(TimesOfFamily{family_of(plan())});
  if (times == nullptr) return;  // decided again once it is known
  tell_elapsed();
  tell_eta(status(), plan(), standing, *times, now_);
  if (const auto next = told_anew_at(plan(), standing, status())) wake(*next);
}

}  // namespace bootstrap
