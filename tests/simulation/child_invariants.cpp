// What must hold for steps that run a template as a workflow of their own.

#include <algorithm>

#include <fmt/format.h>

#include "tests/simulation/invariants.h"

namespace bootstrap::simulation {

namespace {

bool is_unbegun(const Known& child) {
  return child.run == 0 && is_final(child.status.value("state", ""));
}

}  // namespace

int Invariants::unbegun_children(const std::string& uid, const StepRef& ref) const {
  const auto parent = known_.find(uid);
  if (parent == known_.end()) return 0;
  const int former = former_attempts(step_record(parent->second.status, ref));
  return static_cast<int>(std::ranges::count_if(known_, [&](const auto& entry) {
    const Known& child = entry.second;
    return child.of.workflow_uid == uid && child.of.phase == ref.phase &&
           child.of.step == ref.step && child.of.attempt > former && is_unbegun(child);
  }));
}

std::vector<std::pair<std::string, const Known*>> Invariants::children_of(
    const std::string& uid, const StepRef& ref) const {
  std::vector<std::pair<std::string, const Known*>> children;
  const auto parent = known_.find(uid);
  if (parent == known_.end()) return children;
  const int former = former_attempts(step_record(parent->second.status, ref));
  for (const auto& [child_uid, child] : known_)
    if (child.of.workflow_uid == uid && child.of.phase == ref.phase && child.of.step == ref.step &&
        child.of.attempt > former && !is_unbegun(child))
      children.emplace_back(child_uid, &child);
  return children;
}

// A child is a launch of its parent's step.
void Invariants::on_child(const std::string& uid, const Known& child) {
  const auto parent = known_.find(child.of.workflow_uid);
  if (parent == known_.end() || parent->second.deleted) return;
  // What was launched for the run before and has ended need not be on record when this one begins.
  const auto is_of_former_run = [&](const auto& other) {
    return parent->second.unrecorded.contains(other.second->of) &&
           is_final(other.second->status.value("state", ""));
  };
  auto children = children_of(child.of.workflow_uid, {child.of.phase, child.of.step});
  std::erase_if(children, is_of_former_run);
  if (!attempts_.insert(child.of).second || children.size() > 1)
    violated(fmt::format("a: a second child {} for {}", uid, to_text(child.of)));
  if (is_late(parent->second)) late_.insert(child.of);
  // The former one, which was to be resumed, had never begun.
  std::erase_if(parent->second.launches, [&](const auto& launch) {
    const AttemptName& other = launch.first;
    return other.phase == child.of.phase && other.step == child.of.step;
  });
  note_launch(parent->second, child.of, uid);
  if (is_final(parent->second.status.value("state", "")) && !is_exempt(child.of))
    violated(fmt::format("c: child {} created after the end", child.name));
  check_steering(parent->second, child.of);
  check_order(parent->second, child.of.workflow_uid, child.of);
  check_those_before(parent->second, child.of.workflow_uid, child.of);
  parent->second.launched.insert({child.of.phase, child.of.step});
}

void Invariants::judge_child(const std::string& name, const std::string& uid,
                             const OutlineStep& step, const Json& record) {
  static const std::set<std::string> kEnds{"ChildFailed", "ChildDeleted", "TimedOut",
                                           "PhaseTimedOut", "WorkflowTimedOut"};
  const auto children = children_of(uid, step.ref);
  const int tried = attempts_in_run(record) - unbegun_children(uid, step.ref);
  if (tried > 1 || record.contains("job") || children.size() != static_cast<std::size_t>(tried))
    return violated(fmt::format("a: {} runs a template: {}", name, record.dump()));
  if (children.empty()) {  // it was cancelled before it had begun
    if (record.value("state", "") == "Succeeded")
      violated(fmt::format("e: {} succeeded without a child", name));
    return;
  }
  const auto& [child_uid, child] = children.front();
  if (!record.contains("childUID") && is_exempt(child->of)) return;
  if (record.value("childUID", "") != child_uid)
    violated(fmt::format("e: {} does not know its child: {}", name, record.dump()));
  const std::string state = record.value("state", "");
  const std::string reason = record.value("reason", "");
  const std::string of_child = child->status.value("state", "");
  if (state == "Succeeded" && of_child != "Succeeded")
    violated(fmt::format("e: {} succeeded, its child is {}", name, of_child));
  if (state == "Failed" && !kEnds.contains(reason))
    violated(fmt::format("e: {} failed otherwise: {}", name, record.dump()));
  if (reason == "ChildFailed" && of_child != "Failed" && !child->cancelled)
    violated(fmt::format("e: {} failed with its child, which is {}", name, of_child));
  for (const PodRun& run : nodes_.runs())
    if (run.attempt.workflow_uid == child_uid && !run.ended)
      violated(fmt::format("e: {} is over while pod {} of its child lives", name, run.pod));
}

}  // namespace bootstrap::simulation
