#include "controllers/step_times.h"

#include <algorithm>

namespace bootstrap {
namespace {

std::string of_template(const std::string& name) {
  return "template/" + name;
}

std::string of_steps(const std::string& steps) {
  return "steps/" + short_hash(steps);
}

Duration median(std::vector<Duration> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

}  // namespace

std::string family_of(const Plan& plan) {
  if (plan.pin) return of_template(plan.pin->name);
  std::string steps;
  for (const PlanStep& step : plan.steps) steps += to_text(step.ref) + ' ';
  return of_steps(steps);
}

std::string family_of(const Workflow& workflow) {
  if (!workflow.template_name.empty()) return of_template(workflow.template_name);
  std::string steps;
  for (const PhaseRecord& phase : workflow.status.phases)
    for (const StepRecord& step : phase.steps)
      if (step.state != StepState::Removed) steps += to_text(StepRef{phase.name, step.name}) + ' ';
  return of_steps(steps);
}

std::optional<Duration> time_of(const StepRecord& step) {
  if (step.state != StepState::Succeeded || !step.start || !step.completion) return std::nullopt;
  return std::max(*step.completion - *step.start, Duration{});
}

StepTimes times_of(const Status& status) {
  StepTimes times;
  for (const PhaseRecord& phase : status.phases)
    for (const StepRecord& step : phase.steps)
      if (const auto took = time_of(step)) times[{phase.name, step.name}] = *took;
  return times;
}

StepTimes expected_times(const std::vector<StepTimes>& runs) {
  std::map<StepRef, std::vector<Duration>> all;
  for (const StepTimes& run : runs)
    for (const auto& [step, took] : run) all[step].push_back(took);
  StepTimes expected;
  for (auto& [step, took] : all) expected[step] = median(std::move(took));
  return expected;
}

}  // namespace bootstrap
