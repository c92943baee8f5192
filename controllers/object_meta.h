#pragma once
// Who an object is: the part of metadata that every kind shares, and the key it is stored under.
//
// Pure values, safe from any thread. Reading never fails: a field that is absent or of the wrong
// type is its empty value; whether an object may lack it is for the reader of its kind to say.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "controllers/time.h"

namespace bootstrap {

struct ObjectKey {
  std::string ns;  // "" for objects without a namespace
  std::string name;
  auto operator<=>(const ObjectKey&) const = default;
};

// "ns/name", or "name" without a namespace.
std::string to_text(const ObjectKey&);

struct ObjectMeta {
  std::string ns;
  std::string name;
  std::string uid;
  // A number that grows with every write of the same resource type. Kubernetes documents since 1.35
  // that clients may compare resourceVersions of one resource type as numbers. 0: absent or not a
  // number.
  std::uint64_t resource_version = 0;
  std::int64_t generation = 0;
  std::optional<TimePoint> creation;
  std::optional<TimePoint> deletion;  // the API server was asked to delete it
  std::map<std::string, std::string, std::less<>> labels;
  std::string controller_uid;  // of the ownerReference with controller: true; "" without one

  ObjectKey key() const { return {ns, name}; }
};

// But for the version and the generation, which any write moves.
bool same_but_version(const ObjectMeta&, const ObjectMeta&);

// From a whole object or from what a FieldFilter kept of it.
ObjectMeta read_meta(const nlohmann::json& object);

// What read_meta reads, for a FieldFilter.
inline constexpr std::array<std::string_view, 10> kMetaFields{
    "metadata.namespace",          "metadata.name",       "metadata.uid",
    "metadata.resourceVersion",    "metadata.generation", "metadata.creationTimestamp",
    "metadata.deletionTimestamp",  "metadata.labels",     "metadata.ownerReferences.controller",
    "metadata.ownerReferences.uid"};

// The number of a resourceVersion. Empty for "" and for anything that is not a number.
std::optional<std::uint64_t> parse_resource_version(std::string_view);

}  // namespace bootstrap

template <>
struct std::hash<bootstrap::ObjectKey> {
  std::size_t operator()(const bootstrap::ObjectKey& key) const noexcept {
    const std::size_t ns = std::hash<std::string>{}(key.ns);
    return ns * 1'000'003 ^ std::hash<std::string>{}(key.name);
  }
};
