#pragma once
// What the operator counts of workflows and their steps, for Prometheus. No series is about one
// workflow: there may be thousands, and they come and go.
//
// Threads: safe from any.

#include <memory>
#include <vector>

#include "controllers/transitions.h"
#include "controllers/views.h"

namespace prometheus {
class Registry;
}

namespace bootstrap {

class WorkflowMetrics {
 public:
  explicit WorkflowMetrics(prometheus::Registry&);
  ~WorkflowMetrics();
  WorkflowMetrics(const WorkflowMetrics&) = delete;
  WorkflowMetrics& operator=(const WorkflowMetrics&) = delete;

  // workflows_finished_total{outcome}, steps_finished_total{outcome},
  // step_attempts_total{outcome}, step_duration_seconds{outcome}
  void happened(const Transition&);
  // handoff_seconds: from the news that a pod has ended to the next Job.
  void handed_off(std::chrono::microseconds took);
  // workflows{state}, workflow_oldest_seconds{state}, workflows_overdue,
  // workflows_blocked: those there are now.
  void count(const std::vector<std::shared_ptr<const Workflow>>& all, TimePoint now);

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace bootstrap
