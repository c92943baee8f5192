#pragma once
// The operator's own program beside a test, as its ServiceAccount, where no pod of it can run: the
// options, probes and signals of the real thing.
//
//   install(cluster);
//   OperatorProcess op(cluster);   // runs from here on; killed at the end of its scope
//
// Threads: one. Its log is shown when the test has failed.

#include <optional>
#include <string>

#include "tests/integration/cluster.h"
#include "tests/integration/process.h"

namespace bootstrap::testing {

class OperatorProcess {
 public:
  explicit OperatorProcess(Cluster& cluster);
  ~OperatorProcess();
  OperatorProcess(const OperatorProcess&) = delete;
  OperatorProcess& operator=(const OperatorProcess&) = delete;

  void start();
  void kill();
  // Asks it to end. Its exit code; empty: it did not.
  std::optional<int> stop();
  // What it has logged so far, at level debug.
  std::string log() const;
  // The token it shows to the API server.
  const std::string& token() const { return token_; }

 private:
  std::string token_;
  std::string kubeconfig_;
  std::string log_ = kubeconfig_ + ".log";
  std::optional<Child> process_;
};

}  // namespace bootstrap::testing
