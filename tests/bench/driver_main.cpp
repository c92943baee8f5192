// bench_driver: runs the same workflows with the operator and with the ideal chain, in turns, and
// writes down what it ran. See docs/benchmarks.md.

#include <cstdlib>
#include <fstream>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "operator/runtime/pause.h"
#include "operator/runtime/threads.h"
#include "tests/bench/connection.h"
#include "tests/bench/load.h"
#include "tests/bench/process_use.h"
#include "tests/bench/run_description.h"

using namespace bootstrap;
using namespace bootstrap::bench;

namespace {

constexpr std::chrono::seconds kOneLimit{60};
constexpr std::chrono::seconds kBatchLimit{240};
// The Job controller notes the end of a Job some 2 s after its pod's containers.
constexpr Duration kSettle{4'000};

struct EngineProcess {
  int pid = 0;
  std::string user;
};

struct Options {
  std::string kubeconfig;
  std::string out;
  Load::Options load;
  std::string prefix = "bench-";
  int warm_up = 2;
  int serial = 20;
  int batch = 20;
  std::string batch_kind = "batch";
  EngineProcess ours;
  EngineProcess ideal;
};

using Result = tl::expected<void, std::string>;

class Driver {
 public:
  Driver(const Options& options, Load& load, std::stop_token stop)
      : options_(options), load_(load), stop_(std::move(stop)) {
    run_.steps = options.load.steps;
  }

  Result run() {
    Batch discarded[] = {batch_of("warm-up", Engine::Operator), batch_of("warm-up", Engine::Ideal)};
    Result done = in_turns(discarded[0], discarded[1], options_.warm_up);
    if (done && options_.serial > 0) done = serial();
    for (const Engine engine : {Engine::Operator, Engine::Ideal})
      if (done && options_.batch > 0) done = all_at_once(engine);
    return done;
  }

  const RunDescription& description() const { return run_; }

 private:
  const EngineProcess& process(Engine engine) const {
    return engine == Engine::Operator ? options_.ours : options_.ideal;
  }

  Batch batch_of(const std::string& kind, Engine engine) const {
    return {.kind = kind,
            .engine = to_text(engine),
            .user = process(engine).user,
            .resource = std::string(resource_of(engine).plural),
            .ns = fmt::format("{}{}-{}", options_.prefix, kind, to_text(engine)),
            .workflows = {}};
  }

  double cpu(Engine engine) const { return cpu_seconds_of(process(engine).pid).value_or(0); }

  void settle() const { runtime::pause(kSettle, stop_); }

  Result one(Engine engine, Batch& batch, int index) {
    const std::string name = fmt::format("w-{:03}", index);
    batch.workflows.push_back(name);
    return load_.start(engine, batch.ns, name).and_then([&] {
      return load_.wait_for(engine, batch.ns, {name}, kOneLimit);
    });
  }

  // Who goes first changes, so that each is followed by the other's last doings equally often.
  Result in_turns(Batch& ours, Batch& ideal, int count) {
    for (int i = 0; i < count; ++i) {
      const bool ours_first = i % 2 == 0;
      std::cerr << fmt::format("bench_driver: {} {} of {}\n", ours.kind, i + 1, count);
      for (const bool is_ours : {ours_first, !ours_first}) {
        const auto done = is_ours ? one(Engine::Operator, ours, i) : one(Engine::Ideal, ideal, i);
        if (!done) return done;
        if (stop_.stop_requested()) return tl::make_unexpected(std::string("stopped"));
      }
    }
    settle();
    return {};
  }

  Result serial() {
    Batch ours = batch_of("serial", Engine::Operator);
    Batch ideal = batch_of("serial", Engine::Ideal);
    const double ours_before = cpu(Engine::Operator);
    const double ideal_before = cpu(Engine::Ideal);
    const auto done = in_turns(ours, ideal, options_.serial);
    ours.cpu_seconds = cpu(Engine::Operator) - ours_before;
    ideal.cpu_seconds = cpu(Engine::Ideal) - ideal_before;
    run_.batches.push_back(std::move(ours));
    run_.batches.push_back(std::move(ideal));
    return done;
  }

  Result all_at_once(Engine engine) {
    Batch batch = batch_of(options_.batch_kind, engine);
    std::cerr << fmt::format("bench_driver: {} at once, {}\n", options_.batch, batch.engine);
    const double before = cpu(engine);
    for (int i = 0; i < options_.batch; ++i) {
      batch.workflows.push_back(fmt::format("w-{:03}", i));
      if (const auto started = load_.start(engine, batch.ns, batch.workflows.back()); !started)
        return started;
    }
    const auto done = load_.wait_for(engine, batch.ns, batch.workflows, kBatchLimit);
    settle();
    batch.cpu_seconds = cpu(engine) - before;
    run_.batches.push_back(std::move(batch));
    return done;
  }

  const Options& options_;
  Load& load_;
  const std::stop_token stop_;
  RunDescription run_;
};

int run(const Options& options) {
  const runtime::SystemClock clock;
  runtime::Threads threads;
  auto connection = Connection::open(options.kubeconfig, clock, threads.stop_token());
  if (!connection) {
    std::cerr << "bench_driver: " << connection.error() << "\n";
    return EXIT_FAILURE;
  }
  Load load((*connection)->client(), clock, options.load);
  for (kube::WatchLoop& watch : load.watches())
    threads.spawn("watch", [&watch](std::stop_token stop) { watch.step(stop); });
  Driver driver(options, load, threads.stop_token());
  const Result done = driver.run();
  threads.request_stop();
  const bool stuck = !threads.join(std::chrono::seconds(5)).empty();
  if (!done) std::cerr << "bench_driver: " << done.error() << "\n";
  if (!(std::ofstream(options.out) << to_text(driver.description()) << "\n"))
    std::cerr << "bench_driver: cannot write " << options.out << "\n";
  else if (done && !stuck)
    return EXIT_SUCCESS;
  std::_Exit(EXIT_FAILURE);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Runs the same workflows with the operator and with the ideal chain",
               "bench_driver");
  app.add_option("--kubeconfig", options.kubeconfig)->required();
  app.add_option("--out", options.out, "where to write what was run")->required();
  app.add_option("--image", options.load.image, "of the steps")->required();
  app.add_option("--steps", options.load.steps, "of each workflow")->capture_default_str();
  app.add_option("--prefix", options.prefix, "of the namespaces, which must exist")
      ->capture_default_str();
  app.add_option("--warm-up", options.warm_up, "first workflows, not measured")
      ->capture_default_str();
  app.add_option("--serial", options.serial, "workflows one at a time")->capture_default_str();
  app.add_option("--batch", options.batch, "workflows at once")->capture_default_str();
  app.add_option("--batch-kind", options.batch_kind, "of those at once, for the report")
      ->check(CLI::IsMember({"batch", "fake-nodes"}))
      ->capture_default_str();
  app.add_option("--operator-pid", options.ours.pid)->required();
  app.add_option("--operator-user", options.ours.user)->required();
  app.add_option("--ideal-pid", options.ideal.pid)->required();
  app.add_option("--ideal-user", options.ideal.user)->required();
  CLI11_PARSE(app, argc, argv);
  kube::initialize_transport_threads();
  return run(options);
}
