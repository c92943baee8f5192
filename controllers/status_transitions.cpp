#include <algorithm>

#include <fmt/format.h>

#include "controllers/attempt.h"
#include "controllers/limits.h"
#include "controllers/status_summary.h"
#include "controllers/texts.h"
#include "controllers/workflow_message.h"

namespace bootstrap {
namespace {

Transition waits(Transition t, const std::string& name, const StepRecord& step) {
  if (step.reason.empty()) {
    t.reason = "StepLaunched";
    t.message = fmt::format("{} was launched as Job {}", name, step.job);
    return t;
  }
  const bool trouble = is_in_trouble(step);
  t.reason = step.reason;
  t.message = trouble ? trouble_text(name, step) : fmt::format("{} {}", name, step.message);
  t.log = fmt::format("{}: {}", name, step.reason);
  // Waiting for what it waits for, or for its turn, is nothing to warn of.
  t.event = t.warning = trouble && step.reason != reasons::kWaitingForSource;
  return t;
}

// An Event when it begins to wait, and one for each wrong answer; not when a wrong one is taken
// back.
Transition needs_person(Transition t, const std::string& name, const StepRecord& step,
                        bool new_one) {
  t.reason = step.reason;
  t.message = fmt::format("{} {}", name, step.message);
  t.log = fmt::format("{} waits for people: {}", name, step.reason);
  t.warning = step.reason == reasons::kAnswerRefused;
  t.event = t.warning || new_one;
  return t;
}

// Why the attempt that has just ended did so; empty: none has, or it was told before.
std::string ended_attempt(const StepRecord* before, const StepRecord& step) {
  const bool told = before != nullptr &&
                    ((before->attempts == step.attempts && before->state == StepState::Backoff) ||
                     (is_final(before->state) && before->state == step.state));
  if (!step.start || told) return "";
  if (step.state == StepState::Succeeded) return to_text(step.state);
  const bool has_failed = step.state == StepState::Failed || step.state == StepState::Cancelled ||
                          (step.state == StepState::Backoff && step.next_retry);
  return has_failed ? step.reason : "";
}

Transition step_transition(const StepRef& ref, const StepRecord* before, const StepRecord& step,
                           const Workflow& workflow) {
  Transition t;
  t.step = ref;
  t.state = to_text(step.state);
  const std::string name = to_text(ref);
  t.ends = is_final(step.state) && step.state != StepState::Removed &&
           (before == nullptr || before->state != step.state);
  t.attempt = ended_attempt(before, step);
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
      t.message =
          with_end(fmt::format("{} failed{} ({}): {}", name, took, step.reason, step.message),
                   log_hint(workflow.meta.ns, step), limits::kEventNote);
      t.log = fmt::format("{} failed{} ({})", name, took, step.reason);
      t.event = t.warning = true;
      break;
    case StepState::Skipped:
      t.reason = "StepSkipped";
      t.message = fmt::format("{} was skipped: {}", name, step.message);
      t.log = fmt::format("{} was skipped ({})", name, step.reason);
      t.took.reset();
      break;
    case StepState::Cancelled:
      t.reason = "StepCancelled";
      t.message = step.start ? fmt::format("{} was cancelled{}", name, took)
                             : fmt::format("{} was cancelled before it started", name);
      break;
    case StepState::Removed:
      t.reason = "StepRemoved";
      t.message = fmt::format("{} is no more in the definition", name);
      break;
    case StepState::Backoff:
      if (!step.next_retry) return waits(t, name, step);
      t.reason = "StepRetry";
      t.log = fmt::format("attempt {} of {} failed ({})", step.attempts, name, step.reason);
      t.message = with_end(fmt::format("{}: {}", t.log, step.message),
                           fmt::format("; the next one comes at {}", to_rfc3339(*step.next_retry)),
                           limits::kEventNote);
      t.event = t.warning = true;
      break;
    case StepState::Waiting:
      return needs_person(t, name, step, before == nullptr || before->state != step.state);
    case StepState::Pending:
    case StepState::Starting:
    case StepState::Running:
    case StepState::Ending:
      return waits(t, name, step);
  }
  return t;
}

bool worth_telling(const StepRecord* before, const StepRecord& after) {
  static const StepRecord kNone;
  const StepRecord& old = before == nullptr ? kNone : *before;
  if (after.attempts != old.attempts) return true;
  if (after.state != old.state && (is_final(after.state) || after.state == StepState::Ending ||
                                   after.state == StepState::Backoff))
    return true;
  if (after.reason == reasons::kAnswerRefused && after.message != old.message) return true;
  return after.reason != old.reason && !after.reason.empty();  // a new trouble
}

std::string start_text(const Status& before, const Status& after) {
  const Progress progress = after.progress.value_or(Progress{});
  if (before.run > 0)
    return fmt::format("resumed as run {}: {} of {} steps are done already", after.run,
                       progress.completed, progress.total);
  return fmt::format("run {} started: {} step{}", after.run, progress.total,
                     progress.total == 1 ? "" : "s");
}

// A resume that is refused, or waits for something.
std::optional<Transition> resume_transition(const Status& before, const Status& after) {
  const Condition* said = find_condition(after, kResumeAccepted);
  const Condition* former = find_condition(before, kResumeAccepted);
  if (said == nullptr || (former != nullptr && former->message == said->message))
    return std::nullopt;
  Transition t;
  t.state = after.state ? to_text(*after.state) : "";
  t.warning = said->status == "False";
  t.reason = t.warning ? "ResumeRefused" : "ResumeWaits";
  t.message = said->message;
  t.event = true;
  return t;
}

// A node is above its limits, or none is any more.
std::optional<Transition> pressure_transition(const Status& before, const Status& after) {
  const Condition* said = find_condition(after, kResourcePressure);
  const Condition* former = find_condition(before, kResourcePressure);
  const bool was_above = former != nullptr && former->status == "True";
  if (said == nullptr || !after.state) return std::nullopt;
  const bool is_above = said->status == "True";
  if (is_above == was_above) return std::nullopt;
  Transition t;
  t.state = to_text(*after.state);
  t.reason = is_above ? kResourcePressure : "ResourcePressureOver";
  t.message = is_above || said->reason == kBelowLimits ? said->message
              : said->reason == kNoStepRuns
                  ? "no step runs any more"
                  : "no node on which a step runs reports pressure any more";
  t.warning = is_above;
  t.event = true;
  t.history = false;  // the condition has its time, and steps would be pushed out
  return t;
}

// The run does not begin, or cannot go on, and no step is there to say so.
bool is_held(const Status& status) {
  return (status.state == WorkflowState::Pending && status.phases.empty()) ||
         status.reason == reasons::kPlanMissing || status.reason == reasons::kPlanUnreadable;
}

std::string log_of(const Status& after) {
  switch (*after.state) {
    case WorkflowState::Succeeded:
      return fmt::format("run {} succeeded after {}", after.run, after.duration);
    case WorkflowState::Failed:
      return fmt::format("run {} failed after {} ({})", after.run, after.duration, after.reason);
    case WorkflowState::Cancelled:
      return fmt::format("run {} was cancelled after {}", after.run, after.duration);
    default:
      return fmt::format("the workflow is {}: {}", to_text(*after.state), after.reason);
  }
}

std::optional<Transition> workflow_transition(const Status& before, const Status& after) {
  if (!after.state) return std::nullopt;
  const bool started = before.run != after.run;
  const bool held_anew = is_held(after) && after.reason != before.reason;
  if (after.state == before.state && !started && !held_anew) return std::nullopt;
  Transition t;
  t.state = to_text(*after.state);
  t.message = after.message;
  t.log = log_of(after);
  t.event = true;
  t.ends = is_final(*after.state);
  switch (*after.state) {
    case WorkflowState::Succeeded:
      t.reason = "WorkflowSucceeded";
      break;
    case WorkflowState::Failed:
      t.reason = "WorkflowFailed";
      t.warning = true;
      break;
    case WorkflowState::Cancelled:
      t.reason = "WorkflowCancelled";
      t.warning = true;
      break;
    case WorkflowState::Invalid:
      t.reason = "WorkflowInvalid";
      t.warning = true;
      break;
    case WorkflowState::Pending:
    case WorkflowState::Running:
    case WorkflowState::Waiting:  // its step says so
    case WorkflowState::Suspended:
      t.reason = started ? "WorkflowStarted" : after.reason;
      if (started) {
        if (before.run > 0) t.reason = "WorkflowResumed";
        t.message = t.log = start_text(before, after);
      }
      t.event = started || held_anew || *after.state == WorkflowState::Suspended;
      t.warning = held_anew && *after.state != WorkflowState::Pending;
      break;
  }
  return t;
}

}  // namespace

