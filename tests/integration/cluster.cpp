#include "tests/integration/cluster.h"

#include <cstdlib>
#include <random>
#include <stdexcept>

#include <fmt/format.h>
#include <unistd.h>

#include "operator/kube/cpprest_transport.h"
#include "operator/kube/kubeconfig.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

// Takes over what the cluster's file of exports says.
void source_environment() {
  const char* file = std::getenv("BOOTSTRAP_CLUSTER_ENV");
  if (file == nullptr) return;
  const Completed sourced = run({"bash", "-c", ". \"$0\" && env -0", file});
  if (sourced.code != 0) throw std::runtime_error(fmt::format("{}: {}", file, sourced.err));
  for (std::size_t at = 0; at < sourced.out.size();) {
    const std::string line = sourced.out.c_str() + at;
    at += line.size() + 1;
    const auto equals = line.find('=');
    if (equals != std::string::npos)
      ::setenv(line.substr(0, equals).c_str(), line.c_str() + equals + 1, 1);
  }
}

kube::ClusterAccess access_of_administrator(const runtime::Clock& clock) {
  source_environment();
  kube::initialize_transport_threads();
  auto access = kube::load_kubeconfig({.path = Cluster::variable("KUBECONFIG")}, clock);
  if (!access) throw std::runtime_error(access.error().message);
  return *access;
}

[[noreturn]] void fail(const std::string& what, const kube::ApiError& error) {
  throw std::runtime_error(fmt::format("{}: {} {}", what, error.code, error.message));
}

std::string random_suffix() {
  constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";
  std::random_device random;
  std::string suffix;
  for (int i = 0; i < 5; ++i) suffix += kLetters[random() % kLetters.size()];
  return suffix;
}

}  // namespace

Cluster& Cluster::of_test() {
  static Cluster cluster;
  return cluster;
}

std::string Cluster::variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0')
    throw std::runtime_error(
        fmt::format("{} is not set: set BOOTSTRAP_CLUSTER_ENV to the file of a cluster that runs "
                    "(tests/cluster/up.sh prints it)",
                    name));
  return value;
}

Cluster::Cluster()
    : access_(access_of_administrator(clock_)),
      transport_(kube::make_cpprest_transport({.server = access_.server, .tls = access_.tls})),
      client_(std::make_unique<kube::Client>(*transport_, access_.tokens.get(),
                                             kube::Client::Options{})) {}

Completed Cluster::kubectl(const std::vector<std::string>& arguments, const RunOptions& options) {
  std::vector<std::string> command{variable("KUBECTL")};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run(command, options);
}

std::string Cluster::kubectl_output(const std::vector<std::string>& arguments,
                                    const RunOptions& options) {
  const Completed done = kubectl(arguments, options);
  if (done.code != 0) {
    std::string line = "kubectl";
    for (const std::string& argument : arguments) line += " " + argument;
    throw std::runtime_error(fmt::format("{}: exit code {}: {}", line, done.code, done.err));
  }
  return done.out;
}

Completed Cluster::typed(const std::string& command) {
  return run({"sh", "-c",
              "kubectl() { '" + variable("KUBECTL") + "' --kubeconfig '" + variable("KUBECONFIG") +
                  "' \"$@\"; }; " + command});
}

void Cluster::apply(const std::string& ns, const std::string& yaml) {
  kubectl_output({"apply", "-n", ns, "-f", "-"}, {.input = yaml});
}

std::optional<json> Cluster::find(const kube::Resource& resource, const std::string& ns,
                                  const std::string& name) {
  const auto text = client().get(resource, ns, name);
  if (text) return json::parse(*text);
  if (text.error().kind == kube::ApiError::Kind::NotFound) return std::nullopt;
  fail(fmt::format("get {} {}/{}", resource.plural, ns, name), text.error());
}

