#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/drawings.h"
#include "cli/step_texts.h"

namespace bootstrap::cli {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const StepDefinition& step) {
  Lines lines{step.name, work_text(step)};
  for (std::string& term : terms_of(step)) lines.push_back(std::move(term));
  return lines;
}

Lines lines_of(const GraphPhase& phase) {
  const PhaseDefinition& definition = phase.definition;
  Lines lines{definition.title.empty() ? definition.name
                                       : fmt::format("{}: {}", definition.name, definition.title)};
  if (definition.parallel) lines.emplace_back("in parallel");
  if (definition.timeout) lines.push_back("at most " + to_text(*definition.timeout));
  if (!definition.when.empty()) lines.push_back("when " + when_text(definition.when));
  return lines;
}

// `escape`: of one character; `end`: between lines.
template <class Escape>
std::string quoted(const Lines& lines, std::string_view end, Escape&& escape) {
  std::string text = "\"";
  for (const std::string& line : lines) {
    if (&line != &lines.front()) text += end;
    for (const char c : line) text += escape(c);
  }
  return text + '"';
}

std::string in_mermaid(const Lines& lines) {
  return quoted(lines, "<br/>", [](char c) -> std::string {
    switch (c) {
      case '"':
        return "#quot;";
      case '<':
        return "#lt;";
      case '>':
        return "#gt;";
      case '&':
        return "#amp;";
      case '#':
        return "#35;";
      case '`':  // begins Markdown
        return "#96;";
      default:
        return {c};
    }
  });
}

std::string in_dot(const Lines& lines) {
  return quoted(lines, "\\n", [](char c) -> std::string {
    return c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
  });
}

// A drawing with a box for each phase, one around those of finally, and then the edges.
struct Language {
  std::string (*begin_box)(const std::string& id, const Lines&);
  const char* end_box;
  std::string (*step)(StepIndex, const Lines&);
  std::string (*edge)(StepIndex from, StepIndex to, bool is_dashed);
};

void draw_phase(const StepGraph& graph, std::size_t index, const std::string& indent,
                const Language& in, std::string& text) {
  const GraphPhase& phase = graph.phases[index];
  text += fmt::format("{}{}\n", indent, in.begin_box(fmt::format("p{}", index), lines_of(phase)));
  for (const StepIndex step : phase.steps)
    text += fmt::format("{}  {}\n", indent, in.step(step, lines_of(graph.steps[step].definition)));
  text += fmt::format("{}{}\n", indent, in.end_box);
}

std::string body(const StepGraph& graph, const Language& in) {
  std::string text;
  bool has_finally = false;
  for (std::size_t i = 0; i < graph.phases.size(); ++i) {
    const bool is_finally = graph.phases[i].is_finally;
    if (is_finally && !has_finally)
      text += fmt::format("  {}\n", in.begin_box("finally", {"finally"}));
    has_finally = is_finally;
    draw_phase(graph, i, is_finally ? "    " : "  ", in, text);
  }
  if (has_finally) text += fmt::format("  {}\n", in.end_box);
  for (StepIndex to = 0; to < graph.steps.size(); ++to)
    for (const StepIndex from : graph.steps[to].after) {
      const bool is_dashed = graph.phases[graph.steps[to].phase].is_finally &&
                             !graph.phases[graph.steps[from].phase].is_finally;
      text += fmt::format("  {}\n", in.edge(from, to, is_dashed));
    }
  return text;
}

}  // namespace

std::string as_mermaid(const StepGraph& graph) {
  const Language mermaid{[](const std::string& id, const Lines& lines) {
                           return fmt::format("subgraph {}[{}]", id, in_mermaid(lines));
                         },
                         "end",
                         [](StepIndex step, const Lines& lines) {
                           return fmt::format("s{}[{}]", step, in_mermaid(lines));
                         },
                         [](StepIndex from, StepIndex to, bool is_dashed) {
                           return fmt::format("s{} {} s{}", from, is_dashed ? "-.->" : "-->", to);
                         }};
  return fmt::format("---\ntitle: {}\n---\nflowchart TD\n{}", in_dot({graph.label}),
                     body(graph, mermaid));
}

std::string as_dot(const StepGraph& graph) {
  const Language dot{[](const std::string& id, const Lines& lines) {
                       return fmt::format("subgraph cluster_{} {{ label={};", id, in_dot(lines));
                     },
                     "}",
                     [](StepIndex step, const Lines& lines) {
                       return fmt::format("s{} [label={}];", step, in_dot(lines));
                     },
                     [](StepIndex from, StepIndex to, bool is_dashed) {
                       return fmt::format("s{} -> s{}{};", from, to,
                                          is_dashed ? " [style=dashed]" : "");
                     }};
  return fmt::format("digraph {0} {{\n  label={0};\n  node [shape=box, style=rounded];\n{1}}}\n",
                     in_dot({graph.label}), body(graph, dot));
}

}  // namespace bootstrap::cli
