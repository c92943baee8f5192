#include "cli/step_graph.h"

#include <algorithm>

namespace bootstrap::cli {
namespace {

using Edges = std::vector<std::set<std::size_t>>;

Edges edges_of(const std::vector<PlanStep>& steps) {
  Edges direct(steps.size());
  for (StepIndex i = 0; i < steps.size(); ++i) {
    direct[i].insert(steps[i].after.begin(), steps[i].after.end());
    direct[i].insert(steps[i].after_end.begin(), steps[i].after_end.end());
  }
  return direct;
}

// Of dependsOn. Only phases listed before count, as in the plan.
Edges edges_of(const std::vector<GraphPhase>& phases) {
  Edges direct(phases.size());
  for (std::size_t i = 0; i < phases.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (!phases[i].is_finally &&
          std::ranges::count(phases[i].definition.depends_on, phases[j].definition.name) > 0)
        direct[i].insert(j);
  return direct;
}

}  // namespace

Edges transitive_reduction(const Edges& direct) {
  Edges before(direct.size());
  Edges reduced(direct.size());
  for (std::size_t i = 0; i < direct.size(); ++i) {
    for (const std::size_t one : direct[i]) {
      before[i].insert(one);
      before[i].insert(before[one].begin(), before[one].end());
    }
    for (const std::size_t one : direct[i])
      if (std::ranges::none_of(direct[i],
                               [&](std::size_t other) { return before[other].contains(one); }))
        reduced[i].insert(one);
  }
  return reduced;
}

StepGraph step_graph(std::string label, const Definition& definition) {
  StepGraph graph{std::move(label), definition.order, definition.timeout, {}, {}};
  for (const PhaseDefinition& phase : definition.phases)
    graph.phases.push_back({phase, false, {}, {}});
  for (const PhaseDefinition& phase : definition.finally)
    graph.phases.push_back({phase, true, {}, {}});

  const std::vector<PlanStep> planned = flatten(definition);
  const Edges steps = transitive_reduction(edges_of(planned));
  for (StepIndex i = 0; i < planned.size(); ++i) {
    graph.steps.push_back({planned[i].definition, planned[i].phase, steps[i]});
    graph.phases[planned[i].phase].steps.push_back(i);
  }
  if (graph.order == Order::Graph) {
    const Edges phases = transitive_reduction(edges_of(graph.phases));
    for (std::size_t i = 0; i < phases.size(); ++i) graph.phases[i].after = phases[i];
  }
  return graph;
}

}  // namespace bootstrap::cli
