#include "controllers/outputs.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "controllers/attempt.h"
#include "controllers/limits.h"
#include "controllers/texts.h"

namespace bootstrap {
namespace {

constexpr std::string_view kRoot = "steps.";
constexpr std::size_t kLongestKey = 63;
constexpr std::size_t kShownOfALine = 60;  // bytes

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

BadOutputs bad_line(std::size_t number, std::string_view line) {
  return {reasons::kOutputsInvalid,
          fmt::format("line {} of $BOOTSTRAP_OUTPUTS is not key=value (a key is a letter, then "
                      "letters, digits, '-' and '_'): \"{}\"",
                      number, cut(std::string(line), kShownOfALine))};
}

BadOutputs too_large(const std::string& what) {
  return {reasons::kOutputsTooLarge,
          fmt::format("wrote {}; at most {} are kept. Larger results belong into a file of the "
                      "workspace",
                      what, limits::kOutputs)};
}

// The part up to the next dot, which is removed from `text` with the dot.
std::string_view next_part(std::string_view& text) {
  const auto dot = text.find('.');
  const std::string_view part = text.substr(0, dot);
  text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
  return part;
}

}  // namespace

bool is_output_key(std::string_view key) {
  return !key.empty() && key.size() <= kLongestKey && is_letter(key.front()) &&
         std::ranges::all_of(key, [](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

std::size_t stored_size(const Outputs& outputs) {
  std::size_t size = 0;
  for (const auto& [key, value] : outputs)
    size += key.size() + nlohmann::json(value).dump().size();  // its quotes: as '=' and '\n'
  return size;
}

tl::expected<Outputs, BadOutputs> read_outputs(std::string_view message) {
  if (message.size() > limits::kOutputs)
    return tl::unexpected(too_large(fmt::format(
        "{}{} bytes to $BOOTSTRAP_OUTPUTS",
        message.size() >= limits::kTerminationMessage ? "at least " : "", message.size())));
  Outputs outputs;
  for (std::size_t number = 1; !message.empty(); ++number) {
    const auto newline = message.find('\n');
    const std::string_view line = message.substr(0, newline);
    message.remove_prefix(newline == std::string_view::npos ? message.size() : newline + 1);
    if (is_blank(line)) continue;
    const auto equals = line.find('=');
    // A NUL could go into no argument and no variable of another step.
    if (equals == std::string_view::npos || !is_output_key(line.substr(0, equals)) ||
        line.find('\0') != std::string_view::npos)
      return tl::unexpected(bad_line(number, line));
    outputs.insert_or_assign(std::string(line.substr(0, equals)),
                             std::string(line.substr(equals + 1)));
  }
  if (outputs.size() > limits::kOutputKeys)
    return tl::unexpected(BadOutputs{
        reasons::kOutputsTooLarge,
        fmt::format("wrote {} outputs; at most {} are kept", outputs.size(), limits::kOutputKeys)});
  if (const std::size_t size = stored_size(outputs); size > limits::kOutputs)
    return tl::unexpected(too_large(fmt::format(
        "outputs that have {} bytes in a status, where a quote or backslash has two", size)));
  return outputs;
}

bool look_like_outputs(std::string_view message) {
  const auto outputs = read_outputs(message);
  if (!outputs || outputs->empty()) return false;
  return std::ranges::none_of(*outputs, [](const auto& output) {
    const std::string& value = output.second;
    for (auto space = value.find(' '); space != std::string::npos;
         space = value.find(' ', space + 1)) {
      const auto equals = value.find('=', space);
      if (equals != std::string::npos &&
          is_output_key(std::string_view(value).substr(space + 1, equals - space - 1)))
        return true;
    }
    return false;
  });
}

bool means_output(std::string_view reference) {
  return reference.starts_with(kRoot);
}

std::optional<OutputRef> output_path(std::string_view path) {
  const std::string_view phase = next_part(path);
  const std::string_view step = next_part(path);
  if (!is_step_name(phase) || !is_step_name(step) || !is_output_key(path)) return std::nullopt;
  return OutputRef{{std::string(phase), std::string(step)}, std::string(path)};
}

std::string to_path(const OutputRef& output) {
  return fmt::format("{}.{}.{}", output.step.phase, output.step.step, output.key);
}

std::optional<OutputRef> output_reference(std::string_view reference) {
  if (!means_output(reference)) return std::nullopt;
  reference.remove_prefix(kRoot.size());
  const std::string_view phase = next_part(reference);
  const std::string_view step = next_part(reference);
  const std::string_view word = next_part(reference);
  if (!is_step_name(phase) || !is_step_name(step) || word != "outputs" || !is_output_key(reference))
    return std::nullopt;
  return OutputRef{{std::string(phase), std::string(step)}, std::string(reference)};
}

}  // namespace bootstrap
