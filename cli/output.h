#pragma once
// In which form a command answers: text for people, JSON or YAML for programs.
//
// Pure functions.

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace CLI {
class App;
}

namespace bootstrap::cli {

enum class Format { Text, Json, Yaml };
std::optional<Format> format_from(std::string_view);

// The option -o; `format` is "text", "json" or "yaml" afterwards.
void add_format_option(CLI::App&, std::string& format);

// One document with its end of line. `format` is not Text.
std::string as_document(const nlohmann::json&, Format format);

}  // namespace bootstrap::cli
