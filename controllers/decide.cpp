#include "controllers/decide.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "controllers/limits.h"
#include "controllers/pod_trouble.h"
#include "controllers/status_summary.h"
#include "controllers/step_machine.h"
#include "controllers/texts.h"
#include "controllers/validation.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

// How often something is tried again that tells nobody when it becomes possible (a quota, a missing
// ServiceAccount): after 5, 10, 20, 40 s, then every minute.
constexpr Duration kLongestBetweenTries = 1min;
constexpr Duration kFormerPodsAgain = 5s;

class Deciding {
 public:
  Deciding(const Observed& observed, TimePoint now)
      : o_(observed), meta_(observed.workflow.meta), now_(now), ask_(observed.facts) {
    decision_.status = observed.workflow.status;
  }

  Decision run() {
    consider();
    if (!decision_.actions.empty()) return std::move(decision_);  // decided anew with the outcomes
    decision_.asked = ask_.asked();
    complete_status();
    return std::move(decision_);
  }

 private:
  Status& status() { return decision_.status; }

  void consider() {
    if (meta_.deletion) return;
    if (is_restored()) return;
    if (status().state && is_final(*status().state)) return consider_final();
    status().uid = meta_.uid;
    status().observed_generation = meta_.generation;
    if (o_.plan == nullptr) return status().run == 0 ? begin() : fetch_plan();
    take_plan();
    adopt();
    for (const PlanStep& step : o_.plan->steps) advance_step(step);
    for (StepIndex i = 0; i < o_.plan->steps.size(); ++i)
      if (is_ready(i)) launch(o_.plan->steps[i]);
    summarize(status(), *o_.plan, now_);
    note_definition();
  }

  // --- identity ---

  // A status that belongs to another object: this one was restored from a backup or copied. What
  // that run did is not known here, so nothing is launched.
  bool is_restored() {
    if (status().uid.empty() || status().uid == meta_.uid) return false;
    hold(status(),
         {WorkflowState::Suspended, "Restored",
          "this object has the status of another one (a restored backup?), so nothing is started; "
          "to run it, delete it and create it anew"},
         meta_.generation, now_);
    return true;
  }

  // --- final: nothing is launched any more, whatever is found ---

  void consider_final() {
    for (const auto& job : unknown_jobs()) {
      const auto ref = attempt_of(job->meta);
      StepRecord* record = ref ? find_step(status(), ref->step) : nullptr;
      if (record == nullptr || record->attempts >= ref->attempt) continue;
      record->attempts = ref->attempt;  // its name must never be met again
      stop(*job, reasons::kJobSuspended);
    }
    if (status().observed_generation == meta_.generation) return;
    if (o_.plan == nullptr && o_.plan_problem.empty()) {
      fetch_plan();
      if (o_.plan == nullptr) return;
    }
    status().observed_generation = meta_.generation;
    if (o_.plan != nullptr) note_definition();
  }

  // --- the plan ---

  void begin() {
    if (former_pods_run()) return;
    const json spec = json::parse(o_.workflow.spec, nullptr, false);
    auto definition = read_definition(spec);
    Problems problems = definition ? validate(*definition) : definition.error();
    if (!problems.empty()) {
      hold(status(),
           {WorkflowState::Invalid, "InvalidSpec", problems_text(problems, limits::kMessage)},
           meta_.generation, now_);
      return;
    }
    const int run = 1;
    PlanRecord record{run, std::chrono::floor<std::chrono::seconds>(now_), meta_.generation,
                      pinned_part(spec), *resolve_parameters(definition->parameters)};
    const CreatePlan action{plan_name(meta_.name, meta_.uid, run), std::move(record)};
    const Outcome* outcome = outcome_of(action);
    if (outcome == nullptr) {
      decision_.actions.emplace_back(action);
    } else if (const auto* refused = std::get_if<Refused>(outcome)) {
      wait_for_plan(reasons::kLaunchRefused, "its plan cannot be stored: " + refused->message);
    } else if (const auto* taken = std::get_if<NameTaken>(outcome)) {
      wait_for_plan(reasons::kNameTaken,
                    fmt::format("ControllerRevision {} belongs to {}", action.name, taken->owner));
    } else if (const auto* unknown = std::get_if<NotKnown>(outcome)) {
      decision_.retry = unknown->why;
    } else {
      wait_for_plan("PlanUnreadable", "its stored plan cannot be used: " + o_.plan_problem);
    }
  }

  void wait_for_plan(const char* reason, std::string message) {
    hold(status(), {WorkflowState::Pending, reason, std::move(message)}, meta_.generation, now_);
    wake(now_ + kLongestBetweenTries);
  }

