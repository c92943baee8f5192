#include "cli/cluster.h"

#include <algorithm>
#include <ostream>
#include <stdexcept>
#include <tuple>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/near_match.h"
#include "controllers/plan.h"
#include "operator/kube/cpprest_transport.h"
#include "operator/kube/kubeconfig.h"

namespace bootstrap::cli {
namespace {

using kube::ApiError;
using nlohmann::json;

constexpr kube::Resource kSelfSubjectReviews{"authentication.k8s.io", "v1", "selfsubjectreviews"};
constexpr const char* kNotJson = "the API server's answer is no JSON";
constexpr std::size_t kNamed = 10;  // of those there are, when one is not

json parsed(const std::string& text) {
  return json::parse(text, nullptr, /*allow_exceptions=*/false);
}

Result<SeenWorkflow> read(json object) {
  const std::string name = object.value("/metadata/name"_json_pointer, "");
  auto workflow = seen_workflow(std::move(object));
  if (workflow) return std::move(*workflow);
  return not_done(fmt::format("workflow {}: {}: is the operator newer than this program?", name,
                              workflow.error()));
}

Result<std::unique_ptr<Cluster>> connect(const ClusterOptions& options,
                                         const runtime::Clock& clock) {
  kube::KubeconfigOptions file;
  file.path = options.kubeconfig;
  file.context = options.context;
  auto access = kube::load_kubeconfig(file, clock);
  if (!access) return not_done(access.error().message);
  kube::initialize_transport_threads();
  try {
    auto transport = kube::make_cpprest_transport(
        {.server = access->server, .tls = access->tls, .user_agent = "kubectl-bootstrap"});
    return std::make_unique<Cluster>(std::move(transport), access->tokens,
                                     options.ns.empty() ? access->namespace_name : options.ns);
  } catch (const std::invalid_argument& error) {
    return not_done(error.what());
  }
}

}  // namespace

void add_cluster_options(CLI::App& command, ClusterOptions& options) {
  command.add_option("-n,--namespace", options.ns, "default: the namespace of the context")
      ->type_name("NAME");
  command
      .add_option("--kubeconfig", options.kubeconfig, "default: $KUBECONFIG, else ~/.kube/config")
      ->type_name("FILE");
  command.add_option("--context", options.context, "default: the current context of the file")
      ->type_name("NAME");
}

Failure failure_of(const std::string& what, const ApiError& error) {
  return {Exit::Failed,
          fmt::format("{}: {}{}", what, error.message,
                      error.maybe_applied ? " (nobody knows whether it was done: look)" : "")};
}

Cluster::Cluster(std::unique_ptr<kube::Transport> transport,
                 std::shared_ptr<kube::TokenSource> tokens, std::string ns)
    : transport_(std::move(transport)),
      tokens_(std::move(tokens)),
      client_(std::make_unique<kube::Client>(*transport_, tokens_.get(), kube::Client::Options{})),
      ns_(std::move(ns)) {}

Result<SeenWorkflow> Cluster::workflow(const std::string& name) {
  const auto text = client_->get(kube::resources::kWorkflows, ns_, name);
  if (!text) {
    // Without a message of its own the API server does not know the kind at all.
    if (text.error().kind == ApiError::Kind::NotFound && text.error().reason == "NotFound")
      return tl::unexpected(not_found(name));
    return tl::unexpected(
        failure_of(fmt::format("workflow {} in namespace {}", name, ns_), text.error()));
  }
  json object = parsed(*text);
  if (!object.is_object()) return not_done(kNotJson);
  return read(std::move(object));
}

Failure Cluster::not_found(const std::string& name) {
  std::string message = fmt::format("there is no workflow {} in namespace {}", name, ns_);
  const auto all = workflows();
  if (!all) return {Exit::Failed, message};
  std::vector<std::string> names;
  for (const SeenWorkflow& one : *all) names.push_back(one.meta.name);
  const std::string near = nearest(name, names);
  if (names.empty()) {
    message += ", nor any other; another namespace? -n NAME";
  } else if (!near.empty()) {
    message += fmt::format("; did you mean {}?", near);
  } else {
    const std::size_t shown = std::min(names.size(), kNamed);
    message += fmt::format(
        "; there are {}{}",
        fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
        shown < names.size() ? fmt::format(" and {} more", names.size() - shown) : "");
  }
  return {Exit::Failed, message};
}

Result<std::vector<SeenWorkflow>> Cluster::workflows(bool all_namespaces) {
  std::vector<SeenWorkflow> all;
  kube::ListOptions page;
  do {
    const auto text = client_->list(kube::resources::kWorkflows, all_namespaces ? "" : ns_, page);
    if (!text)
      return tl::unexpected(failure_of(
          all_namespaces ? "workflows of all namespaces" : "workflows of namespace " + ns_,
          text.error()));
    const json list = parsed(*text);
    if (!list.is_object()) return not_done(kNotJson);
    for (const json& object : list.value("items", json::array())) {
      auto one = read(object);
      if (!one) return tl::unexpected(one.error());
      all.push_back(std::move(*one));
    }
    page.continue_token = list.value("/metadata/continue"_json_pointer, "");
  } while (!page.continue_token.empty());
  std::ranges::sort(all, {},
                    [](const SeenWorkflow& w) { return std::tie(w.meta.ns, w.meta.name); });
  return all;
}

Result<std::string> Cluster::user_name() {
  const auto text = client_->review(
      kSelfSubjectReviews,
      json{{"apiVersion", "authentication.k8s.io/v1"}, {"kind", "SelfSubjectReview"}}.dump());
  if (!text)
    return tl::unexpected(Failure{
        Exit::Failed, "who you are to the API server could not be asked: " + text.error().message});
  const json review = parsed(*text);
  const std::string name =
      review.is_object() ? review.value("/status/userInfo/username"_json_pointer, "") : "";
  if (name.empty()) return not_done("the API server does not say who you are");
  return name;
}

std::optional<StepDefinition> Cluster::pinned_step(const SeenWorkflow& workflow,
                                                   const StepRef& ref) {
  const StepRecord* record = find_step(workflow.status, ref);
  const std::string plan =
      record == nullptr || record->plan.empty() ? workflow.status.plan : record->plan;
  if (plan.empty()) return std::nullopt;
  const auto text = client_->get(kube::resources::kControllerRevisions, workflow.meta.ns, plan);
  if (!text) return std::nullopt;
  const auto pinned = read_revision(parsed(*text));
  if (!pinned) return std::nullopt;
  const auto definition = read_definition(pinned->definition);
  if (!definition) return std::nullopt;
  for (const auto* phases : {&definition->phases, &definition->finally})
    for (const PhaseDefinition& phase : *phases)
      for (const StepDefinition& step : phase.steps)
        if (phase.name == ref.phase && step.name == ref.step) return step;
  return std::nullopt;
}

json Cluster::live_definition(const SeenWorkflow& workflow) {
  const json& reference = workflow.spec("templateRef");
  if (reference.is_null()) return workflow.object.value("spec", json());
  const auto text =
      client_->get(kube::resources::kTemplates, workflow.meta.ns, reference.value("name", ""));
  if (!text) return {};
  const json object = parsed(*text);
  return object.is_object() ? object.value("spec", json()) : json();
}

kube::ApiResult<std::optional<PodView>> Cluster::pod_of(const SeenWorkflow& workflow,
                                                        const StepRef& ref, int attempt) {
  const std::string selector =
      fmt::format("{}={},{}={},{}={},{}={}", labels::kWorkflowUid, workflow.meta.uid,
                  labels::kPhase, ref.phase, labels::kStep, ref.step, labels::kAttempt, attempt);
  const auto text =
      client_->list(kube::resources::kPods, workflow.meta.ns, {.label_selector = selector});
  if (!text) return tl::unexpected(text.error());
  const json list = parsed(*text);
  std::optional<PodView> newest;
  if (!list.is_object()) return newest;
  for (const json& object : list.value("items", json::array())) {
    auto pod = kPodProjection.read(object);
    if (pod && (!newest || newest->meta.creation < pod->meta.creation)) newest = std::move(*pod);
  }
  return newest;
}

Exit on_cluster(const ClusterOptions& options, const Streams& streams,
                const std::function<Result<Exit>(Cluster&, const runtime::Clock&)>& run) {
  const runtime::SystemClock clock;
  const auto say = [&streams](const Failure& failure) {
    streams.out << std::flush;
    streams.err << "error: " << failure.message << '\n';
    return failure.exit;
  };
  const auto cluster = connect(options, clock);
  if (!cluster) return say(cluster.error());
  const auto exit = run(**cluster, clock);
  return exit ? *exit : say(exit.error());
}

}  // namespace bootstrap::cli
