#include "controllers/monitoring_spec.h"

#include "controllers/limits.h"

namespace bootstrap {

Monitoring read_monitoring(SpecReader& in, const nlohmann::json& spec) {
  const std::string at = "monitoring.";
  const nlohmann::json& object = in.object(spec, "monitoring", "");
  Monitoring to;
  to.disabled = in.flag(object, "disabled", at);
  const std::size_t problems = in.problems();
  to.interval = in.duration(object, "interval", at, to.interval);
  if (in.problems() == problems && to.interval < limits::kShortestMonitoring)
    in.problem("monitoring.interval", "must be at least 15s: the metrics of nodes are no newer");
  const LoadLimits absent;
  to.limits = {in.number(object, "memoryPercent", at, absent.memory_percent, 1, 100),
               in.number(object, "cpuPercent", at, absent.cpu_percent, 1, 100)};
  return to;
}

}  // namespace bootstrap
