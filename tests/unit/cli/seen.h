#pragma once
// Workflows as the API server would have them, for tests: made of YAML-like JSON text.

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/seen_workflow.h"

namespace bootstrap::cli::testing {

// Of a workflow "w" in namespace "ns", generation 1, with this spec and status.
inline SeenWorkflow seen(const std::string& status, const std::string& spec = "{}",
                         const std::string& more_metadata = "{}") {
  nlohmann::json metadata{{"name", "w"},
                          {"namespace", "ns"},
                          {"uid", "u"},
                          {"resourceVersion", "7"},
                          {"generation", 1}};
  metadata.update(nlohmann::json::parse(more_metadata));
  const auto workflow = seen_workflow({{"metadata", metadata},
                                       {"spec", nlohmann::json::parse(spec)},
                                       {"status", nlohmann::json::parse(status)}});
  EXPECT_TRUE(workflow) << workflow.error();
  return workflow.value_or(SeenWorkflow{});
}

}  // namespace bootstrap::cli::testing
