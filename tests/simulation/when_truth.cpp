// The part of the invariants that is about `when`: what may have been decided, by what really
// happened. Widgets come and go, so only what was not the case at any time from a step's turn to
// its launch, or to the record that it was skipped, is surely wrong.
#include <algorithm>

#include <fmt/format.h>

#include "tests/simulation/invariants.h"

namespace bootstrap::simulation {

// Told to end, 0 may count or not; whoever deletes the Job takes its result along, and a Job that
// is stopped its pod, perhaps before that was read.
bool Invariants::is_sure_success(const PodRun& run) const {
  const auto& launches = known_.at(run.attempt.workflow_uid).launches;
  const auto launch = launches.find(run.attempt);
  const bool was_stopped = launch != launches.end() && launch->second.stopped;
  return run.succeeded() && run.reported && !run.told_to_end && !run.is_spoiled() && !was_stopped &&
         run.fate.kind != Fate::Kind::JobDeleted;
}

// Conditions of random stories are about one key, which every step that succeeds gives.
bool Invariants::gave_outputs(const std::string& uid, const Json& entry, bool surely) const {
  const std::string path = entry["output"];
  const auto dot = path.find('.');
  const StepRef giver{path.substr(0, dot), path.substr(dot + 1, path.rfind('.') - dot - 1)};
  const auto runs = runs_of(uid, giver);
  return std::any_of(runs.begin(), runs.end(), [&](const PodRun* run) {
    const bool gave = run->fate.gift == Fate::Gift::Outputs;
    if (!gave || !surely) return gave && run->succeeded();
    return is_sure_success(*run) && run->fate.kind == Fate::Kind::Exits;
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

// No later than its turn: when the last pod of all before it had ended.
TimePoint Invariants::turn_of(const Known& known, const std::string& uid,
                              const OutlineStep& step) const {
  TimePoint turn = known.created_at;
  std::set<StepRef> before(step.after.begin(), step.after.end());
  // Backwards, and each once: in a long phase there are too many ways from one step to another.
  for (auto other = known.outline.steps.rbegin(); other != known.outline.steps.rend(); ++other) {
    if (!before.contains(other->ref)) continue;
    before.insert(other->after.begin(), other->after.end());
    for (const PodRun* run : runs_of(uid, other->ref))
      if (run->ended && run->succeeded()) turn = std::max(turn, *run->ended);
  }
  return turn;
}

// No later than that what an entry is about was looked at: for a phase once, in its beginning.
TimePoint Invariants::looked_at(const Known& known, const std::string& uid, const OutlineStep& step,
                                const Json& entry) const {
  const auto first =
      std::find_if(known.outline.steps.begin(), known.outline.steps.end(),
                   [&](const OutlineStep& other) { return other.ref.phase == step.ref.phase; });
  return turn_of(known, uid, entry.value("of phase", false) ? *first : step);
}

namespace {

WidgetTruth::Test test_of(const Json& entry, bool held) {
  if (entry.contains("condition"))
    return [held](const WidgetState& state) { return state.ready == held; };
  return [wanted = entry["exists"].get<bool>() == held](const WidgetState& state) {
    return state.exists == wanted;
  };
}

}  // namespace

bool Invariants::may_have_held(const Known& known, const std::string& uid, const OutlineStep& step,
                               const Json& entry, TimePoint until) const {
  if (entry.contains("resource"))
    return widgets_.was(entry["resource"]["name"], test_of(entry, true),
                        looked_at(known, uid, step, entry), until);
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

bool Invariants::may_have_failed(const Known& known, const std::string& uid,
                                 const OutlineStep& step, const Json& entry,
                                 TimePoint until) const {
  if (entry.contains("resource"))
    return widgets_.was(entry["resource"]["name"], test_of(entry, false),
                        looked_at(known, uid, step, entry), until);
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

void Invariants::judge_skip(const Known& known, const std::string& name, const std::string& uid,
                            const OutlineStep& step) {
  if (!step.runs || step.by_phase) return;
  for (const auto* entries : {&step.by_widget, &step.by_output})
    for (const Json& entry : *entries)
      if (may_have_failed(known, uid, step, entry, known.over.at(step.ref))) return;
  violated(fmt::format("e: {} was skipped although its when holds", name));
}

}  // namespace bootstrap::simulation
