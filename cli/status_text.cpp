#include "cli/status_text.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/short_message.h"
#include "cli/text_table.h"
#include "controllers/eta.h"

namespace bootstrap::cli {
namespace {

using nlohmann::json;

// Clocks of two machines differ.
std::string between(TimePoint start, TimePoint end) {
  return to_text(std::max(end - start, Duration(0)));
}

// Empty: it has not begun.
std::string duration_of(const Status& status, TimePoint now) {
  if (!status.duration.empty()) return status.duration;
  return status.start ? between(*status.start, status.completion.value_or(now)) : "";
}

// What the status says, as of now.
std::string eta_text(const Status& status, TimePoint now) {
  if (!status.estimated_end || status.completion) return "";
  const TimePoint end = *status.estimated_end;
  if (end < now) return ", should have been done at " + clock_text(end, now);
  return fmt::format(", done in about {} ({})", rough_text(end - now), clock_text(end, now));
}

std::string first_line(const SeenWorkflow& workflow, TimePoint now) {
  const Status& status = workflow.status;
  std::string line = fmt::format("{}: {}", workflow.meta.name, state_text(status));
  if (status.progress && !status.progress->text.empty()) line += ", " + status.progress->text;
  if (status.run > 0) line += fmt::format(", run {}", status.run);
  if (const std::string took = duration_of(status, now); !took.empty()) line += ", " + took;
  return line + eta_text(status, now);
}

// Empty: it is that of a step, under which it stands.
std::string message_of(const SeenWorkflow& workflow) {
  const Status& status = workflow.status;
  for (const PhaseRecord& phase : status.phases)
    for (const StepRecord& step : phase.steps)
      if (!step.message.empty() &&
          status.message == to_text(StepRef{phase.name, step.name}) + " " + step.message)
        return "";
  return with_short_command(status.message, workflow.meta.ns, workflow.meta.name);
}

// What nodes have used, and that one uses too much.
std::vector<std::string> about_nodes(const Status& status) {
  std::vector<std::string> lines;
  const Condition* pressure = find_condition(status, kResourcePressure);
  if (pressure != nullptr && pressure->status == "True")
    lines.push_back("warning: " + pressure->message);
  std::vector<std::string> peaks;
  const auto add = [&](const char* what, const std::optional<Peak>& peak) {
    if (peak) peaks.push_back(fmt::format("{} {} % on {}", what, peak->percent, peak->node));
  };
  add("memory", status.resources.memory);
  add("CPU", status.resources.cpu);
  add("disk", status.resources.disk);
  if (!peaks.empty()) lines.push_back(fmt::format("nodes used up to: {}", fmt::join(peaks, ", ")));
  return lines;
}

class Tree {
 public:
  Tree(const SeenWorkflow& workflow, TimePoint now, const StatusLook& look)
      : workflow_(workflow), now_(now), look_(look) {}

  std::string draw() {
    for (const PhaseRecord& phase : workflow_.status.phases) {
      table_.add({phase.name, to_text(phase.state), "", duration(phase.start, phase.completion)});
      if (look_.is_short && is_quiet(phase)) continue;
      for (const StepRecord& step : phase.steps)
        draw_step(phase, step, &step == &phase.steps.back());
    }
    return table_.text();
  }

 private:
  static bool is_quiet(const PhaseRecord& phase) {
    const bool is_still = phase.state == PhaseState::Succeeded ||
                          phase.state == PhaseState::Pending ||
                          phase.state == PhaseState::Skipped || phase.state == PhaseState::Removed;
    return is_still && std::ranges::all_of(phase.steps, [](const StepRecord& step) {
             return is_final(step.state) || step.message.empty();
           });
  }

  std::string duration(const std::optional<TimePoint>& start,
                       const std::optional<TimePoint>& end) const {
    return start ? between(*start, end.value_or(now_)) : "";
  }

  std::string expected(const StepRecord& step) const {
    if (!step.expected || !step.start || is_final(step.state)) return "";
    const auto overdue = overdue_at(step);
    return fmt::format(" of about {}{}", rough_text(*step.expected),
                       overdue && *overdue <= now_ ? ", overdue" : "");
  }

  static std::string attempt(const StepRecord& step) {
    return step.attempts > 0 ? std::to_string(step.attempts) : "";
  }

  void draw_step(const PhaseRecord& phase, const StepRecord& step, bool is_last) {
    table_.add({fmt::format("{} {}", is_last ? "└──" : "├──", step.name), to_text(step.state),
                attempt(step), duration(step.start, step.completion) + expected(step)});
    const std::string indent = is_last ? "      " : "│     ";
    const std::string name = to_text(StepRef{phase.name, step.name});
    for (const std::string& text : notes(step, name)) say(indent, text);
    if (name == look_.log_step && !look_.log_line.empty())
      table_.add_line(indent + "> " + look_.log_line);
  }

  // Why it is not simply well.
  std::vector<std::string> notes(const StepRecord& step, const std::string& name) const {
    std::vector<std::string> texts;
    if (!step.message.empty() || !step.reason.empty()) {
      std::string text = step.reason;
      if (!text.empty() && !step.message.empty()) text += ": ";
      texts.push_back(
          text + with_short_command(step.message, workflow_.meta.ns, workflow_.meta.name, name));
    }
    if (step.next_retry && step.state == StepState::Backoff)
      texts.push_back("the next attempt comes in " + between(now_, *step.next_retry));
    if (!step.last_failure.empty() && !is_final(step.state))
      texts.push_back("the attempt before failed with " + step.last_failure);
    return texts;
  }

  void say(const std::string& indent, const std::string& text) {
    constexpr std::size_t kNarrowest = 20;
    const std::size_t used = characters(indent);
    const std::size_t width =
        look_.width == 0 ? 0 : std::max(look_.width, used + kNarrowest) - used;
    for (const std::string& line : wrapped(text, width)) table_.add_line(indent + line);
  }

  const SeenWorkflow& workflow_;
  TimePoint now_;
  const StatusLook& look_;
  TextTable table_;
};

}  // namespace

std::string status_text(const SeenWorkflow& workflow, TimePoint now, const StatusLook& look) {
  std::string text = first_line(workflow, now) + "\n";
  const auto say = [&](const std::string& what) {
    for (const std::string& line : wrapped(what, look.width)) text += line + "\n";
  };
  say(message_of(workflow));
  if (const Condition* said = find_condition(workflow.status, kResumeAccepted))
    say("resume: " + said->message);
  for (const std::string& line : about_nodes(workflow.status)) say(line);
  const std::string tree = Tree(workflow, now, look).draw();
  return tree.empty() ? text : text + "\n" + tree;
}

std::string list_text(const std::vector<SeenWorkflow>& all, bool with_namespace, TimePoint now) {
  TextTable table;
  Row head{"NAME", "STATUS", "PROGRESS", "CURRENT", "DURATION"};
  if (with_namespace) head.insert(head.begin(), "NAMESPACE");
  table.add(std::move(head));
  for (const SeenWorkflow& one : all) {
    const Progress progress = one.status.progress.value_or(Progress{});
    Row row{one.meta.name, state_text(one.status), progress.text, progress.current,
            duration_of(one.status, now)};
    if (with_namespace) row.insert(row.begin(), one.meta.ns);
    table.add(std::move(row));
  }
  return table.text();
}

}  // namespace bootstrap::cli
