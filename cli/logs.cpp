#include "cli/logs.h"

#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/cluster.h"
#include "cli/log_target.h"

namespace bootstrap::cli {
namespace {

constexpr const char* kFooter =
    R"(Without a step: that which runs, else the first that has failed. The log is that of the newest
attempt, of the tool's container; of one whose source could not be fetched, what the fetching said.

Exit code: 0 shown, 1 there is no such step, attempt or log any more, 2 it could not be read.

Examples:
  kubectl bootstrap logs full-setup
  kubectl bootstrap logs full-setup cluster/new-cluster --attempt 1
  kubectl bootstrap logs full-setup --follow
)";

struct Options {
  ClusterOptions cluster;
  std::string name;
  std::string step;
  int attempt = 0;
  bool follow = false;
};

// Bytes as they are: a tool may print anything.
class OutSink final : public kube::Sink {
 public:
  explicit OutSink(std::ostream& out) : out_(out) {}
  bool on_bytes(std::string_view bytes) override {
    out_ << bytes << std::flush;
    return out_.good();
  }

 private:
  std::ostream& out_;
};

// What there is of it all the same.
Result<Exit> is_gone(const SeenWorkflow& workflow, const LogTarget& target,
                     const Streams& streams) {
  const StepRecord& record = *find_step(workflow.status, target.step);
  const bool has_tail = target.attempt == record.attempts && !record.log_tail.empty();
  if (has_tail)
    streams.out << record.log_tail << (record.log_tail.ends_with('\n') ? "" : "\n") << std::flush;
  return refused(fmt::format("{}: the pod of attempt {} is gone, and its log with it{}",
                             to_text(target.step), target.attempt,
                             has_tail ? "; above is the end of it, which is on record" : ""));
}

Result<Exit> show(Cluster& cluster, const Options& options, const Streams& streams) {
  const auto workflow = cluster.workflow(options.name);
  if (!workflow) return tl::unexpected(workflow.error());
  const auto target = log_target(*workflow, options.step, options.attempt);
  if (!target) return tl::unexpected(target.error());
  const auto pod = cluster.pod_of(*workflow, target->step, target->attempt);
  if (!pod)
    return tl::unexpected(failure_of("pods of namespace " + workflow->meta.ns, pod.error()));
  if (!*pod) return is_gone(*workflow, *target, streams);
  OutSink sink(streams.out);
  const auto shown = cluster.client().read_log(
      (*pod)->meta.ns, (*pod)->meta.name,
      {.container = container_of(**pod), .follow = options.follow}, sink, {});
  if (shown || !streams.out.good()) return Exit::Fine;
  if (shown.error().kind == kube::ApiError::Kind::NotFound)
    return is_gone(*workflow, *target, streams);
  Failure failure = failure_of(
      fmt::format("log of {}, attempt {}", to_text(target->step), target->attempt), shown.error());
  // Its container has not started.
  if (shown.error().kind == kube::ApiError::Kind::Invalid) failure.exit = Exit::Problems;
  return tl::unexpected(std::move(failure));
}

}  // namespace

void add_logs(CLI::App& app, Run& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("logs", "Print what a step has printed");
  command->add_option("NAME", options->name, "name of the workflow")->required()->type_name("");
  command->add_option("STEP", options->step, "as PHASE/STEP")->type_name("");
  command->add_flag("-f,--follow", options->follow, "go on until it ends");
  command->add_option("--attempt", options->attempt, "its number; default: the newest")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  add_cluster_options(*command, options->cluster);
  command->footer(kFooter);
  command->callback([options, &run] {
    run = [options](const Streams& streams) {
      return on_cluster(options->cluster, streams, [&](Cluster& cluster, const runtime::Clock&) {
        return show(cluster, *options, streams);
      });
    };
  });
}

}  // namespace bootstrap::cli
