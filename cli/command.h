#pragma once
// What a subcommand of `kubectl bootstrap` is: a function that declares its options to CLI11 and,
// when it is the one that was called, says what is to be run. Each has a file of its own, named
// after it, and is listed in commands.cpp; nothing else knows it.
//
//   void add_lint(CLI::App& app, Run& run) {
//     auto options = std::make_shared<Options>();
//     CLI::App* command = app.add_subcommand("lint", "Check files");
//     command->add_option("FILE", options->files)->required();
//     command->callback([options, &run] { run = [options](const Streams& s) { … }; });
//   }

#include <functional>
#include <iosfwd>
#include <string>

namespace CLI {
class App;
}

namespace bootstrap::cli {

struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
};

// What the process ends with.
enum class Exit {
  Fine = 0,
  Problems = 1,  // what was asked about is not right
  Failed = 2,    // it could not be done: wrong usage, a file or cluster that cannot be read
};

using Run = std::function<Exit(const Streams&)>;

// The whole program. Mistakes in the command line, and --help, are printed.
Exit run_command_line(int argc, const char* const* argv, const Streams&);

}  // namespace bootstrap::cli
