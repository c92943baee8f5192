#include "tests/simulation/timeout_truth.h"

#include <algorithm>

#include <fmt/format.h>

#include "controllers/time.h"
#include "tests/simulation/records.h"

namespace bootstrap::simulation {
namespace {

using namespace std::chrono_literals;

// A status that says that a pause is over may be written this long after it was: a request is given
// up after 15 s, and done up to 20 s later.
constexpr Duration kLatestWrite = 40s;

struct Deadline {
  TimePoint earliest;
  TimePoint latest;
};

Deadline deadline_of(const Known& known, TimePoint begin, Duration timeout, TimePoint now) {
  Deadline deadline{begin + timeout - kRounding, begin + timeout + kRounding};
  for (const Pause& pause : known.pauses) {
    const Duration length = pause.to.value_or(now) - std::max(begin, pause.from);
    if (length <= Duration{}) continue;
    deadline.latest += length + 2 * kRounding;
    deadline.earliest += std::max(length - (pause.to ? kLatestWrite : kRounding), Duration{});
  }
  return deadline;
}

std::optional<Deadline> deadline_of_phase(const Known& known, const std::string& phase,
                                          TimePoint now) {
  const auto timeout = known.outline.phase_timeouts.find(phase);
  const auto begin = known.phase_begins.find(phase);
  if (timeout == known.outline.phase_timeouts.end() || begin == known.phase_begins.end())
    return std::nullopt;
  return deadline_of(known, begin->second, timeout->second, now);
}

std::optional<Deadline> deadline_of_workflow(const Known& known, TimePoint now) {
  // The first status of a run may be written long after its plan, by another operator.
  auto begin = from_rfc3339(known.status.value("startTime", ""));
  if (!begin && known.run > 0) begin = known.run_start;
  if (!known.outline.timeout || !begin) return std::nullopt;
  return deadline_of(known, *begin, *known.outline.timeout, now);
}

// When the newest attempt began, as far as that counts for its own timeouts.
std::optional<TimePoint> begin_of(const Known& known, const OutlineStep& step) {
  std::optional<TimePoint> newest;
  for (const auto& [name, launch] : known.launches)
    if (StepRef{name.phase, name.step} == step.ref) newest = launch.at;
  if (newest || step.has_job()) return newest;
  return from_rfc3339(step_record(known.status, step.ref).value("startTime", ""));
}

}  // namespace

bool workflow_may_be_late(const Known& known, TimePoint now) {
  const auto deadline = deadline_of_workflow(known, now);
  return deadline && now >= deadline->earliest;
}

bool may_be_late(const Known& known, const std::string& phase, TimePoint now) {
  const auto deadline = deadline_of_phase(known, phase, now);
  return (deadline && now >= deadline->earliest) ||
         (!known.outline.is_at_end(phase) && workflow_may_be_late(known, now));
}

bool has_timed_out(const Known& known, TimePoint now) {
  const auto& phases = known.outline.phase_timeouts;
  return workflow_may_be_late(known, now) ||
         std::any_of(phases.begin(), phases.end(),
                     [&](const auto& phase) { return may_be_late(known, phase.first, now); });
}

void check_not_too_early(const Known& known, const OutlineStep& step, const std::string& reason,
                         TimePoint now, const Complain& complain) {
  const auto begin = begin_of(known, step);
  std::optional<TimePoint> earliest;
  if (reason == "PhaseTimedOut") {
    if (const auto deadline = deadline_of_phase(known, step.ref.phase, now))
      earliest = deadline->earliest;
  } else if (reason == "WorkflowTimedOut") {
    if (const auto deadline = deadline_of_workflow(known, now); deadline && !step.at_end)
      earliest = deadline->earliest;
  } else if (begin && reason == "TimedOut") {
    earliest = *begin + step.timeout - kRounding;
  } else if (begin && reason == "NotStarted") {
    earliest = *begin + step.start_timeout - kRounding;
  } else {
    return;
  }
  if (!earliest || now < *earliest)
    complain(fmt::format("l: {} {}/{} is ended for {} {}", known.name, step.ref.phase,
                         step.ref.step, reason,
                         earliest ? "before " + to_rfc3339(*earliest) : "without one"));
}

void check_deadline_of_job(const OutlineStep& step, const Json& job, const Complain& complain) {
  const Duration limit =
      std::chrono::seconds(job.value("/spec/template/spec/activeDeadlineSeconds"_json_pointer, 0));
  if (limit != step.timeout)
    complain(fmt::format("l: the Job of {}/{} may run for {}, not for {}", step.ref.phase,
                         step.ref.step, bootstrap::to_text(limit),
                         bootstrap::to_text(step.timeout)));
}

void check_timeouts(const Known& known, const Json& before, const Json& after, TimePoint now,
                    const Complain& complain) {
  for (const OutlineStep& step : known.outline.steps) {
    const Json record = step_record(after, step.ref);
    const std::string reason = record.value("reason", "");
    if (reason == step_record(before, step.ref).value("reason", "") ||
        (record.value("state", "") == "Pending"))
      continue;
    check_not_too_early(known, step, reason, now, complain);
  }
}

namespace {

// When nothing of a launch went on any more, or it was told to end.
TimePoint end_of(const Launch& launch, const std::vector<const PodRun*>& runs, TimePoint recorded) {
  std::optional<TimePoint> end = launch.stopped;
  for (const PodRun* run : runs)
    if (run->job_uid == launch.uid && run->ended && (!end || *run->ended < *end)) end = run->ended;
  return end.value_or(recorded);
}

// It had no container that ran, and its pod, if it had one, was left alone.
bool never_ran(const Launch& launch, const std::vector<const PodRun*>& runs) {
  return std::all_of(runs.begin(), runs.end(), [&](const PodRun* run) {
    const bool left_alone =
        run->fate.kind == Fate::Kind::Exits || run->fate.kind == Fate::Kind::NeverPulls;
    return run->job_uid != launch.uid || (!run->started && run->commit.empty() && left_alone);
  });
}

// What goes on for too long, and is complained of.
class Overtime {
 public:
  Overtime(const Known& known, const std::string& uid, const Nodes& nodes, Duration patience,
           const Complain& complain)
      : known_(known), uid_(uid), nodes_(nodes), patience_(patience), complain_(complain) {}

