#pragma once
// `kubectl bootstrap suspend NAME`: nothing new starts until a resume (steering_changes.h).

#include "cli/command.h"

namespace bootstrap::cli {

void add_suspend(CLI::App&, Run&);

}  // namespace bootstrap::cli
