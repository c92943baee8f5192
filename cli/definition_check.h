#pragma once
// What the domain says against a workflow or template, looked at without a cluster: by itself, and
// with those templates that are among the given files. The same rules as before a run
// (controllers/begin_run.h), but for what only the cluster knows.
//
//  - A workflow that names a template is looked at with the template's definition and its own
//    values.
//  - A template is looked at by itself. Parameters without default will get values from the
//    workflows that use it: said is only what is wrong whatever they are.
//  - Templates that steps run are looked at in turn, to the depth that is allowed.
//
// Pure function.

#include <set>
#include <string>
#include <vector>

#include "cli/manifest.h"

namespace bootstrap::cli {

struct DomainProblem {
  std::string template_name;  // the template it is of; empty: the object itself
  std::string path;           // by names: "spec.phases[cluster].steps[create].timeout"
  std::string message;
};

struct DomainReport {
  std::vector<DomainProblem> problems;
  std::set<std::string> missing;  // templates that are needed and not among the files
};

DomainReport domain_problems(const Manifest&, const Manifests& all);

}  // namespace bootstrap::cli
