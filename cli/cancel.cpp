#include "cli/cancel.h"

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
  add_change(app, run, "cancel", "End a workflow before its time", cancel_change)->footer(kFooter);
}

}  // namespace bootstrap::cli
