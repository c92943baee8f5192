#pragma once
// The command line tool, run in the test's own process, and what it says.

#include <initializer_list>
#include <sstream>
#include <string>
#include <vector>

#include "cli/command.h"

namespace bootstrap::cli::testing {

struct Said {
  Exit exit = Exit::Failed;
  std::string out;
  std::string err;
};

inline Said run(std::initializer_list<const char*> arguments, const std::string& in = "") {
  std::vector<const char*> argv{"kubectl-bootstrap"};
  argv.insert(argv.end(), arguments);
  std::istringstream input(in);
  std::ostringstream out, err;
  const Exit exit = run_command_line(static_cast<int>(argv.size()), argv.data(), {input, out, err});
  return {exit, out.str(), err.str()};
}

}  // namespace bootstrap::cli::testing
