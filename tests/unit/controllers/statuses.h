#pragma once
// Statuses of runs in any state, for tests of what is made of them.

#include <string>
#include <vector>

#include "controllers/status_summary.h"

namespace bootstrap::testing_statuses {

using namespace std::chrono_literals;

inline const TimePoint kStart(1'700'000'000'000ms);
inline const TimePoint kNow = kStart + 90s;

inline StepRecord step(const char* name, StepState state, const char* reason = "",
                       const char* message = "") {
  StepRecord record;
  record.name = name;
  record.state = state;
  record.reason = reason;
  record.message = message;
  if (state == StepState::Pending) return record;
  record.attempts = 1;
  record.job = std::string("job-") + name;
  record.job_uid = std::string("uid-") + name;
  record.start = kStart;
  if (is_final(state)) record.completion = kStart + 30s;
  return record;
}

inline Status running(std::vector<PhaseRecord> phases) {
  Status status;
  status.run = 1;
  status.observed_generation = 3;
  status.start = kStart;
  status.phases = std::move(phases);
  return status;
}

inline Status running(std::vector<StepRecord> steps) {
  return running(std::vector<PhaseRecord>{{"p", PhaseState::Pending, {}, {}, std::move(steps)}});
}

// The plan of a status: its phases one after the other, and their steps as well.
inline Plan plan_of(const Status& status) {
  Plan p;
  std::set<PhaseIndex> rests_on;
  p.run = {"bootstrap", "full-setup", "uid-1", 1, kStart};
  p.parameters = {{"region", "us-east-1"}};
  for (const PhaseRecord& phase : status.phases) {
    for (const StepRecord& record : phase.steps) {
      PlanStep planned;
      planned.ref = {phase.name, record.name};
      planned.phase = p.phases.size();
      if (!p.steps.empty()) planned.after = {p.steps.size() - 1};
      p.steps.push_back(planned);
    }
    rests_on.insert(p.phases.size());
    p.phases.push_back({phase.name, RunsOn::Success, {}, {}, rests_on});
  }
  return p;
}

inline Status summarized(Status status) {
  summarize(status, plan_of(status), kNow);
  return status;
}

inline constexpr auto kPending = StepState::Pending;
inline constexpr auto kStarting = StepState::Starting;
inline constexpr auto kRunning = StepState::Running;
inline constexpr auto kEnding = StepState::Ending;
inline constexpr auto kBackoff = StepState::Backoff;
inline constexpr auto kSkipped = StepState::Skipped;
inline constexpr auto kSucceeded = StepState::Succeeded;
inline constexpr auto kFailed = StepState::Failed;

}  // namespace bootstrap::testing_statuses
