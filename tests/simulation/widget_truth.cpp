#include "tests/simulation/widget_truth.h"

namespace bootstrap::simulation {

void WidgetTruth::note(const Change& change) {
  const bool exists = change.kind != ChangeKind::Deleted;
  const bool ready = text_at(*change.object, "/status/conditions/0/status") == "True";
  states_[change.key.name].emplace_back(change.at, WidgetState{exists, exists && ready});
}

bool WidgetTruth::was(const std::string& name, const Test& test, TimePoint from,
                      TimePoint to) const {
  WidgetState before;  // there was none at first
  bool so = false;
  if (const auto found = states_.find(name); found != states_.end())
    for (const auto& [at, state] : found->second) {
      if (at > to) break;
      if (at > from) so = so || test(before) || test(state);
      before = state;
    }
  return so || test(before);
}

bool WidgetTruth::was_ever_ready(const std::string& name) const {
  const auto found = states_.find(name);
  if (found == states_.end()) return false;
  for (const auto& [at, state] : found->second)
    if (state.ready) return true;
  return false;
}

}  // namespace bootstrap::simulation
