#include "controllers/object_meta.h"

#include <charconv>
#include <tuple>

#include <nlohmann/json.hpp>

#include "controllers/json_fields.h"

namespace bootstrap {

using nlohmann::json;

namespace {

std::string controller_of(const json& meta) {
  const json& owners = field(meta, "ownerReferences");
  if (!owners.is_array()) return "";
  for (const json& owner : owners) {
    const json& controls = field(owner, "controller");
    if (controls.is_boolean() && controls.get<bool>()) return text_field(owner, "uid");
  }
  return "";
}

}  // namespace

std::string to_text(const ObjectKey& key) {
  return key.ns.empty() ? key.name : key.ns + '/' + key.name;
}

bool same_but_version(const ObjectMeta& a, const ObjectMeta& b) {
  const auto rest = [](const ObjectMeta& m) {
    return std::tie(m.ns, m.name, m.uid, m.creation, m.deletion, m.labels, m.controller_uid);
  };
  return rest(a) == rest(b);
}

ObjectMeta read_meta(const json& object) {
  const json& meta = field(object, "metadata");
  ObjectMeta out;
  out.ns = text_field(meta, "namespace");
  out.name = text_field(meta, "name");
  out.uid = text_field(meta, "uid");
  out.resource_version = parse_resource_version(text_field(meta, "resourceVersion")).value_or(0);
  if (const json& generation = field(meta, "generation"); generation.is_number_integer())
    out.generation = generation.get<std::int64_t>();
  out.creation = time_field(meta, "creationTimestamp");
  out.deletion = time_field(meta, "deletionTimestamp");
  if (const json& labels = field(meta, "labels"); labels.is_object())
    for (const auto& [key, value] : labels.items())
      if (value.is_string()) out.labels.emplace(key, value.get<std::string>());
  out.controller_uid = controller_of(meta);
  return out;
}

std::optional<std::uint64_t> parse_resource_version(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

}  // namespace bootstrap
