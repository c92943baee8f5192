#include "operator/family_times.h"

namespace bootstrap {
namespace {

StepTimes expected_of(const std::map<std::pair<TimePoint, std::string>, StepTimes>& runs) {
  std::vector<StepTimes> times;
  for (const auto& [key, of_run] : runs) times.push_back(of_run);
  return expected_times(times);
}

bool has_ended(const Workflow& workflow) {
  const Status& status = workflow.status;
  return status.state && is_final(*status.state) && status.completion;
}

}  // namespace

void FamilyTimes::changed(const Workflow& workflow, bool deleted) {
  const ObjectKey key = workflow.meta.key();
  const std::scoped_lock lock(mutex_);
  const bool counts = !deleted && has_ended(workflow);
  const auto known = known_.find(key);
  const RunKey run{workflow.status.completion.value_or(TimePoint{}), key.name};
  if (counts && known != known_.end() && known->second.run == run) return;
  forget(key);
  if (counts) take(key, workflow);
}

TimesOfFamily::Answer FamilyTimes::expected(const std::string& ns, const std::string& family) {
  const std::scoped_lock lock(mutex_);
  const auto found = families_.find({ns, family});
  if (found == families_.end()) return {};
  auto& [runs, expected] = found->second;
  if (!expected) expected = expected_of(runs);
  return *expected;
}

void FamilyTimes::forget(const ObjectKey& key) {
  const auto known = known_.find(key);
  if (known == known_.end()) return;
  const auto family = families_.find(known->second.place);
  family->second.runs.erase(known->second.run);
  family->second.expected.reset();
  if (family->second.runs.empty()) families_.erase(family);
  known_.erase(known);
}

void FamilyTimes::take(const ObjectKey& key, const Workflow& workflow) {
  const Place place{key.ns, family_of(workflow)};
  const RunKey run{*workflow.status.completion, key.name};
  Family& family = families_[place];
  auto& runs = family.runs;
  if (runs.size() == kRunsThatCount) {
    if (run < runs.begin()->first) return;
    known_.erase({key.ns, runs.begin()->first.second});
    runs.erase(runs.begin());
  }
  runs.emplace(run, times_of(workflow.status));
  known_.insert_or_assign(key, Known{place, run});
  family.expected.reset();
}

}  // namespace bootstrap
