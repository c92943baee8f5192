#include "controllers/gate_attempt.h"

#include <fmt/format.h>

#include "controllers/limits.h"
#include "controllers/texts.h"

namespace bootstrap {
namespace {

AttemptView ended(AttemptResult result) {
  AttemptView view;
  view.live = Liveness::Ended;
  view.result = std::move(result);
  return view;
}

}  // namespace

AttemptView gate_attempt(const PlanStep& step, const StepRecord& record, GateFinding finding,
                         TimePoint now) {
  AttemptResult result;
  if (record.state == StepState::Ending) {  // there is nothing that would have to end
    result.reason = record.reason;
    result.message = record.message;
    return ended(std::move(result));
  }
  if (finding.open) {
    result.success = true;
    result.reason = std::move(finding.reason);
    result.outputs = std::move(finding.given);
    return ended(std::move(result));
  }
  if (!finding.rejected.empty()) {
    result.reason = reasons::kRejected;
    result.message = std::move(finding.rejected);
    return ended(std::move(result));
  }
  const TimePoint deadline = record.start.value_or(now) + step.definition.timeout;
  if (now >= deadline) {
    result.reason = reasons::kTimedOut;
    result.message = fmt::format("within its timeout of {} nobody gave {}",
                                 to_text(step.definition.timeout), finding.missing);
    return ended(std::move(result));
  }
  AttemptView view;
  view.live = Liveness::NeedsPerson;
  view.reason = std::move(finding.reason);
  view.message = cut(std::move(finding.message), limits::kMessage);
  view.message_follows = true;
  view.given = std::move(finding.given);
  view.look_again = deadline;
  return view;
}

std::size_t longest_gate_message(const StepRef& step) {
  return limits::kMessage - to_text(step).size() - 1;
}

}  // namespace bootstrap
