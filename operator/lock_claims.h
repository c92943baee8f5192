#pragma once
// Which workflows hold or want which lock, by their status; and who is woken when that changes:
//
//   a claim ends               the oldest of those that wait for that lock, whose turn it is now
//   a claimant's run begins    all others: whom they wait for is another now
//   a stray lock is reported   the workflow that has it
//
// Threads: safe from any; `wake` is called outside the lock. Errors: none.

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/questions.h"

namespace bootstrap {

class LockClaims {
 public:
  explicit LockClaims(std::function<void(const ObjectKey& workflow)> wake)
      : wake_(std::move(wake)) {}

  // A workflow is there, has changed, or was deleted.
  void changed(const Workflow&, bool deleted);

  // Of all others in its namespace.
  OtherClaims::Answer others(const ObjectKey& workflow, const std::string& lock) const;

  // Strays: locks that a workflow may have without a record of it. Somebody waits for one; or it
  // was taken here, for a workflow whose run may long be over: the news of that may be late.
  void report_stray(const ObjectKey& holder, const std::string& lock);
  void note_taken(const ObjectKey& holder, const std::string& lock);
  std::set<std::string> strays_of(const ObjectKey& holder) const;
  void forget_stray(const ObjectKey& holder, const std::string& lock);
  void forget_strays(const ObjectKey& holder);

 private:
  using Place = std::pair<std::string, std::string>;  // a namespace and a lock
  struct Claim {
    Place place;
    LockClaim what;
    bool operator==(const Claim&) const = default;
  };

  static std::optional<Claim> claim_of(const Workflow&);
  void remove(const Claim&);
  std::vector<ObjectKey> first_to_wait(const Place&) const;

  const std::function<void(const ObjectKey&)> wake_;

  mutable std::mutex mutex_;
  std::map<Place, std::map<std::string, LockClaim>> claims_;  // by workflow
  std::map<ObjectKey, Claim> known_;
  std::map<ObjectKey, std::set<std::string>> strays_;
};

}  // namespace bootstrap
