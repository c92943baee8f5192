#include "operator/node_metrics.h"

#include <map>
#include <mutex>
#include <optional>

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace bootstrap {

using prometheus::Family;
using prometheus::Gauge;

namespace {

Family<Gauge>& family(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

// The series of one kind, by node.
class Ratios {
 public:
  explicit Ratios(Family<Gauge>& family) : family_(family) {}

  void set(const std::string& node, std::optional<int> percent) {
    if (!percent) return remove(node);
    Gauge*& gauge = gauges_[node];
    if (gauge == nullptr) gauge = &family_.Add({{"node", node}});
    gauge->Set(*percent / 100.0);
  }
  void remove(const std::string& node) {
    const auto found = gauges_.find(node);
    if (found == gauges_.end()) return;
    family_.Remove(found->second);
    gauges_.erase(found);
  }

 private:
  Family<Gauge>& family_;
  std::map<std::string, Gauge*> gauges_;
};

}  // namespace

struct NodeMetrics::Families {
  explicit Families(prometheus::Registry& registry)
      : memory(family(registry, "bootstrap_operator_node_memory_used_ratio",
                      "Memory used on a node where steps run, of what pods may have there.")),
        cpu(family(registry, "bootstrap_operator_node_cpu_used_ratio",
                   "CPU used on a node where steps run, of what pods may have there.")),
        disk(family(registry, "bootstrap_operator_node_disk_used_ratio",
                    "How full the file system of a node where steps run is, or that of its "
                    "images, whichever is fuller.")) {}

  std::mutex mutex;
  Ratios memory;
  Ratios cpu;
  Ratios disk;
};

NodeMetrics::NodeMetrics(prometheus::Registry& registry)
    : families_(std::make_unique<Families>(registry)) {}

NodeMetrics::~NodeMetrics() = default;

void NodeMetrics::sampled(const std::string& node, const NodeLoad& load) {
  const std::scoped_lock lock(families_->mutex);
  families_->memory.set(node, load.memory_percent);
  families_->cpu.set(node, load.cpu_percent);
  families_->disk.set(node, load.disk_percent);
}

void NodeMetrics::ended(const std::string& node) {
  const std::scoped_lock lock(families_->mutex);
  for (Ratios* ratios : {&families_->memory, &families_->cpu, &families_->disk})
    ratios->remove(node);
}

}  // namespace bootstrap
