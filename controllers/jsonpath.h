#pragma once
// JSONPath as users of `kubectl get -o jsonpath` and `kubectl wait --for=jsonpath` write it, for
// one value of an object:
//
//   {.status.phase}   $.status.phase   status.phase         braces, "$" and the first dot are
//   optional .status.conditions[?(@.type=="Ready")].status           filters: == != < <= > >=,
//   joined by &&;
//                                                           [?(@.x)]: has x
//   .items[0]   [-1]   [1:3]   [*]   .*                     one, the last, some, all
//   .metadata.labels.app\.kubernetes\.io/name               a dot in a name is escaped, also in
//   .metadata.labels['app\.kubernetes\.io/name']            brackets: there kubectl splits as well
//   ..name                                                  at any depth; once, not in a filter
//
// What is for printing only is refused with a word about it: text around the path, {range}, unions
// ([a,b]). Where kubectl stops with an error because of the object (no such field, no list, other
// types in a comparison), there is simply no value.
//
//   const auto path = JsonPath::parse("{.status.phase}");   // error: "position 9: …"
//   for (const json* value : path->find(object)) …          // points into the object
//
// Immutable; safe from any thread. Finding takes time in proportion to the object: what would
// multiply (a second "..", unions) cannot be written.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

namespace bootstrap {

class JsonPath {
 public:
  static constexpr std::size_t kLongest = 512;  // bytes

  // Error: where, counted from 1, and what is expected there.
  static tl::expected<JsonPath, std::string> parse(std::string_view text);

  // Every value there is, in the order of the object; they live as long as it does.
  std::vector<const nlohmann::json*> find(const nlohmann::json& object) const;

  // The names the path begins with, before anything that is no plain name: what of an object must
  // be kept to answer it. Empty: all of it.
  std::vector<std::string> leading_names() const;

 private:
  struct Steps;  // its compiled form

  explicit JsonPath(std::shared_ptr<const Steps> steps) : steps_(std::move(steps)) {}

  std::shared_ptr<const Steps> steps_;
};

}  // namespace bootstrap
