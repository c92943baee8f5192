#include "tests/simulation/stop_truth.h"

#include <algorithm>

#include <fmt/format.h>

#include "tests/simulation/records.h"
#include "tests/simulation/timeout_truth.h"

namespace bootstrap::simulation {
namespace {

// What was found only after it could not be launched any more.
constexpr const char* kTooLate = "JobSuspended";

bool has_failed(const Known& known, const std::set<std::string>& phases) {
  return std::any_of(known.outline.steps.begin(), known.outline.steps.end(),
                     [&](const OutlineStep& step) {
                       return phases.contains(step.ref.phase) &&
                              is_failure(step, step_record(known.status, step.ref));
                     });
}

bool child_may_be_stopped(const Known& known, const OutlineStep& step, const Launch& launch,
                          const Json& record, TimePoint now) {
  return known.cancelled || may_be_late(known, step.ref.phase, now) ||
         now + kRounding >= launch.at + step.timeout || record.value("childUID", "") != launch.uid;
}

}  // namespace

void check_stop(const Known& known, const AttemptName& name, const std::string& reason,
                TimePoint now, const Complain& complain) {
  const auto launch = known.launches.find(name);
  const OutlineStep* step = known.outline.find({name.phase, name.step});
  if (launch == known.launches.end() || step == nullptr) return;
  const Json record = step_record(known.status, step->ref);
  const std::string what = fmt::format("m: {} of {} is stopped", to_text(name), known.name);
  if (step->child) {
    if (!child_may_be_stopped(known, *step, launch->second, record, now))
      complain(what + " without cause");
    return;
  }
  static const std::set<std::string> kCauses{"NotStarted", "PhaseTimedOut", "WorkflowTimedOut"};
  if (reason == "Cancelled") {
    if (!known.ever_cancelled) complain(what + " as cancelled, which nobody wants");
    return;
  }
  if (kCauses.contains(reason)) return check_not_too_early(known, *step, reason, now, complain);
  const std::string state = record.value("state", "");
  const bool goes_on = record.value("jobUID", "") == launch->second.uid && state != "Ending" &&
                       !is_final_step(state);
  if (reason != kTooLate || goes_on)
    complain(fmt::format("{} for \"{}\" while it is {}", what, reason, state));
}

void judge_stops(const Known& known, const Complain& complain) {
  for (const auto& [name, launch] : known.launches) {
    const OutlineStep* step = known.outline.find({name.phase, name.step});
    if (launch.stop_reason != kTooLate || launch.late || step == nullptr) continue;
    const auto phases = known.outline.rests_on(*step);
    const bool timed_out = std::any_of(phases.begin(), phases.end(), [&](const auto& phase) {
      return may_be_late(known, phase, *launch.stopped);
    });
    const Json record = step_record(known.status, step->ref);
    const bool was_over = record.value("jobUID", "") != launch.uid;  // another result stands
    if (!has_failed(known, phases) && !timed_out && !was_over && !known.ever_cancelled)
      complain(fmt::format("m: {} of {} was stopped although nothing had failed", to_text(name),
                           known.name));
  }
}

}  // namespace bootstrap::simulation
