#include "controllers/status_summary.h"

#include <algorithm>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "controllers/limits.h"
#include "controllers/pause.h"
#include "controllers/standing.h"
#include "controllers/texts.h"
#include "controllers/workflow_message.h"

namespace bootstrap {
namespace {

void summarize_phases(Status& status, const Plan& plan, const Standing& standing) {
  for (PhaseIndex i = 0; i < plan.phases.size(); ++i) {
    PhaseRecord& phase = *std::ranges::find(status.phases, plan.phases[i].name, &PhaseRecord::name);
    phase.state = standing.state(i);
    for (const StepRecord& step : phase.steps)  // those that former runs have left began before it
      if (step.start && step.plan == plan.name && (!phase.start || *step.start < *phase.start))
        phase.start = step.start;
    if (phase.state != PhaseState::Succeeded && phase.state != PhaseState::Failed &&
        phase.state != PhaseState::Cancelled)
      continue;
    for (const StepRecord& step : phase.steps)
      if (step.completion && (!phase.completion || *step.completion > *phase.completion))
        phase.completion = step.completion;
  }
}

// Steps of finally are no part of what there is to do, and neither are those that were skipped.
void summarize_progress(Status& status, const Plan& plan, const Standing& standing) {
  Progress progress = status.progress.value_or(Progress{});
  progress.completed = progress.total = 0;
  int parts = 0;  // percent of steps that are not done but can tell how far they are
  for (StepIndex i = 0; i < plan.steps.size(); ++i) {
    if (plan.phases[plan.steps[i].phase].runs_on == RunsOn::Always) continue;
    if (standing.record(i).state == StepState::Skipped) continue;
    ++progress.total;
    if (standing.is_done(i))
      ++progress.completed;
    else
      parts += standing.record(i).child_percent.value_or(0);
  }
  progress.percent =
      progress.total == 0 ? 100 : (progress.completed * 100 + parts) / progress.total;
  if (progress.completed < progress.total) progress.percent = std::min(progress.percent, 99);
  progress.text = fmt::format("{}/{} {}%", progress.completed, progress.total, progress.percent);
  progress.current = current_text(plan, standing);
  status.progress = progress;
}

// --- conditions ---

struct Verdict {
  const char* progressing;
  const char* succeeded;
};

Verdict verdict_of(WorkflowState state) {
  switch (state) {
    case WorkflowState::Succeeded:
      return {"False", "True"};
    case WorkflowState::Failed:
    case WorkflowState::Cancelled:
      return {"False", "False"};
    case WorkflowState::Invalid:
      return {"False", "False"};
    case WorkflowState::Waiting:
    case WorkflowState::Suspended:
      return {"False", "Unknown"};
    case WorkflowState::Pending:
    case WorkflowState::Running:
      break;
  }
  return {"True", "Unknown"};
}

void set_state_conditions(Status& status, std::int64_t generation, TimePoint now) {
  const WorkflowState state = *status.state;
  const Verdict verdict = verdict_of(state);
  const bool over = is_final(state) || state == WorkflowState::Invalid;
  set_condition(status,
                {"Valid",
                 state == WorkflowState::Invalid ? "False" : "True",
                 state == WorkflowState::Invalid ? "InvalidSpec" : "SpecValid",
                 state == WorkflowState::Invalid ? status.message : "",
                 generation,
                 {}},
                now);
  // Only states as reasons: one that follows every step would be one more thing to write.
  set_condition(status, {"Progressing", verdict.progressing, to_text(state), "", generation, {}},
                now);
  set_condition(status,
                {"Succeeded",
                 verdict.succeeded,
                 over ? status.reason : std::string(to_text(state)),
                 over ? status.message : "",
                 generation,
                 {}},
                now);
}

}  // namespace

void set_condition(Status& status, Condition condition, TimePoint now) {
  const auto same = std::ranges::find(status.conditions, condition.type, &Condition::type);
  if (same == status.conditions.end()) {
    condition.last_transition = now;
    status.conditions.push_back(std::move(condition));
    return;
  }
  condition.last_transition = same->status == condition.status ? same->last_transition : now;
  *same = std::move(condition);
}

void set_plan_current(Status& status, const std::string& changed, std::int64_t generation,
                      TimePoint now) {
  const bool current = changed.empty();
  set_condition(status,
                {"PlanCurrent",
                 current ? "True" : "False",
                 current ? "PlanCurrent" : "DefinitionChanged",
                 changed,
                 generation,
                 {}},
                now);
}

void hold(Status& status, const Hold& hold, std::int64_t generation, TimePoint now) {
  status.state = hold.state;
  status.reason = hold.reason;
  status.message = cut(hold.message, limits::kMessage);
  set_state_conditions(status, generation, now);
}

void summarize_so_far(Status& status, const Plan& plan, const Standing& standing, TimePoint now) {
  summarize_progress(status, plan, standing);
  set_state_conditions(status, status.observed_generation, now);
}

void summarize(Status& status, const Plan& plan, TimePoint now, const Orders& orders) {
  const Standing standing(plan, status, now, orders);
  summarize_phases(status, plan, standing);
  summarize_progress(status, plan, standing);
  if (standing.are_over(RunsOn::Success) && standing.are_over(RunsOn::Always)) {
    status.completion = now;
    status.duration = to_text(now - status.start.value_or(now));
  }
  const WorkflowMessage said = message_of(status, plan, standing);
  note_pause(status, plan.timeout,
             said.state == WorkflowState::Waiting || said.state == WorkflowState::Suspended, now);
  status.state = said.state;
  status.reason = said.reason;
  status.message = cut(said.message, limits::kMessage);
  set_state_conditions(status, status.observed_generation, now);
}

void keep_newest_log_tails(Status& status, const Plan& plan, const Standing& standing) {
  std::vector<StepRecord*> others;
  std::size_t kept = limits::kLogTails;
  for (StepIndex i = 0; i < plan.steps.size(); ++i) {
    StepRecord& record = *find_step(status, plan.steps[i].ref);
    if (record.log_tail.empty()) continue;
    if (i == standing.first_failure(RunsOn::Success) || i == standing.first_failure(RunsOn::Always))
      --kept;
    else
      others.push_back(&record);
  }
  if (others.size() <= kept) return;
  std::ranges::stable_sort(others, std::ranges::greater{}, &StepRecord::completion);
  for (StepRecord* record : std::span(others).subspan(kept)) record->log_tail.clear();
}

}  // namespace bootstrap