json Cluster::items(const kube::Resource& resource, const std::string& ns,
                    const std::string& label_selector) {
  const auto text = client().list(resource, ns, {.label_selector = label_selector});
  if (!text) fail(fmt::format("list {} in {}", resource.plural, ns), text.error());
  return json::parse(*text).at("items");
}

json Cluster::workflow(const std::string& ns, const std::string& name) {
  auto found = find(kube::resources::kWorkflows, ns, name);
  if (!found) throw std::runtime_error(fmt::format("there is no workflow {}/{}", ns, name));
  return *found;
}

json Cluster::await(const std::string& ns, const std::string& name, const char* field,
                    const std::string& value, std::chrono::milliseconds limit) {
  json newest;
  if (!eventually(limit, [&] {
        newest = workflow(ns, name);
        return status_text(newest, field) == value;
      }))
    throw std::runtime_error(fmt::format("{}/{}: {} did not become {}: {}", ns, name, field, value,
                                         newest.value("status", json()).dump(1)));
  return newest;
}

json Cluster::await_state(const std::string& ns, const std::string& name, const std::string& state,
                          std::chrono::milliseconds limit) {
  return await(ns, name, "state", state, limit);
}

json Cluster::await_reason(const std::string& ns, const std::string& name,
                           const std::string& reason, std::chrono::milliseconds limit) {
  return await(ns, name, "reason", reason, limit);
}

namespace {

// An admission plugin that OpenShift has too learns of a new kind up to half a minute late, and
// refuses objects that one of that kind owns until then: the first test after the installation
// would see it.
void await_ownership(Cluster& cluster, const std::string& ns) {
  const json owned{{"apiVersion", "apps/v1"},
                   {"kind", "ControllerRevision"},
                   {"revision", 1},
                   {"data", json::object()},
                   {"metadata",
                    {{"name", "owned"},
                     {"ownerReferences",
                      {{{"apiVersion", "bootstrap.openshift.io/v1alpha1"},
                        {"kind", "BootstrapWorkflow"},
                        {"name", "owner"},
                        {"uid", "00000000-0000-0000-0000-000000000000"},
                        {"controller", true},
                        {"blockOwnerDeletion", true}}}}}}};
  Completed done;
  static const bool kOnce = eventually(60s, [&] {
    done = cluster.kubectl({"create", "--dry-run=server", "-n", ns, "-f", "-",
                            "--as=system:serviceaccount:bootstrap-operator:bootstrap-operator"},
                           {.input = owned.dump()});
    return done.code == 0;
  });
  if (!kOnce) throw std::runtime_error("workflows cannot own anything: " + done.err);
}

}  // namespace

TestNamespace::TestNamespace(Cluster& cluster, const std::string& prefix)
    : cluster_(cluster), name_(fmt::format("{}-{}", prefix, random_suffix())) {
  cluster.kubectl_output({"create", "namespace", name_});
  await_ownership(cluster, name_);
}

TestNamespace::~TestNamespace() {
  // Where no controller empties the namespace they would stay, and the next operator would go on.
  cluster_.kubectl({"delete", "bootstrapworkflows", "--all", "-n", name_, "--wait=false"});
  cluster_.kubectl({"delete", "namespace", name_, "--wait=false"});
}

json step_of(const json& workflow, const std::string& phase, const std::string& step) {
  for (const json& p : workflow.value("/status/phases"_json_pointer, json::array())) {
    if (p.value("name", "") != phase) continue;
    for (const json& s : p.value("steps", json::array()))
      if (s.value("name", "") == step) return s;
  }
  return json::object();
}

std::string status_text(const json& workflow, const char* field) {
  const json status = workflow.value("status", json::object());
  const auto found = status.find(field);
  return found != status.end() && found->is_string() ? found->get<std::string>() : "";
}

json condition_of(const json& object, const std::string& type) {
  for (const json& c : object.value("/status/conditions"_json_pointer, json::array()))
    if (c.value("type", "") == type) return c;
  return json();
}

}  // namespace bootstrap::testing