  // Pods of a deleted workflow of this name may still be at work on what this one would work on.
  bool former_pods_run() {
    const auto* former = ask_(FormerPods{});
    if (former == nullptr) return true;
    if (!*former) {
      decision_.retry = former->error().why;
      return true;
    }
    const auto still =
        std::ranges::find_if(**former, [](const PodView& p) { return !has_ended(p); });
    if (still == (*former)->end()) return false;
    hold(status(),
         {WorkflowState::Pending, "PreviousRunTerminating",
          fmt::format("waits for pod {} of a former workflow of this name to end",
                      still->meta.name)},
         meta_.generation, now_);
    wake(now_ + kFormerPodsAgain);
    return true;
  }

  // The run has begun, so its plan is stored. Should it be gone, nothing is known of what the run
  // was to do: it stands still and says so.
  void fetch_plan() {
    const std::string name = plan_name(meta_.name, meta_.uid, status().run);
    const auto* stored = ask_(StoredPlan{name});
    if (stored == nullptr) return;
    if (!*stored) {
      decision_.retry = stored->error().why;
      return;
    }
    if (status().state && is_final(*status().state)) {
      status().observed_generation = meta_.generation;
      return;
    }
    const bool gone = !stored->value().has_value();
    hold(status(),
         {*status().state, gone ? "PlanMissing" : "PlanUnreadable",
          gone ? fmt::format(
                     "ControllerRevision {} with the plan of this run is gone, so nothing is "
                     "started; restore it, or delete the workflow",
                     name)
               : fmt::format("ControllerRevision {} with the plan of this run cannot be used: {}",
                             name, o_.plan_problem)},
         meta_.generation, now_);
    wake(now_ + kLongestBetweenTries);
  }

  void take_plan() {
    const Plan& plan = *o_.plan;
    status().run = plan.run.run;
    status().plan = plan.name;
    status().start = plan.run.start;
    for (const PlanStep& step : plan.steps) {
      const auto same = std::ranges::find(status().phases, step.ref.phase, &PhaseRecord::name);
      PhaseRecord& phase = same != status().phases.end() ? *same : status().phases.emplace_back();
      phase.name = step.ref.phase;
      if (find_step(status(), step.ref) == nullptr) phase.steps.emplace_back().name = step.ref.step;
    }
  }

  void note_definition() {
    const bool current =
        meta_.generation == o_.plan->generation ||
        pinned_part(json::parse(o_.workflow.spec, nullptr, false)) == o_.plan->definition;
    set_plan_current(status(), current, meta_.generation, now_);
  }

  // --- adopting: Jobs of ours that status does not know ---

  // Ours by owner and by name, and not recorded: made just before a crash.
  std::vector<std::shared_ptr<const JobView>> unknown_jobs() {
    std::vector<std::shared_ptr<const JobView>> unknown;
    for (const auto& job : o_.work.jobs) {
      const auto ref = attempt_of(job->meta);
      if (!ref || job->meta.controller_uid != meta_.uid ||
          job->meta.name != job_name(meta_.name, meta_.uid, ref->step, ref->attempt))
        continue;
      const StepRecord* record = find_step(status(), ref->step);
      if (record != nullptr && record->attempts < ref->attempt) unknown.push_back(job);
    }
    return unknown;
  }

  void adopt() {
    for (const auto& job : unknown_jobs()) {
      const auto ref = attempt_of(job->meta);
      StepRecord& record = *find_step(status(), ref->step);
      record = launched(std::move(record), ref->attempt, job->meta.name, job->meta.uid,
                        o_.plan->name, job->meta.creation.value_or(now_));
      if (!has_failure()) continue;  // it may run; else it is stopped and stays on record
      record.state = StepState::Ending;
      record.reason = reasons::kJobSuspended;
      record.message = "its Job was found after a failure and is stopped";
    }
  }

  // --- steps ---

  void advance_step(const PlanStep& step) {
    StepRecord& record = *find_step(status(), step.ref);
    if (!is_launched(record.state)) return;
    const AttemptView view = job_attempt(step, record, o_.work, ask_, now_);
    StepMove move = advance(step, std::move(record), view, now_);
    record = std::move(move.record);
    if (move.wake) wake(*move.wake);
    if (!move.stop) return;
    for (const auto& job : o_.work.jobs)
      if (job->meta.uid == record.job_uid) stop(*job, record.reason);
  }

  void stop(const JobView& job, const std::string& reason) {
    if (job.suspended || has_condition(job.conditions, "Complete") ||
        has_condition(job.conditions, "Failed"))
      return;
    const SuspendJob action{job.meta.name, job.meta.uid, reason};
    const Outcome* outcome = outcome_of(action);
    if (outcome == nullptr)
      decision_.actions.emplace_back(action);
    else if (const auto* unknown = std::get_if<NotKnown>(outcome))
      decision_.retry = unknown->why;
    else if (const auto* refused = std::get_if<Refused>(outcome))
      decision_.retry = refused->message;
  }

