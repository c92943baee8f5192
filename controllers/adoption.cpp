#include "controllers/adoption.h"

#include <algorithm>
#include <optional>
#include <type_traits>

#include <fmt/format.h>

#include "controllers/child_workflow.h"
#include "controllers/launch.h"
#include "controllers/step_machine.h"

namespace bootstrap {
namespace {

// A Job or a child: exactly one of the two is there.
struct Unknown {
  const JobView* job = nullptr;
  const Workflow* child = nullptr;
  AttemptRef attempt;
  StepRecord* record = nullptr;

  const ObjectMeta& meta() const { return job != nullptr ? job->meta : child->meta; }
};

// Ours by owner and by name, and not recorded.
template <class T, class Name>
void find_unknown(Draft& draft, const std::vector<std::shared_ptr<const T>>& all, Name&& name_of,
                  std::vector<Unknown>& unknown) {
  const ObjectMeta& meta = draft.meta();
  for (const auto& one : all) {
    const auto ref = attempt_of(one->meta);
    if (!ref || one->meta.controller_uid != meta.uid ||
        one->meta.name != name_of(meta.name, meta.uid, ref->step, ref->attempt))
      continue;
    StepRecord* record = find_step(draft.status(), ref->step);
    if (record == nullptr || record->attempts >= ref->attempt) continue;
    if constexpr (std::is_same_v<T, JobView>)
      unknown.push_back({one.get(), nullptr, *ref, record});
    else
      unknown.push_back({nullptr, one.get(), *ref, record});
  }
}

std::vector<Unknown> unknown_work(Draft& draft) {
  std::vector<Unknown> unknown;
  find_unknown(draft, draft.observed().work.jobs, job_name, unknown);
  find_unknown(draft, draft.observed().work.children, child_name, unknown);
  // The newest attempt of a step counts, should there be several.
  std::ranges::sort(unknown, {}, [](const Unknown& u) { return u.attempt.attempt; });
  return unknown;
}

bool stop(Draft& draft, const Unknown& unknown, const std::string& reason) {
  return unknown.job != nullptr ? draft.stop(*unknown.job, reason)
                                : draft.stop(*unknown.child, reason);
}

bool may_run(const Plan& plan, const Standing& standing, const StepRef& ref) {
  const auto step = std::ranges::find(plan.steps, ref, &PlanStep::ref);
  if (step == plan.steps.end()) return false;
  const Intent intent = standing.intent(step->phase);
  return intent == Intent::Go || intent == Intent::Hold;
}

// Its number is kept, so that its name is never met again; not before it has been told to end: once
// it is on record nobody looks for it any more.
bool retire(Draft& draft, const Unknown& unknown) {
  if (!stop(draft, unknown, reasons::kJobSuspended)) return false;
  unknown.record->attempts = unknown.attempt.attempt;
  return true;
}

// Of a former run, of a step that is still to be launched in this one: for a turn that has not
// come, or not what the step is now.
bool is_left_over(const Plan& plan, const Standing& standing, const Unknown& unknown) {
  const AttemptRef& attempt = unknown.attempt;
  if (attempt.run == 0 || attempt.run >= plan.run.run) return false;
  const auto step = std::ranges::find(plan.steps, attempt.step, &PlanStep::ref);
  if (step == plan.steps.end() || is_launched(unknown.record->state)) return false;
  const bool is_its_work = unknown.job != nullptr ? has_job(*step) : has_child(*step);
  return !is_its_work || !standing.has_its_turn(static_cast<StepIndex>(step - plan.steps.begin()));
}

// Its step is launched anew when it has its turn and all of this one has ended.
void put_aside(Draft& draft, const Unknown& unknown) {
  StepRecord& record = *unknown.record;
  if (!retire(draft, unknown)) return;
  record.former = unknown.attempt.attempt;
  record.child.clear();  // one that was to be resumed: it is the newest attempt no more
  record.child_uid.clear();
}

// On record as launched.
void take_up(Draft& draft, const Unknown& unknown) {
  const ObjectMeta& meta = unknown.meta();
  const auto put_down = unknown.job != nullptr ? launched : launched_child;
  *unknown.record =
      put_down(std::move(*unknown.record), unknown.attempt.attempt, meta.name, meta.uid,
               plan_of_launch(draft, unknown.attempt.run), meta.creation.value_or(draft.now()));
}

// On record as launched, and to be stopped.
void stop_late(Draft& draft, const Standing& standing, const Unknown& unknown) {
  StepRecord& record = *unknown.record;
  take_up(draft, unknown);
  const char* what = unknown.job != nullptr ? "Job" : "workflow";
  record =
      standing.is_cancelled()
          ? to_be_stopped(std::move(record), reasons::kCancelled, "the workflow was cancelled")
          : to_be_stopped(std::move(record),
                          unknown.job != nullptr ? reasons::kJobSuspended : reasons::kChildDeleted,
                          fmt::format("its {} was found after a failure and is stopped", what));
  stop(draft, unknown, record.reason);
}

// Its launch may be under way: nobody knows of it but, perhaps, the API server.
bool may_be_lost(Draft& draft, const Standing& standing, StepIndex step) {
  const StepRecord& record = standing.record(step);
  const Intent intent = standing.intent(draft.plan().steps[step].phase);
  if (intent != Intent::NoNew && intent != Intent::End) return false;
  if (record.state == StepState::Backoff)
    return !record.next_retry || *record.next_retry <= draft.now();
  return record.state == StepState::Pending && standing.has_its_turn(step);
}

// What the API server has for the next attempt of a step although nobody was told. False: it cannot
// be told now.
template <class Question, class Name>
bool look_for(Draft& draft, const AttemptRef& attempt, Name&& name_of, std::vector<Unknown>& lost) {
  const ObjectMeta& meta = draft.meta();
  const auto* live =
      draft.look_up(Question{name_of(meta.name, meta.uid, attempt.step, attempt.attempt)});
  if (live == nullptr) return false;
  const auto& found = *live;
  if (!found || found->meta.controller_uid != meta.uid) return true;
  Unknown unknown{nullptr, nullptr, attempt_of(found->meta).value_or(attempt),
                  find_step(draft.status(), attempt.step)};
  if constexpr (std::is_same_v<Question, LiveJob>)
    unknown.job = &*found;
  else
    unknown.child = &*found;
  lost.push_back(unknown);
  return true;
}

// A child that was to be resumed may have been told so, although nobody knows. False: it cannot be
// told now.
bool look_for_resumed(Draft& draft, const StepRef& step, std::vector<Unknown>& lost) {
  StepRecord& record = *find_step(draft.status(), step);
  if (record.state != StepState::Pending || record.child_uid.empty()) return true;
  const auto* live = draft.look_up(LiveChild{record.child});
  if (live == nullptr) return false;
  if (!*live || (*live)->meta.uid != record.child_uid) return true;
  const Workflow& child = **live;
  if (is_over(child)) return true;
  lost.push_back({nullptr, &child, {step, record.attempts, draft.plan().run.run}, &record});
  return true;
}

// Jobs and children that the next attempts of these steps have, although nobody was told. Empty: it
// cannot be told now. All are asked for at once: a look-up for each step would not fit into one
// pass.
std::optional<std::vector<Unknown>> lost_launches(Draft& draft, const Standing& standing,
                                                  const std::vector<StepIndex>& steps) {
  std::vector<Unknown> lost;
  bool all_known = true;
  for (const StepIndex step : steps) {
    const PlanStep& planned = draft.plan().steps[step];
    const AttemptRef attempt{planned.ref, standing.record(step).attempts + 1};
    if (has_job(planned) && !look_for<LiveJob>(draft, attempt, job_name, lost)) all_known = false;
    if (has_child(planned) && !look_for<LiveChild>(draft, attempt, child_name, lost))
      all_known = false;
    if (has_child(planned) && !look_for_resumed(draft, planned.ref, lost)) all_known = false;
  }
  if (!all_known) return std::nullopt;
  return lost;
}

bool has_begun(const Plan& plan, const Standing& standing, RunsOn runs_on) {
  for (StepIndex i = 0; i < plan.steps.size(); ++i)
    if (plan.phases[plan.steps[i].phase].runs_on == runs_on &&
        standing.record(i).state != StepState::Pending)
      return true;
  return false;
}

}  // namespace

void adopt(Draft& draft, const Standing& standing) {
  for (const Unknown& unknown : unknown_work(draft)) {
    if (is_final(unknown.record->state))
      retire(draft, unknown);
    else if (!may_run(draft.plan(), standing, unknown.attempt.step))
      stop_late(draft, standing, unknown);
    else if (is_left_over(draft.plan(), standing, unknown))
      put_aside(draft, unknown);
    else
      take_up(draft, unknown);
  }
}

bool adopt_lost_launches(Draft& draft, const Standing& standing) {
  const Plan& plan = draft.plan();
  // Before finally began it was asked for all others.
  const bool in_finally = has_begun(plan, standing, RunsOn::Always);
  std::vector<StepIndex> steps;
  for (StepIndex i = 0; i < plan.steps.size(); ++i) {
    const RunsOn runs_on = plan.phases[plan.steps[i].phase].runs_on;
    if ((!in_finally || runs_on == RunsOn::Always) && may_be_lost(draft, standing, i))
      steps.push_back(i);
  }
  const auto lost = lost_launches(draft, standing, steps);
  if (!lost) return false;
  for (const Unknown& unknown : *lost) stop_late(draft, standing, unknown);
  return true;
}

LostLaunches adopt_lost_launches_of(Draft& draft, const Standing& standing,
                                    const std::vector<StepIndex>& steps) {
  std::vector<StepIndex> had_their_turn;
  for (const StepIndex step : steps)
    if (standing.has_its_turn(step)) had_their_turn.push_back(step);
  const auto lost = lost_launches(draft, standing, had_their_turn);
  if (!lost) return LostLaunches::NotKnownYet;
  for (const Unknown& unknown : *lost) take_up(draft, unknown);
  return lost->empty() ? LostLaunches::None : LostLaunches::Adopted;
}

void retire_unknown_jobs(Draft& draft) {
  for (const Unknown& unknown : unknown_work(draft)) retire(draft, unknown);
}

}  // namespace bootstrap
