#include <iostream>

#include <unistd.h>

#include "cli/command.h"

int main(int argc, char** argv) {
  return static_cast<int>(bootstrap::cli::run_command_line(
      argc, argv, {std::cin, std::cout, std::cerr, ::isatty(STDOUT_FILENO) == 1}));
}
