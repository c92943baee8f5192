#include "cli/findings.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace bootstrap::cli {

std::string to_text(const Finding& one) {
  return fmt::format("{}:{}:{}: {}{}{}", one.file, one.line, one.column, one.path,
                     one.path.empty() ? "" : ": ", one.message);
}

nlohmann::json to_json(const Findings& findings) {
  nlohmann::json list = nlohmann::json::array();
  for (const Finding& one : findings)
    list.push_back({{"file", one.file},
                    {"line", one.line},
                    {"column", one.column},
                    {"object", one.object},
                    {"path", one.path},
                    {"message", one.message}});
  return list;
}

std::string shown(const Findings& findings, Format format) {
  if (format != Format::Text) return as_document(to_json(findings), format);
  std::string lines;
  for (const Finding& one : findings) lines += to_text(one) + "\n";
  return lines;
}

}  // namespace bootstrap::cli
