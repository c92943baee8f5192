#pragma once
// Whether an output that a definition refers to can be there in time. A part of validate()
// (validation.h). Pure function.

#include <set>
#include <string>
#include <vector>

#include "controllers/outputs.h"
#include "controllers/plan.h"

namespace bootstrap {

// Who refers to an output: the steps that are over before it begins, and what it is called.
struct OutputTaker {
  const std::set<StepIndex>* before = nullptr;  // null: all, at the end of the run
  const char* name = "step";                    // or "phase"
};

// Why not: "there is no step p/x". Empty: it can.
std::string why_not_in_time(const OutputRef&, const std::vector<PlanStep>&, const OutputTaker&);

}  // namespace bootstrap
