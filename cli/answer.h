#pragma once
// `kubectl bootstrap answer NAME [STEP] KEY=VALUE…`: answers a step that asks (gates.h).

#include "cli/command.h"

namespace bootstrap::cli {

void add_answer(CLI::App&, Run&);

}  // namespace bootstrap::cli
