#include "controllers/lineage.h"

#include <fmt/format.h>

#include "controllers/child_workflow.h"

namespace bootstrap {
namespace {

constexpr std::string_view kWithin = "within.bootstrap.openshift.io/";

}  // namespace

std::map<std::string, std::string> lineage_labels(const ObjectMeta& workflow) {
  if (!is_child(workflow))
    return {{labels::kRoot, workflow.name}, {labels::kRootUid, workflow.uid}};
  std::map<std::string, std::string> lineage{{label_within(workflow.uid), "true"}};
  for (const auto& [key, value] : workflow.labels)
    if (key == labels::kRoot || key == labels::kRootUid || key.starts_with(kWithin) ||
        key.starts_with(labels::kLockPrefix))
      lineage.emplace(key, value);
  return lineage;
}

std::map<std::string, std::string> labels_of_attempt(const ObjectMeta& workflow,
                                                     const StepRef& step, int attempt, int run,
                                                     const std::string& lock) {
  std::map<std::string, std::string> all = lineage_labels(workflow);
  all.insert({{labels::kManagedBy, labels::kManagedByValue},
              {labels::kWorkflow, workflow.name},
              {labels::kWorkflowUid, workflow.uid},
              {labels::kPhase, step.phase},
              {labels::kStep, step.step},
              {labels::kAttempt, std::to_string(attempt)},
              {labels::kRun, std::to_string(run)}});
  if (!lock.empty()) all.emplace(label_of_lock(lock), "true");
  return all;
}

std::string label_within(std::string_view uid) {
  return fmt::format("{}{}", kWithin, uid);
}

}  // namespace bootstrap
