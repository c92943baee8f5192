#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/drawings.h"
#include "cli/step_texts.h"

namespace bootstrap::cli {
namespace {

std::string counted(std::size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

class Tree {
 public:
  explicit Tree(const StepGraph& graph) : graph_(graph) {}

  std::string draw() {
    const auto is_finally = [](const GraphPhase& p) { return p.is_finally; };
    const auto first = std::ranges::find_if(graph_.phases, is_finally);
    const auto phases = static_cast<std::size_t>(first - graph_.phases.begin());
    text_ = fmt::format(
        "{}: {} in {}, {}{}\n", graph_.label, counted(graph_.steps.size(), "step"),
        counted(graph_.phases.size(), "phase"),
        graph_.order == Order::Graph ? "ordered by dependsOn" : "one phase after the other",
        graph_.timeout ? ", at most " + to_text(*graph_.timeout) : "");
    for (std::size_t i = 0; i < graph_.phases.size(); ++i) {
      text_ += '\n';
      if (i == phases) text_ += "finally, whatever came of the phases above:\n\n";
      draw_phase(graph_.phases[i], i < phases ? i + 1 : i - phases + 1);
    }
    return std::move(text_);
  }

 private:
  std::string order_of(const GraphPhase& phase) const {
    if (graph_.order != Order::Graph || phase.is_finally) return "";
    if (phase.after.empty()) return "from the start";
    std::vector<std::string> names;
    for (const std::size_t other : phase.after)
      names.push_back(graph_.phases[other].definition.name);
    return fmt::format("after {}", fmt::join(names, ", "));
  }

  void draw_phase(const GraphPhase& phase, std::size_t number) {
    const PhaseDefinition& definition = phase.definition;
    std::vector<std::string> terms;
    if (const std::string order = order_of(phase); !order.empty()) terms.push_back(order);
    if (definition.parallel) terms.emplace_back("steps in parallel");
    if (definition.timeout) terms.push_back("at most " + to_text(*definition.timeout));
    if (!definition.when.empty()) terms.push_back("when " + when_text(definition.when));
    text_ += fmt::format("{}. {}{}{}\n", number, definition.name,
                         definition.title.empty() ? "" : fmt::format(" \"{}\"", definition.title),
                         terms.empty() ? "" : fmt::format("  ({})", fmt::join(terms, "; ")));
    std::size_t width = 0;
    for (const StepIndex step : phase.steps)
      width = std::max(width, graph_.steps[step].definition.name.size());
    for (const StepIndex step : phase.steps) draw_step(step, step == phase.steps.back(), width);
  }

  void draw_step(StepIndex index, bool is_last, std::size_t width) {
    const StepDefinition& step = graph_.steps[index].definition;
    text_ += fmt::format("   {} {:<{}}  {}\n", is_last ? "└──" : "├──", step.name, width,
                         work_text(step));
    for (const std::string& term : terms_of(step))
      text_ += fmt::format("   {}   {:<{}}  {}\n", is_last ? " " : "│", "", width, term);
  }

  const StepGraph& graph_;
  std::string text_;
};

}  // namespace

std::string as_tree(const StepGraph& graph) {
  return Tree(graph).draw();
}

}  // namespace bootstrap::cli
