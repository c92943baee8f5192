#include "controllers/lock.h"

#include <algorithm>
#include <cstdlib>
#include <tuple>

#include <fmt/format.h>

#include "controllers/attempt.h"
#include "controllers/begin_run.h"
#include "controllers/child_workflow.h"

namespace bootstrap {

using nlohmann::json;

namespace {

// Of what tells nobody when it has happened: a Lease that goes with its owner, pods that end.
constexpr Duration kLookAgain{2'000};

void wait_for_lock(Draft& draft, const std::string& lock, const std::string& what) {
  draft.wait_to_begin(reasons::kWaitingForLock, fmt::format("waits for lock {}{}", lock, what));
  draft.wake(draft.now() + kLongestBetweenTries);
}

bool is_ours(const Draft& draft, const LeaseView& lease) {
  return lease.meta.controller_uid == draft.meta().uid;
}

bool has_label(const ObjectMeta& meta, std::string_view key, std::string_view value) {
  const auto found = meta.labels.find(key);
  return found != meta.labels.end() && found->second == value;
}

// Of the same workflow that people have made: itself, or one above, below or beside it, which is
// kept from its work by their Leases.
bool is_of_same_root(const ObjectMeta& workflow, const PodView& pod) {
  const auto root = workflow.labels.find(std::string_view(labels::kRootUid));
  const bool is_below = is_child(workflow) && root != workflow.labels.end();
  return has_label(pod.meta, labels::kRootUid, is_below ? root->second : workflow.uid);
}

// A child's labels are the operator's; of any other workflow a label is only what somebody wrote.
bool is_under_lock_above(const ObjectMeta& workflow, const std::string& lock) {
  return is_child(workflow) && has_label(workflow, label_of_lock(lock), "true");
}

bool pods_of_others_have_ended(Draft& draft, const std::string& lock) {
  const auto* pods = draft.look_up(PodsUnderLock{lock});
  if (pods == nullptr) return false;
  const auto still = std::ranges::find_if(*pods, [&](const PodView& pod) {
    return !is_of_same_root(draft.meta(), pod) && !has_ended(pod);
  });
  if (still == pods->end()) return true;
  const auto workflow = still->meta.labels.find(std::string_view(labels::kWorkflow));
  wait_for_lock(
      draft, lock,
      fmt::format(": pod {} of workflow {}, which held it before, is still ending",
                  still->meta.name, workflow == still->meta.labels.end() ? "?" : workflow->second));
  draft.wake(draft.now() + kLookAgain);
  return false;
}

// Who has it, or comes before this one.
const LockClaim* first_of(const std::vector<LockClaim>& others, const ObjectMeta& workflow) {
  const LockClaim* first = nullptr;
  const LockClaim own{workflow.name, workflow.creation.value_or(TimePoint::max()), false};
  const auto comes_before = [](const LockClaim& a, const LockClaim& b) {
    return std::tie(b.runs, a.creation, a.workflow) < std::tie(a.runs, b.creation, b.workflow);
  };
  for (const LockClaim& other : others)
    if (comes_before(other, first == nullptr ? own : *first)) first = &other;
  return first;
}

void wait_for_holder(Draft& draft, const std::string& lock, const std::string& holder,
                     const std::vector<LockClaim>& others) {
  const bool is_there = std::ranges::find(others, holder, &LockClaim::workflow) != others.end();
  wait_for_lock(draft, lock,
                fmt::format(", which workflow {} {}", holder, is_there ? "holds" : "gives up"));
  if (is_there) return;
  draft.wake(draft.now() + kLookAgain);
  ReportStrayLock report{holder, lock};
  if (draft.outcome_of(report) == nullptr) draft.act(std::move(report));
}

// The Lease is there now and ours.
bool take(Draft& draft, const std::string& lock, int run, const std::vector<LockClaim>& others) {
  const CreateLock action{lease_name(lock), lock, run, draft.now()};
  const Outcome* outcome = draft.outcome_of(action);
  if (outcome == nullptr) {
    draft.act(action);
  } else if (const auto* taken = std::get_if<NameTaken>(outcome)) {
    wait_for_holder(draft, lock, taken->owner, others);
  } else if (const auto* refused = std::get_if<Refused>(outcome)) {
    wait_for_lock(draft, lock, ": its Lease cannot be created: " + refused->message);
  } else if (const auto* unknown = std::get_if<NotKnown>(outcome)) {
    draft.retry(unknown->why);
  } else {
    return true;
  }
  return false;
}

bool goes_on(const Draft& draft) {
  const Status& status = draft.observed().workflow.status;
  return status.run > 0 && status.state && !is_final(*status.state);
}

bool says_begun(const LeaseView& lease) {
  return has_label(lease.meta, labels::kBegun, "true");
}

// False: not yet, or that run has begun, as its plan says, whatever is asked for now: the status
// that would have said so was not written.
bool remove(Draft& draft, const LeaseView& lease) {
  const ObjectMeta& meta = lease.meta;
  if (!says_begun(lease) || run_of(lease) <= draft.observed().workflow.status.run)
    return draft.remove({Made::Lock, meta.name, meta.uid, meta.resource_version});
  bootstrap::has_begun(draft, run_of(lease));
  draft.wake(draft.now() + kLookAgain);
  return false;
}

// An operator that has not seen the new run yet may be about to delete the Lease of the old one. So
// the Lease of a run that is over does for no other.
bool is_for_this_run(Draft& draft, const LeaseView& lease, int run) {
  if (goes_on(draft) || run_of(lease) == run) return true;
  if (remove(draft, lease)) draft.wake(draft.now());
  return false;
}

bool is_taken(Draft& draft, const std::string& lock, int run) {
  const auto* lease = draft.look_up(LockNow{lock});
  const auto* others = draft.look_up(OtherClaims{lock});
  if (lease == nullptr || others == nullptr) return false;
  if (*lease && is_ours(draft, **lease)) return is_for_this_run(draft, **lease, run);
  if (*lease) {
    wait_for_holder(draft, lock, (*lease)->holder, *others);
    return false;
  }
  if (const LockClaim* first = first_of(*others, draft.meta())) {
    wait_for_lock(draft, lock,
                  first->runs
                      ? fmt::format(", under which workflow {} runs", first->workflow)
                      : fmt::format("; workflow {} is older and comes first", first->workflow));
    return false;
  }
  return take(draft, lock, run, *others);
}

// Its Lease is not there, or is another's. False: not yet.
bool has_no_lease(Draft& draft, const std::string& lock) {
  const auto* lease = draft.look_up(LockNow{lock});
  if (lease == nullptr) return false;
  return !*lease || !is_ours(draft, **lease) || remove(draft, **lease);
}

// The Lease first, then the record. False: not yet.
bool is_given_up(Draft& draft) {
  std::string& lock = draft.status().lock;
  if (lock.empty()) return true;
  if (!has_no_lease(draft, lock)) return false;
  lock.clear();
  return true;
}

}  // namespace

int run_of(const LeaseView& lease) {
  const auto run = lease.meta.labels.find(std::string_view(labels::kRun));
  return run == lease.meta.labels.end() ? 0 : std::atoi(run->second.c_str());
}

bool holds_lock(Draft& draft, const std::string& lock, int run) {
  draft.keep_lock();
  const std::string& stored = draft.observed().workflow.status.lock;
  if (!stored.empty() && stored != lock && !is_given_up(draft)) return false;
  if (lock.empty() || is_under_lock_above(draft.meta(), lock)) return true;
  if (stored == lock) return is_taken(draft, lock, run) && pods_of_others_have_ended(draft, lock);
  draft.status().lock = lock;
  wait_for_lock(draft, lock, "");
  return false;
}

bool begins_under_lock(Draft& draft) {
  const std::string& lock = draft.plan().lock;
  if (!holds_lock(draft, lock, draft.plan().run.run)) return false;
  if (lock.empty() || is_under_lock_above(draft.meta(), lock)) return true;
  const auto* lease = draft.look_up(LockNow{lock});
  const int run = draft.plan().run.run;
  if (*lease && says_begun(**lease) && run_of(**lease) == run) return true;
  const Outcome* taken = draft.outcome_of(CreateLock{lease_name(lock), lock});  // in this pass
  const MarkLock mark{lease_name(lock), *lease ? (*lease)->meta.uid : std::get<Done>(*taken).uid,
                      run};
  if (const auto* marked = draft.outcome_of(mark))
    if (const auto* refused = std::get_if<Refused>(marked))
      wait_for_lock(draft, lock, ": its Lease cannot be labelled: " + refused->message);
  return draft.mark(mark);
}

void give_up_unneeded_locks(Draft& draft) {
  if (!draft.ask().all_is_known()) return;
  for (const std::string& stray : draft.observed().stray_locks)
    if (stray != draft.status().lock && stray != draft.observed().workflow.status.lock)
      has_no_lease(draft, stray);
  if (!draft.keeps_lock() && !goes_on(draft)) is_given_up(draft);
}

json build_lease(const ObjectMeta& workflow, const CreateLock& lock) {
  return {
      {"apiVersion", "coordination.k8s.io/v1"},
      {"kind", "Lease"},
      {"metadata",
       {{"name", lock.name},
        {"namespace", workflow.ns},
        {"labels",
         {{labels::kManagedBy, labels::kManagedByValue},
          {labels::kWorkflow, workflow.name},
          {labels::kWorkflowUid, workflow.uid},
          {labels::kRun, std::to_string(lock.run)}}},
        {"annotations", {{annotations::kLock, lock.lock}}},
        {"ownerReferences", json::array({owner_reference(workflow)})}}},
      {"spec", {{"holderIdentity", workflow.name}, {"acquireTime", to_rfc3339_micro(lock.at)}}}};
}

}  // namespace bootstrap
