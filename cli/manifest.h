#pragma once
// The objects of our kinds in the files a user names.
//
//   Manifests all;
//   add_manifests({"wf.yaml", text}, all);
//
// A list (kind: List) is taken apart. Objects of other kinds are counted and left out.
//
// Threads: pure but for read_file. Errors: values; nothing throws.

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "cli/crd_schemas.h"
#include "cli/document.h"
#include "cli/findings.h"
#include "controllers/names.h"

namespace bootstrap::cli {

struct NamedText {
  std::string file;  // as it is shown; "<stdin>"
  std::string text;
};

// `name`: of a file, or "-" for `in`. Error: why it cannot be read, with the name.
tl::expected<NamedText, std::string> read_file(const std::string& name, std::istream& in);

struct Manifest {
  std::string file;
  Document document;

  // "" when it has none.
  std::string kind() const;
  std::string name() const;
  std::string ns() const;
  // "BootstrapWorkflow/full-setup".
  std::string label() const;

  bool is_workflow() const { return kind() == kWorkflowKind; }
  const nlohmann::json& spec() const;  // null when there is none
};

struct Manifests {
  std::vector<Manifest> ours;
  std::size_t others = 0;
  Findings findings;  // of what could not be read, or means less than is written
};

void add_manifests(const NamedText& source, Manifests& all);

// The template of this name that a workflow or template would get: that of its own namespace, else
// one of no namespace or for one of none. Null: there is none.
const Manifest* find_template(const Manifests&, const std::string& ns, const std::string& name);

}  // namespace bootstrap::cli
