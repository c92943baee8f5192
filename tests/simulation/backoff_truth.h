#pragma once
// n: after a failure the next attempt comes no sooner than its delay, which is computed here from
// the spec and from which attempts count; whoever launches it, and over any crash.

#include "tests/simulation/known.h"

namespace bootstrap::simulation {

// `launched` is about to be, at `now`.
void check_backoff(const Known&, const Nodes&, const AttemptName& launched, TimePoint now,
                   const Complain&);

// nextRetryTime of an attempt that has just been recorded as failed.
void check_next_retry(const Known&, const Nodes&, const AttemptName&, const FailedAttempt&,
                      const Complain&);

}  // namespace bootstrap::simulation
