#pragma once
// A graph of steps as text: a tree for people, Mermaid and Graphviz for drawings. Phases of finally
// stand apart, and what they come after is drawn with dashes: they wait for its end, not for its
// success.
//
// Pure functions; the result ends with a line's end.

#include <string>

#include "cli/step_graph.h"

namespace bootstrap::cli {

std::string as_tree(const StepGraph&);
std::string as_mermaid(const StepGraph&);
std::string as_dot(const StepGraph&);

}  // namespace bootstrap::cli
