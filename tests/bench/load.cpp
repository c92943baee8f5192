#include "tests/bench/load.h"

#include <fmt/format.h>

#include "controllers/projection.h"
#include "tests/bench/chains.h"

namespace bootstrap::bench {

using nlohmann::json;

namespace {

constexpr kube::Resource kConfigMaps{"", "v1", "configmaps"};

bool is_final_state(const std::string& state) {
  return state == "Succeeded" || state == "Failed" || state == "Cancelled" || state == "Invalid";
}

}  // namespace

const char* to_text(Engine engine) {
  return engine == Engine::Operator ? "operator" : "ideal";
}

const kube::Resource& resource_of(Engine engine) {
  return engine == Engine::Operator ? kube::resources::kWorkflows : kConfigMaps;
}

json workflow_of(Engine engine, const std::string& name, const std::string& image, int steps) {
  if (engine == Engine::Ideal)
    return {{"apiVersion", "v1"},
            {"kind", "ConfigMap"},
            {"metadata", {{"name", name}, {"labels", {{kChainLabel, name}}}}}};
  json all = json::array();
  for (int i = 0; i < steps; ++i)
    all.push_back({{"name", fmt::format("step-{}", i)}, {"command", {"true"}}});
  return {{"apiVersion", "bootstrap.openshift.io/v1alpha1"},
          {"kind", "BootstrapWorkflow"},
          {"metadata", {{"name", name}}},
          {"spec",
           {{"tools", {{"image", image}}},
            {"phases", json::array({{{"name", "chain"}, {"steps", all}}})}}}};
}

Load::Load(kube::Client& client, const runtime::Clock& clock, Options options)
    : client_(client), options_(std::move(options)) {
  watches_.push_back(watch(Engine::Operator, clock));
  watches_.push_back(watch(Engine::Ideal, clock));
}

kube::WatchLoop Load::watch(Engine engine, const runtime::Clock& clock) {
  kube::Watcher::Options watcher;
  watcher.fields = FieldFilter({"metadata.name", "metadata.namespace", "metadata.resourceVersion",
                                "status.state", "data.state"});
  if (engine == Engine::Ideal) watcher.label_selector = kChainLabel;
  const auto seen = [this](const kube::StoreOp& op) {
    const auto* apply = std::get_if<kube::ops::Apply>(&op);
    if (apply == nullptr) return;
    const json& meta = apply->object.at("metadata");
    const char* where = apply->object.contains("status") ? "/status/state" : "/data/state";
    const std::string state = apply->object.value(json::json_pointer(where), "");
    const std::lock_guard lock(mutex_);
    states_[fmt::format("{}/{}", meta.value("namespace", ""), meta.value("name", ""))] = state;
    if (is_final_state(state)) changed_.notify_all();
  };
  return {client_, clock, kube::WatchLoop::Options{resource_of(engine), "", std::move(watcher)},
          kube::WatchLoop::Hooks{.write = seen}};
}

tl::expected<void, std::string> Load::start(Engine engine, const std::string& ns,
                                            const std::string& name) {
  const std::string text = workflow_of(engine, name, options_.image, options_.steps).dump();
  const auto created = client_.create(resource_of(engine), ns, text);
  if (created) return {};
  return tl::make_unexpected(fmt::format("cannot create {} {}/{}: {}", resource_of(engine).plural,
                                         ns, name, created.error().message));
}

std::string Load::state_of(const std::string& ns, const std::string& name) const {
  const auto found = states_.find(ns + "/" + name);
  return found == states_.end() ? "" : found->second;
}

tl::expected<void, std::string> Load::wait_for(Engine engine, const std::string& ns,
                                               const std::vector<std::string>& names,
                                               std::chrono::seconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  std::unique_lock lock(mutex_);
  for (const std::string& name : names) {
    const bool ended =
        changed_.wait_until(lock, deadline, [&] { return is_final_state(state_of(ns, name)); });
    const std::string state = state_of(ns, name);
    if (!ended || state != "Succeeded")
      return tl::make_unexpected(fmt::format(
          "{}: {}/{} {}", to_text(engine), ns, name,
          ended ? "ended as " + state
                : fmt::format("did not end within {} s (state '{}')", limit.count(), state)));
  }
  return {};
}

}  // namespace bootstrap::bench
