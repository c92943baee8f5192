#pragma once
// What a user sees of a workflow, as kubectl prints it.

#include <string>
#include <vector>

#include "tests/integration/cluster.h"

namespace bootstrap::testing {

// `kubectl get bwf`, `… -o wide` and `kubectl describe bwf`, each under its command line.
std::string user_view(Cluster& cluster, const std::string& ns, const std::string& workflow);

// What `kubectl get bwf -o wide` shows in the end, against golden/ends/WORKFLOW[-HOW].txt.
void expect_end(Cluster& cluster, const std::string& ns, const std::string& workflow,
                const std::string& how = "");

// The log of a step's newest attempt.
std::string log_of(Cluster& cluster, const std::string& ns, const std::string& workflow,
                   const std::string& phase, const std::string& step);

// Reasons of the Events about a workflow, sorted.
std::vector<std::string> event_reasons(Cluster& cluster, const std::string& ns,
                                       const std::string& workflow);

}  // namespace bootstrap::testing
