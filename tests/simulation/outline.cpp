#include "tests/simulation/outline.h"

#include <algorithm>
#include <map>
#include <utility>

namespace bootstrap::simulation {
namespace {

using Values = std::map<std::string, std::string>;

Values values_of(const Json& spec) {
  Values values;
  for (const auto& p : spec.value("parameters", Json::array()))
    if (p.contains("value"))
      values[p["name"]] = p["value"].get<std::string>();
    else if (p.contains("default"))
      values[p["name"]] = p["default"].get<std::string>();
  return values;
}

bool holds(const Json& entry, const Values& values) {
  const auto found = values.find(entry["param"].get<std::string>());
  const std::string op = entry["operator"];
  if (op == "Exists" || op == "DoesNotExist")
    return (found != values.end() && !found->second.empty()) == (op == "Exists");
  const Json& list = entry["values"];
  const bool in =
      found != values.end() && std::find(list.begin(), list.end(), found->second) != list.end();
  return in == (op == "In");
}

// Of a phase, where it is looked at once, or of the step itself.
void apply_when(OutlineStep& step, const Json& part, const Values& values) {
  for (Json entry : part.value("when", Json::array())) {
    if (part.contains("steps")) entry["of phase"] = true;
    if (entry.contains("phase"))
      step.by_phase = true;
    else if (entry.contains("resource"))
      step.by_widget.push_back(entry);
    else if (entry.contains("output"))
      step.by_output.push_back(entry);
    else if (!holds(entry, values))
      step.runs = false;
  }
}

// "1h30m", "20s".
Duration duration_of(const std::string& text) {
  Duration sum{}, number{};
  for (const char c : text)
    if (c >= '0' && c <= '9')
      number = number * 10 + Duration(c - '0');
    else
      sum += std::exchange(number, Duration{}) * (c == 'h' ? 3'600'000 : c == 'm' ? 60'000 : 1'000);
  return sum;
}

// Outputs that a text refers to.
void note_references(const std::string& text, std::vector<Json>& takes) {
  constexpr std::string_view kBegin = "$(steps.", kOutputs = ".outputs.";
  for (auto at = text.find(kBegin); at != std::string::npos; at = text.find(kBegin, at + 1)) {
    std::string path = text.substr(at + kBegin.size());
    path.resize(path.find(')'));
    path.replace(path.find(kOutputs), kOutputs.size(), ".");
    takes.push_back({{"output", path}, {"operator", "Exists"}});
  }
}

std::optional<OutlineRetry> retry_of(const Json& step) {
  if (!step.contains("retry")) return std::nullopt;
  OutlineRetry retry;
  const Json& given = step["retry"];
  retry.attempts = given.value("attempts", 3);
  if (given.contains("delay")) retry.delay = duration_of(given["delay"]);
  retry.factor = given.value("factor", 2);
  retry.longest = given.contains("maxDelay") ? duration_of(given["maxDelay"])
                                             : std::max(retry.longest, retry.delay);
  retry.jitter = given.value("jitter", 0);
  for (const int code : given.value("fatalExitCodes", std::vector<int>())) retry.fatal.insert(code);
  return retry;
}

// All of it but its place.
void read_step(OutlineStep& one, const Json& step) {
  one.tolerated = step.value("continueOnFailure", false);
  one.retry = retry_of(step);
  one.waits = step.contains("waitFor");
  one.child = step.contains("workflow");
  one.asks = step.contains("ask");
  if (step.contains("timeout")) one.timeout = duration_of(step["timeout"]);
  if (step.contains("startTimeout")) one.start_timeout = duration_of(step["startTimeout"]);
  const bool for_a_widget = text_at(step, "/waitFor/condition/type") == "Ready";
  if (for_a_widget) one.waits_for = with_tag(text_at(step, "/waitFor/resource/name"));
  note_references(text_at(step, "/waitFor/resource/name"), one.takes);
  for (const auto& arg : step.value("args", std::vector<std::string>()))
    note_references(arg, one.takes);
  for (const auto& asked : step.value("/ask/parameters"_json_pointer, Json::array()))
    if (!asked.contains("default"))
      one.asks_for[asked["name"]] = asked["allowed"].get<std::set<std::string>>();
}

}  // namespace

const OutlineStep* Outline::find(const StepRef& ref) const {
  const auto found = std::find_if(steps.begin(), steps.end(),
                                  [&](const OutlineStep& step) { return step.ref == ref; });
  return found == steps.end() ? nullptr : &*found;
}

bool Outline::comes_before(const OutlineStep& one, const OutlineStep& other) const {
  if (one.at_end != other.at_end) return other.at_end;
  if (one.at_end && one.ref.phase != other.ref.phase) return &one < &other;  // as listed
  return std::any_of(other.after.begin(), other.after.end(), [&](const StepRef& ref) {
    return ref == one.ref || comes_before(one, *find(ref));
  });
}

bool Outline::is_at_end(const std::string& phase) const {
  return std::any_of(steps.begin(), steps.end(), [&](const OutlineStep& step) {
    return step.at_end && step.ref.phase == phase;
  });
}

std::set<std::string> Outline::rests_on(const OutlineStep& step) const {
  std::set<StepRef> all{step.ref};
  std::vector<StepRef> before = step.after;
  while (!before.empty()) {
    const OutlineStep& one = *find(before.back());
    before.pop_back();
    if (all.insert(one.ref).second) before.insert(before.end(), one.after.begin(), one.after.end());
  }
  std::set<std::string> phases;
  for (const StepRef& ref : all) phases.insert(ref.phase);
  return phases;
}

std::string with_tag(std::string text) {
  for (auto at = text.find("$(steps."); at != std::string::npos; at = text.find("$(steps."))
    text.replace(at, text.find(')', at) + 1 - at, kTag);
  return text;
}

Outline outline_of(const Json& spec) {
  Outline outline;
  const Values values = values_of(spec);
  const bool graph = spec.value("order", "") == "Graph";
  outline.lock = spec.value("lock", "");
  if (spec.contains("jobRetention")) outline.job_retention = duration_of(spec["jobRetention"]);
  outline.has_timeouts = spec.contains("timeout");
  if (outline.has_timeouts) outline.timeout = duration_of(spec["timeout"]);
  outline.linear = !graph && !spec.contains("finally");
  std::map<std::string, std::vector<StepRef>> steps_of;
  std::vector<StepRef> former;  // steps of the phase before
  const auto add = [&](const Json& phase, bool at_end) {
    std::vector<StepRef> before;
    if (!at_end && !graph) before = former;
    for (const auto& name : phase.value("dependsOn", std::vector<std::string>()))
      before.insert(before.end(), steps_of[name].begin(), steps_of[name].end());
    former.clear();
    for (const auto& step : phase["steps"]) {
      OutlineStep& added = outline.steps.emplace_back();
      added.ref = {phase["name"], step["name"]};
      added.at_end = at_end;
      added.after = before;
      if (!phase.value("parallel", false))
        added.after.insert(added.after.end(), former.begin(), former.end());
      read_step(added, step);
      added.phase_has_when = phase.contains("when");
      apply_when(added, phase, values);
      apply_when(added, step, values);
      former.push_back(added.ref);
      // What held when it was launched may not hold any more when that is not known yet.
      outline.linear = outline.linear && !added.retry && !phase.value("parallel", false) &&
                       added.by_widget.empty();
    }
    steps_of[phase["name"]] = former;
    outline.has_timeouts = outline.has_timeouts || phase.contains("timeout");
    if (phase.contains("timeout"))
      outline.phase_timeouts[phase["name"]] = duration_of(phase["timeout"]);
  };
  for (const auto& phase : spec["phases"]) add(phase, false);
  for (const auto& phase : spec.value("finally", Json::array())) add(phase, true);
  outline.linear = outline.linear && !outline.has_timeouts;
  return outline;
}

}  // namespace bootstrap::simulation
