#include "controllers/resume.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controllers/attempt.h"
#include "controllers/limits.h"
#include "controllers/step_machine.h"
#include "controllers/texts.h"

namespace bootstrap {
namespace {

bool is_finally(const Plan& plan, const PlanStep& step) {
  return plan.phases[step.phase].runs_on == RunsOn::Always;
}

bool is_named(const PlanStep& step, const std::string& from) {
  return from == step.ref.phase || from == to_text(step.ref);
}

// It had an end of its own, which its definition tolerates.
bool is_tolerated(const PlanStep& step, const StepRecord& record) {
  return step.definition.continue_on_failure && !was_ended(record) &&
         record.reason != reasons::kNotRetried;
}

bool has_failed(const PlanStep& step, const StepRecord& record) {
  if (record.state == StepState::Failed) return !is_tolerated(step, record);
  return record.state == StepState::Cancelled || record.state == StepState::Backoff;
}

// The work that a record tells of is not what the step does now.
bool is_other_work(const PlanStep& step, const StepRecord& record) {
  return has_job(step) != !record.job.empty() || has_child(step) != !record.child.empty();
}

bool runs_elsewhere(const StepRecord& record) {
  return !record.job.empty() || !record.child.empty();
}

enum class Fate { Keep, Retry, Repeat };
using Fates = std::vector<Fate>;  // of each step of the next plan

bool is_to_run(const Status& status, const PlanStep& step, Fate fate) {
  const StepRecord* record = find_step(status, step.ref);
  return record == nullptr || record->state == StepState::Pending || fate != Fate::Keep;
}

// Of one step, when those before it have theirs.
Fate fate_of(const Status& status, const Plan& next, const PlanStep& step,
             const std::set<StepIndex>& before, const Fates& fates) {
  const StepRecord* record = find_step(status, step.ref);
  const bool is_pending = record == nullptr || record->state == StepState::Pending;
  // A child that is to be resumed may be what is to begin anew.
  if (is_pending && (record == nullptr || record->child.empty())) return Fate::Keep;
  const bool repeats =
      is_finally(next, step) || is_named(step, next.from) || record->state == StepState::Removed ||
      std::ranges::any_of(before, [&](StepIndex other) {
        return fates[other] != Fate::Keep &&
               find_step(status, next.steps[other].ref)->state != StepState::Removed;
      });
  if (repeats) return Fate::Repeat;
  return has_failed(step, *record) ? Fate::Retry : Fate::Keep;
}

bool is_untouched(const Status& status, const std::string& phase) {
  const auto found = std::ranges::find(status.phases, phase, &PhaseRecord::name);
  return found != status.phases.end() &&
         std::ranges::none_of(found->steps,
                              [](const StepRecord& s) { return s.start.has_value(); });
}

// Whether a phase is to run is decided for all of it, before the first of its steps begins. So when
// nothing of it has begun and one of its steps is to run, none keeps what came of that decision.
void decide_anew(const Status& status, const Plan& next, PhaseIndex phase, Fates& fates) {
  if (next.phases[phase].when.empty() || !is_untouched(status, next.phases[phase].name)) return;
  std::vector<StepIndex> steps;
  for (StepIndex i = 0; i < next.steps.size(); ++i)
    if (next.steps[i].phase == phase) steps.push_back(i);
  const auto is_to_run_now = [&](StepIndex i) {
    return is_to_run(status, next.steps[i], fates[i]);
  };
  if (std::ranges::none_of(steps, is_to_run_now)) return;
  for (const StepIndex i : steps)
    if (const StepRecord* record = find_step(status, next.steps[i].ref);
        record != nullptr && record->state != StepState::Pending)
      fates[i] = Fate::Repeat;
}

Fates fates_of(const Status& status, const Plan& next) {
  Fates fates(next.steps.size(), Fate::Keep);
  const auto before = steps_before(next.steps);
  for (StepIndex i = 0; i < fates.size(); ++i) {
    fates[i] = fate_of(status, next, next.steps[i], before[i], fates);
    const PhaseIndex phase = next.steps[i].phase;
    if (i + 1 == fates.size() || next.steps[i + 1].phase != phase)
      decide_anew(status, next, phase, fates);
  }
  return fates;
}

StepRecord begin_of(const PlanStep& step, const StepRecord* record, Fate fate, bool is_restored) {
  if (record == nullptr) {
    StepRecord fresh;
    fresh.name = step.ref.step;
    return fresh;
  }
  if (fate == Fate::Retry && !is_restored) return to_be_retried(*record);
  const bool is_lost = is_launched(record->state) && (is_restored || is_other_work(step, *record));
  return fate == Fate::Keep && !is_lost ? *record : to_be_repeated(*record);
}

// The records of a phase that the next plan does not have. One that was never launched stays for
// one run: a launch that nobody was told of may turn up, and must be known for what it is.
void append_removed(const PhaseRecord& former, const std::vector<PlanStep>& steps,
                    PhaseRecord& to) {
  for (const StepRecord& record : former.steps)
    if ((record.attempts > 0 || record.state != StepState::Removed) &&
        std::ranges::find(steps, StepRef{former.name, record.name}, &PlanStep::ref) == steps.end())
      to.steps.push_back(removed(record));
}

bool is_whole(const PhaseRecord& phase) {
  return std::ranges::all_of(phase.steps, [](const StepRecord& s) { return is_final(s.state); });
}

// A phase that is not over has its time before it.
void begin_again(PhaseRecord& phase, TimePoint start) {
  const auto is_live = [](const StepRecord& step) { return is_launched(step.state); };
  phase.state = PhaseState::Pending;
  phase.start.reset();
  if (std::ranges::any_of(phase.steps, is_live)) {
    phase.state = PhaseState::Running;
    phase.start = start;
  }
  phase.completion.reset();
  phase.paused = Duration{};
}

const PhaseRecord* find_phase(const Status& status, const std::string& name) {
  const auto found = std::ranges::find(status.phases, name, &PhaseRecord::name);
  return found == status.phases.end() ? nullptr : &*found;
}

std::vector<PhaseRecord> phases_of(const Status& status, const Plan& next, bool is_restored) {
  const Fates fates = fates_of(status, next);
  std::vector<PhaseRecord> phases;
  for (PhaseIndex p = 0; p < next.phases.size(); ++p) {
    const PhaseRecord* former = find_phase(status, next.phases[p].name);
    PhaseRecord& phase = phases.emplace_back(former == nullptr ? PhaseRecord{} : *former);
    phase.name = next.phases[p].name;
    phase.steps.clear();
    for (StepIndex i = 0; i < next.steps.size(); ++i)
      if (next.steps[i].phase == p)
        phase.steps.push_back(
            begin_of(next.steps[i], find_step(status, next.steps[i].ref), fates[i], is_restored));
    if (former != nullptr) append_removed(*former, next.steps, phase);
    if (!is_whole(phase)) begin_again(phase, next.run.start);
  }
  for (const PhaseRecord& former : status.phases) {
    if (std::ranges::find(next.phases, former.name, &PlanPhase::name) != next.phases.end())
      continue;
    PhaseRecord phase{former.name, PhaseState::Removed, former.start, former.completion, {}, {}};
    append_removed(former, next.steps, phase);
    if (!phase.steps.empty()) phases.push_back(std::move(phase));
  }
  return phases;
}

}  // namespace

Status resumed(const Status& status, const Plan& next, bool is_restored) {
  Status to = status;
  to.phases = phases_of(status, next, is_restored);
  to.state = WorkflowState::Running;
  to.reason = "Resumed";
  to.message = fmt::format("goes on as run {}", next.run.run);
  to.run = next.run.run;
  to.plan = next.name;
  to.start = next.run.start;
  to.completion.reset();
  to.cleanup.reset();
  to.duration.clear();
  to.paused_since.reset();
  to.paused = Duration{};
  to.resources = {};
  return to;
}

std::string from_problem(const Plan& next) {
  if (next.from.empty()) return "";
  std::vector<std::string> phases;
  for (const PlanStep& step : next.steps) {
    if (is_named(step, next.from))
      return is_finally(next, step) ? fmt::format(
                                          "{} is in finally, which runs again after every "
                                          "resume",
                                          next.from)
                                    : "";
    if (!is_finally(next, step) && (phases.empty() || phases.back() != step.ref.phase))
      phases.push_back(step.ref.phase);
  }
  return fmt::format("there is no phase or step {}; phases: {}; steps are named phase/step",
                     next.from, fmt::join(phases, ", "));
}

std::string what_must_end(const Status& status, const Plan& next) {
  const Fates fates = fates_of(status, next);
  for (const PhaseRecord& phase : status.phases)
    for (const StepRecord& record : phase.steps) {
      if (!is_launched(record.state)) continue;
      const StepRef ref{phase.name, record.name};
      const auto step = std::ranges::find(next.steps, ref, &PlanStep::ref);
      if (record.state == StepState::Ending) return to_text(ref) + " is being stopped";
      if (runs_elsewhere(record) && (step == next.steps.end() || is_other_work(*step, record)))
        return to_text(ref) + " is running and the definition has changed what it does";
      if (step != next.steps.end() && runs_elsewhere(record) &&
          fates[static_cast<StepIndex>(step - next.steps.begin())] != Fate::Keep)
        return to_text(ref) + " is running and is to be run again";
    }
  return "";
}

bool has_nothing_to_do(const Status& status, const Plan& next) {
  const Status begin = resumed(status, next, false);
  return std::ranges::all_of(next.steps, [&](const PlanStep& step) {
    return is_finally(next, step) || is_final(find_step(begin, step.ref)->state);
  });
}

}  // namespace bootstrap
