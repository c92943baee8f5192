#pragma once
// `kubectl bootstrap lint FILE…`: what is wrong with manifests, found without a cluster.

#include "cli/command.h"

namespace bootstrap::cli {

void add_lint(CLI::App&, Run&);

}  // namespace bootstrap::cli
