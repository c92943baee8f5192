#include "operator/family_times.h"

#include <ranges>
#include <vector>

namespace bootstrap {
namespace {

// None: it goes on.
std::optional<TimePoint> end_of(const Workflow& workflow) {
  const Status& status = workflow.status;
  return status.state && is_final(*status.state) ? status.completion : std::nullopt;
}

}  // namespace

void FamilyTimes::changed(const Workflow& workflow, bool deleted) {
  const ObjectKey key = workflow.meta.key();
  const auto end = deleted ? std::nullopt : end_of(workflow);
  const std::scoped_lock lock(mutex_);
  if (const auto known = ended_.find(key); known != ended_.end() && known->second.completion == end)
    return;
  forget(key);
  if (!end) return;
  const auto family = families_.try_emplace({key.ns, family_of(workflow)}).first;
  family->second.runs.emplace(*end, key.name);
  family->second.expected.reset();
  ended_.insert_or_assign(key, Ended{family, *end});
}

TimesOfFamily::Answer FamilyTimes::expected(const std::string& ns, const std::string& family) {
  const std::scoped_lock lock(mutex_);
  const auto found = families_.find({ns, family});
  if (found == families_.end()) return {};
  auto& expected = found->second.expected;
  if (!expected) expected = expected_of(ns, found->second);
  return *expected;
}

// One that is not as it was known has changed at this moment, which will be told.
StepTimes FamilyTimes::expected_of(const std::string& ns, const Family& family) const {
  std::vector<StepTimes> times;
  for (const auto& [end, name] : family.runs | std::views::reverse) {
    const auto workflow = find_({ns, name});
    if (workflow && end_of(*workflow) == end) times.push_back(times_of(workflow->status));
    if (times.size() == kRunsThatCount) break;
  }
  return expected_times(times);
}

void FamilyTimes::forget(const ObjectKey& key) {
  const auto known = ended_.find(key);
  if (known == ended_.end()) return;
  const auto& [family, completion] = known->second;
  family->second.runs.erase({completion, key.name});
  family->second.expected.reset();
  if (family->second.runs.empty()) families_.erase(family);
  ended_.erase(known);
}

}  // namespace bootstrap
