// ideal_chain: the least an engine can do, to measure the operator by. See docs/benchmarks.md.
//
// For each ConfigMap with the label of chains it creates Jobs one after the other, straight from
// the thread that hears that the former has ended: no store, no queue, no state in the cluster. At
// the end it writes data.state to the ConfigMap.

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "operator/kube/watch_loop.h"
#include "operator/runtime/pause.h"
#include "operator/runtime/threads.h"
#include "tests/bench/chains.h"
#include "tests/bench/connection.h"

using namespace bootstrap;
using namespace bootstrap::bench;
using nlohmann::json;

namespace {

constexpr kube::Resource kConfigMaps{"", "v1", "configmaps"};
constexpr std::chrono::seconds kStopLimit{5};

struct Options {
  std::string kubeconfig;
  std::string job_file;
  std::string image;
  int steps = 4;
  Trigger trigger = Trigger::Containers;
};

class IdealChain {
 public:
  IdealChain(kube::Client& client, json job_template, const Options& options)
      : client_(client),
        job_template_(std::move(job_template)),
        trigger_(options.trigger),
        chains_(options.steps) {}

  kube::WatchLoop starts(const runtime::Clock& clock) {
    return watch(clock, kConfigMaps, FieldFilter({"metadata.name", "metadata.namespace"}),
                 [this](const json& marker) {
                   const json& meta = marker.at("metadata");
                   act(chains_.on_start(meta.at("namespace"), meta.at("name")));
                 });
  }

  kube::WatchLoop ends(const runtime::Clock& clock) {
    const auto& resource =
        trigger_ == Trigger::JobCondition ? kube::resources::kJobs : kube::resources::kPods;
    return watch(clock, resource, trigger_fields(trigger_), [this](const json& object) {
      if (const auto end = step_end(object, trigger_)) act(chains_.on_end(*end));
    });
  }

 private:
  template <class OnObject>
  kube::WatchLoop watch(const runtime::Clock& clock, const kube::Resource& resource,
                        const FieldFilter& fields, OnObject on_object) {
    kube::Watcher::Options watcher;
    watcher.fields = fields.with(FieldFilter({"metadata.resourceVersion"}));
    watcher.label_selector = kChainLabel;
    return {client_, clock, kube::WatchLoop::Options{resource, "", std::move(watcher)},
            kube::WatchLoop::Hooks{.write = [on_object](const kube::StoreOp& op) {
              if (const auto* apply = std::get_if<kube::ops::Apply>(&op)) on_object(apply->object);
            }}};
  }

  void act(const Next& what) {
    if (const auto* job = std::get_if<next::Job>(&what)) {
      const std::string text = chain_job(job_template_, job->step).dump();
      report(client_.create(kube::resources::kJobs, job->step.ns, text));
    } else if (const auto* finish = std::get_if<next::Finish>(&what)) {
      const json patch{{"data", {{"state", finish->state}}}};
      report(client_.merge_patch(kConfigMaps, finish->ns, finish->chain, patch.dump()));
    }
  }

  static void report(const kube::ApiResult<std::string>& result) {
    if (!result) std::cerr << "ideal_chain: " << result.error().message << "\n";
  }

  kube::Client& client_;
  const json job_template_;
  const Trigger trigger_;
  Chains chains_;
};

int run(const Options& options) {
  const runtime::SignalGuard signals;
  const runtime::SystemClock clock;
  runtime::Threads threads;
  auto connection = Connection::open(options.kubeconfig, clock, threads.stop_token());
  std::ifstream job_in(options.job_file);
  json job = json::parse(job_in, nullptr, false);
  if (!connection || job.is_discarded()) {
    std::cerr << "ideal_chain: "
              << (connection ? options.job_file + " is no JSON" : connection.error()) << "\n";
    return EXIT_FAILURE;
  }
  if (!options.image.empty())
    job["spec"]["template"]["spec"]["containers"][0]["image"] = options.image;
  IdealChain chain((*connection)->client(), std::move(job), options);
  auto starts = chain.starts(clock);
  auto ends = chain.ends(clock);
  threads.spawn("starts", [&](std::stop_token stop) { starts.step(stop); });
  threads.spawn("ends", [&](std::stop_token stop) { ends.step(stop); });
  threads.spawn("keep-warm", [&](std::stop_token stop) {
    const auto next = (*connection)->keep_warm(stop);
    runtime::pause(std::chrono::ceil<Duration>(next - clock.steady_now()), stop);
  });
  signals.wait(threads.stop_token());
  threads.request_stop();
  if (!threads.join(kStopLimit).empty()) std::_Exit(EXIT_FAILURE);
  return threads.failure() ? EXIT_FAILURE : EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, Trigger> triggers{{"containers", Trigger::Containers},
                                                {"pod-phase", Trigger::PodPhase},
                                                {"job-condition", Trigger::JobCondition}};
  Options options;
  CLI::App app("Chains of plain Jobs, each created when the one before has succeeded",
               "ideal_chain");
  app.add_option("--kubeconfig", options.kubeconfig)->required();
  app.add_option("--job", options.job_file, "JSON of the Job to create, without names")->required();
  app.add_option("--image", options.image, "in place of that of the Job's container");
  app.add_option("--steps", options.steps, "Jobs of a chain")->check(CLI::PositiveNumber);
  app.add_option("--trigger", options.trigger, "containers, pod-phase or job-condition")
      ->transform(CLI::CheckedTransformer(triggers));
  CLI11_PARSE(app, argc, argv);
  kube::initialize_transport_threads();
  return run(options);
}
