#include "tests/unit/operator/small_cluster.h"

#include <sstream>

#include <gtest/gtest.h>

namespace bootstrap::testing {

using kube::Method;
using nlohmann::json;

namespace {

constexpr const char* kWorkflow = "bootstrapworkflows/w";
constexpr std::string_view kStatus = "/status";

kube::Response ok(const json& object, int code = 200) {
  return {.status = code, .body = object.dump()};
}

// "/apis/batch/v1/namespaces/ns/jobs/x?y" → "jobs/x?y"
std::string path_of(const std::string& target) {
  constexpr std::string_view kBefore = "/namespaces/ns/";
  const auto at = target.find(kBefore);
  EXPECT_NE(at, std::string::npos) << target;
  return at == std::string::npos ? target : target.substr(at + kBefore.size());
}

std::string text_of(const kube::Request& request) {
  const std::string path = path_of(request.target);
  switch (request.method) {
    case Method::Get:
      return (path.find('/') == std::string::npos ? "LIST " : "GET ") + path;
    case Method::Post:
      return "POST " + path;
    case Method::Patch:
      return "PATCH " + path;
    case Method::Delete:
      return "DELETE " + path;
    case Method::Put:
      break;
  }
  return "UNEXPECTED " + path;
}

// "%2F" → "/".
std::string decoded(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    plain +=
        text[i] == '%' ? static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16)) : text[i];
    if (text[i] == '%') i += 2;
  }
  return plain;
}

// By the labelSelector of a query: "a=b,c!=d,e".
bool is_selected(const json& object, const std::string& query) {
  constexpr std::string_view kSelector = "labelSelector=";
  const auto at = query.find(kSelector);
  if (at == std::string::npos) return true;
  const json labels = object["metadata"].value("labels", json::object());
  std::istringstream terms(decoded(query.substr(at + kSelector.size(), query.find('&', at) - at)));
  for (std::string term; std::getline(terms, term, ',');) {
    const auto equals = term.find('=');
    const bool differs = equals != std::string::npos && term[equals - 1] == '!';
    const std::string key = term.substr(0, differs ? equals - 1 : equals);
    const bool is_there = labels.contains(key);
    if (equals == std::string::npos
            ? !is_there
            : (is_there && labels[key] == term.substr(equals + 1)) == differs)
      return false;
  }
  return true;
}

template <class T>
void see_all(const std::map<std::string, json>& objects, const std::string& plural,
             kube::Store<T>& store, const Projection<T>& projection, std::uint64_t version) {
  std::vector<T> all;
  for (const auto& [path, object] : objects)
    if (path.starts_with(plural + "/")) all.push_back(*projection.read(object));
  store.replace(std::move(all), version);
}

Reconciler::Options options() {
  return {.platform = {}, .instance = "operator-0", .restore_labels = {"restored-by"}};
}

struct OutcomeText {
  std::string operator()(const runtime::outcomes::Done&) const { return "done"; }
  std::string operator()(const runtime::outcomes::WakeAfter& o) const {
    return "wake " + std::to_string(o.delay.count());
  }
  std::string operator()(const runtime::outcomes::Retry& o) const { return "retry " + o.why; }
  std::string operator()(const runtime::outcomes::Stale&) const { return "stale"; }
};

}  // namespace

json two_steps() {
  const auto step = [](const char* name) {
    return json{{"name", name}, {"command", json::array({"true"})}};
  };
  return {
      {"tools", {{"image", "tools:1"}}},
      {"phases", json::array({{{"name", "one"}, {"steps", json::array({step("a"), step("b")})}}})}};
}

kube::Response refusal(int code, const std::string& reason, const std::string& message) {
  return ok({{"kind", "Status"}, {"code", code}, {"reason", reason}, {"message", message}}, code);
}

SmallCluster::SmallCluster(json spec, std::uint64_t first_version)
    : version(first_version),
      workflows({.index = [](const Workflow& w) { return workflow_uid_of(w.meta); },
                 .on_change = {},
                 .on_version = {}}),
      jobs({.index = [](const JobView& j) { return workflow_uid_of(j.meta); },
            .on_change = {},
            .on_version = {}}),
      pods({.index = [](const PodView& p) { return workflow_uid_of(p.meta); },
            .on_change = {},
            .on_version = {}}),
      client_(transport_, nullptr, {.pause = [](auto, auto) { return true; }}) {
  clock.advance(std::chrono::milliseconds(877));  // to a whole second, as statuses keep them
  transport_.on_send([this](const kube::Request& request) { return handle(request); });
  objects[kWorkflow] = {{"metadata",
                         {{"namespace", "ns"},
                          {"name", "w"},
                          {"uid", "uid-w"},
                          {"generation", 1},
                          {"resourceVersion", std::to_string(version)}}},
                        {"spec", std::move(spec)}};
  restart();
}

void SmallCluster::restart() {
  reconciler_ = std::make_unique<Reconciler>(
      client_, Reconciler::Stores{workflows, jobs, pods},
      Reconciler::Live{subscriptions_, access_, watched_templates_, locks_, times_, discovery_,
                       event_looks_, hand_offs_, nodes_},
      clock, options(),
      Reconciler::Hooks{
          .on_transition = [this](const ObjectMeta&,
                                  const Transition& t) { told.push_back(t.reason); },
          .on_problem = [this](const ObjectKey&,
                               const std::string& what) { problems.push_back(what); }});
}

std::string SmallCluster::reconcile(const std::string& workflow) {
  return std::visit(OutcomeText{}, reconciler_->reconcile({"ns", workflow}));
}

