#include "cli/resume.h"

#include <memory>

#include <CLI/CLI.hpp>

#include "cli/change.h"
#include "cli/steering_changes.h"

namespace bootstrap::cli {
namespace {

constexpr const char* kFooter =
    R"(A workflow that is suspended and in which nothing has failed goes on with the run it is in:
spec.suspend is taken out. One in which something has failed, was cancelled, or waits for its next
attempt goes on as another run (spec.resume.run = status.run + 1): what succeeded is kept, the rest
is run again, with the definition as it is now; suspend and cancel are taken out when they are set.
So is one that was restored from a backup, or runs an old definition.

With --from a phase or step, and what depends on it, is run again whatever came of it. One that has
succeeded needs it.

Exit code: 0 it goes on, or was asked to already; 1 there is nothing to resume, or it is refused; 2
it could not be done.

Examples:
  kubectl bootstrap resume full-setup
  kubectl bootstrap resume full-setup --from cluster
  kubectl bootstrap resume full-setup --from cluster/new-cluster && kubectl bootstrap watch full-setup
)";

struct Options {
  ChangeOptions change;
  std::string from;
};

}  // namespace

void add_resume(CLI::App& app, Run& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("resume", "Let a workflow go on that has failed, is over or suspended");
  add_change_options(*command, options->change);
  command->add_option("--from", options->from, "what to run again: PHASE or PHASE/STEP")
      ->type_name("PLACE");
  command->footer(kFooter);
  command->callback([options, &run] {
    run = [options](const Streams& streams) {
      return run_change(options->change, streams, [&](Cluster& cluster) -> Deciding {
        return [&](const SeenWorkflow& workflow) {
          return resume_change(workflow, options->from, cluster.live_definition(workflow));
        };
      });
    };
  });
}

}  // namespace bootstrap::cli
