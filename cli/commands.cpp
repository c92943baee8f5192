#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/graph.h"
#include "cli/lint.h"
#include "cli/version.h"

namespace bootstrap::cli {
namespace {

constexpr const char* kFooter = R"(Examples:
  kubectl bootstrap lint workflows/*.yaml
  kubectl bootstrap graph workflow.yaml

`kubectl bootstrap COMMAND --help` says more. With the OpenShift client: oc bootstrap COMMAND.
)";

}  // namespace

Exit run_command_line(int argc, const char* const* argv, const Streams& streams) {
  CLI::App app("Checks and draws BootstrapWorkflows, without a cluster.", "kubectl bootstrap");
  app.set_version_flag("--version", std::string("kubectl-bootstrap ") + kVersion);
  app.require_subcommand(1);
  app.footer(kFooter);
  Run run;
  add_lint(app, run);
  add_graph(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e, streams.out, streams.err) == 0 ? Exit::Fine : Exit::Failed;
  }
  return run(streams);
}

}  // namespace bootstrap::cli
