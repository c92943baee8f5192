#include "operator/runtime/process_metrics.h"

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>

#include <unistd.h>

namespace bootstrap::runtime {

namespace {

std::string read_file(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Seconds since the epoch at which the machine booted.
std::optional<double> boot_time() {
  std::istringstream lines(read_file("/proc/stat"));
  for (std::string word; lines >> word;) {
    double seconds = 0;
    if (word == "btime" && lines >> seconds) return seconds;
  }
  return std::nullopt;
}

prometheus::MetricFamily family(std::string name, std::string help, prometheus::MetricType type,
                                double value) {
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
  return {std::move(name), std::move(help), type, {std::move(metric)}};
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  // The second field is the program's name in parentheses, which may itself hold any character.
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  std::istringstream fields{std::string(text.substr(name_end + 1))};
  ProcessStat stat;
  std::string skipped;
  const auto skip = [&](int count) {
    while (count-- > 0) fields >> skipped;
  };
  // proc(5): 14 utime, 15 stime, 20 num_threads, 22 starttime, 23 vsize, 24 rss; we are at 3.
  skip(11);
  fields >> stat.user_ticks >> stat.system_ticks;
  skip(4);
  fields >> stat.threads;
  skip(1);
  fields >> stat.start_ticks >> stat.virtual_bytes >> stat.resident_pages;
  if (!fields) return std::nullopt;
  return stat;
}

std::vector<prometheus::MetricFamily> process_metrics() {
  using prometheus::MetricType;
  const auto stat = parse_process_stat(read_file("/proc/self/stat"));
  if (!stat) return {};
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  std::vector<prometheus::MetricFamily> out;
  out.push_back(family("process_cpu_seconds_total", "User and system CPU time spent in seconds.",
                       MetricType::Counter,
                       static_cast<double>(stat->user_ticks + stat->system_ticks) / ticks));
  out.push_back(family("process_resident_memory_bytes", "Resident memory size in bytes.",
                       MetricType::Gauge, static_cast<double>(stat->resident_pages) * page));
  out.push_back(family("process_virtual_memory_bytes", "Virtual memory size in bytes.",
                       MetricType::Gauge, static_cast<double>(stat->virtual_bytes)));
  out.push_back(family("process_threads", "Threads of the process.", MetricType::Gauge,
                       static_cast<double>(stat->threads)));
  if (const auto boot = boot_time())
    out.push_back(family(
        "process_start_time_seconds", "Start time of the process since the Unix epoch in seconds.",
        MetricType::Gauge, *boot + static_cast<double>(stat->start_ticks) / ticks));
  return out;
}

}  // namespace bootstrap::runtime
