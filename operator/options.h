#pragma once
// The command line of the operator.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "operator/runtime/log.h"

namespace bootstrap {

struct ProcessOptions {
  std::string kubeconfig;  // empty: the pod's ServiceAccount, else the usual kubeconfig
  std::string context;
  std::uint16_t http_port = 8080;
  // They wait for the API server most of the time: with few of them many workflows at once wait for
  // each other, as docs/benchmarks.md shows.
  unsigned workers = 16;
  // An admission policy sees to it that approvals are by who wrote them (overlay approvals).
  bool approvals_are_verified = false;
  // As which ServiceAccount of its namespace kubelets are asked how full the disks of nodes are
  // (component node-disks); empty: they are not.
  std::string node_disks_account;
  std::string kubelet_ca_file;  // that vouches for kubelets; empty: the cluster's CA
  // Labels that backup tools put on what they restore: such a workflow without a status stands
  // still.
  std::vector<std::string> restore_labels{"velero.io/restore-name"};
  runtime::LogLevel log_level = runtime::LogLevel::Info;
  runtime::LogFormat log_format = runtime::LogFormat::Json;
};

// Options to run with, or the exit code after --help, --version or a mistake (all printed).
std::variant<ProcessOptions, int> parse_command_line(int argc, const char* const* argv);

}  // namespace bootstrap