  bool has_failure() {
    return std::ranges::any_of(status().phases, [](const PhaseRecord& phase) {
      return std::ranges::any_of(phase.steps,
                                 [](const StepRecord& s) { return s.state == StepState::Failed; });
    });
  }

  // Not launched, everything before it has succeeded, and nothing has failed.
  bool is_ready(StepIndex index) {
    const PlanStep& step = o_.plan->steps[index];
    if (find_step(status(), step.ref)->state != StepState::Pending || has_failure()) return false;
    return std::ranges::all_of(step.after, [&](StepIndex before) {
      return find_step(status(), o_.plan->steps[before].ref)->state == StepState::Succeeded;
    });
  }

  // --- launching ---

  void launch(const PlanStep& step) {
    StepRecord& record = *find_step(status(), step.ref);
    if (!account_allows(step, record)) return;
    const int attempt = record.attempts + 1;
    const CreateJob action{job_name(meta_.name, meta_.uid, step.ref, attempt), step.ref, attempt};
    const Outcome* outcome = outcome_of(action);
    if (outcome == nullptr) {
      decision_.actions.emplace_back(action);
    } else if (const auto* done = std::get_if<Done>(outcome)) {
      record = launched(std::move(record), attempt, action.name, done->uid, o_.plan->name, now_);
    } else if (const auto* taken = std::get_if<NameTaken>(outcome)) {
      record = never_launched(
          std::move(record), reasons::kNameTaken,
          fmt::format("there is a Job {} already, which belongs to {}", action.name, taken->owner),
          now_);
    } else if (const auto* refused = std::get_if<Refused>(outcome)) {
      if (refused->may_pass)
        wait_to_launch(record, reasons::kLaunchRefused, refused->message);
      else
        record = never_launched(std::move(record), reasons::kJobInvalid, refused->message, now_);
    } else if (const auto* unknown = std::get_if<NotKnown>(outcome)) {
      decision_.retry = unknown->why;
    }
  }

  // A ServiceAccount lends its rights to whoever writes a workflow: only those that carry the label
  // may be named.
  bool account_allows(const PlanStep& step, StepRecord& record) {
    const std::string& name = step.definition.tools.service_account;
    if (name.empty()) return true;
    const auto* account = ask_(ServiceAccountOf{name});
    if (account == nullptr) return false;
    if (!*account) {
      decision_.retry = account->error().why;
      return false;
    }
    if (!account->value()) {
      wait_to_launch(
          record, reasons::kServiceAccountNotFound,
          fmt::format("ServiceAccount {} does not exist in namespace {}", name, meta_.ns));
      return false;
    }
    const auto& labels = account->value()->meta.labels;
    const auto label = labels.find(labels::kAllowWorkflows);
    if (label != labels.end() && label->second == "true") return true;
    wait_to_launch(
        record, reasons::kServiceAccountNotAllowed,
        fmt::format("ServiceAccount {} may not be used by workflows; to allow it: kubectl "
                    "label serviceaccount -n {} {} {}=true",
                    name, meta_.ns, name, labels::kAllowWorkflows));
    return false;
  }

  void wait_to_launch(StepRecord& record, const char* reason, const std::string& message) {
    record.reason = reason;
    record.message = cut(message, limits::kMessage);
    TimePoint since = status().start.value_or(now_);
    for (const PhaseRecord& phase : status().phases)
      for (const StepRecord& s : phase.steps)
        if (s.completion) since = std::max(since, *s.completion);
    wake(look_schedule(since, now_, kLongestBetweenTries).next);
  }

  // --- the end of a round ---

  const Outcome* outcome_of(const Action& action) const {
    const auto found = o_.outcomes.find(key_of(action));
    return found == o_.outcomes.end() ? nullptr : &found->second;
  }

  void wake(TimePoint at) { decision_.wake = decision_.wake ? std::min(*decision_.wake, at) : at; }

  // History and the times of progress go with what has changed; nothing changed, nothing moves.
  void complete_status() {
    const Status& before = o_.workflow.status;
    if (same_when_stored(before, status())) return;
    decision_.transitions = transitions_between(before, status(), o_.workflow);
    remember(status(), decision_.transitions, now_);
    if (!status().progress || !status().start) return;
    status().progress->at = now_;
    status().progress->elapsed = to_text(status().completion.value_or(now_) - *status().start);
  }

  const Observed& o_;
  const ObjectMeta& meta_;
  TimePoint now_;
  Inquiry ask_;
  Decision decision_;
};

}  // namespace

Decision decide(const Observed& observed, TimePoint now) {
  return Deciding(observed, now).run();
}

}  // namespace bootstrap
