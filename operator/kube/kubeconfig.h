#pragma once
// Access to a cluster as a person has it: from a kubeconfig file, as kubectl reads it.
//
//   auto access = load_kubeconfig({.context = "prod"}, clock);
//
// The file: `path`, else the variable KUBECONFIG, else ~/.kube/config. Understood: server, the
// cluster's CA, client certificate and key, token (each inline or as a file), tokenFile, namespace.
// Refused, each with a message that names the file, the entry and a way out: several files in
// KUBECONFIG, insecure-skip-tls-verify, a cluster without CA, exec and auth-provider plugins,
// user name and password, impersonation, proxies. Relative file names are relative to the
// kubeconfig.
//
// Threads: pure but for reading files. Errors: values; nothing throws.

#include <filesystem>
#include <string>

#include "operator/kube/credentials.h"

namespace bootstrap::kube {

struct KubeconfigOptions {
  std::filesystem::path path{};  // empty: found as above
  std::string context{};         // empty: the file's current-context
  Environment environment = process_environment;
};

// The clock must outlive the result.
AccessResult<ClusterAccess> load_kubeconfig(const KubeconfigOptions& options,
                                            const runtime::Clock& clock);

}  // namespace bootstrap::kube
