#pragma once
// Whether a run is to be resumed: spec.resume.run is above status.run, or its definition has
// changed and the policy says so. Once the number of the run has reached it it is asked for no
// more, so that a revert in Git, or a manifest that is applied again, resumes nothing.
//
//   asked for ──▶ refused   condition ResumeAccepted False, until the spec or a template changes
//       ├───────▶ waits     condition ResumeAccepted Unknown: for what; nothing new starts
//       │ meanwhile
//       └───────▶ begins    its plan is stored: it is the run now, whatever the spec says
//
// A run of which only finally is left goes on to its end first.

#include "controllers/draft.h"

namespace bootstrap {

enum class Resuming {
  No,      // it is not asked for, or refused
  Waits,   // for something that has to end, or to be told
  Stores,  // its plan, or looks for what it needs, in this very round: nothing else is done in it
  Begins   // the status is that of the next run now, and its plan is the draft's
};

Resuming consider_resume(Draft&);

// The object comes from a backup, or is a copy, and stands still until it is resumed: its status is
// that of another object, or a backup tool has restored it without one (stand_still() in decide.cpp
// has noted that).
bool is_restored(const Draft&);

// A backup tool has restored it without its status, and nothing is noted yet.
bool lost_its_status(const Draft&);

}  // namespace bootstrap
