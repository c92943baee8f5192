#pragma once
// What people are told of a question: which answers are missing, what is wrong with those that are
// there, and the command that gives them.
//
//   waits for an answer: clusterName (Name of the cluster). Answer with: kubectl patch bwf …
//
// The command works as it is printed, once each <name> in it is replaced by a value: it adds to
// what spec.answers has, and replaces in it what is wrong. What does not fit is left out from its
// least useful end; then the command answers only the first questions, and the next message has
// the next.
//
// Pure functions.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "controllers/definition.h"
#include "controllers/run_values.h"

namespace bootstrap {

struct OpenQuestion {
  const Parameter* parameter = nullptr;
  std::string refused;  // why its answer is none: "must be one of a, b, not \"c\""; empty: missing
};

// Not empty. "2 answers: clusterName, region must be one of a, b, not \"c\"".
std::string missing_text(const std::vector<OpenQuestion>&);

// `answers` as they are in the spec; `note` is one thing more to say, or empty; at most `limit`
// bytes.
std::string question_message(const std::vector<OpenQuestion>&, const GivenAnswers& answers,
                             const RunIdentity&, const std::string& note, std::size_t limit);

// What stands in the command in place of a value: "<name>".
std::string placeholder(const std::string& parameter);

}  // namespace bootstrap
