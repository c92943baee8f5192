// What is kept of what happens, for the truths to be told by.
#include "tests/simulation/known.h"

#include <algorithm>

#include "tests/simulation/attempts_truth.h"
#include "tests/simulation/backoff_truth.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/stop_truth.h"

namespace bootstrap::simulation {

using namespace std::chrono_literals;

std::vector<const PodRun*> runs_of(const Nodes& nodes, const std::string& uid, const StepRef& ref) {
  std::vector<const PodRun*> runs;
  for (const PodRun& run : nodes.runs())
    if (run.attempt.workflow_uid == uid && run.attempt.phase == ref.phase &&
        run.attempt.step == ref.step)
      runs.push_back(&run);
  return runs;
}

void Invariants::note_launch(Known& known, const AttemptName& name, const std::string& uid) {
  const TimePoint now = nodes_.now();
  known.launches.try_emplace(name, Launch{now, uid, is_exempt(name), server_.sender().process});
  known.phase_begins.try_emplace(name.phase, now);
}

void Invariants::note_status(Known& known, const Json& after) {
  known.newest = nodes_.now();
  const auto since = from_rfc3339(after.value("pausedSince", ""));
  // Of two pauses in one second both are known: the first one is over.
  const bool paused = !known.pauses.empty() && !known.pauses.back().to;
  if (paused && since == known.pauses.back().from) return;
  if (paused) known.pauses.back().to = known.newest;
  if (since) known.pauses.push_back({*since, {}});
}

// A status was not written: what was launched for it is not on record.
void Invariants::note_unwritten(const std::string& workflow) {
  for (auto& [uid, known] : known_) {
    if (known.name != workflow || known.deleted) continue;
    for (auto& [name, launch] : known.launches)
      if (step_record(known.status, {name.phase, name.step}).value("attempts", 0) < name.attempt)
        launch.unwritten = true;
  }
}

void Invariants::note_result(Known& known, const std::string& uid, const OutlineStep& step,
                             const Json& before, const Json& after) {
  const std::string state = after.value("state", "");
  const auto start = from_rfc3339(after.value("startTime", ""));
  if (start && *start >= known.run_start && !step.has_job())
    known.phase_begins.try_emplace(step.ref.phase, *start);
  // A child that is resumed has its time before it.
  const auto child =
      known.launches.find({uid, step.ref.phase, step.ref.step, after.value("attempts", 0)});
  if (step.child && start && child != known.launches.end() &&
      before.value("state", "") == "Pending")
    child->second.at = std::max(child->second.at, *start);
  if (is_final_step(state)) known.over.try_emplace(step.ref, known.newest);
  if (state != "Backoff" && state != "Failed") return;
  const AttemptName name{uid, step.ref.phase, step.ref.step, after.value("attempts", 0)};
  if (before.value("state", "") == "Backoff" && before.value("attempts", 0) == name.attempt) return;
  const auto [failed, is_new] =
      known.failures.try_emplace(name, FailedAttempt{after, known.newest});
  if (!is_new || name.attempt == 0 || is_exempt(name)) return;
  check_failure(known, nodes_, name, failed->second, complain());
  check_next_retry(known, nodes_, name, failed->second, complain());
}

// --- what is told to end ---

void Invariants::on_stop(const AttemptName& name, const std::string& reason) {
  const auto known = known_.find(name.workflow_uid);
  if (known == known_.end() || known->second.deleted) return;
  const auto launch = known->second.launches.find(name);
  if (launch == known->second.launches.end() || launch->second.stopped) return;
  launch->second.stopped = nodes_.now();
  launch->second.stop_reason = reason;
  if (is_overtaken(known->second)) launch->second.late = true;  // it may take it for lost
  // A cancel that was taken back meanwhile takes effect all the same.
  if (server_.sender().late && known->second.ever_cancelled && reason.empty())
    known->second.cancelled = true;
  if (!launch->second.late)
    check_stop(known->second, name, reason, *launch->second.stopped, complain());
}

void Invariants::on_stopped_job(const Change& change) {
  const auto is_suspended = [](const Json& job) {
    return job.value("/spec/suspend"_json_pointer, false);
  };
  if (is_suspended(*change.object) && !is_suspended(*change.before))
    on_stop(attempt_name(*change.object),
            change.object->value("/metadata/annotations"_json_pointer, Json::object())
                .value(annotations::kStopReason, ""));
}

void Invariants::on_cancelled_child(const Change& change) {
  const auto is_cancelled = [](const Json& workflow) {
    return workflow.value("/spec/cancel"_json_pointer, false);
  };
  if (change.before && is_cancelled(*change.object) && !is_cancelled(*change.before))
    on_stop(attempt_name(*change.object), "");
}

// How long after its time something may still go on: what the operator needs when requests fail and
// watches say nothing, and all the time that there was no operator.
Duration Invariants::patience() const {
  return 3min + down;
}

}  // namespace bootstrap::simulation
