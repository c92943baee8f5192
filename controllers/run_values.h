#pragma once
// What a run knows by name: its own identity and the values of its parameters.
//
// Pure functions.

#include <string>

#include <tl/expected.hpp>

#include "controllers/definition.h"
#include "controllers/references.h"
#include "controllers/time.h"

namespace bootstrap {

// Which run of which workflow. The same for every Job of the run, whatever crashes in between: it
// is read back from the stored plan.
struct RunIdentity {
  std::string ns;
  std::string name;
  std::string uid;
  int run = 1;
  TimePoint start;
};

// Each parameter's value: `value`, else `default`. One that has neither is absent, unless it is
// required: then a Problem, and so is an empty value. Also: not in `allowed`, or two whose
// environment names are the same.
tl::expected<ParameterValues, Problems> resolve_parameters(const std::vector<Parameter>&);

// "cluster-name" → "PARAM_CLUSTER_NAME": the environment variable that carries a parameter.
std::string environment_name(std::string_view parameter);

// Answers params.<name> and workflow.name, .namespace, .uid, .run, .startTime (RFC 3339).
Lookup lookup_of(const RunIdentity&, const ParameterValues&);

// "params.<name>, workflow.name, …": for messages that say what is allowed.
std::string known_references(const ParameterValues&);

}  // namespace bootstrap
