#pragma once
// `kubectl bootstrap graph FILE [NAME]`: the steps of a workflow or template and their order, as a
// run would have them.

#include "cli/command.h"

namespace bootstrap::cli {

void add_graph(CLI::App&, Run&);

}  // namespace bootstrap::cli
