#include "tests/simulation/invariants.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace bootstrap::simulation {
namespace {

constexpr std::size_t kStatusLimit = 256 * 1024;

bool is_final(const std::string& state) {
  return state == "Succeeded" || state == "Failed";
}

bool is_final_step(const std::string& state) {
  return is_final(state) || state == "Skipped";
}

bool was_ended(const Json& record) {
  const std::string reason = record.value("reason", "");
  return reason == "PhaseTimedOut" || reason == "WorkflowTimedOut";
}

// The phases of a step and of all that must be done before it.
std::set<std::string> rests_on(const Outline& outline, const OutlineStep& step) {
  std::set<StepRef> all{step.ref};
  std::vector<StepRef> before = step.after;
  while (!before.empty()) {
    const OutlineStep& one = *outline.find(before.back());
    before.pop_back();
    if (all.insert(one.ref).second) before.insert(before.end(), one.after.begin(), one.after.end());
  }
  std::set<std::string> phases;
  for (const StepRef& ref : all) phases.insert(ref.phase);
  return phases;
}

// For good, and not tolerated.
bool is_failure(const OutlineStep& step, const Json& record) {
  return record.value("state", "") == "Failed" && (!step.tolerated || was_ended(record));
}

std::string label(const Json& object, const char* key) {
  return object["metadata"].value("labels", Json::object()).value(key, "");
}

AttemptName attempt_name(const Json& job) {
  AttemptName name{label(job, labels::kWorkflowUid), label(job, labels::kPhase),
                   label(job, labels::kStep), 0};
  const std::string attempt = label(job, labels::kAttempt);
  std::from_chars(attempt.data(), attempt.data() + attempt.size(), name.attempt);
  return name;
}

// Its own, or that of its template, which is there before anything of it runs.
Json definition_of(const ObjectStore& store, const Json& workflow) {
  const std::string name = text_at(workflow, "/spec/templateRef/name");
  if (name.empty()) return workflow["spec"];
  const ResourceType& type =
      *store.type("bootstrap.openshift.io", "v1alpha1", "bootstrapworkflowtemplates");
  const Object found = store.find(type, {text_at(workflow, "/metadata/namespace"), name});
  return found ? (*found)["spec"] : Json{{"phases", Json::array()}};
}

}  // namespace

Json step_record(const Json& status, const StepRef& ref) {
  for (const auto& phase : status.value("phases", Json::array()))
    if (phase["name"] == ref.phase)
      for (const auto& step : phase.value("steps", Json::array()))
        if (step["name"] == ref.step) return step;
  return Json::object();
}

Invariants::Invariants(ObjectStore& store, const Nodes& nodes)
    : store_(store),
      nodes_(nodes),
      workflows_(*store.type("bootstrap.openshift.io", "v1alpha1", "bootstrapworkflows")),
      jobs_(*store.type("batch", "v1", "jobs")) {
  store_.subscribe([this](const Change& change) { on_change(change); });
}

void Invariants::violated(const std::string& what) {
  if (violations_.size() < 20) violations_.push_back(what);
}

void Invariants::on_change(const Change& change) {
  if (change.type == &workflows_) on_workflow(change);
  if (change.type == &jobs_ && change.kind == ChangeKind::Added) on_job(change);
  if (change.type->plural == "widgets") on_widget(change);
}

void Invariants::on_widget(const Change& change) {
  existed_.insert(change.key.name);
  if (text_at(*change.object, "/status/conditions/0/status") == "True")
    ready_.insert(change.key.name);
}

// --- Jobs ---

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
  if (is_final(known->second.status.value("state", "")) && !is_loose(known->second))
    violated(fmt::format("c: Job {} created after the end", change.key.name));
  check_alone(known->second, name.workflow_uid, name);
  check_order(known->second, name.workflow_uid, name);
  check_source(known->second, name, job);
  check_answers(known->second, name, job);
  known->second.launched.insert(ref);
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

