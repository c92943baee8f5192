#pragma once
// `kubectl bootstrap approve NAME [STEP]` and `reject`: what one person decides on a step that
// waits for approval (gates.h).

#include "cli/command.h"

namespace bootstrap::cli {

void add_approve(CLI::App&, Run&);
void add_reject(CLI::App&, Run&);

}  // namespace bootstrap::cli
