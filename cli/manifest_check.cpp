#include "cli/manifest_check.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "cli/definition_check.h"
#include "cli/locate.h"
#include "cli/schema_check.h"

namespace bootstrap::cli {
namespace {

// Tools of the workflow are tools of every step, and the domain names them at each.
constexpr std::string_view kTools = ".tools.";

bool is_at_or_below(std::string_view path, std::string_view other) {
  if (!path.starts_with(other)) return false;
  path.remove_prefix(other.size());
  return path.empty() || path.front() == '.' || path.front() == '[';
}

// Of tools that are not the step's own it is the place in the workflow's.
Location place_of(const Document& document, const DomainProblem& problem, Entry entry) {
  constexpr std::string_view kCommon = "spec.tools";
  Location found = locate(document, problem.path, entry);
  const std::size_t tools = problem.path.find(kTools);
  if (found.exists() || tools == std::string::npos) return found;
  Location common = locate(document, "spec" + problem.path.substr(tools), entry);
  const bool is_there = common.path.size() - common.missing > kCommon.size();
  return is_there && common.missing < found.missing ? common : found;
}

struct Located {
  const Manifest* manifest = nullptr;
  Location location;
  std::string path_of_twin;  // when entries have the same name, that of the other one
  DomainProblem problem;
};

class ManifestCheck {
 public:
  explicit ManifestCheck(const Manifests& all) : all_(all) {}

  CheckReport run() {
    report_.findings = all_.findings;
    // Templates first: what is wrong with one by itself is not said again of workflows that use it.
    for (const bool workflows : {false, true})
      for (const Manifest& one : all_.ours)
        if (one.is_workflow() == workflows) check(one);
    for (const auto& [index, steps] : more_steps_)
      report_.findings[index].message +=
          fmt::format(" (and {} more step{})", steps.size(), steps.size() == 1 ? "" : "s");
    sort();
    return std::move(report_);
  }

 private:
  void check(const Manifest& manifest) {
    ++(manifest.is_workflow() ? report_.workflows : report_.templates);
    const DomainReport domain = domain_problems(manifest, all_);
    report_.missing.insert(domain.missing.begin(), domain.missing.end());
    std::vector<Located> located;
    for (const DomainProblem& problem : domain.problems)
      located.push_back(located_of(manifest, problem));

    std::vector<SchemaProblem> schema =
        schema_problems(*schema_of(manifest.kind()), manifest.document);
    std::erase_if(schema, [&](const SchemaProblem& one) {
      return one.is_pattern && std::ranges::any_of(located, [&](const Located& other) {
               return other.manifest == &manifest && other.location.path == one.path;
             });
    });
    for (const SchemaProblem& one : schema)
      add(manifest, locate(manifest.document, one.path, Entry::Numbered), one.message);
    told_steps_.clear();
    for (const Located& one : located)
      if (one.manifest != &manifest)
        add_of_template(manifest, one);
      else if (std::ranges::none_of(
                   schema, [&](const SchemaProblem& other) { return is_told_by(other.path, one); }))
        add_own(one);
  }

  // Whether what the domain says is of a value that the schema does not allow.
  static bool is_told_by(const std::string& path, const Located& one) {
    const std::string& own = one.location.path;
    const bool is_of_an_entry =
        path.starts_with(own + "[") && path.find('.', own.size()) == path.npos;
    return is_at_or_below(own, path) || is_at_or_below(one.path_of_twin, path) || is_of_an_entry;
  }

  Located located_of(const Manifest& manifest, const DomainProblem& problem) const {
    const Manifest* owner = &manifest;
    if (!problem.template_name.empty())
      if (const auto* found = find_template(all_, manifest.ns(), problem.template_name))
        owner = found;
    const Location first = place_of(owner->document, problem, Entry::FirstNamed);
    const Location last = place_of(owner->document, problem, Entry::LastNamed);
    const bool is_of_last = problem.message.starts_with("is there twice");
    return {owner, is_of_last ? last : first, is_of_last ? first.path : last.path, problem};
  }

  void add(const Manifest& manifest, const Location& location, const std::string& message) {
    Finding finding{manifest.file,    location.at.line, location.at.column,
                    manifest.label(), location.path,    message};
    if (std::ranges::find(report_.findings, finding) == report_.findings.end())
      report_.findings.push_back(std::move(finding));
  }

  // What is missing in the tools of many steps alike is said of the first one.
  void add_own(const Located& one) {
    const std::size_t tools = one.problem.path.find(kTools);
    const std::string what =
        tools == std::string::npos ? "" : one.problem.path.substr(tools) + one.problem.message;
    const auto told = told_steps_.find(what);
    if (!what.empty() && told != told_steps_.end() && !one.location.exists()) {
      if (report_.findings[told->second].path != one.location.path)
        more_steps_[told->second].insert(one.location.path);
      return;
    }
    const std::size_t next = report_.findings.size();
    add(*one.manifest, one.location, one.problem.message);
    if (!what.empty() && !one.location.exists() && report_.findings.size() > next)
      told_steps_.emplace(what, next);
  }

  // With the values that this manifest gives, unless something is told of the same place already.
  void add_of_template(const Manifest& user, const Located& one) {
    const std::string label = one.manifest->label();
    const bool is_told = std::ranges::any_of(report_.findings, [&](const Finding& other) {
      return other.file == one.manifest->file && other.object == label &&
             other.path == one.location.path;
    });
    if (!is_told)
      add(*one.manifest, one.location,
          fmt::format("{} (as {} runs it)", one.problem.message, user.label()));
  }

  void sort() {
    std::map<std::string, std::size_t> order;
    for (const Finding& one : all_.findings) order.try_emplace(one.file, order.size());
    for (const Manifest& one : all_.ours) order.try_emplace(one.file, order.size());
    std::ranges::stable_sort(report_.findings, {}, [&](const Finding& one) {
      return std::tuple(order[one.file], one.line, one.column);
    });
  }

  const Manifests& all_;
  CheckReport report_;
  // Of the manifest that is looked at: what is told of a step, and with which finding.
  std::map<std::string, std::size_t> told_steps_;
  std::map<std::size_t, std::set<std::string>> more_steps_;  // paths, by finding
};

}  // namespace

CheckReport check_manifests(const Manifests& all) {
  return ManifestCheck(all).run();
}

}  // namespace bootstrap::cli
