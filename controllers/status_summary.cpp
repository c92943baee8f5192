#include "controllers/status_summary.h"

#include <algorithm>

#include <fmt/format.h>

#include "controllers/attempt.h"
#include "controllers/limits.h"
#include "controllers/step_machine.h"
#include "controllers/texts.h"

namespace bootstrap {
namespace {

// How to read its whole log. Empty when the tool printed nothing, or nothing that is still there.
std::string log_hint(const std::string& ns, const StepRecord& step) {
  if (step.log_tail.empty()) return "";
  return fmt::format("; its log: kubectl logs -n {} job/{}", ns, step.job);
}

// --- phases ---

PhaseState state_of(const PhaseRecord& phase) {
  const auto any = [&](auto&& test) { return std::ranges::any_of(phase.steps, test); };
  if (any([](const StepRecord& s) { return s.state == StepState::Failed; }))
    return PhaseState::Failed;
  if (std::ranges::all_of(phase.steps,
                          [](const StepRecord& s) { return s.state == StepState::Succeeded; }))
    return PhaseState::Succeeded;
  return any([](const StepRecord& s) { return s.state != StepState::Pending; })
             ? PhaseState::Running
             : PhaseState::Pending;
}

void summarize_phase(PhaseRecord& phase) {
  phase.state = state_of(phase);
  for (const StepRecord& step : phase.steps)
    if (step.start && (!phase.start || *step.start < *phase.start)) phase.start = step.start;
  if (phase.state != PhaseState::Succeeded && phase.state != PhaseState::Failed) return;
  for (const StepRecord& step : phase.steps)
    if (step.completion && (!phase.completion || *step.completion > *phase.completion))
      phase.completion = step.completion;
}

// --- progress ---

struct Position {
  StepRef ref;
  const StepRecord* record = nullptr;
};

// Where the workflow is: what is launched, else the first failure, else what comes next.
Position current_step(const Status& status) {
  Position launched, next, failed;
  for (const PhaseRecord& phase : status.phases)
    for (const StepRecord& step : phase.steps) {
      const Position here{{phase.name, step.name}, &step};
      if (step.state == StepState::Failed && failed.record == nullptr) failed = here;
      if (is_launched(step.state) && launched.record == nullptr) launched = here;
      if (step.state == StepState::Pending && next.record == nullptr) next = here;
    }
  if (launched.record != nullptr) return launched;
  return failed.record != nullptr ? failed : next;
}

void summarize_progress(Status& status, const Position& current) {
  Progress progress = status.progress.value_or(Progress{});
  progress.completed = progress.total = 0;
  for (const PhaseRecord& phase : status.phases)
    for (const StepRecord& step : phase.steps) {
      ++progress.total;
      if (step.state == StepState::Succeeded) ++progress.completed;
    }
  progress.percent = progress.total == 0 ? 0 : progress.completed * 100 / progress.total;
  progress.text = fmt::format("{}/{} {}%", progress.completed, progress.total, progress.percent);
  progress.current = current.record == nullptr ? "" : to_text(current.ref);
  status.progress = progress;
}

// --- the workflow's own state ---

bool all_succeeded(const Status& status) {
  return std::ranges::all_of(status.phases,
                             [](const PhaseRecord& p) { return p.state == PhaseState::Succeeded; });
}

void say_running(Status& status, const Position& at) {
  const StepRecord& step = *at.record;
  const bool started = std::ranges::any_of(
      status.phases, [](const PhaseRecord& p) { return p.state != PhaseState::Pending; });
  status.state = started ? WorkflowState::Running : WorkflowState::Pending;
  const char* what = "waits";
  if (step.state == StepState::Running)
    what = step.reason.empty() ? "is running" : "is running, but";
  if (step.state == StepState::Starting) what = "is starting, but nothing runs yet";
  if (step.state == StepState::Ending) what = "is being stopped";
  if (step.reason == reasons::kWaitingForResource) {
    status.reason = step.reason;
    status.message = fmt::format("{} {}", to_text(at.ref), step.message);
  } else if (step.reason.empty()) {
    status.reason = step.state == StepState::Pending ? "StepPending" : "StepRunning";
    status.message = fmt::format("{} {}", to_text(at.ref), what);
  } else {
    status.reason = step.reason;
    status.message = fmt::format("{} {}: {}", to_text(at.ref), what, step.message);
  }
}

void say_failed(Status& status, const Plan& plan, const Position& at) {
  const StepRecord& step = *at.record;
  status.state = WorkflowState::Failed;
  status.reason = "StepFailed";
  status.message = fmt::format("{} failed ({}): {}", to_text(at.ref), step.reason, step.message);
  status.message += log_hint(plan.run.ns, step);
  if (!plan.notes.failure.empty())
    status.message +=
        ". " + substitute(plan.notes.failure, lookup_of(plan.run, plan.parameters), Quoting::Plain)
                   .value_or(plan.notes.failure);
}

void say_succeeded(Status& status, const Plan& plan) {
  status.state = WorkflowState::Succeeded;
  status.reason = "Completed";
  status.message =
      fmt::format("all {} steps succeeded in {}", status.progress->total, status.duration);
  if (!plan.notes.success.empty())
    status.message +=
        ". " + substitute(plan.notes.success, lookup_of(plan.run, plan.parameters), Quoting::Plain)
                   .value_or(plan.notes.success);
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
      return {"False", "False"};
    case WorkflowState::Invalid:
      return {"False", "False"};
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

// --- transitions ---

// Of a step that has not ended.
std::string how_it_goes(const std::string& name, const StepRecord& step) {
  if (step.reason.empty()) return fmt::format("{} was launched as Job {}", name, step.job);
  if (step.reason == reasons::kWaitingForResource) return fmt::format("{} {}", name, step.message);
  return fmt::format("{}: {}", name, step.message);
}

Transition step_transition(const StepRef& ref, const StepRecord& step, const Workflow& workflow) {
  Transition t;
  t.step = ref;
  t.state = to_text(step.state);
  const std::string name = to_text(ref);
  if (step.start && step.completion) t.took = *step.completion - *step.start;
  const std::string took = t.took ? " after " + to_text(*t.took) : "";
  switch (step.state) {
    case StepState::Succeeded:
      t.reason = "StepSucceeded";
      t.message = fmt::format("{} succeeded{}", name, took);
      t.event = true;
      break;
    case StepState::Failed:
      t.reason = "StepFailed";
      t.message = fmt::format("{} failed{} ({}): {}", name, took, step.reason, step.message);
      t.message += log_hint(workflow.meta.ns, step);
      t.event = t.warning = true;
      break;
    case StepState::Pending:
    case StepState::Starting:
    case StepState::Running:
    case StepState::Ending:
      t.reason = step.reason.empty() ? "StepLaunched" : step.reason;
      t.message = how_it_goes(name, step);
      t.event = t.warning = !step.reason.empty() && step.reason != reasons::kWaitingForResource;
      break;
  }
  return t;
}

bool worth_telling(const StepRecord* before, const StepRecord& after) {
  static const StepRecord kNone;
  const StepRecord& old = before == nullptr ? kNone : *before;
  if (after.attempts != old.attempts) return true;
  if (after.state != old.state && (is_final(after.state) || after.state == StepState::Ending))
    return true;
  return after.reason != old.reason && !after.reason.empty();  // a new trouble
}

std::optional<Transition> workflow_transition(const Status& before, const Status& after) {
  if (!after.state) return std::nullopt;
  const bool started = before.run != after.run;
  if (after.state == before.state && !started) return std::nullopt;
  Transition t;
  t.state = to_text(*after.state);
  t.message = after.message;
  t.event = true;
  switch (*after.state) {
    case WorkflowState::Succeeded:
      t.reason = "WorkflowSucceeded";
      break;
    case WorkflowState::Failed:
      t.reason = "WorkflowFailed";
      t.warning = true;
      break;
    case WorkflowState::Invalid:
      t.reason = "WorkflowInvalid";
      t.warning = true;
      break;
    case WorkflowState::Pending:
    case WorkflowState::Running:
    case WorkflowState::Suspended:
      t.reason = started ? "WorkflowStarted" : after.reason;
      if (started) {
        const int steps = after.progress ? after.progress->total : 0;
        t.message =
            fmt::format("run {} started: {} step{}", after.run, steps, steps == 1 ? "" : "s");
      }
      t.event = started || *after.state == WorkflowState::Suspended;
      break;
  }
  return t;
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

void set_plan_current(Status& status, bool current, std::int64_t generation, TimePoint now) {
  if (current)
    set_condition(status, {"PlanCurrent", "True", "PlanCurrent", "", generation, {}}, now);
  else
    set_condition(
        status,
        {"PlanCurrent",
         "False",
         "DefinitionChanged",
         "the definition was changed after this run had started; the run goes on with the "
         "one it started with",
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

void summarize(Status& status, const Plan& plan, TimePoint now) {
  for (PhaseRecord& phase : status.phases) summarize_phase(phase);
  const Position current = current_step(status);
  summarize_progress(status, current);
  const bool over = all_succeeded(status) ||
                    (current.record != nullptr && current.record->state == StepState::Failed);
  if (over) {
    status.completion = now;
    status.duration = to_text(now - status.start.value_or(now));
  }
  if (all_succeeded(status))
    say_succeeded(status, plan);
  else if (over)
    say_failed(status, plan, current);
  else
    say_running(status, current);
  status.message = cut(std::move(status.message), limits::kMessage);
  set_state_conditions(status, status.observed_generation, now);
}

std::vector<Transition> transitions_between(const Status& before, const Status& after,
                                            const Workflow& workflow) {
  std::vector<Transition> all;
  auto own = workflow_transition(before, after);
  const bool at_end = own && after.state && is_final(*after.state);
  if (own && !at_end) all.push_back(*own);
  for (const PhaseRecord& phase : after.phases)
    for (const StepRecord& step : phase.steps) {
      const StepRef ref{phase.name, step.name};
      if (worth_telling(find_step(before, ref), step))
        all.push_back(step_transition(ref, step, workflow));
    }
  if (at_end) all.push_back(*own);
  return all;
}

void remember(Status& status, const std::vector<Transition>& transitions, TimePoint now) {
  for (const Transition& t : transitions)
    status.history.push_back({now, status.run, t.step ? to_text(*t.step) : "", t.state, t.reason});
  if (status.history.size() > limits::kHistory)
    status.history.erase(status.history.begin(),
                         status.history.end() - static_cast<std::ptrdiff_t>(limits::kHistory));
}

}  // namespace bootstrap
