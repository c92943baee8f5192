#pragma once
// What a step is launched with that no definition and no plan knows: what other steps of the run
// have given. Looked up in the status at the moment of its launch, and handed to its Job with the
// action that creates it.
//
// Pure functions. Errors: values, which become the reason and message of the step.

#include <map>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "controllers/plan.h"
#include "controllers/status.h"

namespace bootstrap {

struct LaunchValues {
  std::map<std::string, std::string> outputs;  // by reference: "steps.cluster.create.outputs.url"
  std::string source_commit{};  // that its source is taken at; empty: this step finds out
  ParameterValues answers{};    // to the asks before it, by parameter
};

// Why a step can never be launched: a step before it did not give what it needs.
struct Lacking {
  const char* reason;  // one of reasons
  std::string message;
};

// All that this step refers to; every reference has its value, or the first that has none is named.
tl::expected<LaunchValues, Lacking> launch_values(const PlanStep&, const Plan&, const Status&);

// What a step has given. Lacking: nothing of that name, and why.
tl::expected<std::string, Lacking> given_output(const OutputRef&, const Status&);

// Answers what `known` answers, and outputs that were given.
Lookup with_given_outputs(Lookup known, const Status&);

// Answers what `known` answers, and outputs.
Lookup with_outputs(Lookup known, std::map<std::string, std::string> outputs);

// For texts that are no part of a launch (notes): an output that is not there is "(none)".
Lookup with_outputs_so_far(Lookup known, const Status&);

// What all references of a step stand for that has these values.
Lookup with_values(const RunIdentity&, ParameterValues parameters, const LaunchValues&,
                   const std::optional<RunResult>&);

// The texts of a step in which references to outputs and answers are replaced.
std::vector<std::string> texts_with_outputs(const StepDefinition&);

}  // namespace bootstrap
