#pragma once
// Launching: a step that is ready gets its Job, or says what is in the way.

#include <optional>
#include <string>

#include "controllers/draft.h"
#include "controllers/pod_trouble.h"
#include "controllers/standing.h"

namespace bootstrap {

// Says why a step is not launched although its turn has come. What stands in the way tells nobody
// when it passes, so it is looked at again, at last every minute.
void wait_to_launch(Draft&, StepRecord&, const char* reason, const std::string& message);

// When that is: after its turn has come, which is when the newest step ended.
LookSchedule looks_at_waiting(Draft&);

// What came of launching a step in this pass, when that is not on record yet. Steps are decided in
// their order, so of a later one it is not. Null: it was not launched in this pass.
const Outcome* fresh_launch(Draft&, const PlanStep&);

// What was to be created for a step.
struct Creation {
  const char* kind;         // "Job", for people
  const std::string& name;  // must outlive the call
  const char* invalid;      // one of reasons: the API server will never take it
};

// What is there now. Null: it is not, or nobody knows; the record says why it waits or has failed.
const Done* created(Draft&, StepRecord&, const Creation&, const Outcome&);

// The plan that an attempt of that run was launched with; 0: it was this one.
std::string plan_of_launch(const Draft&, int run);

void launch(Draft&, const Standing&, const PlanStep&);

}  // namespace bootstrap
