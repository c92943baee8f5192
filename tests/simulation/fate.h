#pragma once
// What becomes of the pod of an attempt: the part of the world nobody can decide.
//
// An oracle answers for each attempt before its pod exists, so that a run can be judged afterwards
// by what was bound to happen.
//
// Threads: values.

#include <compare>
#include <functional>
#include <string>

#include "controllers/time.h"
#include "tests/simulation/random.h"

namespace bootstrap::simulation {

struct AttemptName {
  std::string workflow_uid;
  std::string phase;
  std::string step;
  int attempt = 0;
  auto operator<=>(const AttemptName&) const = default;
};

std::string to_text(const AttemptName&);

struct Fate {
  enum class Kind {
    Exits,       // by itself, with exit_code, after running for `runs`
    NeverPulls,  // its image is never there
    Evicted,     // through the eviction API, `strikes` after the pod was created
    Starved,     // by the kubelet, which has too little memory: no deletion, phase Failed at once
    PodDeleted,  // by a person
    JobDeleted,  // by a person
    NodeLost     // its node falls silent; after `returns` it is back, or is deleted
  };
  // What it leaves for other steps when it exits with 0.
  enum class Gift {
    Outputs,    // good ones
    TooLarge,   // for what is kept
    Cut,        // by the kubelet, being larger than what it takes
    Malformed,  // lines that are no outputs
    Nothing
  };
  Kind kind = Kind::Exits;
  int exit_code = 0;
  int exit_code_on_term = 143;  // when it is told to end; a tool may well answer with 0
  Duration runs{3'000};
  Duration starts{400};  // from the pod's creation to its container running
  Duration strikes{1'000};
  Duration returns{600'000};
  bool node_returns = true;
  bool one_report = false;   // the kubelet's report of the exit has the final phase already
  bool clone_fails = false;  // of its source, if it has one
  Gift gift = Gift::Outputs;
};

using Oracle = std::function<Fate(const AttemptName&)>;

// How long something takes: mostly between two bounds, now and then up to much longer.
struct Lag {
  Duration least{5};
  Duration most{200};
  double slow_chance = 0.02;
  Duration slow{10'000};

  Duration draw(Random& random) const {
    return random.chance(slow_chance) ? random.between(most, slow) : random.between(least, most);
  }
};

}  // namespace bootstrap::simulation
