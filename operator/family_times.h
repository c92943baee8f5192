#pragma once
// What the steps of workflows have taken, by family (controllers/step_times.h), of the newest runs
// that have ended.
//
// It follows what the store of workflows says and knows in which order the runs of a family have
// ended; what their steps took is read from the store when somebody asks.
//
// Threads: safe from any. Errors: none.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "controllers/questions.h"
#include "controllers/step_times.h"

namespace bootstrap {

class FamilyTimes {
 public:
  // From the store; empty: it is not there any more.
  using Find = std::function<std::shared_ptr<const Workflow>(const ObjectKey&)>;

  explicit FamilyTimes(Find find) : find_(std::move(find)) {}

  // A workflow is there, has changed, or was deleted.
  void changed(const Workflow&, bool deleted);

  TimesOfFamily::Answer expected(const std::string& ns, const std::string& family);

 private:
  using Place = std::pair<std::string, std::string>;  // a namespace and a family
  using RunKey = std::pair<TimePoint, std::string>;   // when it has ended, and the workflow's name

  struct Family {
    std::set<RunKey> runs;              // the oldest first
    std::optional<StepTimes> expected;  // until a run comes or goes
  };
  using Families = std::map<Place, Family>;
  struct Ended {
    Families::iterator family;
    TimePoint completion;
  };

  void forget(const ObjectKey&);
  StepTimes expected_of(const std::string& ns, const Family&) const;

  const Find find_;
  std::mutex mutex_;
  Families families_;
  std::map<ObjectKey, Ended> ended_;
};

}  // namespace bootstrap
