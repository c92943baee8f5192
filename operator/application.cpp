#include "operator/application.h"

#include <array>
#include <cstdlib>
#include <deque>

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include "operator/engine.h"
#include "operator/kube/cpprest_transport.h"
#include "operator/kube/keep_warm.h"
#include "operator/kube/kubeconfig.h"
#include "operator/kube/watch_loop.h"
#include "operator/kubelet_disk.h"
#include "operator/node_metrics.h"
#include "operator/node_token.h"
#include "operator/runtime/health.h"
#include "operator/runtime/http_server.h"
#include "operator/runtime/metrics.h"
#include "operator/runtime/pause.h"
#include "operator/runtime/resident_memory.h"
#include "operator/runtime/threads.h"
#include "operator/version.h"
#include "operator/watch_pool.h"
#include "operator/workflow_metrics.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using runtime::HttpReply;

// Of a clean stop; Kubernetes kills after terminationGracePeriodSeconds.
constexpr Duration kStopLimit = 5s;
// A worker that is busy with one key for longer is wedged: every call it makes has a deadline.
constexpr Duration kWorkerSilence = 2min;
// A watch that is silent is opened anew after 150 s; this is for one that is not even that.
constexpr Duration kWatchSilence = 5min;
constexpr Duration kStatisticsEvery = 5s;
// At the same time, beside one of each worker: lists of watches, keeping the connection warm.
constexpr std::size_t kRequestsOfOthers = 8;

