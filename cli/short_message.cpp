#include "cli/short_message.h"

#include <array>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace bootstrap::cli {
namespace {

constexpr std::string_view kPatch = "kubectl patch bwf ";

enum class Purpose { Approve, Answer, Resume };

struct Hint {
  Purpose purpose = Purpose::Resume;
  std::size_t begin = 0;    // of the words that lead to the command
  std::size_t command = 0;  // of the command itself
  std::size_t end = 0;
};

// The words of controllers/approve_gate.cpp, ask_message.cpp and workflow_message.cpp.
struct Lead {
  std::string_view words;
  Purpose purpose;
};
constexpr std::array<Lead, 3> kLeads{Lead{". Approve with: ", Purpose::Approve},
                                     Lead{". Answer with: ", Purpose::Answer},
                                     Lead{"; to resume: ", Purpose::Resume}};

// The command ends with the quote that closes its patch, or where the message was cut.
std::size_t end_of_command(const std::string& message, std::size_t command) {
  const auto open = message.find('\'', command);
  const auto close = open == std::string::npos ? open : message.find('\'', open + 1);
  return close == std::string::npos ? message.size() : close + 1;
}

std::optional<Hint> find_hint(const std::string& message) {
  for (const auto& [words, purpose] : kLeads) {
    const auto begin = message.find(fmt::format("{}{}", words, kPatch));
    if (begin == std::string::npos) continue;
    const std::size_t command = begin + words.size();
    return Hint{purpose, begin, command, end_of_command(message, command)};
  }
  return std::nullopt;
}

// Of a gate's command for one: "step":"p/confirm".
std::string step_in(std::string_view command) {
  constexpr std::string_view kKey = "\"step\":\"";
  const auto at = command.find(kKey);
  if (at == std::string_view::npos) return "";
  command.remove_prefix(at + kKey.size());
  return std::string(command.substr(0, command.find('"')));
}

// Of a gate's message for the workflow: "…; p/ask waits for …".
std::string step_that_waits(std::string_view message) {
  message = message.substr(0, message.find(" waits for "));
  const auto before = message.rfind(' ');
  return std::string(before == std::string_view::npos ? message : message.substr(before + 1));
}

}  // namespace

std::string without_command(const std::string& message) {
  const auto hint = find_hint(message);
  return hint ? message.substr(0, hint->begin) + message.substr(hint->end) : message;
}

std::string with_short_command(const std::string& message, const std::string& ns,
                               const std::string& workflow, const std::string& step) {
  const auto hint = find_hint(message);
  if (!hint) return message;
  const std::string old = message.substr(hint->command, hint->end - hint->command);
  std::string command;
  switch (hint->purpose) {
    case Purpose::Resume:
      command = fmt::format("kubectl bootstrap resume {} -n {}", workflow, ns);
      break;
    case Purpose::Approve:
      command = fmt::format("kubectl bootstrap approve {} {} -n {}", workflow,
                            step.empty() ? step_in(old) : step, ns);
      break;
    case Purpose::Answer:
      command = fmt::format("kubectl bootstrap answer {} {} -n {} NAME=VALUE", workflow,
                            step.empty() ? step_that_waits(message) : step, ns);
      break;
  }
  return message.substr(0, hint->command) + command + message.substr(hint->end);
}

}  // namespace bootstrap::cli
