#pragma once
// The view of an attempt that runs a template as a child workflow.
//
//  - The child's own status is the trigger: Succeeded, Failed, Cancelled, or Invalid, which is as
//    final for a child as the others. Its message is passed up.
//  - One that is not over within the step's timeout is overdue, and is cancelled: it has ended when
//    its finally is over.
//  - One that is gone is looked up in the live API, and its pods as well, before that is believed.
//  - The message follows the child's, and so does the percent.
//
// Pure function.

#include "controllers/attempt.h"
#include "controllers/job_attempt.h"
#include "controllers/plan.h"
#include "controllers/questions.h"
#include "controllers/status.h"

namespace bootstrap {

AttemptView child_attempt(const PlanStep&, const StepRecord&, const Work&, Inquiry& ask,
                          TimePoint now);

// What a step says of a child that has just been made.
std::string runs_text(const std::string& child);

}  // namespace bootstrap
