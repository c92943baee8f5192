#include "cli/findings.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

namespace bootstrap::cli {
namespace {

std::string as_yaml(const Findings& findings) {
  YAML::Emitter out;
  out << YAML::BeginSeq;
  for (const Finding& one : findings)
    out << YAML::BeginMap << YAML::Key << "file" << YAML::Value << YAML::DoubleQuoted << one.file
        << YAML::Key << "line" << YAML::Value << one.line << YAML::Key << "column" << YAML::Value
        << one.column << YAML::Key << "object" << YAML::Value << YAML::DoubleQuoted << one.object
        << YAML::Key << "path" << YAML::Value << YAML::DoubleQuoted << one.path << YAML::Key
        << "message" << YAML::Value << YAML::DoubleQuoted << one.message << YAML::EndMap;
  out << YAML::EndSeq;
  return std::string(out.c_str(), out.size()) + "\n";
}

}  // namespace

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

std::optional<Format> format_from(std::string_view text) {
  if (text == "text") return Format::Text;
  if (text == "json") return Format::Json;
  if (text == "yaml") return Format::Yaml;
  return std::nullopt;
}

std::string shown(const Findings& findings, Format format) {
  if (format == Format::Json) return to_json(findings).dump(2) + "\n";
  if (format == Format::Yaml) return as_yaml(findings);
  std::string lines;
  for (const Finding& one : findings) lines += to_text(one) + "\n";
  return lines;
}

}  // namespace bootstrap::cli
