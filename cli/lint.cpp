#include "cli/lint.h"

#include <memory>
#include <ostream>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/findings.h"
#include "cli/manifest.h"
#include "cli/manifest_check.h"

namespace bootstrap::cli {
namespace {

constexpr const char* kFooter = R"(Every problem is a line of its own:

  wf.yaml:12:5: spec.phases[1].steps[0].retry: is not a field; did you mean ...

Checked are BootstrapWorkflows and BootstrapWorkflowTemplates; objects of other kinds are left out.
A workflow that names a template is checked together with it when both are among the files.

Exit code: 0 nothing is wrong, 1 problems were found, 2 a file cannot be read or wrong usage.

Examples:
  kubectl bootstrap lint workflow.yaml template.yaml
  kubectl kustomize overlays/prod | kubectl bootstrap lint -
  kubectl bootstrap lint -o json workflows/*.yaml | jq -r '.[].message'
)";

struct Options {
  std::vector<std::string> files;
  std::string format = "text";
};

std::string counted(std::size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string summary(const CheckReport& report, std::size_t others) {
  std::string text = fmt::format(
      "{} and {} checked: {}", counted(report.workflows, "workflow"),
      counted(report.templates, "template"),
      report.findings.empty() ? "no problems" : counted(report.findings.size(), "problem"));
  if (others > 0) text += fmt::format("; {} of other kinds left out", counted(others, "object"));
  if (!report.missing.empty())
    text += fmt::format("\nnot among the files, so not looked at: template{} {}",
                        report.missing.size() == 1 ? "" : "s", fmt::join(report.missing, ", "));
  return text;
}

Exit lint(const Options& options, const Streams& streams) {
  Manifests manifests;
  bool all_read = true;
  for (const std::string& name : options.files) {
    const auto source = read_file(name, streams.in);
    if (source) {
      add_manifests(*source, manifests);
    } else {
      streams.err << "error: " << source.error() << '\n';
      all_read = false;
    }
  }
  const CheckReport report = check_manifests(manifests);
  streams.out << shown(report.findings, *format_from(options.format)) << std::flush;
  streams.err << summary(report, manifests.others) << '\n';
  if (!all_read) return Exit::Failed;
  return report.findings.empty() ? Exit::Fine : Exit::Problems;
}

}  // namespace

void add_lint(CLI::App& app, Run& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("lint", "Say what is wrong with files, before they are applied");
  command->add_option("FILE", options->files, "YAML or JSON files; - is the standard input")
      ->required()
      ->type_name("");
  add_format_option(*command, options->format);
  command->footer(kFooter);
  command->callback([options, &run] {
    run = [options](const Streams& streams) { return lint(*options, streams); };
  });
}

}  // namespace bootstrap::cli