SmallCluster& SmallCluster::started() {
  see();
  EXPECT_EQ(reconcile(), "done") << "its own events wake it";
  see();
  take();
  told.clear();
  return *this;
}

// --- the server ---

SmallCluster::Answer SmallCluster::handle(const kube::Request& request) {
  const std::string text = text_of(request);
  asked_.push_back(text);
  if (!request.body.empty()) sent_[text] = json::parse(request.body);
  if (const auto refused = refuse.find(text); refused != refuse.end()) return refused->second;
  Answer full = answer(request, text);
  if (!lose.contains(text)) return full;
  return tl::unexpected(
      kube::TransportError{kube::TransportError::Kind::Broken, "connection reset", true});
}

SmallCluster::Answer SmallCluster::answer(const kube::Request& request, const std::string& text) {
  std::string path = path_of(request.target);
  if (text.starts_with("LIST ")) return list(path);
  if (request.method == Method::Post) return create(path, json::parse(request.body));
  const bool status_only = path.ends_with(kStatus);
  if (status_only) path.resize(path.size() - kStatus.size());
  if (!objects.contains(path)) return refusal(404, "NotFound", path + " not found");
  if (request.method == Method::Delete) {
    remove(path);
    return ok(json::object());
  }
  if (request.method == Method::Patch) return patch(path, json::parse(request.body), status_only);
  return ok(objects[path]);
}

SmallCluster::Answer SmallCluster::create(const std::string& plural, json object) {
  const std::string name = object["metadata"]["name"];
  const std::string path = plural + "/" + name;
  if (objects.contains(path)) return refusal(409, "AlreadyExists", path + " already exists");
  object["metadata"]["uid"] = "uid-of-" + name;
  object["metadata"]["resourceVersion"] = std::to_string(++version);
  object["metadata"]["creationTimestamp"] = to_rfc3339(clock.now());
  objects[path] = object;
  return ok(object, 201);
}

SmallCluster::Answer SmallCluster::patch(const std::string& path, const json& body,
                                         bool status_only) {
  json& object = objects[path];
  const json meta = body.value("metadata", json::object());
  for (const char* precondition : {"uid", "resourceVersion"})
    if (meta.contains(precondition) && meta[precondition] != object["metadata"][precondition])
      return refusal(409, "Conflict", "the object has been modified");
  object.merge_patch(status_only ? json{{"status", body.value("status", json::object())}} : body);
  touch(path);
  return ok(object);
}

SmallCluster::Answer SmallCluster::list(const std::string& query) const {
  const std::string plural = query.substr(0, query.find('?'));
  json all{{"metadata", {{"resourceVersion", std::to_string(version)}}}, {"items", json::array()}};
  for (const auto& [path, object] : objects)
    if (path.starts_with(plural + "/") && is_selected(object, query))
      all["items"].push_back(object);
  return ok(all);
}

void SmallCluster::touch(const std::string& path) {
  objects.at(path)["metadata"]["resourceVersion"] = std::to_string(++version);
}

void SmallCluster::remove(const std::string& path) {
  objects.erase(path);
  ++version;
}

void SmallCluster::pod(const std::string& step, const std::string& phase, const json& state) {
  const std::string name = job(step);
  json labels = objects.at("jobs/" + name)["metadata"]["labels"];
  objects["pods/" + name] = {
      {"metadata",
       {{"namespace", "ns"},
        {"name", name},
        {"uid", "pod-of-" + name},
        {"labels", std::move(labels)},
        {"ownerReferences", json::array({{{"controller", true}, {"uid", "uid-of-" + name}}})},
        {"creationTimestamp", to_rfc3339(clock.now())}}},
      {"status",
       {{"phase", phase},
        {"containerStatuses", json::array({{{"name", "main"}, {"state", state}}})}}}};
  touch("pods/" + name);
}

void SmallCluster::succeed(const std::string& step) {
  pod(step, "Running", {{"terminated", {{"exitCode", 0}}}});
}

void SmallCluster::fail(const std::string& step, int exit_code) {
  pod(step, "Failed", {{"terminated", {{"exitCode", exit_code}}}});
}

// --- the watches ---

void SmallCluster::see() {
  see_workflows();
  see_jobs();
  see_pods();
  see_templates();
}
void SmallCluster::see_workflows() {
  see_all(objects, "bootstrapworkflows", workflows, kWorkflowProjection, version);
}
void SmallCluster::see_jobs() {
  see_all(objects, "jobs", jobs, kJobProjection, version);
}
void SmallCluster::see_templates() {
  see_all(objects, "bootstrapworkflowtemplates", templates, kTemplateProjection, version);
}
void SmallCluster::see_pods() {
  see_all(objects, "pods", pods, kPodProjection, version);
}

// --- what was seen ---

std::vector<std::string> SmallCluster::take() {
  return std::exchange(asked_, {});
}

std::vector<std::string> SmallCluster::take_writes() {
  std::vector<std::string> all = take();
  std::erase_if(all, [](const std::string& text) {
    return text.starts_with("GET ") || text.starts_with("LIST ");
  });
  return all;
}

json SmallCluster::sent(const std::string& request) const {
  const auto found = sent_.find(request);
  return found == sent_.end() ? json() : found->second;
}

std::string SmallCluster::job(const std::string& step, int attempt) {
  return job_name("w", "uid-w", {"one", step}, attempt);
}

json SmallCluster::status() const {
  return objects.at(kWorkflow).value("status", json::object());
}

json SmallCluster::step(const std::string& name) const {
  const json all = status().value("phases", json::array());
  for (const json& phase : all)
    for (const json& one : phase["steps"])
      if (one["name"] == name) return one;
  return json::object();
}

}  // namespace bootstrap::testing
