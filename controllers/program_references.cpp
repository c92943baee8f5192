#include "controllers/program_references.h"

#include <fmt/format.h>

#include "controllers/program_text.h"

namespace bootstrap {
namespace {

struct Argument {
  std::string field;
  std::string text;
};

std::vector<Argument> arguments_of(const StepDefinition& step) {
  std::vector<Argument> all;
  if (const auto* tool = std::get_if<ToolWork>(&step.work))
    all.push_back({"tool", tool->tool});
  else if (const auto* command = std::get_if<CommandWork>(&step.work))
    for (std::size_t i = 0; i < command->command.size(); ++i)
      all.push_back({fmt::format("command[{}]", i), command->command[i]});
  for (std::size_t i = 0; i < step.args.size(); ++i)
    all.push_back({fmt::format("args[{}]", i), step.args[i]});
  return all;
}

// Every reference that is known replaced; what is not known yet is no interpreter.
std::string filled(const std::string& text, const Lookup& lookup) {
  const Lookup lenient = [&](std::string_view reference) {
    return std::optional(lookup(reference).value_or(""));
  };
  return substitute(text, lenient, Quoting::Plain).value_or(text);
}

}  // namespace

std::vector<PastedReference> references_in_programs(const StepDefinition& step,
                                                    const Lookup& lookup) {
  std::vector<PastedReference> pasted;
  const auto add = [&](const std::string& field, const std::string& text, const char* where) {
    for (const std::string& reference : references_in(text))
      pasted.push_back({field, reference, where});
  };
  if (const auto* script = std::get_if<ScriptWork>(&step.work)) {
    add("script", script->script, "a script");
    return pasted;  // its arguments come after the script file
  }
  const std::vector<Argument> arguments = arguments_of(step);
  std::vector<std::string> values;
  for (const Argument& argument : arguments) values.push_back(filled(argument.text, lookup));
  for (const std::size_t i : program_texts(values))
    add(arguments[i].field, arguments[i].text, "program text");
  if (step.input && reads_program_from_stdin(values))
    add("stdin", *step.input, "the text of a program");
  return pasted;
}

}  // namespace bootstrap
