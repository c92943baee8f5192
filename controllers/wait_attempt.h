#pragma once
// The view of an attempt that waits for a resource: no Job, no pod; it runs from the moment it was
// recorded until its test holds or its timeout has passed.
//
//  - The step's own ServiceAccount must be allowed to read what is waited for, or a workflow would
//    show what its author may not see. It is asked again every few minutes.
//  - What cannot be read yet (no such kind, no right, too many watches) is not yet, never a
//  failure:
//    the timeout ends it.
//  - A timeout is believed once the resource has been read, or nothing was heard of it for a while:
//    after a restart the answer comes a moment later than the question.
//  - The message follows the compared value, but not each of its flips: every change is a write.
//
// Pure function.

#include <optional>
#include <string>

#include "controllers/attempt.h"
#include "controllers/plan.h"
#include "controllers/questions.h"
#include "controllers/status.h"

namespace bootstrap {

// `query` has no references any more. `written` is when the status was last written.
AttemptView wait_attempt(const PlanStep&, const ResourceQuery& query, const StepRecord&,
                         std::optional<TimePoint> written, Inquiry& ask, TimePoint now);

}  // namespace bootstrap
