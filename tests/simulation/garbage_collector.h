#pragma once
// Deletes what belongs to an object that is gone, in the background, some time later.
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
  bool has_live_owner(const Json& object) const;

  Verbs& verbs_;
  Scheduler& scheduler_;
  Random random_;
  Lag lag_;
};

}  // namespace bootstrap::simulation
