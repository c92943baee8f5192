#include "cli/suspend.h"

#include <memory>

#include <CLI/CLI.hpp>

#include "cli/change.h"
#include "cli/steering_changes.h"

namespace bootstrap::cli {
namespace {

constexpr const char* kFooter =
    R"(Sets spec.suspend: nothing new starts, finally included; what runs goes on to its end. To go on:
kubectl bootstrap resume NAME.

Exit code: 0 it is done, or was so already; 1 it is refused; 2 it could not be done.

Examples:
  kubectl bootstrap suspend full-setup
)";

}  // namespace

void add_suspend(CLI::App& app, Run& run) {
  const auto options = std::make_shared<ChangeOptions>();
  CLI::App* command =
      app.add_subcommand("suspend", "Start nothing new of a workflow, until it is resumed");
  add_change_options(*command, *options);
  command->footer(kFooter);
  command->callback([options, &run] {
    run = [options](const Streams& streams) {
      return run_change(*options, streams, [](Cluster&) -> Deciding { return suspend_change; });
    };
  });
}

}  // namespace bootstrap::cli
