#include "tests/bench/process_use.h"

#include <fstream>
#include <sstream>
#include <string>

#include <unistd.h>

namespace bootstrap::bench {

std::optional<double> cpu_seconds_of(int pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  return cpu_seconds_from(line, sysconf(_SC_CLK_TCK));
}

std::optional<double> cpu_seconds_from(std::string_view stat, long ticks_per_second) {
  // The command in parentheses may hold anything; the fields follow the last one.
  const std::size_t command_end = stat.rfind(") ");
  if (command_end == std::string_view::npos) return std::nullopt;
  std::istringstream fields{std::string(stat.substr(command_end + 2))};
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  long user = 0;
  long system = 0;
  if (!(fields >> user >> system)) return std::nullopt;
  return static_cast<double>(user + system) / static_cast<double>(ticks_per_second);
}

}  // namespace bootstrap::bench
