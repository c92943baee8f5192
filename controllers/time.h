#pragma once
// Points in time and how the Kubernetes API writes them.
//
// The domain never reads a clock: every function that depends on time takes a TimePoint. Pure
// functions, safe from any thread.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace bootstrap {

// Wall-clock time in UTC. The API carries whole seconds (metav1.Time); we keep milliseconds so that
// waits and back-offs are not rounded before they are written.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;

// "2026-01-02T15:04:05Z": metav1.Time, fractions of a second cut off.
std::string to_rfc3339(TimePoint);

// "2026-01-02T15:04:05.123000Z": metav1.MicroTime, as Events want it.
std::string to_rfc3339_micro(TimePoint);

// Reads RFC 3339 with or without fractions, with Z or an offset. Empty on anything else.
std::optional<TimePoint> from_rfc3339(std::string_view);

// "1h2m3s", "45s", "0s": for people and for status; whole seconds, as Kubernetes prints durations.
std::string to_text(Duration);

// Reads "1h30m", "45s", "500ms", as metav1.Duration does, without sign, of at most 10 years. Empty
// on anything else.
std::optional<Duration> duration_from_text(std::string_view);

}  // namespace bootstrap
