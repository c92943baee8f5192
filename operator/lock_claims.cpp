#include "operator/lock_claims.h"

#include <tuple>

namespace bootstrap {

// A status that belongs to another object, as after a restore, claims nothing.
std::optional<LockClaims::Claim> LockClaims::claim_of(const Workflow& workflow) {
  const Status& status = workflow.status;
  if (status.lock.empty() || (!status.uid.empty() && status.uid != workflow.meta.uid))
    return std::nullopt;
  const bool runs = status.run > 0 && status.state && !is_final(*status.state);
  return Claim{{workflow.meta.ns, status.lock},
               {workflow.meta.name, workflow.meta.creation.value_or(TimePoint::max()), runs}};
}

void LockClaims::changed(const Workflow& workflow, bool deleted) {
  const ObjectKey key = workflow.meta.key();
  std::vector<ObjectKey> woken;
  {
    const std::scoped_lock lock(mutex_);
    const auto now = deleted ? std::nullopt : claim_of(workflow);
    const auto known = known_.find(key);
    const auto before = known == known_.end() ? std::nullopt : std::optional(known->second);
    if (now == before) return;
    if (before) remove(*before);
    known_.erase(key);
    if (now) {
      claims_[now->place][key.name] = now->what;
      known_.emplace(key, *now);
    }
    const bool ended = before && (!now || now->place != before->place);
    if (ended) woken = first_to_wait(before->place);
    const bool begins = now && now->what.runs && (ended || !before || !before->what.runs);
    if (begins)
      for (const auto& [name, claim] : claims_[now->place])
        if (name != key.name) woken.push_back({key.ns, name});
  }
  for (const ObjectKey& one : woken) wake_(one);
}

OtherClaims::Answer LockClaims::others(const ObjectKey& workflow, const std::string& lock) const {
  const std::scoped_lock guard(mutex_);
  OtherClaims::Answer others;
  const auto found = claims_.find({workflow.ns, lock});
  if (found == claims_.end()) return others;
  for (const auto& [name, claim] : found->second)
    if (name != workflow.name) others.push_back(claim);
  return others;
}

void LockClaims::report_stray(const ObjectKey& holder, const std::string& lock) {
  note_taken(holder, lock);
  wake_(holder);
}

void LockClaims::note_taken(const ObjectKey& holder, const std::string& lock) {
  const std::scoped_lock guard(mutex_);
  strays_[holder].insert(lock);
}

std::set<std::string> LockClaims::strays_of(const ObjectKey& holder) const {
  const std::scoped_lock guard(mutex_);
  const auto found = strays_.find(holder);
  return found == strays_.end() ? std::set<std::string>() : found->second;
}

void LockClaims::forget_stray(const ObjectKey& holder, const std::string& lock) {
  const std::scoped_lock guard(mutex_);
  const auto found = strays_.find(holder);
  if (found == strays_.end()) return;
  found->second.erase(lock);
  if (found->second.empty()) strays_.erase(found);
}

void LockClaims::forget_strays(const ObjectKey& holder) {
  const std::scoped_lock guard(mutex_);
  strays_.erase(holder);
}

void LockClaims::remove(const Claim& claim) {
  const auto found = claims_.find(claim.place);
  found->second.erase(claim.what.workflow);
  if (found->second.empty()) claims_.erase(found);
}

std::vector<ObjectKey> LockClaims::first_to_wait(const Place& place) const {
  const auto found = claims_.find(place);
  if (found == claims_.end()) return {};
  const LockClaim* first = nullptr;
  for (const auto& [name, claim] : found->second)
    if (first == nullptr || std::tie(claim.runs, claim.creation, name) <
                                std::tie(first->runs, first->creation, first->workflow))
      first = &claim;
  return {{place.first, first->workflow}};
}

}  // namespace bootstrap
