#include "controllers/standing.h"

#include <algorithm>

#include <fmt/format.h>

#include "controllers/attempt.h"
#include "controllers/pause.h"
#include "controllers/step_machine.h"

namespace bootstrap {
Standing::Standing(const Plan& plan, const Status& status, TimePoint now, Orders orders)
    : plan_(plan), status_(status), now_(now), orders_(orders) {
  for (const PlanStep& step : plan.steps) records_.push_back(find_step(status, step.ref));
  for (const PlanPhase& phase : plan.phases)
    phases_.push_back(&*std::ranges::find(status.phases, phase.name, &PhaseRecord::name));
}

bool Standing::has_failed(StepIndex step) const {
  const StepRecord& record = *records_[step];
  if (record.state == StepState::Cancelled) return true;
  return record.state == StepState::Failed &&
         (!plan_.steps[step].definition.continue_on_failure || was_ended(record));
}

bool Standing::is_done(StepIndex step) const {
  return is_final(records_[step]->state) && !has_failed(step);
}

bool Standing::any_failed(const std::set<PhaseIndex>& phases) const {
  for (StepIndex i = 0; i < records_.size(); ++i)
    if (has_failed(i) && phases.contains(plan_.steps[i].phase)) return true;
  return false;
}

// Timeouts and people apart, nothing more will come of it.
bool Standing::settled(StepIndex step) const {
  const StepState state = records_[step]->state;
  if (state != StepState::Pending) return is_final(state);
  return any_failed(plan_.phases[plan_.steps[step].phase].rests_on);
}

// --- cancelling ---

bool Standing::is_cancelled() const {
  for (StepIndex i = 0; i < records_.size(); ++i) {
    if (plan_.phases[plan_.steps[i].phase].runs_on == RunsOn::Always) continue;
    const StepRecord& record = *records_[i];
    if (record.state == StepState::Cancelled) return true;
    if (record.state == StepState::Ending && record.reason == reasons::kCancelled) return true;
    if (orders_.cancel && !settled(i) && !is_too_late(i)) return true;
  }
  return false;
}

// It was not launched, and will not be: a timeout has passed.
bool Standing::is_too_late(StepIndex step) const {
  if (records_[step]->state != StepState::Pending) return false;
  const auto& rests_on = plan_.phases[plan_.steps[step].phase].rests_on;
  return workflow_timed_out() ||
         std::ranges::any_of(rests_on, [&](PhaseIndex p) { return is_timed_out(p); });
}

// --- timeouts ---

std::optional<TimePoint> Standing::deadline(PhaseIndex phase) const {
  const PhaseRecord& record = *phases_[phase];
  if (!plan_.phases[phase].timeout || !record.start) return std::nullopt;
  return *record.start + *plan_.phases[phase].timeout + record.paused +
         pause_within(status_, record, now_);
}

std::optional<TimePoint> Standing::deadline() const {
  if (!plan_.timeout) return std::nullopt;
  return plan_.run.start + *plan_.timeout + status_.paused +
         pause_of_workflow(status_, plan_.timeout, now_);
}

bool Standing::is_timed_out(PhaseIndex phase) const {
  const auto until = deadline(phase);
  if (!until || now_ < *until) return false;
  for (StepIndex i = 0; i < records_.size(); ++i)
    if (plan_.steps[i].phase == phase && !settled(i)) return true;
  return false;
}

bool Standing::workflow_timed_out() const {
  if (const auto until = deadline(); !until || now_ < *until) return false;
  for (StepIndex i = 0; i < records_.size(); ++i)
    if (plan_.phases[plan_.steps[i].phase].runs_on == RunsOn::Success && !settled(i)) return true;
  return false;
}

std::optional<PassedTimeout> Standing::passed_timeout(PhaseIndex phase) const {
  if (plan_.phases[phase].runs_on == RunsOn::Success && workflow_timed_out())
    return PassedTimeout{
        reasons::kWorkflowTimedOut,
        fmt::format("the workflow did not end within its timeout of {}", to_text(*plan_.timeout))};
  if (!is_timed_out(phase)) return std::nullopt;
  return PassedTimeout{
      reasons::kPhaseTimedOut,
      fmt::format("phase {} did not end within its timeout of {}", plan_.phases[phase].name,
                  to_text(*plan_.phases[phase].timeout))};
}

std::optional<PassedTimeout> Standing::passed_timeout(RunsOn runs_on) const {
  for (PhaseIndex phase = 0; phase < phases_.size(); ++phase)
    if (plan_.phases[phase].runs_on == runs_on)
      if (auto passed = passed_timeout(phase)) return passed;
  return std::nullopt;
}

std::optional<TimePoint> Standing::next_deadline() const {
  std::optional<TimePoint> next;
  if (status_.paused_since) return next;  // they stand still
  const auto consider = [&](std::optional<TimePoint> at) {
    if (at && *at > now_ && (!next || *at < *next)) next = at;
  };
  for (PhaseIndex phase = 0; phase < phases_.size(); ++phase)
    if (phases_[phase]->state == PhaseState::Running) consider(deadline(phase));
  if (!are_over(RunsOn::Success)) consider(deadline());
  return next;
}

// --- what is meant ---

Intent Standing::intent(PhaseIndex phase) const {
  const PlanPhase& planned = plan_.phases[phase];
  if (is_timed_out(phase)) return Intent::End;
  const bool is_finally = planned.runs_on == RunsOn::Always;
  if (!is_finally && (workflow_timed_out() || is_cancelled())) return Intent::End;
  if (any_failed(planned.rests_on)) return Intent::NoNew;
  if (std::ranges::any_of(planned.rests_on, [&](PhaseIndex p) { return is_timed_out(p); }))
    return Intent::NoNew;
  return is_suspended() || (orders_.resume_waits && !is_finally) ? Intent::Hold : Intent::Go;
}

bool Standing::is_over(StepIndex step) const {
  const StepState state = records_[step]->state;
  if (state != StepState::Pending) return is_final(state);
  const Intent now = intent(plan_.steps[step].phase);
  return now == Intent::NoNew || now == Intent::End;
}

bool Standing::is_over(const StepRef& ref) const {
  for (StepIndex i = 0; i < records_.size(); ++i)
    if (plan_.steps[i].ref == ref && !is_over(i)) return false;
  return true;
}

bool Standing::is_over(std::string_view phase) const {
  for (StepIndex i = 0; i < records_.size(); ++i)
    if (plan_.steps[i].ref.phase == phase && !is_over(i)) return false;
  return true;
}

bool Standing::has_its_turn(StepIndex step) const {
  const PlanStep& planned = plan_.steps[step];
  return std::ranges::all_of(planned.after, [&](StepIndex i) { return is_done(i); }) &&
         std::ranges::all_of(planned.after_end, [&](StepIndex i) { return is_over(i); });
}

bool Standing::is_ready(StepIndex step) const {
  return records_[step]->state == StepState::Pending && has_its_turn(step) &&
         intent(plan_.steps[step].phase) == Intent::Go;
}

bool Standing::are_over(RunsOn runs_on) const {
  for (StepIndex i = 0; i < records_.size(); ++i)
    if (plan_.phases[plan_.steps[i].phase].runs_on == runs_on && !is_over(i)) return false;
  return true;
}

// --- what came of it ---

PhaseState Standing::state(PhaseIndex phase) const {
  bool live = false, begun = false, pending = false, failed = false, cancelled = false, ran = false;
  for (StepIndex i = 0; i < records_.size(); ++i) {
    if (plan_.steps[i].phase != phase) continue;
    const StepState state = records_[i]->state;
    live = live || (state != StepState::Pending && !is_final(state));
    begun = begun || state != StepState::Pending;
    pending = pending || state == StepState::Pending;
    failed = failed || state == StepState::Failed;
    cancelled = cancelled || state == StepState::Cancelled;
    ran = ran || (is_final(state) && state != StepState::Skipped);
  }
  if (live) return PhaseState::Running;
  if (!begun) return PhaseState::Pending;
  if (pending) {  // between two steps, or it will not be finished
    const Intent now = intent(phase);
    const bool stays = now == Intent::NoNew || now == Intent::End;
    return stays ? PhaseState::Failed : PhaseState::Running;
  }
  if (failed) return PhaseState::Failed;
  if (cancelled) return PhaseState::Cancelled;
  return ran ? PhaseState::Succeeded : PhaseState::Skipped;
}

std::optional<PhaseState> Standing::state(std::string_view phase) const {
  const auto found = std::ranges::find(plan_.phases, phase, &PlanPhase::name);
  if (found == plan_.phases.end()) return std::nullopt;
  return state(static_cast<PhaseIndex>(found - plan_.phases.begin()));
}

// One that only was not tried again because of another is no first failure.
std::optional<StepIndex> Standing::first_failure(
    const std::function<bool(PhaseIndex)>& counts) const {
  const auto later = [this](StepIndex i) {
    return std::pair(records_[i]->reason == reasons::kNotRetried, records_[i]->completion);
  };
  std::optional<StepIndex> first;
  for (StepIndex i = 0; i < records_.size(); ++i)
    if (has_failed(i) && records_[i]->state == StepState::Failed && counts(plan_.steps[i].phase))
      if (!first || later(i) < later(*first)) first = i;
  return first;
}

std::optional<StepIndex> Standing::first_failure(RunsOn runs_on) const {
  return first_failure([&](PhaseIndex phase) { return plan_.phases[phase].runs_on == runs_on; });
}

std::optional<StepIndex> Standing::first_failure(PhaseIndex of) const {
  return first_failure([&](PhaseIndex p) { return plan_.phases[of].rests_on.contains(p); });
}

bool Standing::has_succeeded() const {
  return are_over(RunsOn::Success) && !first_failure(RunsOn::Success) &&
         !passed_timeout(RunsOn::Success) && !is_cancelled();
}

RunResult Standing::result() const {
  if (has_succeeded()) return {"Succeeded", ""};
  const auto first = first_failure(RunsOn::Success);
  return {is_cancelled() ? "Cancelled" : "Failed", first ? to_text(plan_.steps[*first].ref) : ""};
}

std::optional<RunResult> result_for(const Plan& plan, const Standing& standing, PhaseIndex phase) {
  if (plan.phases[phase].runs_on != RunsOn::Always) return std::nullopt;
  return standing.result();
}

}  // namespace bootstrap
