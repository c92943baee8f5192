#pragma once
// The view of an attempt that waits for people: no Job, no pod; it runs from the moment it was
// recorded until what it waits for was given or its timeout has passed.
//
// What it waits for, each kind of gate finds in a file of its own (ask_gate.h) and says as a
// GateFinding; all else is the same for every gate and is here.
//
// Pure function.

#include <string>

#include "controllers/attempt.h"
#include "controllers/plan.h"
#include "controllers/status.h"

namespace bootstrap {

struct GateFinding {
  bool open = false;
  Outputs given;         // so far; of one that is open the outputs of its step
  std::string rejected;  // not empty: it will never open, and why
  std::string reason;    // one of reasons; of one that is open: what is to be known of that
  std::string missing;   // what is missing: "an answer: clusterName"
  std::string message;   // the same, and how to give it
};

// What was given in time counts also when it is seen later.
AttemptView gate_attempt(const PlanStep&, const StepRecord&, GateFinding, TimePoint now);

// How long a message of the finding may be: the workflow says it with the step's name before it.
std::size_t longest_gate_message(const StepRef&);

}  // namespace bootstrap
