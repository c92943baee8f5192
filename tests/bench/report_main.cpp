// bench_report: makes the table and the JSON file of a run. See docs/benchmarks.md.

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

#include <CLI/CLI.hpp>

#include "tests/bench/report.h"

using namespace bootstrap::bench;

namespace {

int fail(const std::string& why) {
  std::cerr << "bench_report: " << why << "\n";
  return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  std::string run_file;
  std::string audit_file;
  std::string out_file;
  bool strict = false;
  CLI::App app("Figures of one run, from the API server's audit log", "bench_report");
  app.add_option("--run", run_file, "what was run, as bench_driver wrote it")->required();
  app.add_option("--audit", audit_file, "the API server's audit log")->required();
  app.add_option("--json", out_file, "where to write all figures");
  app.add_flag("--strict", strict, "exit code 2 when an aim is missed");
  CLI11_PARSE(app, argc, argv);

  std::ifstream run_in(run_file);
  const auto run = run_description_from(std::string(std::istreambuf_iterator<char>(run_in), {}));
  if (!run) return fail(run_file + ": " + run.error());
  std::ifstream audit_in(audit_file);
  if (!audit_in) return fail("cannot read " + audit_file);
  const auto made = report(*run, read_audit_log(audit_in));
  if (!made) return fail(made.error());
  std::cout << table(*made);
  if (!out_file.empty() && !(std::ofstream(out_file) << made->json.dump(1) << "\n"))
    return fail("cannot write " + out_file);
  const auto missed = [](const Row& row) { return row.met == false; };
  return strict && std::ranges::any_of(made->rows, missed) ? 2 : EXIT_SUCCESS;
}
