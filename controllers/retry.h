#pragma once
// Whether and when a step is tried again after an attempt of it has failed.
//
//  - A failure uses up one of `attempts`; the delay grows with each: delay, delay × factor, … up to
//    maxDelay, and up to `jitter` percent more. The jitter is a hash of the attempt, so the same
//    attempt has the same delay whoever computes it.
//  - An attempt whose pod was lost to a disruption, or that never started, uses up none, at most 10
//    times: the eleventh ends the step. The delay after such a one grows with their number alone.
//  - A fatal exit code ends the step, and so does being stopped for a reason beyond the step.
//
// Pure functions.

#include <optional>
#include <string>

#include "controllers/definition.h"
#include "controllers/status.h"

namespace bootstrap {

// How an attempt that has failed is counted, and after which delay the next one comes; empty: the
// failure is final. `failed` is the record with the attempt's reason and exit code.
struct NextAttempt {
  bool counted = true;
  Duration delay{};
};
std::optional<NextAttempt> next_attempt(const Retry&, const StepRecord& failed);

// How many attempts of this run count so far.
int counted_attempts(const StepRecord&);

// "attempt 2 of 3" of a step with `retry`; empty for a step that has one attempt only.
std::string attempt_text(const std::optional<Retry>&, const StepRecord&);

// "attempt 2 of 3, next in 10s", of a record in Backoff.
std::string backoff_text(const Retry&, const StepRecord&);

// Why an attempt that could have been followed by another was the last one; empty: nothing to say.
std::string why_last_attempt(const std::optional<Retry>&, const StepRecord& failed);

}  // namespace bootstrap
