#pragma once
// What the gate `approve` finds: who has approved, who may and has not.
//
//  - An entry of spec.approvals counts when it is of this step and this run, and by one of the
//    approvers, or by anybody when none are named. Each person counts once.
//  - One rejection ends the step, also beside approvals.
//  - Nothing is recorded before the gate opens: until then an approval may be taken back.
//  - Whether `by` is who wrote it, the operator cannot see. Where the admission policy of the
//    overlay `approvals` is installed the API server sees to it; where it is not, status says
//    so.
//
// Pure functions.

#include "controllers/gate_attempt.h"

namespace bootstrap {

// `message`: that of the step, its references replaced. `is_verified`: the policy is installed.
GateFinding approve_gate(const Plan&, const PlanStep&, const ApproveWork&,
                         const std::string& message, const std::vector<Approval>&,
                         bool is_verified);

}  // namespace bootstrap
