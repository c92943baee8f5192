#pragma once
// The volume that all steps of a workflow share: a claim that somebody else made and the workflow
// names, or one of its own. Its own is created before the first Job of a run, belongs to the
// workflow and goes with it. It is not made again when it vanishes while the run goes on: an empty
// volume in the place of a full one would be believed.
//
// Pure functions.

#include <string>

#include <nlohmann/json.hpp>

#include "controllers/plan.h"

namespace bootstrap {

// What is wrong with it.
Problems workspace_problems(const Workspace&);

// Of the claim that the steps of this plan mount; the plan has a workspace.
std::string workspace_claim(const Plan&, const ObjectMeta& workflow);

// The object to create.
nlohmann::json build_claim(const ObjectMeta& workflow, const Workspace&);

}  // namespace bootstrap
