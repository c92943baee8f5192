#pragma once
// The steps of a definition and what each comes after, as the plan of a run has them (plan.h),
// reduced to what a drawing needs: no edge that others imply.
//
// Pure values and functions.

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/definition.h"
#include "controllers/plan.h"

namespace bootstrap::cli {

struct GraphStep {
  StepDefinition definition;
  std::size_t phase = 0;
  std::set<StepIndex> after;
};

struct GraphPhase {
  PhaseDefinition definition;
  bool is_finally = false;  // it runs at the end, whatever came of the others
  std::vector<StepIndex> steps;
  std::set<std::size_t> after;  // phases; with Order::Graph only
};

struct StepGraph {
  std::string label;  // "BootstrapWorkflow/full-setup"
  Order order = Order::Sequential;
  std::optional<Duration> timeout;
  std::vector<GraphPhase> phases;  // as listed, those of finally last
  std::vector<GraphStep> steps;    // likewise
};

StepGraph step_graph(std::string label, const Definition&);

// `direct`: for each what it comes after; all of them are before it in the list. The result has the
// same order and as few edges as possible.
std::vector<std::set<std::size_t>> transitive_reduction(
    const std::vector<std::set<std::size_t>>& direct);

}  // namespace bootstrap::cli
