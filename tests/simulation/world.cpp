#include "tests/simulation/world.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>

namespace bootstrap::simulation {
namespace {

constexpr const char* kNamespace = "ns";
constexpr std::size_t kRequests = 3'000;
constexpr std::size_t kMostEvents = 3'000'000;

// What is asked of it has been refused, as it is asked now.
bool is_refused(const Json& workflow) {
  for (const auto& condition : workflow["status"].value("conditions", Json::array()))
    if (condition["type"] == "ResumeAccepted" && condition["status"] == "False")
      return condition["observedGeneration"] == workflow["metadata"]["generation"];
  return false;
}

bool has_ended(const Json& workflow) {
  if (!is_final(text_at(workflow, "/status/state"))) return false;
  const bool resumes =
      workflow.value("/spec/resume/run"_json_pointer, 0) > workflow["status"].value("run", 0);
  return !resumes || is_refused(workflow) ||
         (workflow["status"].value("run", 0) == 0 && workflow["spec"].value("cancel", false));
}

}  // namespace

World::World(WorldSettings settings, Oracle oracle)
    : settings_(settings),
      random_(settings.seed),
      scheduler_(clock_, random_.fork()),
      server_(scheduler_, random_.fork(), settings.watch),
      controllers_(server_.verbs(), scheduler_, random_.fork(), std::move(oracle), settings.lag),
      invariants_(server_, controllers_.nodes),
      workflows_(
          *server_.store().type("bootstrap.openshift.io", "v1alpha1", "bootstrapworkflows")) {
  // A Job that vanishes before its UID is in a status is a window that is known and documented.
  controllers_.nodes.may_delete_job = [this](const std::string& uid) {
    for (const Object& workflow : server_.store().list(workflows_, ""))
      if (workflow->value("status", Json::object()).dump().find(uid) != std::string::npos)
        return true;
    return false;
  };
  start_operator();
  draw_weather();
}

World::~World() = default;

std::string World::create_workflow(const std::string& name, const Json& spec) {
  const auto created = server_.verbs().create(workflows_, kNamespace,
                                              {{"apiVersion", "bootstrap.openshift.io/v1alpha1"},
                                               {"kind", "BootstrapWorkflow"},
                                               {"metadata", {{"name", name}}},
                                               {"spec", spec}});
  if (!created) throw std::logic_error(created.error().message);
  return uid_of(**created);
}

void World::patch_workflow(const std::string& name, const Json& patch) {
  server_.verbs().patch(workflows_, {kNamespace, name}, patch, Verbs::Part::Main);
}

void World::delete_workflow(const std::string& name) {
  server_.verbs().remove(workflows_, {kNamespace, name}, {});
}

void World::load_node(int memory_percent) {
  const auto& nodes = *server_.store().type("", "v1", "nodes");
  const auto& metrics = *server_.store().type("metrics.k8s.io", "v1beta1", "nodes");
  const ObjectKey key{"", "node-1"};
  const Json usage{{"usage", {{"memory", fmt::format("{}Mi", memory_percent)}, {"cpu", "1"}}}};
  if (server_.store().find(metrics, key)) {
    server_.verbs().patch(metrics, key, usage, Verbs::Part::Main);
    return;
  }
  const auto create = [&](const ResourceType& type, Json object) {
    object["apiVersion"] = type.group.empty() ? type.version : type.group + "/" + type.version;
    object["kind"] = type.kind;
    object["metadata"] = {{"name", key.name}};
    if (const auto made = server_.verbs().create(type, "", object); !made)
      throw std::logic_error(made.error().message);
  };
  create(nodes, {{"status", {{"allocatable", {{"memory", "100Mi"}, {"cpu", "10"}}}}}});
  create(metrics, usage);
}

Json World::status_of(const std::string& name) const {
  const Object object = server_.store().find(workflows_, {kNamespace, name});
  return object ? object->value("status", Json::object()) : Json();
}

bool World::all_have_ended() const {
  const auto workflows = server_.store().list(workflows_, "");
  return std::ranges::all_of(workflows,
                             [](const Object& workflow) { return has_ended(*workflow); });
}

bool World::run_to_the_end(Duration limit, const std::function<bool()>& is_quiet) {
  if (!scheduler_.run_until(
          clock_.now() + limit, [&] { return is_quiet() && all_have_ended(); }, kMostEvents))
    return false;
  for (const Object& workflow : server_.store().list(workflows_, ""))
    invariants_.judge(uid_of(*workflow));
  return true;
}

// --- operators ---

void World::start_operator() {
  SimOperator::Settings settings;
  settings.network.faults = settings_.faults;
  if (started_ < settings_.crashes.size()) settings.network.crash = settings_.crashes[started_];
  settings.network.process = ++started_;
  invariants_.processes = started_;
  if (down_since_) invariants_.down += clock_.now() - *down_since_;
  down_since_.reset();
  settings.on_request = [this](const RequestRecord& request) { on_request(request); };
  settings.on_death = [this] { scheduler_.after(Duration(0), [this] { replace_dead(); }); };
  operators_.push_back(
      std::make_unique<SimOperator>(server_, scheduler_, random_.fork(), std::move(settings)));
}

void World::kill_operator() {
  if (!operators_.empty()) operators_.front()->kill();
}

void World::set_faults(const FaultRates& faults) {
  settings_.faults = faults;
  for (const auto& op : operators_) op->network().settings().faults = faults;
}

void World::replace_dead() {
  const auto burn = [this](std::unique_ptr<SimOperator>& op) {
    if (!op->dead() || op->busy()) return false;
    for (const auto& problem : op->problems()) problems_.push_back(problem);
    op.reset();
    ++deaths_;
    scheduler_.after(random_.between(settings_.down_least, settings_.down_most),
                     [this] { start_operator(); });
    return true;
  };
  std::erase_if(operators_, burn);
  if (operators_.empty() && !down_since_) down_since_ = clock_.now();
}

void World::on_request(const RequestRecord& request) {
  invariants_.on_request(request);
  if (request.method != kube::Method::Get) ++writes_;
  if (requests_.size() == kRequests) requests_.pop_front();
  requests_.push_back(request);
}

void World::draw_weather() {
  const Weather& weather = settings_.weather;
  scheduler_.after(random_.between(weather.least, weather.most), [this] { draw_weather(); });
  auto& watches = server_.watches();
  const auto open = watches.open_handles();
  const auto any = [&] { return open[random_.below(open.size())]; };
  if (!open.empty() && random_.chance(weather.break_watch)) watches.break_connection(any());
  if (!open.empty() && random_.chance(weather.expire_watch)) watches.expire(any());
  if (!open.empty() && random_.chance(weather.mute_watch)) watches.mute(any());
  if (random_.chance(weather.compact)) server_.store().compact(server_.store().version());
  if (random_.chance(weather.kill)) kill_operator();
  if (random_.chance(weather.load)) load_node(static_cast<int>(random_.below(100)));
}

// --- for people ---

std::string World::story() const {
  std::ostringstream out;
  out << "seed " << settings_.seed << ", it is " << to_rfc3339(clock_.now()) << ", " << deaths_
      << " operators have died\n";
  for (const auto& violation : violations()) out << "VIOLATED " << violation << '\n';
  out << "requests:\n";
  print_trace(out, requests_);
  out << "problems:\n";
  for (const auto& problem : problems_) out << "  " << problem << '\n';
  for (const auto& op : operators_)
    for (const auto& problem : op->problems()) out << "  " << problem << '\n';
  out << "pods:\n";
  for (const PodRun& run : controllers_.nodes.runs())
    out << fmt::format("  {} {} created {} started {} ended {} exit {}{} fate {} gift {}\n",
                       run.pod, to_text(run.attempt), to_rfc3339(run.created),
                       run.started ? to_rfc3339(*run.started) : "never",
                       run.ended ? to_rfc3339(*run.ended) : "never", run.exit_code,
                       run.told_to_end ? " when told to end" : "", static_cast<int>(run.fate.kind),
                       static_cast<int>(run.fate.gift));
  for (const Object& workflow : server_.store().list(workflows_, ""))
    out << workflow->dump(1) << '\n';
  return out.str();
}

}  // namespace bootstrap::simulation
