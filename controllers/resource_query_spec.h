#pragma once
// A ResourceQuery in a spec: reading it, replacing its references, and what makes it impossible.
//
//   const ResourceQuery query = read_resource_query(in, json, "phases[a].steps[b].waitFor.");
//   for (const auto& [field, text] : reference_texts(query, at)) …       // references may be here
//   for (const Problem& p : check_resource_query(*resolved(query, lookup), at)) …
//
// The keys resource, condition, exists, jsonPath and value stand beside each other in `json`, so
// that whoever holds a query may have keys of its own there.
//
// Pure functions; `at` is the path of the object with a dot at its end.

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>
#include <tl/expected.hpp>

#include "controllers/definition.h"
#include "controllers/references.h"
#include "controllers/resource_query.h"

namespace bootstrap {

class SpecReader;

ResourceQuery read_resource_query(SpecReader& in, const nlohmann::json& object,
                                  const std::string& at);

// The texts in which references are replaced, with their fields: name, values of labels, value.
std::vector<std::pair<std::string, std::string>> reference_texts(const ResourceQuery&,
                                                                 const std::string& at);

// With every reference replaced. Error: the first one that `lookup` does not know.
tl::expected<ResourceQuery, std::string> resolved(ResourceQuery, const Lookup& lookup);

// What is wrong with one that has been resolved.
Problems check_resource_query(const ResourceQuery&, const std::string& at);

}  // namespace bootstrap
