#pragma once
// How a workflow stands, as text for people: a line on the whole, its message, and a row for each
// phase and step, with the reason of what fails or waits under it.
//
//   full-setup: Running, 2/6 33%, run 1, 14m10s
//   cluster/new-cluster is running
//
//   infrastructure   Succeeded            8s
//   └── bootstrap    Succeeded  1         8s
//   cluster          Running             12s
//   └── new-cluster  Running    2         3s
//
// Pure functions; the result ends with a line's end.

#include <cstddef>
#include <string>
#include <vector>

#include "cli/seen_workflow.h"
#include "controllers/time.h"

namespace bootstrap::cli {

struct StatusLook {
  std::size_t width = 0;   // columns, to which texts are wrapped; 0: they are not
  bool is_short = false;   // phases of which there is nothing to say are one row
  std::string log_step{};  // "phase/step" under which the log line is shown
  std::string log_line{};  // the newest; empty: none
};

std::string status_text(const SeenWorkflow&, TimePoint now, const StatusLook& = {});

// A table: name, state, progress, current step, duration.
std::string list_text(const std::vector<SeenWorkflow>&, bool with_namespace, TimePoint now);

}  // namespace bootstrap::cli
