#include "controllers/output_rules.h"

#include <algorithm>

#include <fmt/format.h>

namespace bootstrap {

std::string why_not_in_time(const OutputRef& wanted, const std::vector<PlanStep>& steps,
                            const OutputTaker& taker) {
  const auto giver = std::ranges::find(steps, wanted.step, &PlanStep::ref);
  const std::string name = to_text(wanted.step);
  if (giver == steps.end()) return fmt::format("there is no step {}", name);
  if (taker.before != nullptr &&
      !taker.before->contains(static_cast<StepIndex>(giver - steps.begin())))
    return fmt::format("{} does not come before this {}, so its outputs would not be there", name,
                       taker.name);
  if (std::holds_alternative<WaitWork>(giver->definition.work))
    return fmt::format("{} only waits, so it gives no outputs", name);
  if (std::holds_alternative<ChildWork>(giver->definition.work))
    return fmt::format("{} runs a template, which gives no outputs", name);
  return "";
}

}  // namespace bootstrap
