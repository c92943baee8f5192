#include "cli/log_target.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/near_match.h"
#include "controllers/source_container.h"
#include "controllers/step_machine.h"

namespace bootstrap::cli {
namespace {

template <class Test>
std::optional<LogTarget> first_with_job(const Status& status, Test&& test) {
  for (const PhaseRecord& phase : status.phases)
    for (const StepRecord& step : phase.steps)
      if (!step.job.empty() && test(step.state))
        return LogTarget{{phase.name, step.name}, step.attempts};
  return std::nullopt;
}

bool may_run(StepState state) {
  return state == StepState::Running || state == StepState::Starting || state == StepState::Ending;
}

// It goes on, and there is no pod of its own: what it is, is said where its log would be.
std::optional<LogTarget> first_without_job(const Status& status) {
  for (const PhaseRecord& phase : status.phases)
    for (const StepRecord& step : phase.steps)
      if (is_launched(step.state)) return LogTarget{{phase.name, step.name}, step.attempts};
  return std::nullopt;
}

// Of attempts of a former run it is not on record whether they had a pod.
bool is_told_by_former_runs(const StepRecord& record) {
  return record.state == StepState::Pending || record.state == StepState::Skipped ||
         record.state == StepState::Removed;
}

Result<LogTarget> by_itself(const SeenWorkflow& workflow) {
  if (const auto running = running_target(workflow)) return *running;
  const auto failed = first_with_job(workflow.status, [](StepState state) {
    return state == StepState::Failed || state == StepState::Backoff;
  });
  if (failed) return *failed;
  if (const auto other = first_without_job(workflow.status)) return *other;
  const auto names = step_names(workflow.status);
  return refused(fmt::format("{}: nothing runs and nothing has failed{}", workflow.meta.name,
                             names.empty()
                                 ? "; it has no steps yet"
                                 : fmt::format("; name a step: {}", fmt::join(names, ", "))));
}

tl::unexpected<Failure> no_such_step(const SeenWorkflow& workflow, const std::string& step) {
  const auto names = step_names(workflow.status);
  const std::string near = nearest(step, names);
  return refused(fmt::format("{}: there is no step {}{}", workflow.meta.name, step,
                             !near.empty() ? fmt::format("; did you mean {}?", near)
                             : names.empty()
                                 ? ", nor any other yet"
                                 : fmt::format("; there are {}", fmt::join(names, ", "))));
}

}  // namespace

Result<LogTarget> log_target(const SeenWorkflow& workflow, const std::string& step, int attempt) {
  LogTarget target;
  if (step.empty()) {
    auto found = by_itself(workflow);
    if (!found) return found;
    target = *found;
  } else {
    const auto ref = step_ref(step);
    if (!ref || find_step(workflow.status, *ref) == nullptr) return no_such_step(workflow, step);
    target.step = *ref;
  }
  const std::string name = to_text(target.step);
  const StepRecord& record = *find_step(workflow.status, target.step);
  if (!record.child.empty())
    return refused(fmt::format("{} runs workflow {}: kubectl bootstrap logs {} -n {}", name,
                               record.child, record.child, workflow.meta.ns));
  if (record.attempts == 0)
    return refused(fmt::format("{} was not launched: it is {}", name, to_text(record.state)));
  if (record.job.empty() && !is_told_by_former_runs(record))
    return refused(name + " has no pod: it waits, and runs nothing");
  if (attempt > record.attempts)
    return refused(
        fmt::format("{} has no attempt {}: there {}", name, attempt,
                    record.attempts == 1 ? "is 1" : fmt::format("are 1 to {}", record.attempts)));
  target.attempt = attempt > 0 ? attempt : record.attempts;
  return target;
}

std::optional<LogTarget> running_target(const SeenWorkflow& workflow) {
  return first_with_job(workflow.status, may_run);
}

std::string container_of(const PodView& pod) {
  const auto source =
      std::ranges::find(pod.init_containers, kSourceContainer, &ContainerView::name);
  if (source == pod.init_containers.end()) return kToolContainer;
  const bool has_passed = source->state == ContainerState::Terminated && source->exit_code == 0;
  return has_passed || source->state == ContainerState::Waiting ? kToolContainer : kSourceContainer;
}

}  // namespace bootstrap::cli
