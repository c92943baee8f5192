#include "cli/gates.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/near_match.h"
#include "cli/short_message.h"
#include "controllers/ask_gate.h"
#include "controllers/attempt.h"

namespace bootstrap::cli {
namespace {

using nlohmann::json;

bool is_open(const StepRecord& step, GateKind kind) {
  if (step.state != StepState::Waiting) return false;
  return (step.reason == reasons::kWaitingForApproval) == (kind == GateKind::Approval);
}

std::vector<Gate> open_gates(const Status& status, GateKind kind) {
  std::vector<Gate> open;
  for (const PhaseRecord& phase : status.phases)
    for (const StepRecord& step : phase.steps)
      if (is_open(step, kind)) open.push_back({{phase.name, step.name}, &step});
  return open;
}

const char* wanted(GateKind kind) {
  return kind == GateKind::Approval ? "approval" : "answers";
}

// People wait for, in a workflow that a step runs; empty: none.
std::string in_children(const Status& status, const std::string& ns) {
  std::string text;
  for (const PhaseRecord& phase : status.phases)
    for (const StepRecord& step : phase.steps)
      if (step.reason == reasons::kChildWaiting)
        text += fmt::format(
            "\n  {} runs workflow {}, which waits for people: kubectl bootstrap "
            "status {} -n {}",
            to_text(StepRef{phase.name, step.name}), step.child, step.child, ns);
  return text;
}

std::string listed(const SeenWorkflow& workflow, const std::vector<Gate>& open) {
  std::string text;
  for (const Gate& gate : open)
    text += fmt::format("\n  {} {}", to_text(gate.step), without_command(gate.record->message));
  return text + in_children(workflow.status, workflow.meta.ns);
}

tl::unexpected<Failure> none_open(const SeenWorkflow& workflow, GateKind kind) {
  return refused(fmt::format("no step waits for {}; it is {}: {}{}", wanted(kind),
                             state_text(workflow.status), without_command(workflow.status.message),
                             in_children(workflow.status, workflow.meta.ns)));
}

tl::unexpected<Failure> not_open(const SeenWorkflow& workflow, GateKind kind,
                                 const std::string& step, const std::vector<Gate>& open) {
  const auto ref = step_ref(step);
  const StepRecord* record = ref ? find_step(workflow.status, *ref) : nullptr;
  std::string text;
  if (record == nullptr) {
    const std::string near = nearest(step, step_names(workflow.status));
    text = fmt::format("there is no step {}{}", step,
                       near.empty() ? "" : fmt::format("; did you mean {}?", near));
  } else {
    text = fmt::format("{} does not wait for {}: it is {}", step, wanted(kind),
                       to_text(record->state));
  }
  text += open.empty() ? fmt::format("; no step waits for {}", wanted(kind)) : "; these do:";
  return refused(text + listed(workflow, open));
}

json list_in(const SeenWorkflow& workflow, const char* field) {
  const json& list = workflow.spec(field);
  return list.is_array() ? list : json::array();
}

// Names of what is asked for.
std::vector<std::string> names_in(const AskWork& ask) {
  std::vector<std::string> names;
  for (const Parameter& p : ask.parameters) names.push_back(p.name);
  return names;
}

Result<void> check_answers(const Gate& gate, const GivenAnswers& answers, const AskWork& ask) {
  std::vector<std::string> wrong;
  for (const GivenAnswer& answer : answers) {
    const auto asked = std::ranges::find(ask.parameters, answer.name, &Parameter::name);
    if (asked == ask.parameters.end()) {
      const std::string near = nearest(answer.name, names_in(ask));
      wrong.push_back(fmt::format("{} is not asked for; {}", answer.name,
                                  near.empty() ? fmt::format("{} asks for {}", to_text(gate.step),
                                                             fmt::join(names_in(ask), ", "))
                                               : fmt::format("did you mean {}?", near)));
    } else if (const std::string why = why_refused(*asked, answer.value); !why.empty()) {
      wrong.push_back(fmt::format("{} {}", answer.name, why));
    }
  }
  if (wrong.empty()) return {};
  return refused(fmt::format("{}", fmt::join(wrong, "; ")));
}

}  // namespace

Result<Gate> find_gate(const SeenWorkflow& workflow, GateKind kind, const std::string& step) {
  const std::vector<Gate> open = open_gates(workflow.status, kind);
  if (!step.empty()) {
    for (const Gate& gate : open)
      if (to_text(gate.step) == step) return gate;
    return not_open(workflow, kind, step, open);
  }
  if (open.empty()) return none_open(workflow, kind);
  if (open.size() == 1) return open.front();
  return refused(fmt::format("several steps wait for {}: name one of them:{}", wanted(kind),
                             listed(workflow, open)));
}

Result<Change> decision_change(const SeenWorkflow& workflow, const Gate& gate,
                               const Decision& decision, const ApproveWork* approve) {
  const std::string step = to_text(gate.step);
  if (approve != nullptr && !approve->approvers.empty() &&
      std::ranges::find(approve->approvers, decision.by) == approve->approvers.end())
    return refused(fmt::format("{} is to be decided by {}; you are {}", step,
                               fmt::join(approve->approvers, " or "), decision.by));
  const char* word = decision.approves ? "Approve" : "Reject";
  json entry{{"step", step}, {"run", workflow.status.run}, {"by", decision.by}, {"decision", word}};
  if (!decision.comment.empty()) entry["comment"] = decision.comment;
  json all = list_in(workflow, "approvals");
  const auto mine = std::ranges::find_if(all, [&](const json& one) {
    return one.value("step", "") == step && one.value("run", 0) == workflow.status.run &&
           one.value("by", "") == decision.by;
  });
  const std::string done =
      fmt::format("{} {} by {}, run {}", step, decision.approves ? "approved" : "rejected",
                  decision.by, workflow.status.run);
  if (mine != all.end() && mine->value("decision", "") == word &&
      (decision.comment.empty() || mine->value("comment", "") == decision.comment))
    return Change{{}, done + ", as it was already"};
  if (mine == all.end())
    all.push_back(std::move(entry));
  else
    *mine = std::move(entry);
  return Change{{{"approvals", std::move(all)}}, done};
}

Result<Change> answer_change(const SeenWorkflow& workflow, const Gate& gate,
                             const GivenAnswers& answers, const AskWork* ask) {
  if (ask != nullptr)
    if (const auto right = check_answers(gate, answers, *ask); !right)
      return tl::unexpected(right.error());
  const json before = list_in(workflow, "answers");
  json all = before;
  std::vector<std::string> said;
  for (const GivenAnswer& answer : answers) {
    json entry{{"name", answer.name}, {"value", answer.value}};
    const auto there = std::ranges::find_if(
        all, [&](const json& one) { return one.value("name", "") == answer.name; });
    if (there == all.end())
      all.push_back(std::move(entry));
    else
      *there = std::move(entry);
    said.push_back(fmt::format("{} is {}", answer.name, answer.value));
  }
  Change change;
  change.message = fmt::format("{} answered: {}", to_text(gate.step), fmt::join(said, ", "));
  if (all == before)
    change.message += ", as it was already";
  else
    change.spec["answers"] = std::move(all);
  return change;
}

tl::expected<GivenAnswer, std::string> answer_from(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return tl::unexpected(fmt::format("{}: is no answer: NAME=VALUE", text));
  return GivenAnswer{text.substr(0, equals), text.substr(equals + 1)};
}

}  // namespace bootstrap::cli
