#pragma once
// Everything that is wrong with manifests: what the schema of their CRD does not allow
// (schema_check.h) and what the domain refuses (definition_check.h), each said once and at its
// place in the file.
//
// Pure function.

#include <cstddef>
#include <set>
#include <string>

#include "cli/findings.h"
#include "cli/manifest.h"

namespace bootstrap::cli {

struct CheckReport {
  Findings findings;  // in the order of the files as they were given, then by line
  std::size_t workflows = 0;
  std::size_t templates = 0;
  std::set<std::string> missing;  // templates that are needed and not among the files
};

CheckReport check_manifests(const Manifests&);

}  // namespace bootstrap::cli
