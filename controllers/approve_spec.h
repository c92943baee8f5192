#pragma once
// `approve` of a step in a spec: reading it, and what makes it impossible; and the approvals that
// people give beside the definition.
//
//   phases[cluster].steps[confirm].approve: {message, approvers: [alice, bob], count: 2}
//   spec.approvals: [{step: cluster/confirm, run: 1, decision: Approve, by: alice, comment: ""}]
//
// Pure functions and values; `at` is the path of the object with a dot at its end.

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "controllers/definition.h"

namespace bootstrap {

class SpecReader;

ApproveWork read_approve(SpecReader& in, const nlohmann::json& step, const std::string& step_at);

// References in `message` are seen to by validate().
Problems approve_problems(const ApproveWork&, const std::string& step_at);

// Of a workflow's spec. What is not an approval, by its form, is left out.
std::vector<Approval> read_approvals(const nlohmann::json& spec);

}  // namespace bootstrap
