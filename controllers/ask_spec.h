#pragma once
// `ask` of a step in a spec: reading it, and what makes it impossible.
//
//   phases[cluster].steps[ask].ask.parameters: [{name, description, allowed, pattern, default}]
//
// A parameter that is asked for is one of the workflow from that step on, so its name and its
// environment variable are there once in the whole definition, and only what is ordered after the
// step may look at it.
//
// Pure functions and values; `at` is the path of the object with a dot at its end.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "controllers/definition.h"
#include "controllers/plan.h"

namespace bootstrap {

class SpecReader;

AskWork read_ask(SpecReader& in, const nlohmann::json& step, const std::string& step_at);

// Which step asks for which parameter.
struct Asked {
  StepIndex step = 0;
  StepRef ref;
  bool may_be_absent = false;  // neither required nor with a default
};
using AskedParameters = std::map<std::string, Asked, std::less<>>;
AskedParameters asked_parameters(const std::vector<PlanStep>&);

// The asked parameter that a reference means; null: it means none.
const Asked* asked_by(const AskedParameters&, std::string_view reference);

// What is wrong with the asks of a definition, and with `when` and `requiredWhen` that look at
// them. References in texts are seen to by validate().
Problems ask_problems(const Definition&);

}  // namespace bootstrap
