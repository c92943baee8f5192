#pragma once
// `kubectl bootstrap watch NAME`: follows a workflow to its end, on a terminal as a tree that is
// drawn anew where it stands, elsewhere as a line for each transition.

#include "cli/command.h"

namespace bootstrap::cli {

void add_watch(CLI::App&, Run&);

}  // namespace bootstrap::cli
