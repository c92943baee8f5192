#pragma once
// `monitoring` of a spec: how the nodes on which steps run are looked at.
//
// Pure functions. Errors: Problems.

#include "controllers/definition.h"
#include "controllers/spec_reader.h"

namespace bootstrap {

Monitoring read_monitoring(SpecReader&, const nlohmann::json& spec);

}  // namespace bootstrap
