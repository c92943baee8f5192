#pragma once
// `kubectl bootstrap logs NAME [STEP]`: what a step has printed.

#include "cli/command.h"

namespace bootstrap::cli {

void add_logs(CLI::App&, Run&);

}  // namespace bootstrap::cli
