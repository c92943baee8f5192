#pragma once
// What a process has used, from /proc.
//
// Errors: empty when there is no such process.

#include <optional>
#include <string_view>

namespace bootstrap::bench {

// Of all its threads, user and system time, since it began.
std::optional<double> cpu_seconds_of(int pid);

// From the text of /proc/PID/stat; the kernel's unit is given.
std::optional<double> cpu_seconds_from(std::string_view stat, long ticks_per_second);

}  // namespace bootstrap::bench
