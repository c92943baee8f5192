#pragma once
// What `resume`, `suspend` and `cancel` write, and when they are refused because they would come to
// nothing. What the operator makes of it: docs/state-machine.md.
//
// `resume` lets a workflow go on, whatever keeps it from that:
//
//   suspended, nothing has failed       suspend is taken out; the run stays what it is
//   a step has failed, was cancelled,   another run: resume.run = status.run + 1, and suspend and
//   or waits for its next attempt;      cancel are taken out when they are set
//   restored; the definition is new
//   `from` is given                     the same with resume.from
//   all else                            refused
//
// Pure functions.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/change.h"
#include "cli/failure.h"
#include "cli/seen_workflow.h"

namespace bootstrap::cli {

// `definition`: as it is now, of which `from` names a part, and which says what failures are
// tolerated; null: not known, then `from` is taken as it is, and none is.
Result<Change> resume_change(const SeenWorkflow&, const std::string& from,
                             const nlohmann::json& definition);
Result<Change> suspend_change(const SeenWorkflow&);
Result<Change> cancel_change(const SeenWorkflow&);

}  // namespace bootstrap::cli