void Invariants::check_source(const Known& workflow, const AttemptName& name, const Json& job) {
  const Json env =
      job.value("/spec/template/spec/initContainers/0/env"_json_pointer, Json::array());
  const auto told = std::find_if(env.begin(), env.end(), [](const Json& variable) {
    return variable["name"] == "SOURCE_COMMIT";
  });
  if (told == env.end()) return;
  for (const OutlineStep& step : workflow.outline.steps) {
    const std::string known = step_record(workflow.status, step.ref).value("sourceRevision", "");
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
  for (const auto* entries : {&step->by_widget, &step->by_output})
    for (const Json& entry : *entries)
      if (!may_have_held(entry, uid))
        violated(fmt::format("b: {} launched although {} never held", to_text(name), entry.dump()));
  if (name.attempt > 1 && !step->retry)
    violated(fmt::format("b: {} launched without retry", to_text(name)));
  AttemptName former = name;
  --former.attempt;
  if (name.attempt > 1 && !attempts_.contains(former))
    violated(fmt::format("b: {} launched before {}", to_text(name), to_text(former)));
  for (const StepRef& before : step->after)
    if (!can_be_done(workflow, uid, before))
      violated(fmt::format("b: {} launched although {}/{} is not done", to_text(name), before.phase,
                           before.step));
  if (is_loose(workflow)) return;
  if (step->at_end)
    check_end_has_come(uid, name, workflow);
  else if (has_failed(workflow, rests_on(workflow.outline, *step)))
    violated(fmt::format("b: {} launched after a failure", to_text(name)));
}

// What a step waits for, as far as it is known here.
bool Invariants::has_come(const OutlineStep& step) const {
  return step.waits_for.empty() || ready_.contains(step.waits_for);
}

// By what really ran: succeeded, or nothing of it runs where that is good enough.
bool Invariants::can_be_done(const Known& workflow, const std::string& uid,
                             const StepRef& ref) const {
  const OutlineStep& step = *workflow.outline.find(ref);
  if (step.waits) return step.tolerated || step.may_be_skipped() || has_come(step);
  if (step.child) {
    const auto children = children_of(uid, ref);
    if (children.empty()) return step.may_be_skipped();
    return std::any_of(children.begin(), children.end(), [&](const auto& child) {
      return step.tolerated || child.second->status.value("state", "") == "Succeeded";
    });
  }
  if (!step.asks_for.empty())
    return step.tolerated || step.may_be_skipped() || has_answers(workflow, step);
  const auto runs = runs_of(uid, ref);
  if (std::any_of(runs.begin(), runs.end(), [](const PodRun* run) { return run->succeeded(); }))
    return true;
  if (runs.empty() && step.may_be_skipped()) return true;
  return step.tolerated &&
         std::all_of(runs.begin(), runs.end(), [](const PodRun* run) { return run->ended; });
}

void Invariants::check_end_has_come(const std::string& uid, const AttemptName& name,
                                    const Known& workflow) {
  for (const OutlineStep& step : workflow.outline.steps)
    if (!step.at_end)
      for (const PodRun* run : runs_of(uid, step.ref))
        if (!run->ended)
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
// what was ready once. It is stopped as soon as it is seen.
bool Invariants::is_loose(const Known& workflow) const {
  return late_launches && !workflow.outline.linear;
}

// --- the workflow ---

void Invariants::on_workflow(const Change& change) {
  const std::string uid = uid_of(*change.object);
  if (change.kind == ChangeKind::Deleted) {
    known_.at(uid).deleted = true;
    return;
  }
  if (change.kind == ChangeKind::Added) {
    known_[uid] = Known{.name = change.key.name,
                        .created = change.version,
                        .created_at = change.at,
                        .outline = outline_of(definition_of(store_, *change.object)),
                        .launched = {},
                        .status = Json::object(),
                        .given = {},
                        .of = attempt_name(*change.object)};
    on_child(uid, known_[uid]);
  }
  Known& known = known_.at(uid);
  for (const auto& answer : change.object->value("/spec/answers"_json_pointer, Json::array()))
    known.given[answer["name"]].insert(answer["value"].get<std::string>());
  const Json status = change.object->value("status", Json::object());
  if (status == known.status) return;
  check_status(known, known.status, status);
  check_steps(known, known.status, status);
  known.status = status;
}

void Invariants::check_status(const Known& known, const Json& before, const Json& after) {
  const std::string was = before.value("state", "");
  const std::string is = after.value("state", "");
  if (is_final(was) && is != was)
    violated(fmt::format("c: {} went from {} to {}", known.name, was, is));
  const auto progress = [](const Json& status, const char* field) {
    return status.value("progress", Json::object()).value(field, 0);
  };
  for (const char* field : {"completed", "percent"})
    if (progress(after, field) < progress(before, field))
      violated(fmt::format("f: {} of {} fell from {} to {}", field, known.name,
                           progress(before, field), progress(after, field)));
  if (after.value("run", 0) < before.value("run", 0))
    violated(fmt::format("f: the run of {} went back", known.name));
  if (after.dump().size() > kStatusLimit)
    violated(fmt::format("i: the status of {} has {} bytes", known.name, after.dump().size()));
}

void Invariants::check_steps(const Known& known, const Json& before, const Json& after) {
  for (const OutlineStep& step : known.outline.steps) {
    const StepRef& ref = step.ref;
    const Json was = step_record(before, ref);
    const Json is = step_record(after, ref);
    if (is.value("attempts", 0) < was.value("attempts", 0))
      violated(fmt::format("f: attempts of {}/{} went back", ref.phase, ref.step));
    if (!is_final_step(was.value("state", ""))) continue;
    for (const char* field : {"state", "reason", "exitCode", "completionTime", "jobUID", "outputs"})
      if (was.value(field, Json()) != is.value(field, Json()))
        violated(fmt::format("d: {} of {}/{} changed from {} to {}", field, ref.phase, ref.step,
                             was.value(field, Json()).dump(), is.value(field, Json()).dump()));
  }
}

void Invariants::on_request(const RequestRecord& request) {
  if (request.method == kube::Method::Get ||
      request.target.find("/bootstrapworkflows/") == std::string::npos)
    return;
  const auto is_child = [&](const auto& known) {
    return !known.second.of.workflow_uid.empty() &&
           request.target.ends_with("/" + known.second.name);
  };
  if (request.method == kube::Method::Delete && std::any_of(known_.begin(), known_.end(), is_child))
    return;
  if (request.method != kube::Method::Patch || !request.target.ends_with("/status"))
    return violated("g: the operator wrote to a workflow itself: " + request.target);
  const Json patch = Json::parse(request.body, nullptr, false);
  if (text_at(patch, "/metadata/resourceVersion").empty())
    violated("g: status written without a version: " + request.body.substr(0, 200));
}

// --- the end ---

void Invariants::judge(const std::string& uid) {
  const Known& known = known_.at(uid);
  Verdict verdict;
  for (const OutlineStep& step : known.outline.steps) judge_step(known, uid, step, verdict);
  const std::string state = known.status.value("state", "");
  const std::string reason = known.status.value("reason", "");
  const bool timed_out = reason == "TimedOut" && known.outline.has_timeouts;
  if (verdict.pending && !verdict.failed && !timed_out)
    violated(fmt::format("e: a step of {} was left out although nothing failed", known.name));
  for (const std::string& phase : verdict.pending_at_end)
    if (!verdict.failed_at_end.contains(phase) && !known.outline.has_timeouts)
      violated(fmt::format("e: {} of finally was not run", phase));
  // A phase of finally that was ended by its timeout, whose step answered that with success.
  const bool left_out = !verdict.pending_at_end.empty();
  const bool failed = verdict.failed || timed_out || !verdict.failed_at_end.empty() || left_out;
  if (state != (failed ? "Failed" : "Succeeded"))
    violated(fmt::format("e: {} ended as {} ({})", known.name, state, reason));
  const Json progress = known.status.value("progress", Json::object());
  if (progress.value("completed", -1) != verdict.done ||
      progress.value("total", -1) != verdict.total)
    violated(fmt::format("e: {} of {} steps are done, progress says {}", verdict.done,
                         verdict.total, progress.dump()));
}

void Invariants::judge_step(const Known& known, const std::string& uid, const OutlineStep& step,
                            Verdict& verdict) {
  const Json record = step_record(known.status, step.ref);
  const std::string state = record.value("state", "");
  const std::string name = fmt::format("{} {}/{}", known.name, step.ref.phase, step.ref.step);
  const bool loose = is_loose(known);
  if (state == "Skipped") {
    judge_skip(name, uid, step);
    if (!runs_of(uid, step.ref).empty() && !loose)
      violated(fmt::format("e: {} was skipped, and ran", name));
    return;
  }
  const bool failed = is_failure(step, record);
  if (step.at_end && failed) verdict.failed_at_end.insert(step.ref.phase);
  if (!step.at_end) {
    ++verdict.total;
    verdict.failed = verdict.failed || failed;
    if (is_final(state) && !failed) ++verdict.done;
  }
  if (state == "Pending") {
    if (!runs_of(uid, step.ref).empty() && !loose)
      violated(fmt::format("e: {} is Pending at the end, and ran", name));
    if (step.at_end) verdict.pending_at_end.insert(step.ref.phase);
    if (!step.at_end) verdict.pending = true;
    return;
  }
  if (!is_final(state)) return violated(fmt::format("e: {} is {} at the end", name, state));
  if (!step.runs) violated(fmt::format("e: {} is {} although its when does not hold", name, state));
  // An output that it depends on was lost or never given.
  const bool takes_outputs = step.needs_output || !step.by_output.empty();
  if (takes_outputs && record.value("reason", "") == "OutputMissing") {
    if (state != "Failed" || record.value("attempts", 0) != 0)
      violated(fmt::format("e: {} lacks an output: {}", name, record.dump()));
    return;
  }
  if (step.waits) return judge_wait(name, step, record);
  if (step.child) return judge_child(name, uid, step, record);
  if (!step.asks_for.empty()) return judge_ask(known, name, step, record);
  judge_runs(name, uid, step, record);
  judge_attempts(name, uid, step, record, loose);
}

namespace {

// Its node was silent when the time of the phase or the workflow was over: nobody could know
// better.
bool was_out_of_sight(const PodRun& run, const Json& record) {
  const std::string reason = record.value("reason", "");
  return run.fate.kind == Fate::Kind::NodeLost &&
         (reason == "PhaseTimedOut" || reason == "WorkflowTimedOut");
}

}  // namespace

void Invariants::judge_runs(const std::string& name, const std::string& uid,
                            const OutlineStep& step, const Json& record) {
  const std::string state = record.value("state", "");
  std::map<int, int> started;
  bool succeeded = false, surely = false;
  for (const PodRun* run : runs_of(uid, step.ref)) {
    if (run->started && ++started[run->attempt.attempt] > 1)
      violated(fmt::format("a: {} started twice in attempt {}", name, run->attempt.attempt));
    succeeded = succeeded || run->succeeded();
    surely = surely || (is_sure_success(*run) && !was_out_of_sight(*run, record));
  }
  for (const PodRun* run : runs_of(uid, step.ref))
    if (run->job_uid == record.value("jobUID", "")) judge_gifts(name, *run, record);
  if (state == "Succeeded" && !succeeded)
    violated(fmt::format("e: {} is recorded as Succeeded, but did not", name));
  if (state == "Failed" && surely)
    violated(fmt::format("e: the success of {} was lost: {}", name, record.dump()));
}

void Invariants::judge_wait(const std::string& name, const OutlineStep& step, const Json& record) {
  static const std::set<std::string> kEnds{"TimedOut", "PhaseTimedOut", "WorkflowTimedOut"};
  const std::string state = record.value("state", "");
  if (record.value("attempts", 0) != 1 || record.contains("job"))
    violated(fmt::format("a: {} waits: {}", name, record.dump()));
  if (state == "Succeeded" && !has_come(step))
    violated(fmt::format("e: {} is over, but {} was never Ready", name, step.waits_for));
  if (state == "Failed" && !kEnds.contains(record.value("reason", "")))
    violated(fmt::format("e: {} failed otherwise: {}", name, record.dump()));
}

// Every attempt is counted, and there are as many as there should be.
void Invariants::judge_attempts(const std::string& name, const std::string& uid,
                                const OutlineStep& step, const Json& record, bool loose) {
  const int attempts = record.value("attempts", 0);
  const int uncounted = record.value("uncountedAttempts", 0);
  const auto launched = std::count_if(attempts_.begin(), attempts_.end(), [&](const auto& a) {
    return a.workflow_uid == uid && a.phase == step.ref.phase && a.step == step.ref.step;
  });
  if (attempts != launched && !loose)
    violated(fmt::format("e: {} had {} attempts, {} are on record", name, launched, attempts));
  constexpr int kMostUncounted = 10;
  const int most = step.retry ? step.retry->attempts : 1;
  if (attempts - uncounted > most || uncounted > kMostUncounted || (!step.retry && uncounted > 0))
    violated(
        fmt::format("e: {} had {} attempts, {} of them not counted", name, attempts, uncounted));
  if (!step.retry || record.value("state", "") != "Failed" || loose) return;
  static const std::set<std::string> kEndAtOnce{"PhaseTimedOut", "WorkflowTimedOut", "NotRetried",
                                                "JobSuspended",  "JobInvalid",       "NameTaken",
                                                "OutputMissing", "ClaimInvalid"};
  const bool fatal = step.retry->fatal.contains(record.value("exitCode", 0));
  if (attempts - uncounted < most && !fatal && uncounted < kMostUncounted &&
      !kEndAtOnce.contains(record.value("reason", "")))
    violated(fmt::format("e: {} failed with attempts left: {}", name, record.dump()));
}

void Invariants::judge_gifts(const std::string& name, const PodRun& run, const Json& record) {
  const std::string commit = record.value("sourceRevision", "");
  if (!commit.empty() && !run.commit.empty() && commit != run.commit)
    violated(
        fmt::format("j: {} is recorded with commit {}, but cloned {}", name, commit, run.commit));
  const bool gone = record.value("reason", "") == "PodGone";
  if (record.value("state", "") != "Succeeded" || gone) return;
  if (record.value("/outputs/pod"_json_pointer, "") != run.pod_uid)
    violated(fmt::format("j: the outputs of {} are not its pod's: {}", name, record.dump()));
}

std::vector<const PodRun*> Invariants::runs_of(const std::string& uid, const StepRef& ref) const {
  std::vector<const PodRun*> runs;
  for (const PodRun& run : nodes_.runs())
    if (run.attempt.workflow_uid == uid && run.attempt.phase == ref.phase &&
        run.attempt.step == ref.step)
      runs.push_back(&run);
  return runs;
}

}  // namespace bootstrap::simulation
