#pragma once
// What is wrong with a file, one by one, and how it is shown.
//
// Pure functions.

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/output.h"

namespace bootstrap::cli {

struct Finding {
  std::string file;
  int line = 0;  // counted from 1
  int column = 0;
  std::string object;  // "BootstrapWorkflow/full-setup"; empty: of the file
  std::string path;    // "spec.phases[1].steps[0].retry"; empty: of the object as a whole
  std::string message;
  auto operator<=>(const Finding&) const = default;
};
using Findings = std::vector<Finding>;

// "wf.yaml:12:5: spec.phases[1].steps[0].retry: message"
std::string to_text(const Finding&);

nlohmann::json to_json(const Findings&);

// All of them, each line with its end. Of no findings as text nothing, else an empty list.
std::string shown(const Findings&, Format);

}  // namespace bootstrap::cli
