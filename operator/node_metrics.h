#pragma once
// What was sampled of nodes, for Prometheus: the newest of each node that is sampled now.
//
// Threads: safe from any.

#include <memory>
#include <string>

#include "controllers/node_load.h"

namespace prometheus {
class Registry;
}

namespace bootstrap {

class NodeMetrics {
 public:
  explicit NodeMetrics(prometheus::Registry&);
  ~NodeMetrics();
  NodeMetrics(const NodeMetrics&) = delete;
  NodeMetrics& operator=(const NodeMetrics&) = delete;

  // node_memory_used_ratio{node}, node_cpu_used_ratio{node}, node_disk_used_ratio{node}: 0 to 1,
  // or above. What is not known has no series.
  void sampled(const std::string& node, const NodeLoad&);
  void ended(const std::string& node);

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace bootstrap
