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

bool is_monitored(const Draft& draft) {
  const Plan* plan = draft.observed().plan;
  const Status& settled = draft.settled();
  return plan != nullptr && plan->run.run == settled.run && !settled.completion &&
         !plan->monitoring.disabled;
}

bool is_any_step(const Status& status, const std::function<bool(const StepRecord&)>& test) {
  return std::ranges::any_of(status.phases, [&](const PhaseRecord& phase) {
    return std::ranges::any_of(phase.steps, test);
  });
}

bool is_at_work(const PodView& pod, const Status& stored) {
  return !has_ended(pod) || is_any_step(stored, [&](const StepRecord& step) {
    return is_launched(step.state) && step.job_uid == pod.meta.controller_uid;
  });
}

// Those that have been sampled.
std::vector<WatchedNode> watch_nodes(Draft& draft) {
  if (!is_monitored(draft)) return {};
  std::set<std::string> names;
  for (const auto& pod : draft.observed().work.pods)
    if (!pod->node.empty() && is_at_work(*pod, draft.observed().workflow.status))
      names.insert(pod->node);
  const Monitoring& wanted = draft.plan().monitoring;
  std::vector<WatchedNode> nodes;
  for (const std::string& name : names)
    if (const auto* usage = draft.ask()(NodeUsage{name, wanted.interval, wanted.limits}))
      if (*usage) nodes.push_back({name, &**usage});
  return nodes;
}

bool is_under_pressure(const Status& status) {
  const Condition* said = find_condition(status, kResourcePressure);
  return said != nullptr && said->status == "True";
}

std::string pressure_text(const std::vector<WatchedNode>& nodes, const LoadLimits& limits) {
  std::vector<std::string> parts;
  for (const WatchedNode& node : nodes)
    if (std::string text = load_text(node.usage->now, limits); !text.empty())
      parts.push_back(fmt::format("node {} {}", node.name, text));
  return cut(fmt::format("{}", fmt::join(parts, "; ")), limits::kMessage);
}

// `nodes` are not none.
Condition pressure_of(const std::vector<WatchedNode>& nodes, const LoadLimits& limits,
                      bool is_told) {
  std::set<LoadLevel> levels;
  for (const WatchedNode& node : nodes) levels.insert(level_of(node.usage->now, limits));
  Condition condition{kResourcePressure, "False", kBelowLimits, "", 0, {}};
  if (levels.contains(LoadLevel::Above) || (is_told && levels.contains(LoadLevel::Near))) {
    condition.status = "True";
    condition.reason = "AboveLimits";
    condition.message = pressure_text(nodes, limits);
  } else if (levels == std::set{LoadLevel::Unknown}) {
    condition.status = "Unknown";
    condition.reason = "UsageUnknown";
    condition.message = cut(nodes.front().usage->now.unknown, limits::kMessage);
  } else {
    condition.message = fmt::format(
        "the nodes on which steps run use less than {} % of their memory and {} % of their CPU",
        limits.memory_percent, limits.cpu_percent);
  }
  return condition;
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
  const auto nodes = watch_nodes(draft);
  if (nodes.empty()) return;
  const bool is_told = is_under_pressure(draft.status());
  Condition now = pressure_of(nodes, draft.plan().monitoring.limits, is_told);
  if (now.status == (is_told ? "False" : "True")) tell(draft, std::move(now));
}

void tell_resources(Draft& draft) {
  const auto nodes = watch_nodes(draft);
  Status& status = draft.status();
  for (const auto& [name, usage] : nodes) {
    take(status.resources.memory, name, usage->peak.memory_percent);
    take(status.resources.cpu, name, usage->peak.cpu_percent);
    take(status.resources.disk, name, usage->peak.disk_percent);
  }
  if (!has_work_on_nodes(status)) {
    if (find_condition(status, kResourcePressure) != nullptr)
      tell(draft, {kResourcePressure, "False", "NoStepRuns", "", 0, {}});
  } else if (!nodes.empty()) {
    tell(draft, pressure_of(nodes, draft.plan().monitoring.limits, is_under_pressure(status)));
  }
}

}  // namespace bootstrap
