#pragma once
// A question about objects of the cluster, as users write it in waitFor and in when: which object
// or objects, and what must hold for them.
//
//   resource: {apiVersion: apps/v1, kind: Deployment, name: web}       # or labelSelector and match
//   condition: {type: Available, status: "True"}                       # or exists, or
//   jsonPath+value
//
// Read and checked by resource_query_spec.h; tested on an object by resource_test.h; what came of
// it is a ResourceFinding (resource_finding.h).
//
// Pure values, ordered, so that equal questions are one.

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace bootstrap {

struct LabelRequirement {
  enum class Operator { In, NotIn, Exists, DoesNotExist };
  std::string key;
  Operator op = Operator::In;
  std::vector<std::string> values;  // of In and NotIn
  auto operator<=>(const LabelRequirement&) const = default;
};

// Objects of one kind: the one of this name, or all that have these labels. In the workflow's
// namespace, unless the kind has no namespaces.
struct ResourceRef {
  enum class Match { All, Any };
  std::string api_version;  // "apps/v1", "v1"
  std::string kind;
  std::string name;                      // "": by labels
  std::vector<LabelRequirement> labels;  // all must hold
  Match match = Match::All;              // of those with the labels: every one, and there is one
  auto operator<=>(const ResourceRef&) const = default;
};

struct ExistsTest {
  bool exists = true;
  auto operator<=>(const ExistsTest&) const = default;
};
struct ConditionTest {  // of status.conditions
  std::string type;
  std::string status = "True";
  auto operator<=>(const ConditionTest&) const = default;
};
struct JsonPathTest {
  std::string path;
  std::optional<std::string> value;  // none: any value
  auto operator<=>(const JsonPathTest&) const = default;
};
using ResourceTest = std::variant<ExistsTest, ConditionTest, JsonPathTest>;

struct ResourceQuery {
  ResourceRef resource;
  ResourceTest test;
  auto operator<=>(const ResourceQuery&) const = default;
};

// "app=web,tier in (a,b),!old": as the API takes it.
std::string selector_text(const std::vector<LabelRequirement>&);

// Whether an object (metadata.name, metadata.labels) is one of them.
bool selects(const ResourceRef&, const nlohmann::json& object);

// "Deployment web", "every Deployment with app=web", "a Deployment with app=web".
std::string to_text(const ResourceRef&);

}  // namespace bootstrap
