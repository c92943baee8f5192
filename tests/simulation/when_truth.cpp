// The part of the invariants that is about `when`: what may have been decided, by what really
// happened. Widgets come and go, so only what was never the case is surely wrong.
#include <algorithm>

#include <fmt/format.h>

#include "tests/simulation/invariants.h"

namespace bootstrap::simulation {

// Told to end, 0 may count or not; whoever deletes the Job takes its result along.
bool Invariants::is_sure_success(const PodRun& run) {
  return run.succeeded() && run.reported && !run.told_to_end &&
         run.fate.kind != Fate::Kind::JobDeleted;
}

// Conditions of random stories are about one key, which every step that succeeds gives.
bool Invariants::gave_outputs(const std::string& uid, const Json& entry, bool surely) const {
  const std::string path = entry["output"];
  const auto dot = path.find('.');
  const StepRef giver{path.substr(0, dot), path.substr(dot + 1, path.rfind('.') - dot - 1)};
  const auto runs = runs_of(uid, giver);
  return std::any_of(runs.begin(), runs.end(), [&](const PodRun* run) {
    return surely ? is_sure_success(*run) : run->succeeded();
  });
}

namespace {

// Of conditions that hold for an output that was given, and for none otherwise, or the other way.
enum class Asks { IsGiven, IsNotGiven, Always, Never };

Asks asks(const Json& entry) {
  const std::string op = entry["operator"];
  if (op == "Exists") return Asks::IsGiven;
  if (op == "DoesNotExist") return Asks::IsNotGiven;
  const Json& values = entry["values"];
  const bool has_tag = std::find(values.begin(), values.end(), Json(kTag)) != values.end();
  if (op == "In") return has_tag ? Asks::IsGiven : Asks::Never;
  return has_tag ? Asks::IsNotGiven : Asks::Always;
}

}  // namespace

bool Invariants::may_have_held(const Json& entry, const std::string& uid) const {
  if (entry.contains("resource")) {
    const std::string name = entry["resource"]["name"];
    if (entry.contains("condition")) return ready_.contains(name);
    return !entry["exists"].get<bool>() || existed_.contains(name);
  }
  switch (asks(entry)) {
    case Asks::IsGiven:
      return gave_outputs(uid, entry, false);
    case Asks::IsNotGiven:
      return !gave_outputs(uid, entry, true);
    case Asks::Always:
      return true;
    case Asks::Never:
      break;
  }
  return false;
}

bool Invariants::may_have_failed(const Json& entry, const std::string& uid) const {
  if (entry.contains("resource"))
    return entry.value("exists", true) || existed_.contains(entry["resource"]["name"]);
  switch (asks(entry)) {
    case Asks::IsGiven:
      return !gave_outputs(uid, entry, true);
    case Asks::IsNotGiven:
      return gave_outputs(uid, entry, false);
    case Asks::Never:
      return true;
    case Asks::Always:
      break;
  }
  return false;
}

void Invariants::judge_skip(const std::string& name, const std::string& uid,
                            const OutlineStep& step) {
  if (!step.runs || step.by_phase) return;
  for (const auto* entries : {&step.by_widget, &step.by_output})
    for (const Json& entry : *entries)
      if (may_have_failed(entry, uid)) return;
  violated(fmt::format("e: {} was skipped although its when holds", name));
}

}  // namespace bootstrap::simulation
