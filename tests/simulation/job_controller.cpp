#include "tests/simulation/job_controller.h"

#include <algorithm>

#include <fmt/format.h>

#include "controllers/time.h"

namespace bootstrap::simulation {
namespace {

using namespace std::chrono_literals;

constexpr const char* kFinalizer = "batch.kubernetes.io/job-tracking";
constexpr const char* kJobName = "batch.kubernetes.io/job-name";

std::string phase_of(const Json& pod) {
  return text_at(pod, "/status/phase");
}

bool is_over(const Json& pod) {
  const std::string phase = phase_of(pod);
  return phase == "Succeeded" || phase == "Failed";
}

bool is_tracked(const Json& pod) {
  const Json finalizers = pod["metadata"].value("finalizers", Json::array());
  return std::find(finalizers.begin(), finalizers.end(), kFinalizer) != finalizers.end();
}

std::string owner_uid(const Json& pod) {
  const Json owners = pod["metadata"].value("ownerReferences", Json::array());
  return owners.empty() ? "" : owners[0].value("uid", "");
}

ObjectKey job_key_of(const Json& pod) {
  const Json labels = pod["metadata"].value("labels", Json::object());
  return {text_at(pod, "/metadata/namespace"), labels.value(kJobName, "")};
}

int count_of(const Json& job, const char* field) {
  return job["status"].value(field, 0);
}

bool exit_code_matches(const Json& rule, const Json& container) {
  const Json::json_pointer at("/state/terminated/exitCode");
  if (!container.contains(at)) return false;
  const int code = container.at(at);
  if (code == 0) return false;
  const Json& values = rule["values"];
  const bool in = std::find(values.begin(), values.end(), code) != values.end();
  return rule["operator"] == "In" ? in : !in;
}

std::optional<std::string> rule_matches(const Json& rule, std::size_t index, const Json& pod) {
  const std::string name =
      fmt::format("{}/{}", text_at(pod, "/metadata/namespace"), text_at(pod, "/metadata/name"));
  const Json status = pod.value("status", Json::object());
  if (rule.contains("onExitCodes"))
    for (const char* list : {"initContainerStatuses", "containerStatuses"})
      for (const auto& container : status.value(list, Json::array())) {
        const auto& wanted = rule["onExitCodes"];
        if (wanted.contains("containerName") && wanted["containerName"] != container["name"])
          continue;
        if (exit_code_matches(wanted, container))
          return fmt::format(
              "Container {} for pod {} failed with exit code {} matching {} rule at index {}",
              container["name"].get<std::string>(), name,
              container.at("/state/terminated/exitCode"_json_pointer).get<int>(),
              rule["action"].get<std::string>(), index);
      }
  for (const auto& wanted : rule.value("onPodConditions", Json::array()))
    for (const auto& condition : status.value("conditions", Json::array()))
      if (condition["type"] == wanted["type"] &&
          condition["status"] == wanted.value("status", "True"))
        return fmt::format("Pod {} has condition {} matching {} rule at index {}", name,
                           wanted["type"].get<std::string>(), rule["action"].get<std::string>(),
                           index);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> fail_job_message(const Json& job, const Json& pod) {
  const Json rules = job.value("/spec/podFailurePolicy/rules"_json_pointer, Json::array());
  for (std::size_t i = 0; i < rules.size(); ++i)
    if (auto message = rule_matches(rules[i], i, pod))
      return rules[i]["action"] == "FailJob" ? message : std::nullopt;
  return std::nullopt;
}

bool has_condition(const Json& object, std::string_view type) {
  const Json conditions = object.value("/status/conditions"_json_pointer, Json::array());
  return std::any_of(conditions.begin(), conditions.end(),
                     [&](const Json& c) { return c["type"] == type && c["status"] == "True"; });
}

void set_condition(Json& conditions, Json condition) {
  if (!conditions.is_array()) conditions = Json::array();
  for (auto& known : conditions)
    if (known["type"] == condition["type"]) {
      known = std::move(condition);
      return;
    }
  conditions.push_back(std::move(condition));
}

JobController::JobController(Verbs& verbs, Scheduler& scheduler, Random random, Lag lag)
    : verbs_(verbs),
      scheduler_(scheduler),
      random_(random),
      lag_(lag),
      jobs_(*verbs.store().type("batch", "v1", "jobs")),
      pods_(*verbs.store().type("", "v1", "pods")) {
  verbs_.store().subscribe([this](const Change& change) { on_change(change); });
}

void JobController::on_change(const Change& change) {
  if (change.type == &jobs_) return sync_later(change.key);
  if (change.type != &pods_) return;
  const ObjectKey job = job_key_of(*change.object);
  // It gathers the changes of a pod for a second before it looks.
  const bool over = is_over(*change.object);
  if (!job.name.empty()) sync_later(job, over ? Duration(900) : Duration(0));
}

void JobController::sync_later(const ObjectKey& job, Duration at_least) {
  if (pending_.contains(job)) return;
  pending_[job] = scheduler_.after(at_least + lag_.draw(random_), [this, job] {
    pending_.erase(job);
    sync(job);
  });
}

void JobController::sync(const ObjectKey& key) {
  release_orphans(key);
  const auto job = [&] { return verbs_.store().find(jobs_, key); };
  if (!job()) return;
  const Pods pods = pods_of(*job());
  count(*job(), pods);
  if (finish(*job(), pods)) return;
  judge(*job(), pods);
  const bool decided =
      has_condition(*job(), "FailureTarget") || has_condition(*job(), "SuccessCriteriaMet");
  if (decided) return sync_later(key);
  if ((*job())["spec"].value("suspend", false)) return suspend(*job(), pods);
  start(*job(), pods);
}

// Pods whose Job is gone are not held back any more.
void JobController::release_orphans(const ObjectKey& key) {
  const Object job = verbs_.store().find(jobs_, key);
  for (const Object& pod : verbs_.store().list(pods_, key.ns)) {
    if (job_key_of(*pod) != key || !is_tracked(*pod)) continue;
    if (job && owner_uid(*pod) == uid_of(*job)) continue;
    verbs_.patch(pods_, key_of(*pod), R"({"metadata": {"finalizers": null}})"_json,
                 Verbs::Part::Main);
  }
}

// A pod that has ended is counted, then let go.
void JobController::count(const Json& job, const Pods& pods) {
  int succeeded = count_of(job, "succeeded");
  int failed = count_of(job, "failed");
  int active = 0;
  Pods counted;
  for (const Object& pod : pods) {
    if (!is_over(*pod)) ++active;
    if (!is_over(*pod) || !is_tracked(*pod)) continue;
    ++(phase_of(*pod) == "Succeeded" ? succeeded : failed);
    // The verdict must be on the Job before the pod may vanish.
    if (phase_of(*pod) == "Failed" && !has_condition(job, "FailureTarget"))
      if (const auto message = fail_job_message(job, *pod))
        add_condition(job, "FailureTarget", "PodFailurePolicy", *message);
    counted.push_back(pod);
  }
  Json status{{"active", active}};
  if (succeeded > 0) status["succeeded"] = succeeded;
  if (failed > 0) status["failed"] = failed;
  verbs_.patch(jobs_, key_of(job), Json::object({{"status", status}}), Verbs::Part::Status);
  for (const Object& pod : counted)
    verbs_.patch(pods_, key_of(*pod), R"({"metadata": {"finalizers": null}})"_json,
                 Verbs::Part::Main);
}

void JobController::judge(const Json& job, const Pods&) {
  if (has_condition(job, "FailureTarget") || has_condition(job, "SuccessCriteriaMet")) return;
  if (count_of(job, "succeeded") > 0)
    add_condition(job, "SuccessCriteriaMet", "CompletionsReached",
                  "Reached expected number of succeeded pods");
  else if (count_of(job, "failed") > job["spec"].value("backoffLimit", 6))
    add_condition(job, "FailureTarget", "BackoffLimitExceeded",
                  "Job has reached the specified backoff limit");
}

// The final condition waits until all pods have ended. True: there is nothing else to do.
bool JobController::finish(const Json& job, const Pods& pods) {
  const bool final = has_condition(job, "Complete") || has_condition(job, "Failed");
  const bool failing = has_condition(job, "FailureTarget");
  if (final) {
    delete_active(pods);
    return true;
  }
  if (!failing && !has_condition(job, "SuccessCriteriaMet")) return false;
  delete_active(pods);
  if (!std::all_of(pods.begin(), pods.end(), [](const Object& pod) { return is_over(*pod); }))
    return true;
  for (const auto& condition : job["status"]["conditions"]) {
    const std::string type = condition["type"];
    if (type == "FailureTarget" || type == "SuccessCriteriaMet")
      add_condition(job, failing ? "Failed" : "Complete", condition.value("reason", ""),
                    condition.value("message", ""));
  }
  return true;
}

void JobController::suspend(const Json& job, const Pods& pods) {
  delete_active(pods);
  if (!has_condition(job, "Suspended"))
    add_condition(job, "Suspended", "JobSuspended", "Job suspended");
}

void JobController::start(const Json& job, const Pods& pods) {
  if (has_condition(job, "Suspended"))
    add_condition(job, "Suspended", "JobResumed", "Job resumed", "False");
  if (text_at(job, "/status/startTime").empty())
    verbs_.patch(jobs_, key_of(job),
                 Json::object({{"status", {{"startTime", to_rfc3339(scheduler_.clock().now())}}}}),
                 Verbs::Part::Status);
  if (pods.empty() && count_of(job, "failed") + count_of(job, "succeeded") == 0) create_pod(job);
}

void JobController::create_pod(const Json& job) {
  const ObjectKey key = key_of(job);
  Json pod{{"apiVersion", "v1"},
           {"kind", "Pod"},
           {"metadata", job["spec"]["template"].value("metadata", Json::object())},
           {"spec", job["spec"]["template"]["spec"]}};
  pod["metadata"]["generateName"] = key.name.substr(0, 57) + "-";
  pod["metadata"]["finalizers"] = {kFinalizer};
  pod["metadata"]["ownerReferences"] = Json::array({{{"apiVersion", "batch/v1"},
                                                     {"kind", "Job"},
                                                     {"name", key.name},
                                                     {"uid", uid_of(job)},
                                                     {"controller", true},
                                                     {"blockOwnerDeletion", true}}});
  const auto created = verbs_.create(pods_, key.ns, std::move(pod));
  if (created) {
    refused_.erase(key);
    return;
  }
  report_refusal(job, created.error().message);
  sync_later(key, std::min<Duration>(10s * (1 << std::min(refused_[key]++, 6)), 10min));
}

void JobController::report_refusal(const Json& job, const std::string& why) {
  const ObjectKey key = key_of(job);
  const std::string now = to_rfc3339(scheduler_.clock().now());
  verbs_.create(*verbs_.store().type("", "v1", "events"), key.ns,
                {{"apiVersion", "v1"},
                 {"kind", "Event"},
                 {"metadata", {{"generateName", key.name.substr(0, 50) + "."}}},
                 {"involvedObject",
                  {{"apiVersion", "batch/v1"},
                   {"kind", "Job"},
                   {"name", key.name},
                   {"namespace", key.ns},
                   {"uid", uid_of(job)}}},
                 {"type", "Warning"},
                 {"reason", "FailedCreate"},
                 {"message", "Error creating: " + why},
                 {"firstTimestamp", now},
                 {"lastTimestamp", now}});
}

void JobController::add_condition(const Json& job, const char* type, const std::string& reason,
                                  const std::string& message, const char* status) {
  const ObjectKey key = key_of(job);
  const Object current = verbs_.store().find(jobs_, key);
  Json conditions = current->value("/status/conditions"_json_pointer, Json::array());
  const std::string now = to_rfc3339(scheduler_.clock().now());
  set_condition(conditions, {{"type", type},
                             {"status", status},
                             {"reason", reason},
                             {"message", message},
                             {"lastProbeTime", now},
                             {"lastTransitionTime", now}});
  verbs_.patch(jobs_, key, Json::object({{"status", {{"conditions", conditions}}}}),
               Verbs::Part::Status);
}

void JobController::delete_active(const Pods& pods) {
  for (const Object& pod : pods)
    if (!is_over(*pod) && !(*pod)["metadata"].contains("deletionTimestamp"))
      verbs_.remove(pods_, key_of(*pod), DeleteOptions{.uid = uid_of(*pod)});
}

JobController::Pods JobController::pods_of(const Json& job) const {
  Pods own;
  for (const Object& pod : verbs_.store().list(pods_, text_at(job, "/metadata/namespace")))
    if (owner_uid(*pod) == uid_of(job)) own.push_back(pod);
  return own;
}

}  // namespace bootstrap::simulation
