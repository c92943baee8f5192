#pragma once
// The Job controller and the kubelet, played by the test: on a control plane without them, pods are
// there and end when a test says so.
//
//   install(cluster);
//   const PlayedCluster played(cluster, ns);
//   const std::string pod = played.run_pod_of("sample", "a");   // waits for the step's Job
//   played.end_pod(pod, 0);
//
// Threads: one. Errors: exceptions, which fail the test.

#include <string>

#include "tests/integration/cluster.h"

namespace bootstrap::testing {

// The CRD and the operator's namespace, account and role, as they are shipped. Once for a process.
Cluster& install(Cluster& cluster);

class PlayedCluster {
 public:
  PlayedCluster(Cluster& cluster, std::string ns) : cluster_(cluster), ns_(std::move(ns)) {}

  // The Job of a step's first attempt, once it is there.
  nlohmann::json await_job(const std::string& workflow, const std::string& step) const;
  bool has_job(const std::string& workflow, const std::string& step) const;
  // A pod of that Job as the Job controller makes it, whose container runs. Returns its name.
  std::string run_pod_of(const std::string& workflow, const std::string& step) const;
  // Its container has terminated. Phase and Job stay as they were: their controllers are late.
  void end_pod(const std::string& pod, int exit_code, const std::string& message = "") const;
  // The kubelet has said its last word of it, for which the operator waits when a tool has failed.
  void fail_pod(const std::string& pod, int exit_code, const std::string& message) const;

 private:
  void patch_status(const std::string& pod, const nlohmann::json& state,
                    const std::string& phase) const;

  Cluster& cluster_;
  std::string ns_;
};

// A workflow of one phase "work" with these steps.
std::string workflow_of_steps(const std::string& name, const std::vector<std::string>& steps);

}  // namespace bootstrap::testing
