#include "cli/cancel.h"

#include <memory>

#include <CLI/CLI.hpp>

#include "cli/change.h"
#include "cli/steering_changes.h"

namespace bootstrap::cli {
namespace {

constexpr const char* kFooter =
    R"(Sets spec.cancel: what runs is ended with its grace period, nothing new starts, finally runs, and
the workflow is Cancelled. To go on afterwards: kubectl bootstrap resume NAME.

Exit code: 0 it is done, or was so already; 1 it is refused; 2 it could not be done.

Examples:
  kubectl bootstrap cancel full-setup
)";

}  // namespace

void add_cancel(CLI::App& app, Run& run) {
  const auto options = std::make_shared<ChangeOptions>();
  CLI::App* command = app.add_subcommand("cancel", "End a workflow before its time");
  add_change_options(*command, *options);
  command->footer(kFooter);
  command->callback([options, &run] {
    run = [options](const Streams& streams) {
      return run_change(*options, streams, [](Cluster&) -> Deciding { return cancel_change; });
    };
  });
}

}  // namespace bootstrap::cli
