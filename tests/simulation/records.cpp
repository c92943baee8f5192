#include "tests/simulation/records.h"

#include <charconv>

#include "controllers/names.h"

namespace bootstrap::simulation {

Json phase_record(const Json& status, const std::string& name) {
  for (const auto& phase : status.value("phases", Json::array()))
    if (phase["name"] == name) return phase;
  return Json::object();
}

Json step_record(const Json& status, const StepRef& ref) {
  for (const auto& step : phase_record(status, ref.phase).value("steps", Json::array()))
    if (step["name"] == ref.step) return step;
  return Json::object();
}

int former_attempts(const Json& record) {
  return record.value("formerAttempts", 0);
}

int attempts_in_run(const Json& record) {
  return record.value("attempts", 0) - former_attempts(record);
}

bool is_final(const std::string& state) {
  return state == "Succeeded" || state == "Failed" || state == "Cancelled";
}

bool is_final_step(const std::string& state) {
  return is_final(state) || state == "Skipped";
}

bool was_ended(const Json& record) {
  const std::string reason = record.value("reason", "");
  return reason == "PhaseTimedOut" || reason == "WorkflowTimedOut";
}

bool says_cancelled(const Json& status) {
  if (status.value("state", "") == "Cancelled") return true;
  for (const auto& phase : status.value("phases", Json::array()))
    for (const auto& step : phase.value("steps", Json::array()))
      if (step.value("state", "") == "Cancelled") return true;
  return false;
}

bool is_failure(const OutlineStep& step, const Json& record) {
  return record.value("state", "") == "Failed" && (!step.tolerated || was_ended(record));
}

AttemptName attempt_name(const Json& object) {
  const Json labels = object["metadata"].value("labels", Json::object());
  AttemptName name{labels.value(labels::kWorkflowUid, ""), labels.value(labels::kPhase, ""),
                   labels.value(labels::kStep, ""), 0};
  const std::string attempt = labels.value(labels::kAttempt, "0");
  std::from_chars(attempt.data(), attempt.data() + attempt.size(), name.attempt);
  return name;
}

}  // namespace bootstrap::simulation
