#pragma once
// What is kept of an object while its JSON text is parsed.
//
// A whole Job is some 50 KB as a DOM, half of it managedFields; what we need of it is a few hundred
// bytes. So only the named fields are ever built:
//
//   const FieldFilter fields({"metadata.name", "status.conditions.type"});
//   auto json = parse_kept(text, fields);   //
//   {"metadata":{"name":"x"},"status":{"conditions":[…]}}
//
// A Projection names those fields and the function that makes the small struct from them.
//
// Threads: a filter is immutable after construction; everything here may be called from many
// threads. Errors: values; nothing throws.

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>
#include <tl/expected.hpp>

namespace bootstrap {

// A set of fields. A path is dotted ("status.conditions.type") and keeps the whole subtree below
// it. Arrays are transparent: a path goes through them and means every element. A dot inside a key
// is written as "\." ("metadata.annotations.k8s\.io/initial-events-end").
class FieldFilter {
 public:
  // Keeps nothing.
  FieldFilter();
  // Keeps the fields of `keep`, but of those not what is at or below the fields of `drop`.
  FieldFilter(std::initializer_list<std::string_view> keep,
              std::initializer_list<std::string_view> drop = {});
  explicit FieldFilter(std::span<const std::string_view> keep,
                       std::span<const std::string_view> drop = {});

  static FieldFilter everything();
  static FieldFilter everything_but(std::span<const std::string_view> drop);

  // The same fields of an object that is itself the value at `path`, e.g. "items" of a list or
  // "object" of a watch event.
  FieldFilter below(std::string_view path) const;
  // The fields of both.
  FieldFilter with(const FieldFilter& other) const;

 private:
  friend class KeptBuilder;
  enum class Rule { Descend, Keep, Drop };
  struct Node {
    Rule rule = Rule::Descend;
    std::vector<std::pair<std::string, std::size_t>> children;  // key → index in nodes_
  };

  void add(std::string_view path, Rule rule);
  std::size_t child(std::size_t parent, std::string key);
  void merge(std::size_t into, const FieldFilter& other, std::size_t from);

  std::vector<Node> nodes_;  // [0] is the root
};

// How deep what is kept may be nested; what is skipped may be deeper.
inline constexpr std::size_t kMaxKeptDepth = 64;

// Parses one JSON text and builds only what the filter keeps. A value on the way to a kept field
// that is no object or array ("status": 5 for "status.phase") is left out. Errors (as text, with
// the position): malformed or truncated text, anything after it, invalid UTF-8, a number out of
// range, kept parts nested deeper than kMaxKeptDepth.
tl::expected<nlohmann::json, std::string> parse_kept(std::string_view text,
                                                     const FieldFilter& filter);

// How objects of one kind become T, which has a member `ObjectMeta meta`.
template <class T>
struct Projection {
  FieldFilter fields;
  // From what `fields` kept of an object. Must not throw. The error says what could not be read.
  tl::expected<T, std::string> (*read)(const nlohmann::json& object);
};

}  // namespace bootstrap
