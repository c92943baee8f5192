#pragma once
// Paused time: while only people are waited for. It counts for no timeout of a phase or of the
// workflow; those of gates themselves go on.
//
// It is kept in whole seconds, as it is stored, so that whoever continues finds the same. A phase
// has its own sum: of the pauses in its time.
//
// Pure functions.

#include <optional>

#include "controllers/status.h"

namespace bootstrap {

// Of the pause that goes on, how much is within the time of a phase that runs.
Duration pause_within(const Status&, const PhaseRecord&, TimePoint now);

// The same of the time of the workflow: none once its timeout had passed, as when finally waits.
Duration pause_of_workflow(const Status&, std::optional<Duration> timeout, TimePoint now);

// Begins a pause, lets it go on, or ends it. `timeout`: of the workflow.
void note_pause(Status&, std::optional<Duration> timeout, bool paused, TimePoint now);

}  // namespace bootstrap
