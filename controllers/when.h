#pragma once
// Whether a phase or step is run or skipped: its `when`, all entries of which must hold.
//
//  - {param, operator, values}: In and NotIn compare the parameter's value; one without a value is
//  in
//    no list. Exists: it has a value that is not empty.
//  - {phase, states}: what came of a phase that is over.
//
// Each kind of entry is a type of its own (definition.h) and has one function here. One that needs
// to ask (the state of a resource) may answer "not known yet"; then nothing is decided.
//
// Pure functions.

#include <string>

#include "controllers/definition.h"
#include "controllers/standing.h"

namespace bootstrap {

// What an entry can look at.
struct WhenFacts {
  const ParameterValues& parameters;
  const Standing& standing;
};

struct WhenResult {
  enum class Kind { Holds, DoesNot, NotKnownYet } kind = Kind::Holds;
  std::string why;  // of DoesNot, for people: "parameter operation is \"create\", not in [cleanup]"
};

// The first entry that does not hold decides.
WhenResult evaluate(const When&, const WhenFacts&);

bool holds(const ParameterCondition&, const ParameterValues&);

// "operation is in [create]", "spec exists": for messages.
std::string to_text(const ParameterCondition&);

}  // namespace bootstrap
