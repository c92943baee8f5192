#pragma once
// The transitions of a workflow, one a line: all there are on record, and those that are new since
// it was seen last.
//
// Pure functions.

#include <string>
#include <vector>

#include "cli/seen_workflow.h"

namespace bootstrap::cli {

// A table with a head: time, run, step, state, reason.
std::string history_text(const std::vector<HistoryEntry>&);

nlohmann::json history_json(const std::vector<HistoryEntry>&);

// Those of `now` that are not in `before`: the record has room for the newest only.
std::vector<HistoryEntry> new_entries(const std::vector<HistoryEntry>& before,
                                      const std::vector<HistoryEntry>& now);

// A line for each of the entries, which are the newest of this workflow, with its end:
//
//   2026-03-01T10:00:12Z cluster/new-cluster: Failed (ToolFailed): exit code 2: no such region
//
// Why is known of what the workflow and its steps are now; of what has passed since, its reason
// alone.
std::string transition_lines(const SeenWorkflow&, const std::vector<HistoryEntry>&);

}  // namespace bootstrap::cli
