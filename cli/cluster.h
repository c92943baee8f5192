#pragma once
// The cluster that the commands work on, as the user's kubeconfig names it, and the objects they
// look at in it.
//
//   const auto options = std::make_shared<ClusterOptions>();
//   add_cluster_options(*command, *options);
//   command->callback([=, &run] {
//     run = [=](const Streams& streams) {
//       return on_cluster(*options, streams, [&](Cluster& cluster, const runtime::Clock& clock)
//                             -> Result<Exit> { … });
//     };
//   });
//
// Threads: all but on_cluster may be called from any. Errors: values whose message names the
// object, and what there is instead.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/failure.h"
#include "cli/seen_workflow.h"
#include "controllers/definition.h"
#include "controllers/views.h"
#include "operator/kube/client.h"
#include "operator/runtime/clock.h"

namespace bootstrap::cli {

struct ClusterOptions {
  std::string ns{};  // empty: that of the context
  std::string kubeconfig{};
  std::string context{};
};

// -n, --kubeconfig and --context, as kubectl has them.
void add_cluster_options(CLI::App&, ClusterOptions&);

class Cluster {
 public:
  // `tokens` may be null.
  Cluster(std::unique_ptr<kube::Transport> transport, std::shared_ptr<kube::TokenSource> tokens,
          std::string ns);

  kube::Client& client() { return *client_; }
  const std::string& ns() const { return ns_; }

  Result<SeenWorkflow> workflow(const std::string& name);
  // By name; of all namespaces by these first.
  Result<std::vector<SeenWorkflow>> workflows(bool all_namespaces = false);
  // Who we are to the API server: what `kubectl auth whoami` prints.
  Result<std::string> user_name();
  // A step as the plan of its run has it. Empty: that may not be read, or is not there.
  std::optional<StepDefinition> pinned_step(const SeenWorkflow&, const StepRef&);
  // The definition as it is now, that of the template when the workflow names one: its spec. Null:
  // it may not be read, or is not there.
  nlohmann::json live_definition(const SeenWorkflow&);
  // The pod of an attempt. Empty: it is gone.
  kube::ApiResult<std::optional<PodView>> pod_of(const SeenWorkflow&, const StepRef&, int attempt);

 private:
  Failure not_found(const std::string& name);

  std::unique_ptr<kube::Transport> transport_;
  std::shared_ptr<kube::TokenSource> tokens_;
  std::unique_ptr<kube::Client> client_;
  std::string ns_;
};

// "workflow a in namespace b: …".
Failure failure_of(const std::string& what, const kube::ApiError&);

// Connects and runs; prints what went wrong. The one place that makes a clock.
Exit on_cluster(const ClusterOptions&, const Streams&,
                const std::function<Result<Exit>(Cluster&, const runtime::Clock&)>&);

}  // namespace bootstrap::cli
