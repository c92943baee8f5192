#include "cli/graph.h"

#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/drawings.h"
#include "cli/findings.h"
#include "cli/manifest.h"
#include "cli/manifest_check.h"
#include "cli/step_graph.h"
#include "controllers/template_ref.h"

namespace bootstrap::cli {
namespace {

using nlohmann::json;

constexpr const char* kFooter =
    R"(The order is that of a run: no edge is drawn that follows from others. The definition of a workflow
that names a template is taken from the same file.

Exit code: 0 drawn, 1 the definition is not right, 2 there is no such object or file.

Examples:
  kubectl bootstrap graph workflow.yaml
  kubectl bootstrap graph all.yaml full-setup -o dot | dot -Tsvg >full-setup.svg
  kubectl get bwf full-setup -o yaml | kubectl bootstrap graph - -o mermaid
)";

struct Options {
  std::string file;
  std::string name;
  std::string format = "text";
};

// The one that is named, else the only workflow, else the only object. Error: what there is.
tl::expected<const Manifest*, std::string> chosen(const Manifests& all, const Options& options) {
  std::vector<const Manifest*> found;
  std::vector<std::string> labels;
  for (const Manifest& one : all.ours) {
    labels.push_back(one.label());
    if (options.name.empty() || options.name == one.name() || options.name == one.label())
      found.push_back(&one);
  }
  if (options.name.empty() && found.size() > 1)
    std::erase_if(found, [](const Manifest* one) { return !one->is_workflow(); });
  if (found.size() == 1) return found.front();
  if (labels.empty())
    return tl::unexpected(fmt::format("{}: there is no workflow or template", options.file));
  const std::string what = options.name.empty() ? "which one"
                           : found.empty()
                               ? fmt::format("there is no \"{}\"", options.name)
                               : fmt::format("\"{}\" is there several times", options.name);
  return tl::unexpected(
      fmt::format("{}: {}? There are: {}", options.file, what, fmt::join(labels, ", ")));
}

// The spec that has the phases. Error: its template is missing.
tl::expected<json, std::string> definition_of(const Manifest& manifest, const Manifests& all,
                                              const std::string& file) {
  const json& spec = manifest.spec();
  const std::string name = manifest.is_workflow() ? template_name(spec) : "";
  if (name.empty()) return spec;
  const Manifest* const found = find_template(all, manifest.ns(), name);
  if (found == nullptr)
    return tl::unexpected(fmt::format("{}: {} runs the template {}, which is not in this file",
                                      file, manifest.label(), name));
  return filled_in(found->spec(), given_values(spec));
}

std::string drawn(const StepGraph& graph, const std::string& format) {
  if (format == "mermaid") return as_mermaid(graph);
  return format == "dot" ? as_dot(graph) : as_tree(graph);
}

Exit failed(const Streams& streams, const std::string& why) {
  streams.err << "error: " << why << '\n';
  return Exit::Failed;
}

Exit graph(const Options& options, const Streams& streams) {
  const auto source = read_file(options.file, streams.in);
  if (!source) return failed(streams, source.error());
  Manifests all;
  add_manifests(*source, all);
  const auto manifest = chosen(all, options);
  if (!manifest) {
    streams.err << shown(all.findings, Format::Text);
    return all.findings.empty() || !all.ours.empty() ? failed(streams, manifest.error())
                                                     : Exit::Problems;
  }
  const auto spec = definition_of(**manifest, all, options.file);
  if (!spec) return failed(streams, spec.error());
  const auto definition = read_definition(*spec);
  if (!definition) {
    streams.err << shown(check_manifests(all).findings, Format::Text);
    return Exit::Problems;
  }
  streams.out << drawn(step_graph((*manifest)->label(), *definition), options.format) << std::flush;
  if (const std::size_t problems = check_manifests(all).findings.size(); problems > 0)
    streams.err << fmt::format("warning: {} problem{} in {}; see kubectl bootstrap lint\n",
                               problems, problems == 1 ? "" : "s", options.file);
  return Exit::Fine;
}

}  // namespace

void add_graph(CLI::App& app, Run& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("graph", "Draw the steps of a workflow and their order");
  command->add_option("FILE", options->file, "YAML or JSON file; - is the standard input")
      ->required()
      ->type_name("");
  command
      ->add_option("NAME", options->name,
                   "name of a workflow or template (default: the only workflow)")
      ->type_name("");
  command->add_option("-o,--output", options->format, "text, mermaid or dot")
      ->check(CLI::IsMember({"text", "mermaid", "dot"}))
      ->capture_default_str();
  command->footer(kFooter);
  command->callback([options, &run] {
    run = [options](const Streams& streams) { return graph(*options, streams); };
  });
}

}  // namespace bootstrap::cli
