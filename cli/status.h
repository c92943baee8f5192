#pragma once
// `kubectl bootstrap status [NAME]`: how a workflow stands, or which there are.

#include "cli/command.h"

namespace bootstrap::cli {

void add_status(CLI::App&, Run&);

}  // namespace bootstrap::cli
