#pragma once
// Does it hold for this object? The test of a ResourceQuery, made ready to run on many objects,
// with what it has compared, for the message.
//
// As kubectl wait: types and statuses of conditions are compared without case; a condition that was
// set for an older generation of the object does not count (its own observedGeneration, else that
// of status); a jsonPath with a value needs exactly one value, plain and not a list or object, and
// white space around it does not matter; without a value it needs any.
//
// Immutable; safe from any thread.

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>
#include <tl/expected.hpp>

#include "controllers/jsonpath.h"
#include "controllers/resource_query.h"

namespace bootstrap {

struct TestResult {
  // Why there is no plain value to compare.
  enum class Remark {
    None,
    Outdated,  // the condition is of an older generation; `compared` is its status
    SeveralValues,
    NotPlain  // a list or an object
  };
  bool holds = false;
  std::optional<std::string> compared;  // one line, bounded; none: there is nothing of that kind
  Remark remark = Remark::None;
  bool operator==(const TestResult&) const = default;
};

class PreparedTest {
 public:
  static constexpr std::size_t kLongestCompared = 100;  // bytes

  // Error: what is wrong with the jsonPath.
  static tl::expected<PreparedTest, std::string> prepare(const ResourceTest&);

  // On an object that exists, so exists: true holds and exists: false does not.
  TestResult operator()(const nlohmann::json& object) const;

  // What it looks at beside metadata.name, .labels, .generation and .resourceVersion, as paths for
  // a FieldFilter. One that is empty: everything.
  std::vector<std::string> fields() const;

 private:
  explicit PreparedTest(ResourceTest test) : test_(std::move(test)) {}

  TestResult run(const ExistsTest&, const nlohmann::json& object) const;
  TestResult run(const ConditionTest&, const nlohmann::json& object) const;
  TestResult run(const JsonPathTest&, const nlohmann::json& object) const;

  ResourceTest test_;
  std::optional<JsonPath> path_;
};

}  // namespace bootstrap
