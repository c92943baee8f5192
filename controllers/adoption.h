#pragma once
// Jobs of ours that the status does not know: made just before a crash. Before anything is launched
// they are put on record, so that no attempt is made twice and no name is met again.

#include "controllers/draft.h"
#include "controllers/standing.h"

namespace bootstrap {

// Of a run that goes on. A Job that may not run any more is stopped and stays on record.
void adopt(Draft&, const Standing&);

// Of a run that is over: they are stopped, and their numbers are kept.
void retire_unknown_jobs(Draft&);

}  // namespace bootstrap
