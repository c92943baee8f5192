#pragma once
// The cluster a test runs on: as its administrator, through our own client and through kubectl.
//
//   Cluster& cluster = Cluster::of_test();
//   const TestNamespace ns(cluster, "retry");
//   cluster.apply(ns, yaml);
//   const json workflow = cluster.workflow(ns, "full-setup");
//
// Which one it is says the file of exports that tests/cluster/up.sh writes: named by the variable
// BOOTSTRAP_CLUSTER_ENV, or sourced already.
//
// Threads: safe from any. Errors: what a test asks for and does not get is an exception with the
// answer in it, which fails the test; what may be missing is an optional.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/kube/client.h"
#include "operator/kube/credentials.h"
#include "operator/runtime/clock.h"
#include "tests/integration/process.h"

namespace bootstrap::testing {

class Cluster {
 public:
  // Made at the first call; lives as long as the process.
  static Cluster& of_test();

  // A variable of the cluster's file of exports, e.g. "AUDIT_LOG".
  static std::string variable(const char* name);

  kube::Client& client() { return *client_; }
  const kube::ClusterAccess& access() const { return access_; }

  Completed kubectl(const std::vector<std::string>& arguments, const RunOptions& options = {});
  // The same, for what must succeed: its output.
  std::string kubectl_output(const std::vector<std::string>& arguments,
                             const RunOptions& options = {});
  // A command line of kubectl as a message prints it and a user pastes it.
  Completed typed(const std::string& command);
  void apply(const std::string& ns, const std::string& yaml);

  std::optional<nlohmann::json> find(const kube::Resource&, const std::string& ns,
                                     const std::string& name);
  nlohmann::json items(const kube::Resource&, const std::string& ns,
                       const std::string& label_selector = "");
  // What is there of it: status may be missing yet.
  nlohmann::json workflow(const std::string& ns, const std::string& name);
  // Waits until its state is `state`. Returns the workflow; throws with its status when it is not
  // in time.
  nlohmann::json await_state(const std::string& ns, const std::string& name,
                             const std::string& state, std::chrono::milliseconds limit);
  // The same for the reason of the workflow.
  nlohmann::json await_reason(const std::string& ns, const std::string& name,
                              const std::string& reason, std::chrono::milliseconds limit);

 private:
  Cluster();
  nlohmann::json await(const std::string& ns, const std::string& name, const char* field,
                       const std::string& value, std::chrono::milliseconds limit);

  runtime::SystemClock clock_;
  kube::ClusterAccess access_;
  std::unique_ptr<kube::Transport> transport_;
  std::unique_ptr<kube::Client> client_;
};

// A namespace of its own for a test, with a name that no other run had, in a cluster where the
// operator is installed and workflows may own objects. Deleted at the end, without
// waiting for it.
class TestNamespace {
 public:
  TestNamespace(Cluster& cluster, const std::string& prefix);
  ~TestNamespace();
  TestNamespace(const TestNamespace&) = delete;
  TestNamespace& operator=(const TestNamespace&) = delete;

  const std::string& name() const { return name_; }
  operator const std::string&() const { return name_; }

 private:
  Cluster& cluster_;
  std::string name_;
};

// The step's part of a status; an empty object when it is not there.
nlohmann::json step_of(const nlohmann::json& workflow, const std::string& phase,
                       const std::string& step);
// status.<field> as text, "" when it is missing.
std::string status_text(const nlohmann::json& workflow, const char* field);
// {"status": …, "reason": …} of a condition; null when it is not there.
nlohmann::json condition_of(const nlohmann::json& object, const std::string& type);

}  // namespace bootstrap::testing
