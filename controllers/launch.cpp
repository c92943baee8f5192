#include "controllers/launch.h"

#include <algorithm>

#include <fmt/format.h>

#include "controllers/account.h"
#include "controllers/advance_step.h"
#include "controllers/answers.h"
#include "controllers/child_workflow.h"
#include "controllers/launch_child.h"
#include "controllers/limits.h"
#include "controllers/source_turn.h"
#include "controllers/step_machine.h"
#include "controllers/texts.h"
#include "controllers/when.h"
#include "controllers/workspace.h"

namespace bootstrap {
namespace {

constexpr Duration kPodsAgain{5'000};

bool account_allows(Draft& draft, const PlanStep& step, StepRecord& record) {
  const AccountUse use =
      use_of(step.definition.tools.service_account, draft.meta().ns, draft.ask());
  if (use.kind == AccountUse::Kind::Refused)
    wait_to_launch(draft, record, use.reason, use.message);
  else if (!use.message.empty())
    draft.retry(use.message);
  return use.kind == AccountUse::Kind::Allowed;
}

// People have answered all that is asked before a step's turn. An ask that seems to go on although
// steps after it were launched was answered to another operator, which knows more: what it has
// written wakes this workflow.
bool asks_are_over(const Standing& standing, const PlanStep& step) {
  return std::ranges::all_of(step.asks, [&](StepIndex ask) { return standing.is_over(ask); });
}

// Told by no Job or child: after a crash it would be decided anew, and perhaps otherwise.
bool is_told_by_status_alone(const Plan& plan, const PlanStep& step, const StepRecord& record) {
  if (record.state == StepState::Skipped)
    return depends_on_cluster(step.definition.when) ||
           depends_on_cluster(plan.phases[step.phase].when);
  return is_final(record.state) && !has_job(step) && !has_child(step);
}

// Nothing is launched before that is written; the status wakes this workflow again.
bool decisions_are_stored(Draft& draft) {
  const Status& stored = draft.settled();
  return std::ranges::none_of(draft.plan().steps, [&](const PlanStep& step) {
    const StepRecord& now = *find_step(draft.status(), step.ref);
    const StepRecord* before = find_step(stored, step.ref);
    return is_told_by_status_alone(draft.plan(), step, now) &&
           (before == nullptr || before->state != now.state);
  });
}

// Which is on its way out; its end wakes this workflow.
const Workflow* former_child_at_work(Draft& draft, const PlanStep& step, const StepRecord& record) {
  for (const auto& child : draft.observed().work.children) {
    const auto attempt = attempt_of(child->meta);
    if (attempt && attempt->step == step.ref && attempt->attempt <= record.attempts &&
        child->meta.controller_uid == draft.meta().uid && child->meta.uid != record.child_uid &&
        !is_over(*child))
      return child.get();
  }
  return nullptr;
}

// The word of the live API: a store may be behind, and two attempts at once are the one thing that
// must never be.
bool former_attempts_have_ended(Draft& draft, const PlanStep& step, StepRecord& record) {
  if (record.attempts == 0) return true;
  if (const Workflow* child = former_child_at_work(draft, step, record)) {
    keep_failure(record);
    record.reason = reasons::kChildEnding;
    record.message =
        fmt::format("waits for workflow {} of a former attempt to end", child->meta.name);
    record.next_retry.reset();
    return false;
  }
  const auto* live = draft.look_up(LivePods{step.ref});
  if (live == nullptr) return false;
  const auto still = std::ranges::find_if(*live, [](const PodView& p) { return !has_ended(p); });
  if (still == live->end()) return true;
  keep_failure(record);
  record.reason = reasons::kPodEnding;
  record.message = fmt::format("waits for pod {} of a former attempt to end", still->meta.name);
  record.next_retry.reset();
  draft.wake(draft.now() + kPodsAgain);
  return false;
}

// A claim that is there, and belongs there.
bool claim_exists(Draft& draft, const std::string& name, StepRecord& record) {
  const auto* claim = draft.look_up(ClaimOf{name});
  if (claim == nullptr) return false;
  if (*claim && !(*claim)->meta.deletion) return true;
  wait_to_launch(draft, record, reasons::kClaimNotFound,
                 fmt::format("PersistentVolumeClaim {} {} in namespace {}", name,
                             *claim ? "is being deleted" : "does not exist", draft.meta().ns));
  return false;
}

// Its own claim, before the first Job of the run.
bool claim_is_made(Draft& draft, const std::string& name, StepRecord& record) {
  for (const PhaseRecord& phase : draft.status().phases)
    for (const StepRecord& step : phase.steps)
      if (step.plan == draft.plan().name && !step.job.empty()) return true;
  const CreateClaim action{name, *draft.plan().workspace};
  const Outcome* outcome = draft.outcome_of(action);
  if (outcome == nullptr) {
    const auto same = [&](const Action& other) { return key_of(other) == key_of(action); };
    if (std::ranges::none_of(draft.actions(), same)) draft.act(action);
  } else if (const auto* taken = std::get_if<NameTaken>(outcome)) {
    record = never_launched(std::move(record), reasons::kNameTaken,
                            fmt::format("there is a PersistentVolumeClaim {} already, which "
                                        "belongs to {}",
                                        name, taken->owner),
                            draft.now());
  } else if (const auto* refused = std::get_if<Refused>(outcome)) {
    const std::string message = "the claim of its workspace: " + refused->message;
    if (refused->may_pass)
      wait_to_launch(draft, record, reasons::kLaunchRefused, message);
    else
      record = never_launched(std::move(record), reasons::kClaimInvalid, message, draft.now());
  } else if (const auto* unknown = std::get_if<NotKnown>(outcome)) {
    draft.retry(unknown->why);
  } else {
    return true;
  }
  return false;
}

bool workspace_is_there(Draft& draft, StepRecord& record) {
  if (!draft.plan().workspace) return true;
  const std::string name = workspace_claim(draft.plan(), draft.meta());
  return draft.plan().workspace->claim.empty() ? claim_is_made(draft, name, record)
                                               : claim_exists(draft, name, record);
}

// What must be there, or over, before it starts.
bool nothing_keeps_it(Draft& draft, const Standing& standing, const PlanStep& step,
                      const LaunchValues& values, StepRecord& record) {
  const bool runs_something = has_job(step) || has_child(step);
  if (runs_something && fresh_launch(draft, step) == nullptr && !decisions_are_stored(draft))
    return false;
  if (has_child(step))
    return asks_are_over(standing, step) && former_attempts_have_ended(draft, step, record);
  if (!has_job(step)) return account_allows(draft, step, record);
  return asks_are_over(standing, step) && account_allows(draft, step, record) &&
         workspace_is_there(draft, record) &&
         (!values.source_commit.empty() || finds_out_its_commit(draft, standing, step)) &&
         former_attempts_have_ended(draft, step, record);
}

}  // namespace

const Outcome* fresh_launch(Draft& draft, const PlanStep& step) {
  const ObjectMeta& meta = draft.meta();
  const int attempt = find_step(draft.status(), step.ref)->attempts + 1;
  if (has_child(step)) {
    CreateChild child;
    child.name = child_name(meta.name, meta.uid, step.ref, attempt);
    return draft.outcome_of(child);
  }
  CreateJob job;
  job.name = job_name(meta.name, meta.uid, step.ref, attempt);
  return draft.outcome_of(job);
}

void wait_to_launch(Draft& draft, StepRecord& record, const char* reason,
                    const std::string& message) {
  keep_failure(record);
  record.reason = reason;
  record.message = cut(message, limits::kMessage);
  record.next_retry.reset();  // its time has come; what it waits for now is another matter
  draft.wake(looks_at_waiting(draft).next);
}

std::string plan_of_launch(const Draft& draft, int run) {
  return run == 0 ? draft.plan().name : plan_name(draft.meta().name, draft.meta().uid, run);
}

const Done* created(Draft& draft, StepRecord& record, const Creation& creation,
                    const Outcome& outcome) {
  if (const auto* done = std::get_if<Done>(&outcome)) return done;
  if (const auto* taken = std::get_if<NameTaken>(&outcome)) {
    record = never_launched(std::move(record), reasons::kNameTaken,
                            fmt::format("there is a {} {} already, which belongs to {}",
                                        creation.kind, creation.name, taken->owner),
                            draft.now());
  } else if (const auto* refused = std::get_if<Refused>(&outcome)) {
    if (refused->may_pass)
      wait_to_launch(draft, record, reasons::kLaunchRefused, refused->message);
    else
      record = never_launched(std::move(record), creation.invalid, refused->message, draft.now());
  } else if (const auto* unknown = std::get_if<NotKnown>(&outcome)) {
    draft.retry(unknown->why);
  }
  return nullptr;
}

LookSchedule looks_at_waiting(Draft& draft) {
  TimePoint since = draft.status().start.value_or(draft.now());
  for (const PhaseRecord& phase : draft.status().phases)
    for (const StepRecord& s : phase.steps)
      if (s.completion) since = std::max(since, *s.completion);
  return look_schedule(since, draft.now(), kLongestBetweenTries);
}

void launch(Draft& draft, const Standing& standing, const PlanStep& step) {
  StepRecord& record = *find_step(draft.status(), step.ref);
  const int attempt = record.attempts + 1;
  // Nothing is created for it: it is there from now on, and what it waits for may be there already.
  const auto begin = [&] {
    record = launched(std::move(record), attempt, "", "", draft.plan().name, draft.now());
    advance_step(draft, standing, step);
  };
  if (is_gate(step)) return begin();
  auto values = launch_values(step, draft.plan(), draft.status());
  if (!values) {
    record = never_launched(std::move(record), values.error().reason, values.error().message,
                            draft.now());
    return;
  }
  if (!nothing_keeps_it(draft, standing, step, *values, record)) return;
  if (has_child(step)) return launch_child(draft, standing, step, *values);
  if (!has_job(step)) return begin();
  const ObjectMeta& meta = draft.meta();
  const CreateJob action{job_name(meta.name, meta.uid, step.ref, attempt), step.ref, attempt,
                         std::move(*values), result_for(draft.plan(), standing, step.phase)};
  const Outcome* outcome = draft.outcome_of(action);
  if (outcome == nullptr) return draft.act(action);
  const Creation job{"Job", action.name, reasons::kJobInvalid};
  const Done* done = created(draft, record, job, *outcome);
  if (done == nullptr) return;
  record = launched(std::move(record), attempt, action.name, done->uid,
                    plan_of_launch(draft, done->run), draft.now());
  if (record.plan == draft.plan().name) record.source_revision = action.values.source_commit;
}

}  // namespace bootstrap
