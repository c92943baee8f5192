#include "controllers/monitoring.h"

#include <algorithm>
#include <functional>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controllers/limits.h"
#include "controllers/status_summary.h"
#include "controllers/step_machine.h"
#include "controllers/texts.h"

namespace bootstrap {
namespace {

struct WatchedNode {
  std::string name;
  const NodeUsage::Answer* usage;
};

struct WatchedNodes {
  std::vector<WatchedNode> known;  // that have been sampled
  std::size_t asked = 0;
};

bool is_monitored(const Draft& draft) {
  const Plan* plan = draft.observed().plan;
  const Status& settled = draft.settled();
  return plan != nullptr && plan->run.run == settled.run && !settled.completion &&
         !plan->monitoring.disabled && !draft.meta().deletion;
}

bool is_any_step(const Status& status, const std::function<bool(const StepRecord&)>& test) {
  return std::ranges::any_of(status.phases, [&](const PhaseRecord& phase) {
    return std::ranges::any_of(phase.steps, test);
  });
}

bool is_at_work(const PodView& pod, const Status& stored) {
  if (!has_ended(pod)) return true;
  return !pod.meta.controller_uid.empty() && is_any_step(stored, [&](const StepRecord& step) {
    return is_launched(step.state) && step.job_uid == pod.meta.controller_uid;
  });
}

WatchedNodes watch_nodes(Draft& draft) {
  if (!is_monitored(draft)) return {};
  std::set<std::string> names;
  for (const auto& pod : draft.observed().work.pods)
    if (!pod->node.empty() && is_at_work(*pod, draft.observed().workflow.status))
      names.insert(pod->node);
  const Plan& plan = draft.plan();
  WatchedNodes nodes;
  nodes.asked = names.size();
  for (const std::string& name : names)
    if (const auto* usage = draft.ask()(
            NodeUsage{name, plan.monitoring.interval, plan.monitoring.limits, plan.run.run}))
      if (*usage) nodes.known.push_back({name, &**usage});
  return nodes;
}

std::string pressure_text(const std::vector<WatchedNode>& nodes, const LoadLimits& limits) {
  std::vector<std::string> parts;
  for (const WatchedNode& node : nodes)
    if (std::string text = load_text(node.usage->now, limits); !text.empty())
      parts.push_back(fmt::format("node {} {}", node.name, text));
  return cut(fmt::format("{}", fmt::join(parts, "; ")), limits::kMessage);
}

// Null: there is none now.
const Condition* told_pressure(const Status& status) {
  const Condition* told = find_condition(status, kResourcePressure);
  return told != nullptr && told->status == "True" ? told : nullptr;
}

// What is told stays as it is: it has hardly been said, or not all nodes have answered.
bool must_last(Draft& draft, const Condition& told, const WatchedNodes& nodes) {
  const TimePoint until = told.last_transition.value_or(draft.now()) + kPressureLasts;
  if (draft.now() >= until) return nodes.known.size() < nodes.asked;
  draft.wake(until);
  return true;
}

// Of nodes of which some are known.
Condition pressure_of(Draft& draft, const WatchedNodes& nodes) {
  const LoadLimits& limits = draft.plan().monitoring.limits;
  const Condition* told = told_pressure(draft.status());
  std::set<LoadLevel> levels;
  for (const WatchedNode& node : nodes.known) levels.insert(level_of(node.usage->now, limits));
  Condition now{kResourcePressure, "False", kBelowLimits, "", 0, {}};
  if (levels.contains(LoadLevel::Above) || (told != nullptr && levels.contains(LoadLevel::Near)))
    return {kResourcePressure, "True", "AboveLimits", pressure_text(nodes.known, limits), 0, {}};
  if (told != nullptr && must_last(draft, *told, nodes)) return *told;
  if (levels == std::set{LoadLevel::Unknown}) {
    now.status = "Unknown";
    now.reason = kUsageUnknown;
    now.message = cut(nodes.known.front().usage->now.unknown, limits::kMessage);
  } else {
    now.message = fmt::format(
        "the nodes on which steps run use less than {} % of their memory and {} % of their CPU",
        limits.memory_percent, limits.cpu_percent);
  }
  return now;
}

void tell(Draft& draft, Condition condition) {
  condition.observed_generation = draft.status().observed_generation;
  set_condition(draft.status(), std::move(condition), draft.now());
}

bool has_work_on_nodes(const Status& status) {
  return !status.completion && is_any_step(status, [](const StepRecord& step) {
    return is_launched(step.state) && !step.job.empty();
  });
}

void take(std::optional<Peak>& peak, const std::string& node, std::optional<int> percent) {
  if (percent && (!peak || *percent > peak->percent)) peak = Peak{*percent, node};
}

}  // namespace

void tell_pressure(Draft& draft) {
  const WatchedNodes nodes = watch_nodes(draft);
  if (nodes.known.empty()) return;
  Condition now = pressure_of(draft, nodes);
  const bool is_told = told_pressure(draft.status()) != nullptr;
  if (is_told != (now.status == "True")) tell(draft, std::move(now));
}

void tell_resources(Draft& draft) {
  const WatchedNodes nodes = watch_nodes(draft);
  Status& status = draft.status();
  for (const auto& [name, usage] : nodes.known) {
    take(status.resources.memory, name, usage->peak.memory_percent);
    take(status.resources.cpu, name, usage->peak.cpu_percent);
    take(status.resources.disk, name, usage->peak.disk_percent);
  }
  const bool is_told = find_condition(status, kResourcePressure) != nullptr;
  if (!has_work_on_nodes(status)) {
    if (is_told) tell(draft, {kResourcePressure, "False", kNoStepRuns, "", 0, {}});
  } else if (!nodes.known.empty()) {
    tell(draft, pressure_of(draft, nodes));
  } else if (is_told && nodes.asked == 0) {
    tell(draft, {kResourcePressure, "Unknown", "NotSampled", "", 0, {}});
  }
}

}  // namespace bootstrap
