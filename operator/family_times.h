#pragma once
// What the steps of workflows have taken, by family (controllers/step_times.h), of the newest runs
// that have ended.
//
// It follows what the store of workflows says, and keeps the times of kRunsThatCount runs of each
// family; a workflow that is deleted is forgotten.
//
// Threads: safe from any. Errors: none.

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "controllers/questions.h"
#include "controllers/step_times.h"

namespace bootstrap {

class FamilyTimes {
 public:
  // A workflow is there, has changed, or was deleted.
  void changed(const Workflow&, bool deleted);

  TimesOfFamily::Answer expected(const std::string& ns, const std::string& family);

 private:
  using Place = std::pair<std::string, std::string>;  // a namespace and a family
  using RunKey = std::pair<TimePoint, std::string>;   // when it has ended, and the workflow's name

  struct Family {
    std::map<RunKey, StepTimes> runs;   // the oldest first
    std::optional<StepTimes> expected;  // until a run comes or goes
  };
  struct Known {
    Place place;
    RunKey run;
  };

  void forget(const ObjectKey&);
  void take(const ObjectKey&, const Workflow&);

  std::mutex mutex_;
  std::map<Place, Family> families_;
  std::map<ObjectKey, Known> known_;  // of those that count
};

}  // namespace bootstrap
