// The part of the invariants that is about launches: whether a Job or child may be created now.
#include <algorithm>

#include <fmt/format.h>

#include "tests/simulation/backoff_truth.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/resume_truth.h"
#include "tests/simulation/timeout_truth.h"

namespace bootstrap::simulation {

void Invariants::on_job(const Change& change) {
  const Json& job = *change.object;
  const AttemptName name = attempt_name(job);
  const auto known = known_.find(name.workflow_uid);
  // Somebody else's; or of a workflow that is gone, whose late Jobs go with it.
  if (known == known_.end() || known->second.deleted) return;
  const StepRef ref{name.phase, name.step};
  if (!job_names_.insert(change.key.name).second)
    violated(fmt::format("a: Job {} created again", change.key.name));
  if (!attempts_.insert(name).second)
    violated(fmt::format("a: a second Job for {}", to_text(name)));
  if (is_late(known->second)) late_.insert(name);
  if (is_of_former_run(known->second, job)) known->second.unrecorded.insert(name);
  if (is_final(known->second.status.value("state", "")) && !is_exempt(name))
    violated(fmt::format("c: Job {} created after the end", change.key.name));
  note_launch(known->second, name, uid_of(job));
  if (const OutlineStep* step = known->second.outline.find(ref))
    check_deadline_of_job(*step, job, complain());
  if (!is_exempt(name)) check_backoff(known->second, nodes_, name, change.at, complain());
  check_steering(known->second, name);
  check_alone(known->second, name.workflow_uid, name);
  check_lock(name.workflow_uid, name);
  check_order(known->second, name.workflow_uid, name);
  if (!is_of_former_run(known->second, job))
    check_those_before(known->second, name.workflow_uid, name);
  check_source(known->second, name, job);
  check_answers(known->second, name, job);
  known->second.launched.insert(ref);
}

// By the operator. One of a run that is over may go late, when the next one runs already.
void Invariants::on_deleted_job(const Change& change) {
  const AttemptName name = attempt_name(*change.object);
  const auto found = known_.find(name.workflow_uid);
  if (server_.sender().process == 0 || found == known_.end() || found->second.deleted) return;
  const Known& known = found->second;
  const Json record = step_record(known.status, {name.phase, name.step});
  if (name.attempt <= former_attempts(record)) return;
  const auto end = from_rfc3339(known.status.value("completionTime", ""));
  if (!is_final(known.status.value("state", "")) || !end ||
      change.at < *end + known.outline.job_retention)
    violated(fmt::format("m: {} is deleted too early", to_text(name)));
}

void Invariants::check_steering(const Known& known, const AttemptName& name) {
  if (is_exempt(name) || server_.sender().late || is_overtaken(known)) return;
  const OutlineStep* step = known.outline.find({name.phase, name.step});
  const std::string state = known.status.value("state", "");
  const std::string reason = known.status.value("reason", "");
  const bool says_suspended = state == "Suspended" || reason == "Suspending";
  const bool is_cancelled_finally = known.cancelled && step != nullptr && step->at_end;
  if (says_suspended && !is_cancelled_finally && known.suspended && *known.suspended < known.newest)
    violated(fmt::format("s: {} launched while {} is suspended", to_text(name), known.name));
  if (reason == "Cancelling" && step != nullptr && !step->at_end)
    violated(fmt::format("s: {} launched while {} is cancelled", to_text(name), known.name));
}

void Invariants::check_alone(const Known& workflow, const std::string& uid,
                             const AttemptName& name) {
  for (const PodRun& run : nodes_.runs()) {
    if (run.ended) continue;
    if (run.attempt.workflow_uid == uid) {
      if (run.attempt.phase == name.phase && run.attempt.step == name.step)
        violated(fmt::format("a: {} launched while pod {} lives", to_text(name), run.pod));
      continue;
    }
    // Only pods that were there before the workflow was can be known to it.
    const auto former = known_.find(run.attempt.workflow_uid);
    if (former != known_.end() && former->second.name == workflow.name &&
        run.created < workflow.created_at && run.started && workflow.launched.empty())
      violated(fmt::format("h: {} launched while pod {} of the former {} runs", to_text(name),
                           run.pod, workflow.name));
  }
}

// The workflow that people have made.
const std::pair<const std::string, Known>& Invariants::root_of(const std::string& uid) const {
  auto known = known_.find(uid);
  while (!known->second.of.workflow_uid.empty()) known = known_.find(known->second.of.workflow_uid);
  return *known;
}

void Invariants::check_lock(const std::string& uid, const AttemptName& name) {
  const auto& [own, workflow] = root_of(uid);
  if (workflow.outline.lock.empty() || is_exempt(name)) return;
  for (const PodRun& run : nodes_.runs()) {
    if (run.ended || is_exempt(run.attempt) || !known_.contains(run.attempt.workflow_uid)) continue;
    const auto& [other, holder] = root_of(run.attempt.workflow_uid);
    if (other != own && holder.outline.lock == workflow.outline.lock)
      violated(fmt::format("t: {} launched under lock {} while pod {} of {} lives", to_text(name),
                           workflow.outline.lock, run.pod, holder.name));
  }
  for (const auto& [other, holder] : known_)
    if (other != own && holder.outline.lock == workflow.outline.lock && !holder.deleted &&
        !holder.launched.empty() && holder.status.value("run", 0) > 0 &&
        !is_final(holder.status.value("state", "")))
      violated(fmt::format("t: {} launched under lock {} while {} runs", to_text(name),
                           workflow.outline.lock, holder.name));
}

void Invariants::judge_locks(bool leases_may_stay) {
  for (const Object& workflow : store_.list(workflows_, ""))
    if (const std::string lock = text_at(*workflow, "/status/lock"); !lock.empty())
      violated(
          fmt::format("t: {} has ended and is said to have lock {}", key_of(*workflow).name, lock));
  for (const Object& lease : store_.list(*store_.type("coordination.k8s.io", "v1", "leases"), ""))
    if (!leases_may_stay)
      violated(fmt::format("t: Lease {} of {} has stayed", key_of(*lease).name,
                           text_at(*lease, "/spec/holderIdentity")));
}

void Invariants::check_source(const Known& workflow, const AttemptName& name, const Json& job) {
  const Json env =
      job.value("/spec/template/spec/initContainers/0/env"_json_pointer, Json::array());
  const auto told = std::find_if(env.begin(), env.end(), [](const Json& variable) {
    return variable["name"] == "SOURCE_COMMIT";
  });
  if (told == env.end()) return;
  for (const OutlineStep& step : workflow.outline.steps) {
    const Json record = step_record(workflow.status, step.ref);
    if (record.value("plan", "") != workflow.status.value("plan", "")) continue;  // a former run's
    const std::string known = record.value("sourceRevision", "");
    if (!known.empty() && (*told)["value"] != known)
      violated(fmt::format("j: {} launched with commit \"{}\", but the run has {}", to_text(name),
                           (*told)["value"].get<std::string>(), known));
  }
}

void Invariants::check_order(const Known& workflow, const std::string& uid,
                             const AttemptName& name) {
  const StepRef ref{name.phase, name.step};
  const OutlineStep* step = workflow.outline.find(ref);
  if (step == nullptr)
    return violated(fmt::format("b: {}/{} is no step of the plan", ref.phase, ref.step));
  if (!step->runs)
    violated(fmt::format("b: {} launched although its when does not hold", to_text(name)));
  for (const auto* entries : {&step->by_widget, &step->by_output, &step->takes})
    for (const Json& entry : *entries)
      if (!may_have_held(workflow, uid, *step, entry, nodes_.now()))
        violated(fmt::format("b: {} launched although {} never held", to_text(name), entry.dump()));
  const int former_runs = attempts_before(workflow, uid, ref);
  if (name.attempt - former_runs - unbegun_children(uid, ref) > 1 && !step->retry)
    violated(fmt::format("b: {} launched without retry", to_text(name)));
  AttemptName former = name;
  --former.attempt;
  if (name.attempt > 1 && !attempts_.contains(former))
    violated(fmt::format("b: {} launched before {}", to_text(name), to_text(former)));
  if (is_exempt(name)) return;
  if (step->at_end)
    check_end_has_come(uid, name, workflow);
  else if (has_failed(workflow, workflow.outline.rests_on(*step)))
    violated(fmt::format("b: {} launched after a failure", to_text(name)));
}

void Invariants::check_those_before(const Known& workflow, const std::string& uid,
                                    const AttemptName& name) {
  const OutlineStep* step = workflow.outline.find({name.phase, name.step});
  if (step == nullptr) return;
  for (const StepRef& before : step->after)
    if (!can_be_done(workflow, uid, before))
      violated(fmt::format("b: {} launched although {}/{} is not done", to_text(name), before.phase,
                           before.step));
}

// Its request was sent when they were done, and is handled when they are to be done again; or the
// plan of the newest run was stored late, when nobody asked for it any more.
bool Invariants::is_of_former_run(const Known& workflow, const Json& job) const {
  const std::string run =
      job.value("/metadata/labels/bootstrap.openshift.io~1run"_json_pointer, "");
  const bool may_be = server_.sender().late || workflow.wanted < workflow.run;
  return may_be && !run.empty() && std::stoi(run) < workflow.run;
}

// What a step waits for, as far as it is known here.
bool Invariants::has_come(const OutlineStep& step) const {
  return step.waits_for.empty() || widgets_.was_ever_ready(step.waits_for);
}

// By what really ran: succeeded, or nothing of it runs where that is good enough.
bool Invariants::can_be_done(const Known& workflow, const std::string& uid,
                             const StepRef& ref) const {
  const OutlineStep& step = *workflow.outline.find(ref);
  if (step.waits) return step.tolerated || step.may_be_skipped() || has_come(step);
  if (step.child) {
    const auto children = children_of(uid, ref);
    if (children.empty())  // or it was cancelled before it had begun
      return step.may_be_skipped() || (step.tolerated && unbegun_children(uid, ref) > 0);
    const auto state_of = [](const auto& child) { return child.second->status.value("state", ""); };
    // One that was to be resumed is left as it is when the step is skipped.
    const bool may_be_left = workflow.resumed && step.may_be_skipped();
    if (may_be_left && std::all_of(children.begin(), children.end(),
                                   [&](const auto& child) { return is_final(state_of(child)); }))
      return true;
    return std::any_of(children.begin(), children.end(), [&](const auto& child) {
      return step.tolerated || state_of(child) == "Succeeded";
    });
  }
  if (!step.asks_for.empty())
    return step.tolerated || step.may_be_skipped() || has_answers(workflow, step);
  const auto runs = runs_of(uid, ref);
  // What a pod has left counts as long as the pod is there; it goes by its fate or with its Job.
  const auto pods = store_.list(*store_.type("", "v1", "pods"), "");
  const auto is_there = [&](const PodRun& run) {
    return run.fate.kind == Fate::Kind::Exits &&
           std::any_of(pods.begin(), pods.end(), [&](const Object& pod) {
             return text_at(*pod, "/metadata/uid") == run.pod_uid;
           });
  };
  if (std::any_of(runs.begin(), runs.end(), [&](const PodRun* run) {
        return run->succeeded() && !(run->is_spoiled() && is_there(*run));
      }))
    return true;
  if (runs.empty() && step.may_be_skipped()) return true;
  return step.tolerated &&
         std::all_of(runs.begin(), runs.end(), [](const PodRun* run) { return run->ended; });
}

void Invariants::check_end_has_come(const std::string& uid, const AttemptName& name,
                                    const Known& workflow) {
  for (const OutlineStep& step : workflow.outline.steps)
    if (!step.at_end)
      for (const PodRun* run : simulation::runs_of(nodes_, uid, step.ref))
        if (!run->ended && !is_exempt(run->attempt))
          violated(fmt::format("b: {} launched while {} lives", to_text(name), run->pod));
  for (const PodRun& run : nodes_.runs()) {
    const auto child = known_.find(run.attempt.workflow_uid);
    if (!run.ended && child != known_.end() && child->second.of.workflow_uid == uid &&
        !workflow.outline.find({child->second.of.phase, child->second.of.step})->at_end)
      violated(fmt::format("b: {} launched while {} of a child lives", to_text(name), run.pod));
  }
}

bool Invariants::has_failed(const Known& workflow, const std::set<std::string>& phases) {
  const auto& steps = workflow.outline.steps;
  return std::any_of(steps.begin(), steps.end(), [&](const OutlineStep& step) {
    return !step.at_end && phases.contains(step.ref.phase) &&
           is_failure(step, step_record(workflow.status, step.ref));
  });
}

// A request that is done late, or a leader that does not know that it is none any more, may launch
// what was ready once. It is stopped as soon as it is seen. Where one step follows the other
// nothing of that can be: its name is taken by then.
bool Invariants::is_late(const Known& workflow) const {
  return !workflow.outline.linear && (server_.sender().late || is_overtaken(workflow));
}

// Who sends the request that is handled was there already when another operator wrote the newest
// status, and need not know it.
bool Invariants::is_overtaken(const Known& workflow) const {
  const std::size_t process = server_.sender().process;
  return workflow.writer != 0 && workflow.writer != process && process <= workflow.processes;
}

bool Invariants::had_late_launches(const std::string& uid, const StepRef& ref) const {
  return std::any_of(late_.begin(), late_.end(), [&](const AttemptName& name) {
    return name.workflow_uid == uid && StepRef{name.phase, name.step} == ref;
  });
}

}  // namespace bootstrap::simulation
