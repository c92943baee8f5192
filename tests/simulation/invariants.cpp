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

std::vector<StepRef> order_of(const Json& workflow) {
  std::vector<StepRef> order;
  for (const auto& phase : workflow.value("/spec/phases"_json_pointer, Json::array()))
    for (const auto& step : phase.value("steps", Json::array()))
      order.push_back({phase.value("name", ""), step.value("name", "")});
  return order;
}

std::map<StepRef, std::string> waits_of(const Json& workflow) {
  std::map<StepRef, std::string> waits;
  for (const auto& phase : workflow.value("/spec/phases"_json_pointer, Json::array()))
    for (const auto& step : phase.value("steps", Json::array()))
      if (step.contains("waitFor"))
        waits[{phase.value("name", ""), step.value("name", "")}] =
            text_at(step, "/waitFor/resource/name");
  return waits;
}

Json step_record(const Json& status, const StepRef& ref) {
  for (const auto& phase : status.value("phases", Json::array()))
    if (phase["name"] == ref.phase)
      for (const auto& step : phase.value("steps", Json::array()))
        if (step["name"] == ref.step) return step;
  return Json::object();
}

}  // namespace

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
  if (is_final(known->second.status.value("state", "")))
    violated(fmt::format("c: Job {} created after the end", change.key.name));
  check_alone(known->second, name.workflow_uid, name);
  check_order(known->second, name.workflow_uid, ref);
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

void Invariants::check_order(const Known& workflow, const std::string& uid, const StepRef& ref) {
  if (std::find(workflow.order.begin(), workflow.order.end(), ref) == workflow.order.end())
    return violated(fmt::format("b: {}/{} is no step of the plan", ref.phase, ref.step));
  for (const StepRef& before : workflow.order) {
    if (before == ref) return;
    if (const auto wait = workflow.waits.find(before); wait != workflow.waits.end()) {
      if (!ready_.contains(wait->second))
        violated(fmt::format("b: {}/{} launched although {} was never Ready", ref.phase, ref.step,
                             wait->second));
      continue;
    }
    const auto runs = runs_of(uid, before);
    if (std::none_of(runs.begin(), runs.end(), [](const PodRun* run) { return run->succeeded(); }))
      violated(fmt::format("b: {}/{} launched although {}/{} has not succeeded", ref.phase,
                           ref.step, before.phase, before.step));
  }
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
                        .order = order_of(*change.object),
                        .waits = waits_of(*change.object),
                        .launched = {},
                        .status = Json::object()};
    return;
  }
  Known& known = known_.at(uid);
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
  for (const StepRef& ref : known.order) {
    const Json was = step_record(before, ref);
    const Json is = step_record(after, ref);
    if (is.value("attempts", 0) < was.value("attempts", 0))
      violated(fmt::format("f: attempts of {}/{} went back", ref.phase, ref.step));
    if (!is_final(was.value("state", ""))) continue;
    for (const char* field :
         {"state", "reason", "exitCode", "attempts", "completionTime", "jobUID"})
      if (was.value(field, Json()) != is.value(field, Json()))
        violated(fmt::format("d: {} of {}/{} changed from {} to {}", field, ref.phase, ref.step,
                             was.value(field, Json()).dump(), is.value(field, Json()).dump()));
  }
}

void Invariants::on_request(const RequestRecord& request) {
  if (request.method == kube::Method::Get ||
      request.target.find("/bootstrapworkflows/") == std::string::npos)
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
  const std::string state = known.status.value("state", "");
  bool failed = false;
  for (const StepRef& ref : known.order) {
    const Json record = step_record(known.status, ref);
    const std::string step_state = record.value("state", "");
    if (failed) {
      if (step_state != "Pending" || !runs_of(uid, ref).empty())
        violated(fmt::format("e: {}/{} is {} after a failure", ref.phase, ref.step, step_state));
      continue;
    }
    judge_step(known, uid, ref, record);
    failed = step_state != "Succeeded";
  }
  if (state != (failed ? "Failed" : "Succeeded"))
    violated(fmt::format("e: {} ended as {}", known.name, state));
}

void Invariants::judge_step(const Known& known, const std::string& uid, const StepRef& ref,
                            const Json& record) {
  if (known.waits.contains(ref)) return judge_wait(known, ref, record);
  const std::string state = record.value("state", "");
  const std::string name = fmt::format("{} {}/{}", known.name, ref.phase, ref.step);
  if (!is_final(state)) return violated(fmt::format("e: {} is {} at the end", name, state));
  const auto runs = runs_of(uid, ref);
  std::size_t started = 0;
  bool succeeded = false, surely = false;
  for (const PodRun* run : runs) {
    if (run->started) ++started;
    succeeded = succeeded || run->succeeded();
    // Told to end, 0 may count or not; whoever deletes the Job takes its result along.
    surely = surely || (run->succeeded() && run->reported && !run->told_to_end &&
                        run->fate.kind != Fate::Kind::JobDeleted);
  }
  if (started > 1) violated(fmt::format("a: {} started {} times", name, started));
  if (state == "Succeeded" && !succeeded)
    violated(fmt::format("e: {} is recorded as Succeeded, but did not", name));
  if (state == "Failed" && surely)
    violated(fmt::format("e: the success of {} was lost: {}", name, record.dump()));
}

void Invariants::judge_wait(const Known& known, const StepRef& ref, const Json& record) {
  const std::string state = record.value("state", "");
  const std::string& widget = known.waits.at(ref);
  if (record.value("attempts", 0) != 1 || record.contains("job"))
    violated(fmt::format("a: {}/{} waits: {}", ref.phase, ref.step, record.dump()));
  if (state == "Succeeded" && !ready_.contains(widget))
    violated(fmt::format("e: {}/{} is over, but {} was never Ready", ref.phase, ref.step, widget));
  if (state == "Failed" && record.value("reason", "") != "TimedOut")
    violated(fmt::format("e: {}/{} failed otherwise: {}", ref.phase, ref.step, record.dump()));
  if (!is_final(state))
    violated(fmt::format("e: {}/{} is {} at the end", ref.phase, ref.step, state));
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
