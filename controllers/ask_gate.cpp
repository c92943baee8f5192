#include "controllers/ask_gate.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controllers/answers.h"
#include "controllers/ask_message.h"
#include "controllers/ask_spec.h"
#include "controllers/limits.h"
#include "controllers/texts.h"

namespace bootstrap {
namespace {

constexpr std::size_t kQuoted = 64;  // bytes of an answer in a message

std::string quoted(const std::string& value) {
  return fmt::format("\"{}\"", cut(value, kQuoted));
}

}  // namespace

std::string why_refused(const Parameter& p, const std::string& value) {
  if (p.required && value.empty()) return "must not be empty";
  if (value == placeholder(p.name))
    return fmt::format("must be a value in place of {}", quoted(value));
  if (!p.allowed.empty() && std::ranges::find(p.allowed, value) == p.allowed.end())
    return fmt::format("must be one of {}, not {}", fmt::join(p.allowed, ", "), quoted(value));
  if (!p.pattern.empty() && !matches_whole(value, p.pattern).value_or(true))
    return fmt::format("must match {}, not be {}", p.pattern, quoted(value));
  return "";
}

namespace {

class AskGate {
 public:
  AskGate(const Plan& plan, const PlanStep& step, const AskWork& ask, const StepRecord& record,
          const GivenAnswers& answers)
      : plan_(plan), step_(step), ask_(ask), record_(record), answers_(answers) {}

  GateFinding find() {
    for (const Parameter& p : ask_.parameters) look_at(p);
    Outputs all = found_.given;
    for (const Parameter& p : ask_.parameters)
      if (p.default_value) all.emplace(p.name, *p.default_value);
    if (stored_size(all) > limits::kOutputs) refuse_all(stored_size(all));
    if (open_.empty()) {
      found_.open = true;
      found_.given = std::move(all);
      return std::move(found_);
    }
    const bool refused =
        std::ranges::any_of(open_, [](const auto& q) { return !q.refused.empty(); });
    found_.reason = refused ? reasons::kAnswerRefused : reasons::kWaitingForAnswers;
    found_.missing = missing_text(open_);
    found_.message =
        question_message(open_, answers_, plan_.run, note(), longest_gate_message(step_.ref));
    return std::move(found_);
  }

 private:
  void look_at(const Parameter& p) {
    const auto recorded = record_.outputs.find(p.name);
    if (recorded != record_.outputs.end()) found_.given.insert(*recorded);
    const auto answer = std::ranges::find(answers_, p.name, &GivenAnswer::name);
    if (answer == answers_.end()) {
      if (p.required && recorded == record_.outputs.end()) open_.push_back({&p, ""});
    } else if (std::string why = why_refused(p, answer->value); !why.empty()) {
      open_.push_back({&p, std::move(why)});
    } else {
      found_.given.insert_or_assign(p.name, answer->value);
    }
  }

  // Each alone would do, all together are too long: those in the spec are to be shorter.
  void refuse_all(std::size_t size) {
    found_.given = record_.outputs;
    open_.clear();
    for (const Parameter& p : ask_.parameters)
      if (std::ranges::find(answers_, p.name, &GivenAnswer::name) != answers_.end())
        open_.push_back({&p, fmt::format("must be shorter: all answers of the step have {} bytes, "
                                         "{} are allowed",
                                         size, limits::kOutputs)});
  }

  // An answer to no question is most likely a slip in its name.
  std::string note() const {
    const AskedParameters asked = asked_parameters(plan_.steps);
    const auto stray = std::ranges::find_if(
        answers_, [&](const GivenAnswer& answer) { return !asked.contains(answer.name); });
    return stray == answers_.end()
               ? ""
               : fmt::format("{} is answered, but nobody asks for it", quoted(stray->name));
  }

  const Plan& plan_;
  const PlanStep& step_;
  const AskWork& ask_;
  const StepRecord& record_;
  const GivenAnswers& answers_;
  GateFinding found_;
  std::vector<OpenQuestion> open_;
};

}  // namespace

GateFinding ask_gate(const Plan& plan, const PlanStep& step, const AskWork& ask,
                     const StepRecord& record, const GivenAnswers& answers) {
  return AskGate(plan, step, ask, record, answers).find();
}

}  // namespace bootstrap
