#pragma once
// Waiting for a condition, with a deadline: tests never sleep for luck.
//
//   ASSERT_TRUE(eventually(30s, [&] { return state_of(workflow) == "Succeeded"; })) << "…";
//   const auto pod = first(30s, [&] { return running_pod(); });   // std::optional of what it found
//
// The condition is looked at every 50 ms, on the calling thread, and once more after the deadline.

#include <chrono>
#include <optional>
#include <thread>

namespace bootstrap::testing {

inline constexpr std::chrono::milliseconds kLookEvery{50};

// The first value that `find` (returning an optional) comes up with; empty when none came in time.
template <class Find>
auto first(std::chrono::milliseconds limit, Find&& find) -> decltype(find()) {
  const auto end = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const bool last = std::chrono::steady_clock::now() >= end;
    if (auto found = find(); found || last) return found;
    std::this_thread::sleep_for(kLookEvery);
  }
}

template <class Condition>
bool eventually(std::chrono::milliseconds limit, Condition&& condition) {
  return first(limit, [&] { return condition() ? std::optional(true) : std::nullopt; }).has_value();
}

}  // namespace bootstrap::testing
