#include "cli/approve.h"

#include <memory>
#include <variant>

#include <CLI/CLI.hpp>

#include "cli/change.h"
#include "cli/gates.h"

namespace bootstrap::cli {
namespace {

constexpr const char* kApproveFooter =
    R"(Writes an entry into spec.approvals, in your own name as the API server knows it and for the run
that goes on. Without a step: the only one that waits for approval; when there are several they are
listed, and nothing is written.

Exit code: 0 it is done, or was so already; 1 it is refused; 2 it could not be done.

Examples:
  kubectl bootstrap approve full-setup
  kubectl bootstrap approve full-setup cluster/confirm --comment "Change 4711"
)";
constexpr const char* kRejectFooter =
    R"(Writes an entry into spec.approvals, in your own name as the API server knows it and for the run
that goes on: the step fails, whoever else approves. Without a step: the only one that waits for
approval; when there are several they are listed, and nothing is written.

Exit code: 0 it is done, or was so already; 1 it is refused; 2 it could not be done.

Examples:
  kubectl bootstrap reject full-setup --comment "Not before Monday"
  kubectl bootstrap reject full-setup cluster/confirm
)";

struct Options {
  ChangeOptions change;
  std::string step;
  std::string comment;
  bool approves = true;
};

Result<Change> decide(Cluster& cluster, const SeenWorkflow& workflow, const Options& options) {
  const auto gate = find_gate(workflow, GateKind::Approval, options.step);
  if (!gate) return tl::unexpected(gate.error());
  const auto me = cluster.user_name();
  if (!me) return tl::unexpected(me.error());
  const auto step = cluster.pinned_step(workflow, gate->step);
  return decision_change(workflow, *gate, {options.approves, *me, options.comment},
                         step ? std::get_if<ApproveWork>(&step->work) : nullptr);
}

void add(CLI::App& app, Run& run, bool approves) {
  const auto options = std::make_shared<Options>();
  options->approves = approves;
  CLI::App* command = approves
                          ? app.add_subcommand("approve", "Approve a step that waits for approval")
                          : app.add_subcommand("reject", "Reject a step that waits for approval");
  add_change_options(*command, options->change);
  command->add_option("STEP", options->step, "as PHASE/STEP")->type_name("");
  command->add_option("--comment", options->comment, "why, for people")->type_name("TEXT");
  command->footer(approves ? kApproveFooter : kRejectFooter);
  command->callback([options, &run] {
    run = [options](const Streams& streams) {
      return run_change(options->change, streams, [&](Cluster& cluster) -> Deciding {
        return [&](const SeenWorkflow& workflow) { return decide(cluster, workflow, *options); };
      });
    };
  });
}

}  // namespace

void add_approve(CLI::App& app, Run& run) {
  add(app, run, true);
}

void add_reject(CLI::App& app, Run& run) {
  add(app, run, false);
}

}  // namespace bootstrap::cli