kube::AccessResult<kube::ClusterAccess> find_access(const ProcessOptions& options,
                                                    const runtime::Clock& clock) {
  const bool in_pod = kube::process_environment("KUBERNETES_SERVICE_HOST").has_value();
  if (in_pod && options.kubeconfig.empty() && options.context.empty())
    return kube::in_cluster_access(clock);
  return kube::load_kubeconfig({.path = options.kubeconfig, .context = options.context}, clock);
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

class Application {
 public:
  explicit Application(const ProcessOptions& options)
      : options_(options),
        log_(clock_, {.level = options.log_level, .format = options.log_format, .sink = {}}),
        metrics_({.version = kVersion,
                  .watched = {"bootstrapworkflows", "bootstrapworkflowtemplates", "jobs", "pods"}}),
        workflow_metrics_(metrics_.registry()),
        node_metrics_(metrics_.registry()),
        health_(clock_) {}

  int run(const runtime::SignalGuard& signals) {
    const auto access = find_access(options_, clock_);
    if (!access) {
      log_.error("no access to a cluster", {{"error", access.error().message}});
      return EXIT_FAILURE;
    }
    const auto transport =
        kube::make_cpprest_transport({.server = access->server,
                                      .tls = access->tls,
                                      .max_requests = options_.workers + kRequestsOfOthers});
    kube::KeepWarm warm(*transport, clock_, {});
    kube::Client client(warm, access->tokens.get(), client_options());
    log_.info("starting", {{"version", kVersion}, {"server", access->server}});
    const auto platform = find_platform(client, signals);
    if (!platform) return EXIT_FAILURE;

    NodeToken node_token(client, clock_, access->namespace_name, options_.node_disks_account,
                         [this](const std::string& what) {
                           log_.warn("the disks of nodes are not known", {{"error", what}});
                         });
    const auto kubelets = kubelet_disk(*access, node_token);
    WatchPool pool(client, clock_, threads_,
                   [this](const WatchOrder& order, kube::Watcher::Restart why,
                          const std::string& message) { log_restart(order, why, message); });
    Engine engine(client, clock_,
                  {.reconciler = {.platform = *platform,
                                  .instance = host_name(),
                                  .approvals_are_verified = options_.approvals_are_verified,
                                  .restore_labels = options_.restore_labels},
                   .queue = queue_options()},
                  hooks(pool, kubelets.get()));
    threads_.spawn("keep-warm", [this, &warm, &engine, tokens = access->tokens,
                                 starting = true](std::stop_token stop) mutable {
      if (starting && engine.synced()) {
        runtime::release_unused_memory();
        starting = false;
      }
      const runtime::SteadyPoint next = warm.step(tokens.get(), stop);
      runtime::pause(std::chrono::ceil<Duration>(next - clock_.steady_now()), stop);
    });
    threads_.spawn("nodes", [&engine](std::stop_token stop) {
      engine.nodes().wait(engine.nodes().sample_due(stop), stop);
    });
    return serve(client, engine, signals);
  }

 private:
  // Null: disks are not to be read.
  std::unique_ptr<KubeletDisk> kubelet_disk(const kube::ClusterAccess& access,
                                            kube::TokenSource& tokens) {
    if (options_.node_disks_account.empty()) return nullptr;
    std::function<std::string()> ca_pem = [cluster = access.tls] { return cluster().ca_pem; };
    if (!options_.kubelet_ca_file.empty())
      ca_pem = [file = std::make_shared<kube::RereadFile>(options_.kubelet_ca_file)] {
        return file->text();
      };
    return std::make_unique<KubeletDisk>(
        [ca_pem](std::string server) {
          return kube::make_cpprest_transport(
              {.server = std::move(server),
               .tls = [ca_pem] { return kube::TlsMaterial{.ca_pem = ca_pem()}; },
               .max_requests = 1,
               .max_streams = 1});
        },
        tokens,
        [this](const std::string& address, const std::string& what) {
          log_.warn("the disk of a node is not known", {{"node", address}, {"error", what}});
        });
  }

  kube::Client::Options client_options() {
    return {.stop = threads_.stop_token(),
            .observer = [this](std::string_view verb, std::string_view resource, int code,
                               std::chrono::microseconds took) {
              metrics_.api_request(verb, resource, code, took);
            }};
  }

  runtime::WorkQueue::Options queue_options() {
    return {.on_depth = [this](std::size_t depth) { metrics_.queue_depth(depth); },
            .on_taken = [this](Duration waited) { metrics_.queue_waited(waited); }};
  }

  Engine::Hooks hooks(WatchPool& pool, KubeletDisk* kubelets) {
    return {
        .reconciler = {.on_transition =
                           [this](const ObjectMeta& workflow, const Transition& t) {
                             log_transition(workflow, t);
                             workflow_metrics_.happened(t);
                           },
                       .on_hand_off =
                           [this](std::chrono::microseconds took) {
                             workflow_metrics_.handed_off(took);
                           },
                       .on_problem =
                           [this](const ObjectKey& key, const std::string& what) {
                             log_.warn(what, {{"workflow", key}});
                           }},
        .on_unreadable =
            [this](const kube::Resource& resource, const ObjectKey& key, const std::string& why) {
              metrics_.unreadable(resource.plural);
              log_.error("object cannot be read and is left alone",
                         {{"resource", resource.plural}, {"object", key}, {"error", why}});
            },
        .watches = pool.driver(),
        .on_node_sample = [this](const std::string& node,
                                 const NodeLoad& load) { node_metrics_.sampled(node, load); },
        .on_node_end = [this](const std::string& node) { node_metrics_.ended(node); },
        .disk = disk_reader(kubelets)};
  }

  static NodeMonitor::DiskReader disk_reader(KubeletDisk* kubelets) {
    if (kubelets == nullptr) return {};
    return [kubelets](const NodeView& node, const std::stop_token& stop) {
      return kubelets->percent(node, stop);
    };
  }

  void log_restart(const WatchOrder& order, kube::Watcher::Restart why,
                   const std::string& message) {
    log_.debug("watch of a wait restarted", {{"resource", order.resource.qualified()},
                                             {"namespace", order.ns},
                                             {"reason", kube::to_text(why)},
                                             {"message", message}});
  }

  void log_transition(const ObjectMeta& workflow, const Transition& t) {
    const auto write = [&](auto&& line) {
      line(t.log.empty() ? t.message : t.log, {{"workflow", workflow.key()},
                                               {"uid", workflow.uid},
                                               {"step", t.step ? to_text(*t.step) : ""},
                                               {"state", t.state},
                                               {"reason", t.reason}});
    };
    using Fields = runtime::Log::Fields;
    if (t.warning)
      write([this](const std::string& m, Fields f) { log_.warn(m, f); });
    else
      write([this](const std::string& m, Fields f) { log_.info(m, f); });
  }

  // Which kind of cluster this is decides how pods must look, so nothing begins before it is known.
  // Empty when stopped meanwhile.
  std::optional<Platform> find_platform(kube::Client& client, const runtime::SignalGuard& signals) {
    for (;;) {
      const auto groups = client.get_path("/apis");
      if (groups) {
        const auto kept = parse_kept(*groups, FieldFilter({"groups.name"}));
        const bool openshift =
            kept && kept->dump().find("\"security.openshift.io\"") != std::string::npos;
        log_.info("connected", {{"openshift", openshift}});
        return Platform{openshift};
      }
      log_.warn("the API server does not answer", {{"error", groups.error().message}});
      if (signals.wait_for(threads_.stop_token(), kStatisticsEvery) != 0) return std::nullopt;
    }
  }

  int serve(kube::Client& client, Engine& engine, const runtime::SignalGuard& signals) {
    std::deque<kube::WatchLoop> loops;
    for (Engine::Watch& watch : engine.watches()) spawn_watch(client, watch, loops);
    std::deque<runtime::Worker> workers;
    for (unsigned i = 0; i < options_.workers; ++i) spawn_worker(engine, workers, i);

    metrics_.before_scrape(
        [this, &engine] { workflow_metrics_.count(engine.workflows(), clock_.now()); });
    auto server = runtime::HttpServer::start(options_.http_port, routes());
    if (!server) {
      log_.error("cannot serve probes and metrics", {{"error", server.error()}});
      threads_.request_stop();
    } else {
      log_.info("serving", {{"port", static_cast<unsigned>((*server)->port())}});
    }
    const int signal = signals.wait(threads_.stop_token());
    log_.info("stopping", {{"signal", signal}});
    threads_.request_stop();
    engine.queue().shut_down();
    return end(server.has_value());
  }

  int end(bool well) {
    const auto stuck = threads_.join(kStopLimit);
    if (const auto failure = threads_.failure())
      log_.error("a thread failed", {{"error", *failure}});
    for (const std::string& name : stuck) log_.error("a thread does not end", {{"thread", name}});
    if (!stuck.empty()) std::_Exit(EXIT_FAILURE);  // what it uses must not be torn down
    log_.info("stopped");
    return well && !threads_.failure() ? EXIT_SUCCESS : EXIT_FAILURE;
  }

  void spawn_watch(kube::Client& client, Engine::Watch& watch, std::deque<kube::WatchLoop>& loops) {
    const std::string name(watch.resource.plural);
    runtime::Heartbeat& heart = health_.add_loop("watch " + name, kWatchSilence);
    health_.add_condition(name + " synced", watch.synced);
    auto& loop = loops.emplace_back(
        client, clock_, kube::WatchLoop::Options{watch.resource, "", watch.watcher},
        kube::WatchLoop::Hooks{
            .write =
                [this, name, write = watch.write, size = watch.size](const kube::StoreOp& op) {
                  write(op);
                  metrics_.store_objects(name, size());
                },
            .beat = [&heart] { heart.beat(); },
            .on_restart =
                [this, name](kube::Watcher::Restart restart, const std::string& message) {
                  metrics_.watch_restarted(name, std::string(to_text(restart)));
                  log_.debug(
                      "watch restarted",
                      {{"resource", name}, {"reason", to_text(restart)}, {"message", message}});
                },
            .random = {},
            .pause = {}});
    threads_.spawn("watch-" + name, [&loop](std::stop_token stop) { loop.step(stop); });
  }

  void spawn_worker(Engine& engine, std::deque<runtime::Worker>& workers, unsigned index) {
    const std::string name = fmt::format("worker-{}", index);
    runtime::Heartbeat& heart = health_.add_loop(name, kWorkerSilence);
    auto& worker = workers.emplace_back(
        engine.queue(), clock_,
        [&engine](const ObjectKey& key) -> runtime::Outcome {
          if (!engine.synced()) return runtime::outcomes::WakeAfter{100ms};
          return engine.reconcile(key);
        },
        runtime::Worker::Hooks{
            .heart = &heart,
            .on_pass = [this](const ObjectKey& key, std::string_view outcome,
                              const std::string& why, std::chrono::microseconds took) {
              metrics_.reconciled(outcome, took);
              log_.debug("reconciled", {{"workflow", key},
                                        {"outcome", outcome},
                                        {"why", why},
                                        {"microseconds", took.count()}});
              if (outcome == "exception")
                log_.error("exception", {{"workflow", key}, {"why", why}});
            }});
    threads_.spawn(name, [&worker](std::stop_token stop) { worker.run_one(stop); });
  }

  runtime::HttpServer::Routes routes() {
    const auto verdict = [](const runtime::Health::Verdict& v) {
      return HttpReply{v.ok ? 200 : 503, v.text + "\n"};
    };
    return {{"/healthz", [this, verdict] { return verdict(health_.live()); }},
            {"/readyz", [this, verdict] { return verdict(health_.ready()); }},
            {"/metrics", [this] {
               return HttpReply{200, metrics_.scrape(), "text/plain; version=0.0.4"};
             }}};
  }

  const ProcessOptions options_;
  runtime::SystemClock clock_;
  runtime::Log log_;
  runtime::Metrics metrics_;
  WorkflowMetrics workflow_metrics_;
  NodeMetrics node_metrics_;
  runtime::Health health_;
  runtime::Threads threads_;
};

}  // namespace

int run_operator(const ProcessOptions& options) {
  // Before the transport's threads: one that does not block SIGTERM would take it, and end the
  // process at once, or in a container, where this is process 1, nothing at all.
  const runtime::SignalGuard signals;
  // Half the threads are busy at the same time at most: fewer arenas than the eight per core, but
  // enough that they do not wait for each other.
  mallopt(M_ARENA_MAX, 6);
  // No fast bins, of which the per-thread cache has made a second choice anyway: with them every
  // request for a large block, as OpenSSL makes one for each record, first tidies up all of them.
  mallopt(M_MXFAST, 0);
  kube::initialize_transport_threads();
  return Application(options).run(signals);
}

}  // namespace bootstrap
