#include "cli/history.h"

#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/cluster.h"
#include "cli/history_text.h"
#include "cli/output.h"

namespace bootstrap::cli {
namespace {

constexpr const char* kFooter =
    R"(The newest 50 transitions of a workflow, oldest first. As JSON or YAML: a list of {time, run, step,
state, reason}; step is empty where the workflow itself is meant.

Exit code: 0 shown, 2 it could not be read.

Examples:
  kubectl bootstrap history full-setup
  kubectl bootstrap history full-setup -o json | jq -r '.[] | select(.state == "Failed") | .step'
)";

struct Options {
  ClusterOptions cluster;
  std::string name;
  std::string format = "text";
};

Result<Exit> show(Cluster& cluster, const Options& options, const Streams& streams) {
  const auto workflow = cluster.workflow(options.name);
  if (!workflow) return tl::unexpected(workflow.error());
  const auto& history = workflow->status.history;
  const Format format = *format_from(options.format);
  if (format != Format::Text)
    streams.out << as_document(history_json(history), format) << std::flush;
  else if (history.empty())
    streams.err << options.name << ": nothing has happened yet\n";
  else
    streams.out << history_text(history) << std::flush;
  return Exit::Fine;
}

}  // namespace

void add_history(CLI::App& app, Run& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("history", "List what has happened to a workflow");
  command->add_option("NAME", options->name, "name of the workflow")->required()->type_name("");
  add_format_option(*command, options->format);
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
