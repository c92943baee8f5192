#include "tests/bench/chains.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace bootstrap::bench {
namespace {

using nlohmann::json;

std::string text(const json& object, const json::json_pointer& where) {
  return object.contains(where) && object.at(where).is_string() ? object.at(where) : json("");
}

std::optional<ChainStep> step_of(const json& object) {
  const json labels = object.value("/metadata/labels"_json_pointer, json::object());
  const std::string chain = labels.value(kChainLabel, "");
  const std::string number = labels.value(kStepLabel, "");
  int step = -1;
  std::from_chars(number.data(), number.data() + number.size(), step);
  if (chain.empty() || step < 0) return std::nullopt;
  return ChainStep{text(object, "/metadata/namespace"_json_pointer), chain, step};
}

// Whether it succeeded; empty: it goes on.
std::optional<bool> by_containers(const json& pod) {
  const json statuses = pod.value("/status/containerStatuses"_json_pointer, json::array());
  if (statuses.empty()) return std::nullopt;
  bool well = true;
  for (const json& status : statuses) {
    const json code = status.value("/state/terminated/exitCode"_json_pointer, json());
    if (code.is_null()) return std::nullopt;
    well = well && code == 0;
  }
  return well;
}

std::optional<bool> by_phase(const json& pod) {
  const std::string phase = text(pod, "/status/phase"_json_pointer);
  if (phase == "Succeeded") return true;
  if (phase == "Failed") return false;
  return std::nullopt;
}

std::optional<bool> by_condition(const json& job) {
  for (const json& c : job.value("/status/conditions"_json_pointer, json::array())) {
    if (c.value("status", "") != "True") continue;
    if (c.value("type", "") == "Complete") return true;
    if (c.value("type", "") == "Failed") return false;
  }
  return std::nullopt;
}

}  // namespace

const FieldFilter& trigger_fields(Trigger trigger) {
  static const FieldFilter containers({"metadata.name", "metadata.namespace", "metadata.labels",
                                       "status.containerStatuses.state.terminated.exitCode"});
  static const FieldFilter phase(
      {"metadata.name", "metadata.namespace", "metadata.labels", "status.phase"});
  static const FieldFilter condition({"metadata.name", "metadata.namespace", "metadata.labels",
                                      "status.conditions.type", "status.conditions.status"});
  switch (trigger) {
    case Trigger::Containers:
      return containers;
    case Trigger::PodPhase:
      return phase;
    case Trigger::JobCondition:
      break;
  }
  return condition;
}

std::optional<StepEnd> step_end(const json& object, Trigger trigger) {
  const auto step = step_of(object);
  if (!step) return std::nullopt;
  const auto well = trigger == Trigger::Containers ? by_containers(object)
                    : trigger == Trigger::PodPhase ? by_phase(object)
                                                   : by_condition(object);
  if (!well) return std::nullopt;
  return StepEnd{*step, *well};
}

json chain_job(const json& job_template, const ChainStep& step) {
  json job = job_template;
  const json labels{{kChainLabel, step.chain}, {kStepLabel, std::to_string(step.step)}};
  job["metadata"]["name"] = fmt::format("{}-{}", step.chain, step.step);
  job["metadata"]["namespace"] = step.ns;
  job["metadata"]["labels"].update(labels);
  job["spec"]["template"]["metadata"]["labels"].update(labels);
  return job;
}

Next Chains::on_start(const std::string& ns, const std::string& chain) {
  if (!first_time(ns, chain, -1)) return next::Nothing{};
  return next::Job{{ns, chain, 0}};
}

Next Chains::on_end(const StepEnd& end) {
  const auto& [ns, chain, step] = end.step;
  if (!first_time(ns, chain, step)) return next::Nothing{};
  if (!end.succeeded) return next::Finish{ns, chain, "Failed"};
  if (step + 1 >= steps_) return next::Finish{ns, chain, "Succeeded"};
  return next::Job{{ns, chain, step + 1}};
}

bool Chains::first_time(const std::string& ns, const std::string& chain, int step) {
  const std::lock_guard lock(mutex_);
  return seen_.emplace(ns, chain, step).second;
}

}  // namespace bootstrap::bench
