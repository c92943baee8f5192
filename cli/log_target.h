#pragma once
// Whose log is meant, and which container of its pod has it. Pure functions.

#include <optional>
#include <string>

#include "cli/failure.h"
#include "cli/seen_workflow.h"
#include "controllers/views.h"

namespace bootstrap::cli {

struct LogTarget {
  StepRef step;
  int attempt = 1;
  bool operator==(const LogTarget&) const = default;
};

// `step`: "phase/step"; empty: that which runs, else the first that has failed. `attempt`: 0 is the
// newest. Refused when there is no such step or attempt, or when it has no pod.
Result<LogTarget> log_target(const SeenWorkflow&, const std::string& step, int attempt);

// The step that runs in a pod, the first of several. Empty: none does.
std::optional<LogTarget> running_target(const SeenWorkflow&);

inline constexpr const char* kToolContainer = "main";

// The tool's container; that which fetches its source, when it came no further.
std::string container_of(const PodView&);

}  // namespace bootstrap::cli
