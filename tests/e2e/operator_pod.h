#pragma once
// The operator's Deployment, for tests that stop it or kill it.
//
//   OperatorPod op(cluster);
//   op.kill();                    // without grace
//   op.await_ready();
//
// Threads: one. Errors: exceptions, which fail the test.

#include <chrono>
#include <optional>
#include <string>

#include "tests/integration/cluster.h"

namespace bootstrap::testing {

inline constexpr const char* kOperatorNamespace = "bootstrap-operator";

class OperatorPod {
 public:
  explicit OperatorPod(Cluster& cluster) : cluster_(cluster) {}

  // Name of the pod whose container runs and that is not being deleted.
  std::optional<std::string> running();
  // Force-deletes the pod that runs and waits until another one's container has started.
  void kill();
  void scale(int replicas);
  void await_none();
  // One pod runs and is Ready.
  void await_ready();

 private:
  Cluster& cluster_;
};

// Whatever a test did, the next one finds the operator running.
class OperatorRestored {
 public:
  explicit OperatorRestored(Cluster& cluster) : operator_(cluster) {}
  ~OperatorRestored();
  OperatorRestored(const OperatorRestored&) = delete;
  OperatorRestored& operator=(const OperatorRestored&) = delete;

 private:
  OperatorPod operator_;
};

}  // namespace bootstrap::testing
