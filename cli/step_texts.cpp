#include "cli/step_texts.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controllers/limits.h"
#include "controllers/texts.h"

namespace bootstrap::cli {
namespace {

constexpr std::size_t kLongestWork = 72;  // bytes

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return cut(std::move(text), kLongestWork);
}

std::string compared(const std::string& what, Operator op, const std::vector<std::string>& values) {
  switch (op) {
    case Operator::In:
      return fmt::format("{} in [{}]", what, fmt::join(values, ", "));
    case Operator::NotIn:
      return fmt::format("{} not in [{}]", what, fmt::join(values, ", "));
    case Operator::Exists:
      return what + " is set";
    case Operator::DoesNotExist:
      break;
  }
  return what + " is not set";
}

std::string text_of(const ResourceQuery& query) {
  const std::string test = std::visit(
      Overloaded{
          [](const ExistsTest& t) { return std::string(t.exists ? "exists" : "does not exist"); },
          [](const ConditionTest& t) { return fmt::format("{} is {}", t.type, t.status); },
          [](const JsonPathTest& t) {
            return t.value ? fmt::format("{} is {}", t.path, *t.value) : t.path + " is there";
          }},
      query.test);
  return fmt::format("{}: {}", to_text(query.resource), test);
}

std::string text_of(const WhenEntry& entry) {
  return std::visit(
      Overloaded{
          [](const ParameterCondition& c) { return compared(c.param, c.op, c.values); },
          [](const OutputCondition& c) { return compared(to_path(c.output), c.op, c.values); },
          [](const PhaseCondition& c) {
            return fmt::format("phase {} {}", c.phase, fmt::join(c.states, " or "));
          },
          [](const ResultCondition& c) { return fmt::format("the run {}", c.result); },
          [](const ResourceCondition& c) { return text_of(c.query); }},
      entry);
}

std::string retry_text(const Retry& retry) {
  std::string text = fmt::format("{} attempt{}", retry.attempts, retry.attempts == 1 ? "" : "s");
  if (retry.attempts > 1 && retry.factor == 1)
    text += fmt::format(", {} apart", to_text(retry.delay));
  else if (retry.attempts > 1)
    text += fmt::format(", {} apart, then times {} up to {}", to_text(retry.delay), retry.factor,
                        to_text(retry.max_delay));
  if (!retry.fatal_exit_codes.empty())
    text += fmt::format(", none after exit code {}", fmt::join(retry.fatal_exit_codes, ", "));
  return text;
}

std::string with_args(std::string text, const std::vector<std::string>& args) {
  for (const std::string& arg : args) text += " " + (arg.empty() ? "\"\"" : arg);
  return one_line(std::move(text));
}

Duration default_timeout(const StepDefinition& step) {
  return std::holds_alternative<ChildWork>(step.work) ? limits::kLongestTimeout
                                                      : limits::kDefaultTimeout;
}

}  // namespace

std::string work_text(const StepDefinition& step) {
  return std::visit(
      Overloaded{[&](const ToolWork& w) { return with_args("tool " + w.tool, step.args); },
                 [&](const CommandWork& w) {
                   std::vector<std::string> all = w.command;
                   all.insert(all.end(), step.args.begin(), step.args.end());
                   return with_args("command", all);
                 },
                 [](const ScriptWork& w) {
                   const auto lines = std::ranges::count(w.script, '\n') +
                                      (w.script.empty() || w.script.back() == '\n' ? 0 : 1);
                   return fmt::format("script of {} line{}", lines, lines == 1 ? "" : "s");
                 },
                 [](const WaitWork& w) { return one_line("waits for " + text_of(w.query)); },
                 [](const AskWork& w) {
                   std::vector<std::string> names;
                   for (const Parameter& p : w.parameters) names.push_back(p.name);
                   return one_line(fmt::format("asks for {}", fmt::join(names, ", ")));
                 },
                 [](const ApproveWork& w) {
                   std::string text = "waits for approval";
                   if (!w.approvers.empty())
                     text += fmt::format(" by {}", fmt::join(w.approvers, " or "));
                   if (w.count > 1) text += fmt::format(", {} of them", w.count);
                   return one_line(text);
                 },
                 [](const ChildWork& w) { return "runs template " + w.template_name; }},
      step.work);
}

std::string when_text(const When& when) {
  std::vector<std::string> entries;
  for (const WhenEntry& entry : when) entries.push_back(text_of(entry));
  return fmt::format("{}", fmt::join(entries, " and "));
}

std::vector<std::string> terms_of(const StepDefinition& step) {
  std::vector<std::string> terms;
  if (!step.when.empty()) terms.push_back("when " + when_text(step.when));
  if (step.retry) terms.push_back(retry_text(*step.retry));
  if (step.timeout != default_timeout(step)) terms.push_back("at most " + to_text(step.timeout));
  if (step.continue_on_failure) terms.emplace_back("the run goes on when it fails");
  return terms;
}

}  // namespace bootstrap::cli
