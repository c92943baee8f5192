#include "operator/options.h"

#include <CLI/CLI.hpp>

#include "operator/version.h"

namespace bootstrap {

std::variant<ProcessOptions, int> parse_command_line(int argc, const char* const* argv) {
  ProcessOptions options;
  std::string level = "info";
  std::string format = "json";
  CLI::App app(
      "Runs BootstrapWorkflows: every step as a Job, in order, with all state in the object's "
      "status.\nIn a pod it uses the pod's ServiceAccount, elsewhere a kubeconfig.",
      "bootstrap-operator");
  app.set_version_flag("--version", std::string("bootstrap-operator ") + kVersion);
  app.add_option("--kubeconfig", options.kubeconfig,
                 "kubeconfig file (default outside a pod: $KUBECONFIG, else ~/.kube/config)");
  app.add_option("--context", options.context, "context of the kubeconfig (default: the current)");
  app.add_option("--http-port", options.http_port, "port of /healthz, /readyz and /metrics")
      ->capture_default_str();
  app.add_option("--workers", options.workers, "workflows that are worked on at the same time")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_flag("--verified-approvals", options.approvals_are_verified,
               "an admission policy sees to it that approvals are by who wrote them; without it "
               "status says that identities are not verified");
  app.add_option("--restore-labels", options.restore_labels,
                 "labels, separated by commas, that backup tools put on what they restore: a "
                 "workflow with one of them and without status stands still until it is resumed")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--node-disks", options.node_disks_account,
                 "ask kubelets how full the disks of nodes are, as this ServiceAccount of the "
                 "operator's namespace, which may get nodes/stats (default: do not)");
  app.add_option("--kubelet-certificate-authority", options.kubelet_ca_file,
                 "file with the CA that vouches for the serving certificates of kubelets (default: "
                 "the CA of the cluster)");
  app.add_option("--log-level", level, "debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  app.add_option("--log-format", format, "json (a JSON object a line) or text (for people)")
      ->check(CLI::IsMember({"json", "text"}))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e);
  }
  options.log_level = *runtime::log_level_from(level);
  options.log_format = *runtime::log_format_from(format);
  return options;
}

}  // namespace bootstrap
