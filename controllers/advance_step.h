#pragma once
// What has happened to a step that has been launched: the view of its attempt, made by its kind of
// work (job_attempt.h, wait_attempt.h, gate_attempt.h), moves its record (step_machine.h).

#include "controllers/draft.h"
#include "controllers/standing.h"

namespace bootstrap {

void advance_step(Draft&, const Standing&, const PlanStep&);

// A wait that has to end has ended: nothing of it runs anywhere.
void end_wait(Draft&, const Standing&, const PlanStep&);

}  // namespace bootstrap
