#pragma once
// What came of a ResourceQuery: whether it holds, and for people what is missing. Of the objects no
// more is in it than the one value that was compared.
//
// Pure values and functions.

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "controllers/resource_query.h"
#include "controllers/resource_test.h"

namespace bootstrap {

struct ResourceFinding {
  enum class Reading {
    Read,
    NoSuchKind,   // the API server does not know it: not yet, or not any more
    Forbidden,    // the operator may not read it
    Unwatchable,  // the API server can list it, but does not tell of changes
    WatchLimit    // the operator watches as much as it may
  };
  Reading reading = Reading::Read;
  bool holds = false;
  std::size_t objects = 0;  // that are selected
  std::size_t holding = 0;  // of them
  std::string object;       // the first for which it does not hold: its name and result
  TestResult result;
  std::string permission;  // of Forbidden: "deployments.apps"
  bool operator==(const ResourceFinding&) const = default;
};

// From the results of the objects that are selected, by name.
ResourceFinding finding_of(const ResourceQuery&, const std::map<std::string, TestResult>&);

// When there is no such kind there is no such object either.
ResourceFinding finding_without_kind(const ResourceQuery&);

// "CustomResourceDefinition x: condition Established is "False"": of one that does not hold.
std::string what_is_missing(const ResourceQuery&, const ResourceFinding&);

// The same of a condition, which is not waited for: "Widget x: it does not exist".
std::string why_not(const ResourceQuery&, const ResourceFinding&);

// The label of a ClusterRole by which an administrator lets the operator read more kinds.
inline constexpr const char* kAggregateToOperator = "bootstrap.openshift.io/aggregate-to-operator";

}  // namespace bootstrap
