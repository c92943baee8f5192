#pragma once
// Deletes what belongs to an object that is gone, in the background, some time later; and first
// what it owns when an object is deleted in the foreground.
//
// Threads: one thread.

#include "tests/simulation/fate.h"
#include "tests/simulation/scheduler.h"
#include "tests/simulation/verbs.h"

namespace bootstrap::simulation {

class GarbageCollector {
 public:
  GarbageCollector(Verbs& verbs, Scheduler& scheduler, Random random, Lag lag);

 private:
  void on_change(const Change&);
  void collect(const ResourceType&, const ObjectKey&, const std::string& uid);
  std::vector<std::pair<const ResourceType*, Object>> owned_by(const std::string& uid,
                                                               const std::string& ns) const;
  // Of an object that is deleted in the foreground: first what it owns, then itself.
  void finish_later(const ResourceType&, const Json& object);
  bool has_live_owner(const Json& object) const;

  Verbs& verbs_;
  Scheduler& scheduler_;
  Random random_;
  Lag lag_;
};

}  // namespace bootstrap::simulation
