#include "tests/simulation/invariants.h"

#include <algorithm>

#include <fmt/format.h>

#include "tests/simulation/attempts_truth.h"
#include "tests/simulation/backoff_truth.h"
#include "tests/simulation/history_truth.h"
#include "tests/simulation/order_truth.h"
#include "tests/simulation/stop_truth.h"
#include "tests/simulation/timeout_truth.h"

namespace bootstrap::simulation {
namespace {

constexpr std::size_t kStatusLimit = 256 * 1024;

// Its own, or that of its template, which is there before anything of it runs.
Json definition_of(const ObjectStore& store, const Json& workflow) {
  const std::string name = text_at(workflow, "/spec/templateRef/name");
  if (name.empty()) return workflow["spec"];
  const ResourceType& type =
      *store.type("bootstrap.openshift.io", "v1alpha1", "bootstrapworkflowtemplates");
  const Object found = store.find(type, {text_at(workflow, "/metadata/namespace"), name});
  return found ? (*found)["spec"] : Json{{"phases", Json::array()}};
}

// Of a target that ends with /<name>/status.
std::string workflow_of_status(const std::string& target) {
  const auto end = target.rfind('/');
  const auto begin = target.rfind('/', end - 1) + 1;
  return target.substr(begin, end - begin);
}

}  // namespace

Invariants::Invariants(SimApiServer& server, const Nodes& nodes)
    : server_(server),
      store_(server.store()),
      nodes_(nodes),
      workflows_(*store_.type("bootstrap.openshift.io", "v1alpha1", "bootstrapworkflows")),
      jobs_(*store_.type("batch", "v1", "jobs")),
      plans_(*store_.type("apps", "v1", "controllerrevisions")) {
  store_.subscribe([this](const Change& change) { on_change(change); });
}

void Invariants::violated(const std::string& what) {
  if (violations_.size() < 20) violations_.push_back(what);
}

void Invariants::on_change(const Change& change) {
  if (change.type == &workflows_) on_workflow(change);
  if (change.type == &jobs_ && change.kind == ChangeKind::Added) on_job(change);
  if (change.type == &jobs_ && change.kind == ChangeKind::Modified) on_stopped_job(change);
  if (change.type == &jobs_ && change.kind == ChangeKind::Deleted) on_deleted_job(change);
  if (change.type == &plans_ && change.kind == ChangeKind::Added) on_plan(change);
  if (change.type->plural == "widgets") widgets_.note(change);
}

// --- the workflow ---

void Invariants::on_workflow(const Change& change) {
  const std::string uid = uid_of(*change.object);
  on_cancelled_child(change);
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
                        .writer = 0,
                        .processes = processes,
                        .given = {},
                        .of = attempt_name(*change.object)};
    on_child(uid, known_[uid]);
  }
  Known& known = known_.at(uid);
  note_spec(known, (*change.object)["spec"]);
  const Json status = change.object->value("status", Json::object());
  if (!is_of_newest_run(known, status) || status == known.status) return;
  if (says_cancelled(status) && !known.cancelled)
    violated(fmt::format("q: {} is Cancelled, which nobody wants", known.name));
  check_status(known, known.status, status);
  check_steps(known, known.status, status);
  check_order_on_record(known, status, server_.sender().process, complain());
  check_history(known, known.status, status, complain());
  note_status(known, status);
  check_timeouts(known, known.status, status, known.newest, complain());
  for (const OutlineStep& step : known.outline.steps)
    note_result(known, uid, step, step_record(known.status, step.ref),
                step_record(status, step.ref));
  known.status = status;
  known.writer = server_.sender().process;
  known.processes = processes;
}

void Invariants::check_status(const Known& known, const Json& before, const Json& after) {
  const std::string was = before.value("state", "");
  const std::string is = after.value("state", "");
  if (is_final(was) && is != was && before.value("run", 0) > 0)
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
  if (request.method == kube::Method::Delete && request.target.find("/pods/") != std::string::npos)
    violated("m: the operator deletes " + request.target);
  if (request.method == kube::Method::Get ||
      request.target.find("/bootstrapworkflows/") == std::string::npos)
    return;
  const auto is_child = [&](const auto& known) {
    return !known.second.of.workflow_uid.empty() &&
           request.target.ends_with("/" + known.second.name);
  };
  // Of a child the operator steers the live fields.
  if (request.method == kube::Method::Patch && std::any_of(known_.begin(), known_.end(), is_child))
    return;
  if (request.method != kube::Method::Patch || !request.target.ends_with("/status"))
    return violated("g: the operator wrote to a workflow itself: " + request.target);
  const Json patch = Json::parse(request.body, nullptr, false);
  if (text_at(patch, "/metadata/resourceVersion").empty())
    violated("g: status written without a version: " + request.body.substr(0, 200));
  if (request.status != 200) note_unwritten(workflow_of_status(request.target));
}

std::vector<const PodRun*> Invariants::runs_of(const std::string& uid, const StepRef& ref) const {
  auto runs = simulation::runs_of(nodes_, uid, ref);
  const auto known = known_.find(uid);
  if (known == known_.end()) return runs;
  const int former = former_attempts(step_record(known->second.status, ref));
  std::erase_if(runs, [&](const PodRun* run) { return run->attempt.attempt <= former; });
  return runs;
}

}  // namespace bootstrap::simulation
