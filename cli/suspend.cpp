#include "cli/suspend.h"

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
  add_change(app, run, "suspend", "Start nothing new of a workflow, until it is resumed",
             suspend_change)
      ->footer(kFooter);
}

}  // namespace bootstrap::cli
