#pragma once
// What a step does and under which terms, in a few words for a drawing. Pure functions.

#include <string>
#include <vector>

#include "controllers/definition.h"

namespace bootstrap::cli {

// "tool new-cluster --name $(params.clusterName)", "waits for Deployment web: Available is True".
std::string work_text(const StepDefinition&);

// "operation in [create] and phase one Succeeded"; empty: there is no condition.
std::string when_text(const When&);

// What differs from a step that is run once, with the default timeout: "when …", "3 attempts …".
std::vector<std::string> terms_of(const StepDefinition&);

}  // namespace bootstrap::cli
