#pragma once
// What the simulated API server refuses, and what it fills in, of what the operator sends.
//
// Threads: pure functions.

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/simulation/resource_types.h"

namespace bootstrap::simulation {

// Why the real API server would refuse to create this; empty: it would not.
std::optional<std::string> why_not_valid(const ResourceType&, const nlohmann::json& object);
// The same for a change.
std::optional<std::string> why_not_allowed(const ResourceType&, const nlohmann::json& before,
                                           const nlohmann::json& after);
// Defaults and what the strategies of the real API server set at creation; needs metadata.uid only
// for Jobs, whose selector contains it.
void fill_in(const ResourceType&, nlohmann::json& object, const std::string& uid);

}  // namespace bootstrap::simulation
