#include "cli/status.h"

#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/cluster.h"
#include "cli/output.h"
#include "cli/status_text.h"

namespace bootstrap::cli {
namespace {

using nlohmann::json;

constexpr const char* kFooter =
    R"(With a name: its phases and steps, and why what fails or waits does so. Without: a line for each
workflow. As JSON or YAML: {name, namespace, status}, or a list of these; status is that of the
object.

Exit code: 0 it goes on or has succeeded, 1 it is Failed, Cancelled or Invalid, 2 it could not be
read. Of a list 0 or 2.

Examples:
  kubectl bootstrap status
  kubectl bootstrap status full-setup -n bootstrap
  kubectl bootstrap status -A -o json | jq -r '.[] | select(.status.state == "Failed") | .name'
)";

struct Options {
  ClusterOptions cluster;
  std::string name;
  std::string format = "text";
  bool all_namespaces = false;
};

json as_json(const SeenWorkflow& workflow) {
  return {{"name", workflow.meta.name},
          {"namespace", workflow.meta.ns},
          {"status", workflow.object.value("status", json::object())}};
}

Result<Exit> show_one(Cluster& cluster, const runtime::Clock& clock, const Options& options,
                      const Streams& streams) {
  const auto workflow = cluster.workflow(options.name);
  if (!workflow) return tl::unexpected(workflow.error());
  const Format format = *format_from(options.format);
  streams.out << (format == Format::Text ? status_text(*workflow, clock.now())
                                         : as_document(as_json(*workflow), format))
              << std::flush;
  return is_not_fine(*workflow) ? Exit::Problems : Exit::Fine;
}

Result<Exit> show_all(Cluster& cluster, const runtime::Clock& clock, const Options& options,
                      const Streams& streams) {
  const auto all = cluster.workflows(options.all_namespaces);
  if (!all) return tl::unexpected(all.error());
  const Format format = *format_from(options.format);
  if (format != Format::Text) {
    json list = json::array();
    for (const SeenWorkflow& one : *all) list.push_back(as_json(one));
    streams.out << as_document(list, format) << std::flush;
  } else if (all->empty()) {
    streams.err << "there are no workflows"
                << (options.all_namespaces ? "" : " in namespace " + cluster.ns()) << '\n';
  } else {
    streams.out << list_text(*all, options.all_namespaces, clock.now()) << std::flush;
  }
  return Exit::Fine;
}

}  // namespace

void add_status(CLI::App& app, Run& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("status", "Say how workflows stand");
  CLI::Option* name =
      command->add_option("NAME", options->name, "name of a workflow")->type_name("");
  command->add_flag("-A,--all-namespaces", options->all_namespaces, "those of all namespaces")
      ->excludes(name);
  add_format_option(*command, options->format);
  add_cluster_options(*command, options->cluster);
  command->footer(kFooter);
  command->callback([options, &run] {
    run = [options](const Streams& streams) {
      return on_cluster(
          options->cluster, streams, [&](Cluster& cluster, const runtime::Clock& clock) {
            return options->name.empty() ? show_all(cluster, clock, *options, streams)
                                         : show_one(cluster, clock, *options, streams);
          });
    };
  });
}

}  // namespace bootstrap::cli
