#include <CLI/CLI.hpp>

#include "cli/answer.h"
#include "cli/approve.h"
#include "cli/cancel.h"
#include "cli/command.h"
#include "cli/graph.h"
#include "cli/history.h"
#include "cli/lint.h"
#include "cli/logs.h"
#include "cli/resume.h"
#include "cli/status.h"
#include "cli/suspend.h"
#include "cli/version.h"
#include "cli/watch.h"

namespace bootstrap::cli {
namespace {

constexpr const char* kFooter = R"(Examples:
  kubectl bootstrap lint workflows/*.yaml
  kubectl bootstrap graph workflow.yaml
  kubectl bootstrap watch full-setup
  kubectl bootstrap resume full-setup --from cluster/new-cluster

`kubectl bootstrap COMMAND --help` says more. With the OpenShift client: oc bootstrap COMMAND.
)";

}  // namespace

Exit run_command_line(int argc, const char* const* argv, const Streams& streams) {
  CLI::App app("Watches, steers, checks and draws BootstrapWorkflows.", "kubectl bootstrap");
  app.set_version_flag("--version", std::string("kubectl-bootstrap ") + kVersion);
  app.require_subcommand(1);
  app.footer(kFooter);
  Run run;
  for (const auto add : {add_watch, add_status, add_history, add_logs, add_resume, add_suspend,
                         add_cancel, add_approve, add_reject, add_answer, add_lint, add_graph})
    add(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e, streams.out, streams.err) == 0 ? Exit::Fine : Exit::Failed;
  }
  return run(streams);
}

}  // namespace bootstrap::cli
