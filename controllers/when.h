#pragma once
// Whether a phase or step is run or skipped: its `when`, all entries of which must hold.
//
//  - {param, operator, values}: In and NotIn compare the parameter's value; one without a value is
//    in no list. Exists: it has a value that is not empty.
//  - {phase, states}: what came of a phase that is over.
//  - {result}: what came of the run; in finally only.
//  - {output, operator, values}: what a step before has given, compared as a parameter is. A step
//    that was skipped, that failed or that wrote no such key has given none. One whose pod was gone
//    before anybody read it may have: that can never be decided.
//  - {resource, and exists, condition or jsonPath}: what is in the cluster at that moment, by the
//    live API: what a watch has seen may be older than the end of the step before. Of a
//    kind that does not exist there is no object. What cannot be read is not known yet. As with
//    waits, the ServiceAccount must be allowed to read it.
//
// Each kind of entry is a type of its own (definition.h) and has one function here. One that does
// not hold decides, whatever else is not known; those that are fixed by now come first, so that
// nobody is asked in vain. While it is not known, nothing is decided.
//
// Pure functions.

#include <string>

#include "controllers/definition.h"
#include "controllers/questions.h"
#include "controllers/references.h"
#include "controllers/standing.h"

namespace bootstrap {

// What an entry can look at.
struct WhenFacts {
  const ParameterValues& parameters;
  const Standing& standing;
  const Status& status;
  const std::string& ns;
  const Lookup& lookup;  // of references, outputs excepted
  Inquiry& ask;
};

struct WhenResult {
  // Never: it cannot be decided, now or later. What counts more comes later.
  enum class Kind { Holds, NotKnownYet, Never, DoesNot } kind = Kind::Holds;
  // For people. Of DoesNot: "parameter operation is \"create\", not in [cleanup]"; of the others
  // what stands in the way.
  std::string why;
  // One of reasons: of Never, and of NotKnownYet when somebody must do something about it.
  const char* reason = "";
  bool may_change = false;  // of DoesNot: it may have held a moment ago
};

// The first entry that does not hold decides.
WhenResult evaluate(const When&, const WhenFacts&);

// Whether what is in the cluster decides: it may be otherwise the next time it is looked at.
bool depends_on_cluster(const When&);

bool holds(const ParameterCondition&, const ParameterValues&);

// "must be one of [create]", "must have one": for messages.
std::string to_text(const ParameterCondition&);

}  // namespace bootstrap
