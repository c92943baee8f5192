#pragma once
// What the process uses, as the kernel counts it, under the names that all Prometheus clients
// share.
//
// Threads: safe from any. Errors: what cannot be read is absent.

#include <optional>
#include <string_view>
#include <vector>

#include <prometheus/metric_family.h>

namespace bootstrap::runtime {

// Of /proc/<pid>/stat, in the kernel's units.
struct ProcessStat {
  unsigned long long user_ticks = 0;
  unsigned long long system_ticks = 0;
  unsigned long long threads = 0;
  unsigned long long start_ticks = 0;  // since boot
  unsigned long long virtual_bytes = 0;
  unsigned long long resident_pages = 0;
};

std::optional<ProcessStat> parse_process_stat(std::string_view text);

// Of this process, now.
std::vector<prometheus::MetricFamily> process_metrics();

}  // namespace bootstrap::runtime
