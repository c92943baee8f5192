#include "cli/output.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

namespace bootstrap::cli {
namespace {

using nlohmann::json;

// Texts stay texts, whatever YAML would make of them without quotes.
void emit(YAML::Emitter& out, const json& value) {
  switch (value.type()) {
    case json::value_t::object:
      if (value.empty()) out << YAML::Flow;
      out << YAML::BeginMap;
      for (const auto& [key, field] : value.items()) {
        out << YAML::Key << key << YAML::Value;
        emit(out, field);
      }
      out << YAML::EndMap;
      break;
    case json::value_t::array:
      if (value.empty()) out << YAML::Flow;
      out << YAML::BeginSeq;
      for (const json& one : value) emit(out, one);
      out << YAML::EndSeq;
      break;
    case json::value_t::string:
      out << YAML::DoubleQuoted << value.get<std::string>();
      break;
    default:
      out << value.dump();
  }
}

}  // namespace

std::optional<Format> format_from(std::string_view text) {
  if (text == "text") return Format::Text;
  if (text == "json") return Format::Json;
  if (text == "yaml") return Format::Yaml;
  return std::nullopt;
}

void add_format_option(CLI::App& command, std::string& format) {
  command.add_option("-o,--output", format, "text, json or yaml")
      ->check(CLI::IsMember({"text", "json", "yaml"}))
      ->capture_default_str();
}

std::string as_document(const json& value, Format format) {
  if (format == Format::Json) return value.dump(2) + "\n";
  YAML::Emitter out;
  emit(out, value);
  return std::string(out.c_str(), out.size()) + "\n";
}

}  // namespace bootstrap::cli
