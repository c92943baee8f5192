#include "tests/simulation/attempts_truth.h"

#include <algorithm>

#include <fmt/format.h>

#include "tests/simulation/records.h"

namespace bootstrap::simulation {
namespace {

using namespace std::chrono_literals;
using Kind = Fate::Kind;
using Reasons = std::set<std::string>;

// So long before the deadline of an attempt it is sure that its end is no matter of that.
constexpr Duration kNearDeadline = 3s;

bool is_disruption(Kind kind) {
  return kind == Kind::Evicted || kind == Kind::Starved || kind == Kind::PodDeleted ||
         kind == Kind::NodeLost;
}

// Nobody has told it to end, and everybody could see how it did.
bool ended_by_itself(const PodRun& run, const Launch& launch) {
  return run.started && run.ended && !run.told_to_end && run.reported && !launch.stopped &&
         run.fate.kind == Kind::Exits;
}

// What it may be said to have failed for; empty: anything.
Reasons plausible(const PodRun& run, const Launch& launch, const OutlineStep& step) {
  if (run.clone_failed && run.fate.kind == Kind::Exits && !launch.stopped) return {"SourceFailed"};
  const bool near_deadline = run.ended && *run.ended >= launch.at + step.timeout - kNearDeadline;
  if (ended_by_itself(run, launch)) {
    if (run.exit_code != 0) return {"ToolFailed"};
    return {run.fate.gift == Fate::Gift::Malformed ? "OutputsInvalid" : "OutputsTooLarge"};
  }
  if (launch.stopped || near_deadline || !run.ended || !run.told_to_end || run.exit_code == 0)
    return {};
  if (run.fate.kind == Kind::Evicted || run.fate.kind == Kind::Starved) {
    // It was to be stopped for not starting just then, and the request for that was lost.
    if (!run.started) return {"Disrupted", "NotStarted"};
    return {"Disrupted"};
  }
  // Once pod and Job are seen no more, a deleted pod is known by its exit code only.
  if (run.fate.kind == Kind::PodDeleted) return {"Disrupted", "ToolFailed", "JobFailed"};
  return {};
}

const Reasons kStops{"Cancelled", "PhaseTimedOut", "WorkflowTimedOut"};

// Whether what is said of it can be so.
bool may_be(const std::string& reason, const PodRun& run, const Launch& launch,
            const OutlineStep& step, const Json& record) {
  if (reason == "Disrupted")
    // Or it was stopped with the run before.
    return is_disruption(run.fate.kind) || run.fate.kind == Kind::JobDeleted ||
           kStops.contains(launch.stop_reason);
  // It was stopped for that, or for something else a moment before, which nobody was told.
  if (reason == "NotStarted") return launch.stop_reason == "NotStarted" || !run.started;
  if (reason == "SourceFailed") return run.clone_failed;
  if (reason.starts_with("Outputs")) return run.succeeded() && run.is_spoiled();
  if (reason == "JobDeleted") return run.fate.kind == Kind::JobDeleted;
  if (reason == "ToolFailed")
    // The kubelet makes up an exit code for a container that never ran.
    return (run.started || run.fate.kind == Kind::PodDeleted) && run.ended && run.exit_code != 0 &&
           record.value("exitCode", -1) == run.exit_code;
  if (reason == "TimedOut")
    return !run.ended || *run.ended >= launch.at + step.timeout - kNearDeadline;
  return true;
}

// What is recorded is why there is no further attempt: also of one that came late and was stopped,
// or had ended by then.
bool was_given_up(const Json& record) {
  const std::string reason = record.value("reason", "");
  return was_ended(record) || reason == "NotRetried" ||
         (reason == "JobSuspended" && record.value("message", "").starts_with("its Job was found"));
}

void check_reason(const PodRun& run, const Launch& launch, const OutlineStep& step,
                  const std::string& what, const Json& record, const Complain& complain) {
  const std::string reason = record.value("reason", "");
  if (was_given_up(record)) return;
  const Reasons right = plausible(run, launch, step);
  if ((!right.empty() && !right.contains(reason)) || !may_be(reason, run, launch, step, record))
    complain(fmt::format("o: {} is said to have failed as {}, but its pod {} ({}) did not", what,
                         record.dump(), run.pod, static_cast<int>(run.fate.kind)));
}

}  // namespace

bool is_lost(const Json& record) {
  const std::string reason = record.value("reason", "");
  return reason == "Disrupted" || reason == "NotStarted";
}

void check_failure(const Known& known, const Nodes& nodes, const AttemptName& name,
                   const FailedAttempt& failed, const Complain& complain) {
  const OutlineStep* step = known.outline.find({name.phase, name.step});
  const auto launch = known.launches.find(name);
  if (step == nullptr || !step->has_job() || launch == known.launches.end()) return;
  const std::string what = fmt::format("{} of {}", to_text(name), known.name);
  for (const PodRun* run : runs_of(nodes, name.workflow_uid, step->ref))
    if (run->job_uid == launch->second.uid)
      check_reason(*run, launch->second, *step, what, failed.record, complain);
  // One that ends the step is not among those that do not count.
  const bool last = failed.record.value("state", "") != "Backoff";
  const auto lost = std::count_if(known.failures.begin(), known.failures.end(), [&](const auto& f) {
    return StepRef{f.first.phase, f.first.step} == step->ref && is_lost(f.second.record) &&
           !(last && f.first == name);
  });
  if (!was_given_up(failed.record) && failed.record.value("uncountedAttempts", 0) != lost)
    complain(fmt::format("o: {} attempts up to {} were lost, not counted are {}", lost, what,
                         failed.record.value("uncountedAttempts", 0)));
}

}  // namespace bootstrap::simulation
