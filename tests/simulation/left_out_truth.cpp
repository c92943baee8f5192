#include "tests/simulation/left_out_truth.h"

#include <algorithm>

#include <fmt/format.h>

#include "tests/simulation/records.h"
#include "tests/simulation/timeout_truth.h"

namespace bootstrap::simulation {

// A step may be left out for a failure or a timeout of a phase that it rests on, of the workflow's
// timeout, and for nothing else.
void judge_left_out(const Known& known, TimePoint now, const Complain& complain) {
  const auto failed_in = [&](const std::set<std::string>& phases) {
    return std::any_of(known.outline.steps.begin(), known.outline.steps.end(),
                       [&](const OutlineStep& step) {
                         return phases.contains(step.ref.phase) &&
                                is_failure(step, step_record(known.status, step.ref));
                       });
  };
  for (const OutlineStep& step : known.outline.steps) {
    if (step_record(known.status, step.ref).value("state", "") != "Pending") continue;
    const auto phases = known.outline.rests_on(step);
    const bool timed_out = std::any_of(phases.begin(), phases.end(), [&](const std::string& phase) {
      return may_be_late(known, phase, now);
    });
    if (!failed_in(phases) && !timed_out)
      complain(fmt::format("e: {} of {} was left out although nothing that it rests on has failed",
                           to_text(step.ref), known.name));
  }
}

}  // namespace bootstrap::simulation