  void judge(const OutlineStep& step, TimePoint recorded) const {
    const auto runs = runs_of(nodes_, uid_, step.ref);
    bool launched = false;
    for (const auto& [name, launch] : known_.launches) {
      if (StepRef{name.phase, name.step} != step.ref) continue;
      launched = true;
      if (!launch.late) judge_launch(step, name, launch, runs, recorded);
    }
    const auto begin = begin_of(known_, step);
    if (launched || !begin) return;
    judge_deadlines(step.ref, recorded);
    if (recorded > *begin + step.timeout + patience_)
      complain_(fmt::format("l: {} {}/{} went on for longer than its timeout", known_.name,
                            step.ref.phase, step.ref.step));
  }

 private:
  void judge_launch(const OutlineStep& step, const AttemptName& name, const Launch& launch,
                    const std::vector<const PodRun*>& runs, TimePoint recorded) const {
    const TimePoint end = end_of(launch, runs, recorded);
    judge_deadlines(step.ref, end);
    if (step.has_job() && never_ran(launch, runs) &&
        end > launch.at + step.start_timeout + patience_)
      complain_(fmt::format("l: {} of {} did not start for longer than it may", to_text(name),
                            known_.name));
    if (step.child && end > launch.at + step.timeout + patience_)
      complain_(fmt::format("l: {} of {} went on for longer than its timeout", to_text(name),
                            known_.name));
  }

  void judge_deadlines(const StepRef& ref, TimePoint end) const {
    const bool at_end = known_.outline.is_at_end(ref.phase);
    const auto of_workflow = at_end ? std::nullopt : deadline_of_workflow(known_, end);
    for (const auto& deadline : {deadline_of_phase(known_, ref.phase, end), of_workflow})
      if (deadline && end > deadline->latest + patience_)
        complain_(fmt::format("l: {} {}/{} went on until {}, its timeout was over at {}",
                              known_.name, ref.phase, ref.step, to_rfc3339(end),
                              to_rfc3339(deadline->latest)));
  }

  const Known& known_;
  const std::string& uid_;
  const Nodes& nodes_;
  Duration patience_;
  const Complain& complain_;
};

}  // namespace

void judge_timeouts(const Known& known, const std::string& uid, const Nodes& nodes,
                    Duration patience, const Complain& complain) {
  const Overtime overtime(known, uid, nodes, patience, complain);
  for (const auto& [ref, recorded] : known.over) overtime.judge(*known.outline.find(ref), recorded);
}

}  // namespace bootstrap::simulation
