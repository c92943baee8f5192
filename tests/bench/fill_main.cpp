// bench_fill: fills a namespace with workflows that have ended, as one that has really ended there.
// Their statuses are its status, with the UID of each: to the operator they are finished workflows
// whose Jobs and pods were deleted after jobRetention. See docs/benchmarks.md.

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/bench/connection.h"

using namespace bootstrap;
using namespace bootstrap::bench;
using nlohmann::json;

namespace {

struct Options {
  std::string kubeconfig;
  std::string ns;
  std::string like;
  int from = 1;
  int to = 0;
};

using Result = tl::expected<void, std::string>;

class Filler {
 public:
  Filler(kube::Client& client, const Options& options) : client_(client), options_(options) {}

  Result read_pattern() {
    const auto text = client_.get(kube::resources::kWorkflows, options_.ns, options_.like);
    if (!text) return tl::make_unexpected(text.error().message);
    pattern_ = json::parse(*text);
    if (pattern_.value("/status/state"_json_pointer, "") != "Succeeded")
      return tl::make_unexpected(options_.like + " has not succeeded");
    pattern_["status"]["cleanupTime"] = pattern_["status"]["completionTime"];
    return {};
  }

  // Numbers that no other thread takes, until there are none or one fails.
  void work() {
    for (int next = next_++; next <= options_.to && !has_failed(); next = next_++)
      if (const auto done = one(fmt::format("finished-{:05}", next)); !done) fail(done.error());
  }

  std::string failure() const {
    const std::scoped_lock lock(mutex_);
    return failure_;
  }

 private:
  Result one(const std::string& name) {
    const json object{{"apiVersion", pattern_["apiVersion"]},
                      {"kind", pattern_["kind"]},
                      {"metadata", {{"name", name}}},
                      {"spec", pattern_["spec"]}};
    const auto created = client_.create(kube::resources::kWorkflows, options_.ns, object.dump());
    if (!created) return tl::make_unexpected(name + ": " + created.error().message);
    json status = pattern_["status"];
    status["uid"] = json::parse(*created)["metadata"]["uid"];
    const auto written = client_.merge_patch_status(kube::resources::kWorkflows, options_.ns, name,
                                                    json{{"status", status}}.dump());
    if (!written) return tl::make_unexpected(name + ": " + written.error().message);
    return {};
  }

  bool has_failed() const { return !failure().empty(); }
  void fail(const std::string& why) {
    const std::scoped_lock lock(mutex_);
    failure_ = why;
  }

  kube::Client& client_;
  const Options& options_;
  json pattern_;
  std::atomic<int> next_ = options_.from;
  mutable std::mutex mutex_;
  std::string failure_;
};

int run(const Options& options) {
  constexpr int kAtOnce = 4;
  const runtime::SystemClock clock;
  auto connection = Connection::open(options.kubeconfig, clock, {});
  std::string problem;
  if (!connection) {
    problem = connection.error();
  } else {
    Filler filler((*connection)->client(), options);
    if (const auto known = filler.read_pattern(); !known) {
      problem = known.error();
    } else {
      std::vector<std::jthread> workers;
      for (int i = 0; i < kAtOnce; ++i) workers.emplace_back([&filler] { filler.work(); });
      workers.clear();  // they have ended
      problem = filler.failure();
    }
  }
  if (problem.empty()) return EXIT_SUCCESS;
  std::cerr << "bench_fill: " << problem << "\n";
  return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Makes workflows that have ended, as one that has", "bench_fill");
  app.add_option("--kubeconfig", options.kubeconfig)->required();
  app.add_option("--namespace", options.ns)->required();
  app.add_option("--like", options.like, "the workflow that has ended")->required();
  app.add_option("--from", options.from, "number of the first")->capture_default_str();
  app.add_option("--to", options.to, "number of the last")->required();
  CLI11_PARSE(app, argc, argv);
  kube::initialize_transport_threads();
  return run(options);
}
