#include "cli/change.h"

#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace bootstrap::cli {
namespace {

using nlohmann::json;

// The operator writes a status a few times a second at most.
constexpr int kAttempts = 20;

// What the API server refuses by rights, rules or policies would be refused again.
Failure failure_of_write(const std::string& name, const kube::ApiError& error) {
  Failure failure = failure_of(name, error);
  if (error.kind == kube::ApiError::Kind::Forbidden || error.kind == kube::ApiError::Kind::Invalid)
    failure.exit = Exit::Problems;
  return failure;
}

}  // namespace

Result<Change> change_workflow(Cluster& cluster, const std::string& name,
                               const Deciding& deciding) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto workflow = cluster.workflow(name);
    if (!workflow) return tl::unexpected(workflow.error());
    auto change = deciding(*workflow);
    if (!change)
      return tl::unexpected(Failure{change.error().exit, name + ": " + change.error().message});
    if (change->spec.empty()) return change;
    const json patch{
        {"metadata",
         {{"uid", workflow->meta.uid}, {"resourceVersion", workflow->resource_version()}}},
        {"spec", change->spec}};
    const auto written =
        cluster.client().merge_patch(kube::resources::kWorkflows, cluster.ns(), name, patch.dump());
    if (written) return change;
    if (written.error().kind != kube::ApiError::Kind::Conflict)
      return tl::unexpected(failure_of_write(name, written.error()));
  }
  return not_done(fmt::format("{}: others change it all the time; try again", name));
}

std::string change_text(const std::string& ns, const std::string& name, const Change& change,
                        Format format) {
  if (format == Format::Text) return fmt::format("{}: {}\n", name, change.message);
  const bool changed = !change.spec.empty();
  return as_document({{"name", name},
                      {"namespace", ns},
                      {"changed", changed},
                      {"spec", changed ? change.spec : json::object()},
                      {"message", change.message}},
                     format);
}

void add_change_options(CLI::App& command, ChangeOptions& options) {
  command.add_option("NAME", options.name, "name of the workflow")->required()->type_name("");
  add_format_option(command, options.format);
  add_cluster_options(command, options.cluster);
}

Exit run_change(const ChangeOptions& options, const Streams& streams,
                const std::function<Deciding(Cluster&)>& deciding) {
  return on_cluster(
      options.cluster, streams, [&](Cluster& cluster, const runtime::Clock&) -> Result<Exit> {
        const auto done = change_workflow(cluster, options.name, deciding(cluster));
        if (!done) return tl::unexpected(done.error());
        streams.out << change_text(cluster.ns(), options.name, *done, *format_from(options.format))
                    << std::flush;
        return Exit::Fine;
      });
}

CLI::App* add_change(CLI::App& app, Run& run, const char* command, const char* about,
                     const Deciding& deciding) {
  const auto options = std::make_shared<ChangeOptions>();
  CLI::App* added = app.add_subcommand(command, about);
  add_change_options(*added, *options);
  added->callback([options, deciding, &run] {
    run = [options, deciding](const Streams& streams) {
      return run_change(*options, streams, [&](Cluster&) { return deciding; });
    };
  });
  return added;
}

}  // namespace bootstrap::cli
