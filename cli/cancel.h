#pragma once
// `kubectl bootstrap cancel NAME`: ends a workflow before its time (steering_changes.h).

#include "cli/command.h"

namespace bootstrap::cli {

void add_cancel(CLI::App&, Run&);

}  // namespace bootstrap::cli
