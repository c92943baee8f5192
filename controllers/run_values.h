#pragma once
// What a run knows by name: its own identity and the values of its parameters.
//
// Pure functions.

#include <optional>
#include <string>
#include <string_view>

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

// What only steps of finally may refer to.
inline constexpr std::string_view kWorkflowResult = "workflow.result";

// What came of a run, as the steps of finally are told.
struct RunResult {
  std::string state;        // "Succeeded", "Failed", "Cancelled"
  std::string failed_step;  // "phase/step"; empty: none
};

// Each parameter's value: `value`, else `default`. One that has neither is absent, unless it is
// required (always, or because `requiredWhen` holds): then a Problem, and so is an empty value.
// Also: not in `allowed`, not as `pattern` says, or two whose environment names are the same.
tl::expected<ParameterValues, Problems> resolve_parameters(const std::vector<Parameter>&);

// "cluster-name" → "PARAM_CLUSTER_NAME": the environment variable that carries a parameter.
std::string environment_name(std::string_view parameter);

// Answers params.<name> and workflow.name, .namespace, .uid, .run, .startTime (RFC 3339).
Lookup lookup_of(const RunIdentity&, const ParameterValues&);

// Answers workflow.result besides, when there is one.
Lookup with_result(Lookup, const std::optional<RunResult>&);

// "params.<name>, workflow.name, …": for messages that say what is allowed.
std::string known_references(const ParameterValues&);

// Whether a text matches an RE2 pattern as a whole. Error: what is wrong with the pattern.
tl::expected<bool, std::string> matches_whole(const std::string& text, const std::string& pattern);

}  // namespace bootstrap