std::vector<Transition> transitions_between(const Status& before, const Status& after,
                                            const Workflow& workflow) {
  std::vector<Transition> all;
  auto own = workflow_transition(before, after);
  const bool at_end = own && after.state && is_final(*after.state);
  if (own && !at_end) all.push_back(*own);
  if (auto resume = resume_transition(before, after)) all.push_back(std::move(*resume));
  if (auto pressure = pressure_transition(before, after)) all.push_back(std::move(*pressure));
  for (const PhaseRecord& phase : after.phases)
    for (const StepRecord& step : phase.steps) {
      const StepRef ref{phase.name, step.name};
      const StepRecord* old = find_step(before, ref);
      if (worth_telling(old, step)) all.push_back(step_transition(ref, old, step, workflow));
    }
  if (at_end) all.push_back(*own);
  return all;
}

void remember(Status& status, const std::vector<Transition>& transitions, TimePoint now) {
  for (const Transition& t : transitions)
    if (t.history)
      status.history.push_back(
          {now, status.run, t.step ? to_text(*t.step) : "", t.state, t.reason});
  if (status.history.size() > limits::kHistory)
    status.history.erase(status.history.begin(),
                         status.history.end() - static_cast<std::ptrdiff_t>(limits::kHistory));
}

}  // namespace bootstrap
