#pragma once
// A world that people watch: what they would see of its workflows at each moment, for golden texts.
// The clock is the simulation's, so each moment is known to the second.
//
//   WatchedWorld watched;
//   watched.fates["create"] = {Fate{.exit_code = 1}, Fate{.runs = 9min}};
//   watched.run("fleet", spec);
//   for (const auto& moment : watched.moments()) …
//
// Threads: one thread. Errors: a run that does not end, or breaks an invariant, is an exception.

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "tests/simulation/world.h"

namespace bootstrap::simulation {

class WatchedWorld {
 public:
  // A workflow was created or its status was written.
  struct Moment {
    TimePoint at;
    Json workflow;
    std::vector<Json> events;  // written since, and before the next moment
  };

  WatchedWorld();

  // Of the attempts of a step, by its name, in turn; the last one's is that of all later ones.
  std::map<std::string, std::deque<Fate>> fates;

  // Creates it and runs it to its end.
  void run(const std::string& name, const Json& spec);
  const std::vector<Moment>& moments() const { return moments_; }

 private:
  Fate fate(const AttemptName&);
  void note(const Change&);

  std::vector<Moment> moments_;
  World world_;
};

// Two clusters beside each other, one of which needs a second try, and what comes after them, with
// estimates.
void run_fleet(WatchedWorld&);

}  // namespace bootstrap::simulation
