#include "tests/simulation/order_truth.h"

#include <algorithm>

#include <fmt/format.h>

#include "tests/simulation/records.h"

namespace bootstrap::simulation {
namespace {

std::string name_of(const Known& known, const StepRef& ref) {
  return fmt::format("{} {}/{}", known.name, ref.phase, ref.step);
}

bool was_late(const Known& known, const StepRef& ref) {
  return std::any_of(known.launches.begin(), known.launches.end(), [&](const auto& launch) {
    return launch.second.late && StepRef{launch.first.phase, launch.first.step} == ref;
  });
}

// Launched by another operator, or in a pass whose status was not written. That one knew more; this
// one has only found it. It records it at once, for its UID must not get lost, and what came before
// when that is known again: whether a pod of it is left may have no answer now, and the pod whose
// success was seen may be gone before its Job says so.
bool is_found(const Known& known, const StepRef& ref, std::size_t writer) {
  return std::any_of(known.launches.begin(), known.launches.end(), [&](const auto& launch) {
    return (launch.second.process != writer || launch.second.unwritten) &&
           StepRef{launch.first.phase, launch.first.step} == ref;
  });
}

// Neither found, nor a Job that came late and is stopped.
bool has_begun(const Known& known, const Json& status, const StepRef& ref, std::size_t writer) {
  return attempts_in_run(step_record(status, ref)) > 0 && !was_late(known, ref) &&
         !is_found(known, ref, writer);
}

bool is_done(const OutlineStep& step, const Json& record) {
  return is_final_step(record.value("state", "")) && !is_failure(step, record);
}

// Nothing is under way, and nothing will be.
bool is_over(const Json& record) {
  const std::string state = record.value("state", "Pending");
  return state == "Pending" || is_final_step(state);
}

}  // namespace

// Within finally one phase follows the other, whatever became of the former; and all of finally
// follows all else.
void check_order_on_record(const Known& known, const Json& status, std::size_t writer,
                           const Complain& complain) {
  for (const OutlineStep& step : known.outline.steps) {
    if (!has_begun(known, status, step.ref, writer)) continue;
    for (const StepRef& before : step.after)
      if (!is_done(*known.outline.find(before), step_record(status, before)))
        complain(fmt::format("b: {} is on record as begun, {}/{} not as done",
                             name_of(known, step.ref), before.phase, before.step));
    if (!step.at_end) continue;
    for (const OutlineStep& former : known.outline.steps) {
      if (former.ref.phase == step.ref.phase) break;
      const Json record = step_record(status, former.ref);
      if (!is_over(record) && !was_late(known, former.ref))
        complain(fmt::format("b: {} is on record as begun while {}/{} is {}",
                             name_of(known, step.ref), former.ref.phase, former.ref.step,
                             record.value("state", "")));
    }
  }
}

}  // namespace bootstrap::simulation
