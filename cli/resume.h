#pragma once
// `kubectl bootstrap resume NAME`: lets a workflow go on (steering_changes.h).

#include "cli/command.h"

namespace bootstrap::cli {

void add_resume(CLI::App&, Run&);

}  // namespace bootstrap::cli
