#pragma once
// `kubectl bootstrap history NAME`: the transitions that are on record.

#include "cli/command.h"

namespace bootstrap::cli {

void add_history(CLI::App&, Run&);

}  // namespace bootstrap::cli
