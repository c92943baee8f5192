#pragma once
// What is wrong with a file, one by one, and how it is shown.
//
// Pure functions.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

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

enum class Format { Text, Json, Yaml };
std::optional<Format> format_from(std::string_view);

// All of them, each line with its end. Of no findings as text nothing, else an empty list.
std::string shown(const Findings&, Format);

}  // namespace bootstrap::cli
