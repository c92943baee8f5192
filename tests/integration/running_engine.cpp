#include "tests/integration/running_engine.h"

#include <cstdlib>

#include "operator/kube/cpprest_transport.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {

using namespace std::chrono_literals;

namespace {

constexpr int kWorkers = 2;

// Passes everything on, and tells of each request first.
class HookedTransport final : public kube::Transport {
 public:
  HookedTransport(kube::Transport& inner, std::function<void(const kube::Request&)> before)
      : inner_(inner), before_(std::move(before)) {}

  tl::expected<kube::Response, kube::TransportError> send(const kube::Request& request,
                                                          std::chrono::milliseconds deadline,
                                                          std::stop_token stop) override {
    if (before_) before_(request);
    return inner_.send(request, deadline, std::move(stop));
  }
  tl::expected<kube::Response, kube::TransportError> stream(const kube::Request& request,
                                                            kube::Sink& sink,
                                                            kube::StreamLimits limits,
                                                            std::stop_token stop) override {
    return inner_.stream(request, sink, limits, std::move(stop));
  }

 private:
  kube::Transport& inner_;
  std::function<void(const kube::Request&)> before_;
};

}  // namespace

RunningEngine::RunningEngine(Cluster& cluster, Hooks hooks)
    : transport_(kube::make_cpprest_transport(
          {.server = cluster.access().server, .tls = cluster.access().tls})),
      hooked_(std::make_unique<HookedTransport>(*transport_, std::move(hooks.before_send))),
      client_(*hooked_, cluster.access().tokens.get(), {.stop = threads_.stop_token()}),
      pool_(client_, clock_, threads_, {}),
      engine_(client_, clock_,
              {.reconciler = {.platform = {}, .instance = "integration"}, .queue = {}},
              {.reconciler = {.on_transition = [](const auto&, const auto&) {},
                              .on_problem = [](const auto&, const auto&) {}},
               .on_unreadable = [](const auto&, const auto&, const auto&) {},
               .watches = pool_.driver()}) {
  for (Engine::Watch& watch : engine_.watches()) spawn_watch(std::move(watch));
  for (int i = 0; i < kWorkers; ++i) spawn_worker(i);
  threads_.spawn("nodes", [this](std::stop_token stop) {
    engine_.nodes().wait(engine_.nodes().sample_due(stop), stop);
  });
}

RunningEngine::~RunningEngine() {
  threads_.request_stop();
  engine_.queue().shut_down();
  // Before what they use is torn down; every call they may be in ends by the stop token.
  if (!threads_.join(30s).empty()) std::abort();
}

void RunningEngine::spawn_watch(Engine::Watch watch) {
  const std::string name(watch.resource.plural);
  auto& loop = loops_.emplace_back(
      client_, clock_, kube::WatchLoop::Options{watch.resource, "", watch.watcher},
      kube::WatchLoop::Hooks{
          .write = watch.write,
          .on_restart = [this, name](kube::Watcher::Restart reason, const std::string&) {
            const std::lock_guard lock(mutex_);
            ++restarts_[{name, reason}];
          }});
  threads_.spawn("watch-" + name, [&loop](std::stop_token stop) { loop.step(stop); });
}

void RunningEngine::spawn_worker(int index) {
  auto& worker = workers_.emplace_back(
      engine_.queue(), clock_,
      [this](const ObjectKey& key) -> runtime::Outcome {
        if (!engine_.synced()) return runtime::outcomes::WakeAfter{100ms};
        return engine_.reconcile(key);
      },
      runtime::Worker::Hooks{});
  threads_.spawn("worker-" + std::to_string(index),
                 [&worker](std::stop_token stop) { worker.run_one(stop); });
}

bool RunningEngine::await_synced() {
  return eventually(20s, [this] { return engine_.synced(); });
}

int RunningEngine::restarts(const std::string& resource, kube::Watcher::Restart reason) const {
  const std::lock_guard lock(mutex_);
  const auto found = restarts_.find({resource, reason});
  return found == restarts_.end() ? 0 : found->second;
}

}  // namespace bootstrap::testing
