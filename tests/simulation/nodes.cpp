#include "tests/simulation/nodes.h"

#include <fmt/format.h>

#include "controllers/time.h"
#include "tests/simulation/job_controller.h"
#include "tests/simulation/records.h"

namespace bootstrap::simulation {
namespace {

using namespace std::chrono_literals;

constexpr Duration kReportsPhaseAfter{1'100};  // measured: 1.1 s after the containers' statuses

Json unknown_container(TimePoint now) {
  return {{"terminated",
           {{"exitCode", 137},
            {"reason", "ContainerStatusUnknown"},
            {"message", "The container could not be located when the pod was terminated"},
            {"startedAt", nullptr},
            {"finishedAt", to_rfc3339(now)}}}};
}

// Its termination message, which the kubelet cuts at 4096 bytes.
std::string gift_of(const PodRun& run) {
  const std::string good = "pod=" + run.pod_uid + "\ntag=t\n";
  switch (run.fate.gift) {
    case Fate::Gift::Outputs:
      break;
    case Fate::Gift::TooLarge:
      return good + "list=" + std::string(1'500, 'x') + "\n";
    case Fate::Gift::Cut:
      return (good + "list=" + std::string(5'000, 'x')).substr(0, 4'096);
    case Fate::Gift::Malformed:
      return good + "and all is well\n";
    case Fate::Gift::Nothing:
      return "";
  }
  return good;
}

}  // namespace

std::string to_text(const AttemptName& name) {
  return fmt::format("{}/{} attempt {}", name.phase, name.step, name.attempt);
}

Nodes::Nodes(Verbs& verbs, Scheduler& scheduler, Random random, Lag lag, Oracle oracle)
    : verbs_(verbs),
      scheduler_(scheduler),
      random_(random),
      lag_(lag),
      oracle_(std::move(oracle)),
      pods_(*verbs.store().type("", "v1", "pods")) {
  verbs_.store().subscribe([this](const Change& change) {
    if (change.type == &pods_) on_change(change);
  });
}

Nodes::Life* Nodes::find(const std::string& uid) {
  const auto found = lives_.find(uid);
  return found == lives_.end() ? nullptr : &found->second;
}

Object Nodes::pod(const Life& life) const {
  const Object object = verbs_.store().find(pods_, life.key);
  return object && uid_of(*object) == life.run->pod_uid ? object : nullptr;
}

void Nodes::later(const std::string& uid, Duration delay, void (Nodes::*what)(const std::string&)) {
  scheduler_.after(delay, [this, uid, what] { (this->*what)(uid); });
}

void Nodes::on_change(const Change& change) {
  const std::string uid = uid_of(*change.object);
  if (change.kind == ChangeKind::Added) return appear(change);
  Life* life = find(uid);
  if (life == nullptr) return;
  if (change.kind == ChangeKind::Deleted) {  // what ran without an object ends soon
    if (life->stage == Stage::Running) tell_to_end(uid, 2s);
    if (life->stage == Stage::Pending) {  // it was on no node, and never will be
      life->stage = Stage::Over;
      life->run->ended = scheduler_.clock().now();
      life->run->told_to_end = true;
    }
    return;
  }
  if (life->deleted || !(*change.object)["metadata"].contains("deletionTimestamp")) return;
  life->deleted = true;
  if (life->stage == Stage::Over)
    later(uid, lag_.draw(random_), &Nodes::finish);
  else if (life->stage == Stage::Pending)
    later(uid, random_.between(1s, 20s), &Nodes::give_up);
  else if (!life->node_silent)
    tell_to_end(uid, random_.between(Duration(50), random_.chance(0.2) ? 30s : 2s));
}

void Nodes::appear(const Change& change) {
  const std::string uid = uid_of(*change.object);
  const AttemptName name = attempt_name(*change.object);
  const Fate fate = oracle_(name);
  runs_.push_back(PodRun{.attempt = name,
                         .pod = change.key.name,
                         .pod_uid = uid,
                         .job_uid = text_at(*change.object, "/metadata/ownerReferences/0/uid"),
                         .fate = fate,
                         .created = change.at,
                         .started = {},
                         .ended = {}});
  lives_[uid] = Life{.key = change.key, .run = &runs_.back(), .reason = "", .message = ""};
  later(uid, lag_.draw(random_), &Nodes::bind);
  if (fate.kind != Fate::Kind::Exits && fate.kind != Fate::Kind::NeverPulls)
    later(uid, fate.strikes, &Nodes::strike);
}

// What befalls a pod from outside.
void Nodes::strike(const std::string& uid) {
  Life& life = *find(uid);
  const Object object = pod(life);
  if (!object || life.stage == Stage::Over) return;
  switch (life.run->fate.kind) {
    case Fate::Kind::Exits:
    case Fate::Kind::NeverPulls:
      return;
    case Fate::Kind::Evicted:
      add_condition(life, "DisruptionTarget", "True", "EvictionByEvictionAPI",
                    "Eviction API: evicting");
      return delete_pod(life, false);
    case Fate::Kind::PodDeleted:
      return delete_pod(life, false);
    case Fate::Kind::JobDeleted:
      return delete_job(uid);
    case Fate::Kind::Starved:
      if (life.stage == Stage::Pending || life.stage == Stage::Exited) return;
      life.reason = "Evicted";
      life.message = "The node was low on resource: memory.";
      add_condition(life, "DisruptionTarget", "True", "TerminationByKubelet", life.message.c_str());
      return end_containers(uid, 137, true);
    case Fate::Kind::NodeLost:
      return lose_node(uid);
  }
}

void Nodes::delete_job(const std::string& uid) {
  const Life& life = *find(uid);
  if (may_delete_job && !may_delete_job(life.run->job_uid))
    return later(uid, 500ms, &Nodes::delete_job);
  if (const Object object = pod(life))
    verbs_.remove(*verbs_.store().type("batch", "v1", "jobs"),
                  {life.key.ns, text_at(*object, "/metadata/ownerReferences/0/name")},
                  DeleteOptions{.uid = life.run->job_uid});
}

// --- the life of a pod ---

void Nodes::bind(const std::string& uid) {
  Life& life = *find(uid);
  if (life.stage != Stage::Pending || life.deleted || !pod(life)) return;
  life.stage = Stage::Creating;
  verbs_.patch(pods_, life.key, R"({"spec": {"nodeName": "node-1"}})"_json, Verbs::Part::Main);
  add_condition(life, "PodScheduled", "True", "", "");
  later(uid, lag_.draw(random_), &Nodes::create_containers);
}

void Nodes::create_containers(const std::string& uid) {
  Life& life = *find(uid);
  const Object object = pod(life);
  if (life.stage != Stage::Creating || !object) return;
  const TimePoint now = scheduler_.clock().now();
  const bool never = life.run->fate.kind == Fate::Kind::NeverPulls;
  report(life,
         {{"phase", "Pending"},
          {"startTime", to_rfc3339(now)},
          {"containerStatuses",
           containers(life, "containers", {{"waiting", {{"reason", "ContainerCreating"}}}})}});
  if (const int limit = (*object)["spec"].value("activeDeadlineSeconds", 0); limit > 0)
    later(uid, std::chrono::seconds(limit), &Nodes::pass_deadline);
  if (!never) return later(uid, life.run->fate.starts, &Nodes::start);
  const char* reasons[] = {"ErrImagePull", "ImagePullBackOff"};
  for (int i = 0; i < 6; ++i)
    scheduler_.after(2s * (1 << i), [this, uid, reason = reasons[i % 2]] {
      Life& same = *find(uid);
      if (same.stage != Stage::Creating || same.deleted || !pod(same)) return;
      report(same,
             {{"containerStatuses",
               containers(same, "containers",
                          {{"waiting", {{"reason", reason}, {"message", "no such image"}}}})}});
    });
}

void Nodes::start(const std::string& uid) {
  Life& life = *find(uid);
  if (life.stage != Stage::Creating || life.deleted || !pod(life)) return;
  const bool has_source = (*pod(life))["spec"].contains("initContainers");
  if (has_source && life.run->fate.clone_fails) return fail_clone(uid);
  if (clones_first(life)) return later(uid, life.run->fate.starts, &Nodes::start);
  life.stage = Stage::Running;
  life.run->started = scheduler_.clock().now();
  report(life, {{"phase", "Running"},
                {"containerStatuses", containers(life, "containers", main_state(life))}});
  scheduler_.after(life.run->fate.runs,
                   [this, uid] { end_containers(uid, find(uid)->run->fate.exit_code, false); });
}

// The init container takes the commit it is told, or the branch as it is now; the branch moves on
// all the time.
bool Nodes::clones_first(Life& life) {
  const Json inits = (*pod(life))["spec"].value("initContainers", Json::array());
  if (inits.empty() || !life.run->commit.empty()) return false;
  const TimePoint now = scheduler_.clock().now();
  for (const auto& variable : inits[0]["env"])
    if (variable["name"] == "SOURCE_COMMIT") life.run->commit = variable["value"];
  if (life.run->commit.empty())
    life.run->commit = fmt::format("{:040x}", now.time_since_epoch().count() / 500);
  report(life,
         {{"initContainerStatuses", containers(life, "initContainers",
                                               {{"terminated",
                                                 {{"exitCode", 0},
                                                  {"reason", "Completed"},
                                                  {"message", "commit=" + life.run->commit + "\n"},
                                                  {"startedAt", to_rfc3339(now)},
                                                  {"finishedAt", to_rfc3339(now)}}}})}});
  return true;
}

// No container of the tool is ever made. A silent node says so when it is back.
void Nodes::fail_clone(const std::string& uid) {
  Life& life = *find(uid);
  if (life.stage != Stage::Creating || !pod(life)) return;
  if (life.node_silent) return later(uid, 10s, &Nodes::fail_clone);
  life.stage = Stage::Over;
  life.run->ended = scheduler_.clock().now();
  life.run->clone_failed = true;
  const std::string now = to_rfc3339(*life.run->ended);
  report(life, {{"phase", "Failed"},
                {"initContainerStatuses", containers(life, "initContainers",
                                                     {{"terminated",
                                                       {{"exitCode", 128},
                                                        {"reason", "Error"},
                                                        {"message", "fatal: no such repository\n"},
                                                        {"startedAt", now},
                                                        {"finishedAt", now}}}})},
                {"containerStatuses",
                 containers(life, "containers", {{"waiting", {{"reason", "PodInitializing"}}}})}});
  if (life.deleted) later(uid, lag_.draw(random_), &Nodes::finish);
}

// All containers end in one report; the phase follows.
void Nodes::end_containers(const std::string& uid, int exit_code, bool told) {
  Life& life = *find(uid);
  if (life.stage != Stage::Running && life.stage != Stage::Creating) return;
  life.stage = Stage::Exited;
  life.run->ended = scheduler_.clock().now();
  life.run->exit_code = exit_code;
  life.run->told_to_end = told || !life.reason.empty();  // its deadline had passed
  if (life.node_silent) {
    life.late_report = true;
    return;
  }
  if (life.run->fate.one_report) return finish(uid);
  report(life, {{"containerStatuses", containers(life, "containers", main_state(life))}});
  later(uid, kReportsPhaseAfter + random_.between(0ms, 100ms), &Nodes::finish);
}

// The final phase; and the end of the object, if it is to go.
void Nodes::finish(const std::string& uid) {
  Life& life = *find(uid);
  if (life.node_silent) return;
  if (life.stage == Stage::Exited) {
    life.stage = Stage::Over;
    Json status{{"phase", life.run->exit_code == 0 && life.reason.empty() ? "Succeeded" : "Failed"},
                {"containerStatuses", containers(life, "containers", main_state(life))}};
    if (!life.reason.empty()) status["reason"] = life.reason;
    if (!life.message.empty()) status["message"] = life.message;
    report(life, std::move(status));
    if (life.deleted) later(uid, lag_.draw(random_), &Nodes::finish);
    return;
  }
  if (life.stage == Stage::Over && life.deleted) delete_pod(life, true);
}

// --- being told to end ---

void Nodes::tell_to_end(const std::string& uid, Duration within) {
  scheduler_.after(within, [this, uid] {
    const Life& life = *find(uid);
    if (life.node_silent) return;
    const bool ran = life.stage == Stage::Running;
    end_containers(uid, ran ? life.run->fate.exit_code_on_term : 137, true);
  });
}

void Nodes::pass_deadline(const std::string& uid) {
  Life& life = *find(uid);
  if (life.stage != Stage::Running && life.stage != Stage::Creating) return;
  if (!pod(life)) return;
  life.reason = "DeadlineExceeded";
  life.message = "Pod was active on the node longer than the specified deadline";
  tell_to_end(uid, random_.between(Duration(20), Duration(1'000)));
}

// --- lost nodes and pods that nobody ends ---

void Nodes::lose_node(const std::string& uid) {
  Life& life = *find(uid);
  if (life.stage == Stage::Pending || life.node_silent) return;
  life.node_silent = true;
  add_condition(life, "Ready", "False", "NodeStatusUnknown", "Kubelet stopped posting status");
  scheduler_.after(5min, [this, uid] {  // the taint manager
    Life& same = *find(uid);
    if (!same.node_silent || !pod(same)) return;
    add_condition(same, "DisruptionTarget", "True", "DeletionByTaintManager",
                  "Taint manager: deleting due to NoExecute taint");
    delete_pod(same, false);
  });
  later(uid, life.run->fate.returns,
        life.run->fate.node_returns ? &Nodes::node_comes_back : &Nodes::give_up);
}

void Nodes::node_comes_back(const std::string& uid) {
  Life& life = *find(uid);
  life.node_silent = false;
  if (life.late_report || life.stage == Stage::Exited) {
    report(life, {{"containerStatuses", containers(life, "containers", main_state(life))}});
    return later(uid, kReportsPhaseAfter, &Nodes::finish);
  }
  if (life.deleted) tell_to_end(uid, 1s);
}

// The pod garbage collector: of unscheduled pods that are to go, and of nodes that are no more.
void Nodes::give_up(const std::string& uid) {
  Life& life = *find(uid);
  const Object object = pod(life);
  if (!object || life.stage == Stage::Over) return;
  if (life.node_silent)
    add_condition(life, "DisruptionTarget", "True", "DeletionByPodGC",
                  "PodGC: node no longer exists");
  if (!life.run->ended) {  // the node is gone, and with it whatever ran there
    life.run->ended = scheduler_.clock().now();
    life.run->told_to_end = true;
  }
  life.stage = Stage::Over;
  report(life, {{"phase", "Failed"}});
  life.node_silent = false;
  delete_pod(life, true);
}

// --- what is written ---

Json Nodes::main_state(const Life& life) const {
  if (!life.run->ended) return {{"running", {{"startedAt", to_rfc3339(*life.run->started)}}}};
  if (!life.run->started) return unknown_container(*life.run->ended);
  const int code = life.run->exit_code;
  return {{"terminated",
           {{"exitCode", code},
            {"reason", code == 0 ? "Completed" : "Error"},
            {"message", code == 0 ? gift_of(*life.run) : "tool says no\n"},
            {"startedAt", to_rfc3339(*life.run->started)},
            {"finishedAt", to_rfc3339(*life.run->ended)}}}};
}

Json Nodes::containers(const Life& life, const char* list, const Json& state) const {
  Json all = Json::array();
  if (const Object object = pod(life))
    for (const auto& container : (*object)["spec"].value(list, Json::array()))
      all.push_back({{"name", container["name"]},
                     {"image", container["image"]},
                     {"restartCount", 0},
                     {"ready", false},
                     {"state", state}});
  return all;
}

void Nodes::report(Life& life, Json status) {
  if (!pod(life)) return;
  if (life.run->ended && status.contains("containerStatuses")) life.run->reported = true;
  verbs_.patch(pods_, life.key, Json::object({{"status", std::move(status)}}), Verbs::Part::Status);
}

void Nodes::add_condition(Life& life, const char* type, const char* status, const char* reason,
                          const char* message) {
  const Object object = pod(life);
  if (!object) return;
  Json conditions = object->value("/status/conditions"_json_pointer, Json::array());
  set_condition(conditions, {{"type", type},
                             {"status", status},
                             {"reason", reason},
                             {"message", message},
                             {"lastTransitionTime", to_rfc3339(scheduler_.clock().now())}});
  report(life, Json::object({{"conditions", std::move(conditions)}}));
}

void Nodes::delete_pod(const Life& life, bool force) {
  verbs_.remove(pods_, life.key, DeleteOptions{.uid = life.run->pod_uid, .force = force});
}

}  // namespace bootstrap::simulation
