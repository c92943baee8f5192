#include "tests/simulation/object_store.h"

#include <charconv>
#include <stdexcept>

#include <fmt/format.h>

#include "controllers/time.h"

namespace bootstrap::simulation {
namespace {

// True when something besides metadata and status differs: what is wanted has changed.
bool wants_differ(const Json& a, const Json& b) {
  const auto wants = [](const Json& object) {
    Json copy = object;
    copy.erase("metadata");
    copy.erase("status");
    return copy;
  };
  return wants(a) != wants(b);
}

}  // namespace

ObjectKey key_of(const Json& object) {
  return {text_at(object, "/metadata/namespace"), text_at(object, "/metadata/name")};
}

std::uint64_t version_of(const Json& object) {
  const std::string text = text_at(object, "/metadata/resourceVersion");
  std::uint64_t version = 0;
  std::from_chars(text.data(), text.data() + text.size(), version);
  return version;
}

std::string uid_of(const Json& object) {
  return text_at(object, "/metadata/uid");
}

std::string text_at(const Json& object, std::string_view pointer) {
  const Json::json_pointer at{std::string(pointer)};
  if (!object.contains(at)) return "";
  const Json& value = object.at(at);
  return value.is_string() ? value.get<std::string>() : "";
}

ObjectStore::ObjectStore(const runtime::Clock& clock) : clock_(clock) {
  for (auto& type : known_types()) add_type(std::move(type));
}

std::vector<const ResourceType*> ObjectStore::types(std::string_view group,
                                                    std::string_view version) const {
  std::vector<const ResourceType*> all;
  for (const auto& s : shelves_)
    if (s.type.group == group && s.type.version == version) all.push_back(&s.type);
  return all;
}

void ObjectStore::add_type(ResourceType type) {
  shelves_.push_back(Shelf{.type = std::move(type), .objects = {}, .log = {}});
}

const ResourceType* ObjectStore::type(std::string_view group, std::string_view version,
                                      std::string_view plural) const {
  for (const auto& s : shelves_)
    if (s.type.group == group && s.type.version == version && s.type.plural == plural)
      return &s.type;
  return nullptr;
}

const ObjectStore::Shelf& ObjectStore::shelf(const ResourceType& type) const {
  for (const auto& s : shelves_)
    if (&s.type == &type) return s;
  throw std::logic_error("a resource type of another store");
}

ObjectStore::Shelf& ObjectStore::shelf(const ResourceType& type) {
  return const_cast<Shelf&>(std::as_const(*this).shelf(type));
}

Object ObjectStore::find(const ResourceType& type, const ObjectKey& key) const {
  const auto& objects = shelf(type).objects;
  const auto found = objects.find(key);
  return found == objects.end() ? nullptr : found->second;
}

std::vector<Object> ObjectStore::list(const ResourceType& type, std::string_view ns) const {
  std::vector<Object> all;
  for (const auto& [key, object] : shelf(type).objects)
    if (ns.empty() || key.ns == ns) all.push_back(object);
  return all;
}

std::vector<Object> ObjectStore::list_at(const ResourceType& type, std::string_view ns,
                                         std::uint64_t version) const {
  const Shelf& s = shelf(type);
  auto objects = s.objects;
  for (auto change = s.log.rbegin(); change != s.log.rend() && change->version > version;
       ++change) {
    if (change->kind == ChangeKind::Added)
      objects.erase(change->key);
    else
      objects[change->key] = change->before;
  }
  std::vector<Object> all;
  for (const auto& [key, object] : objects)
    if (ns.empty() || key.ns == ns) all.push_back(object);
  return all;
}

Object ObjectStore::insert(const ResourceType& type, Json object) {
  Shelf& s = shelf(type);
  auto& metadata = object["metadata"];
  metadata["creationTimestamp"] = to_rfc3339(clock_.now());
  if (type.generation) metadata["generation"] = 1;
  metadata["resourceVersion"] = std::to_string(++version_);
  const ObjectKey key = key_of(object);
  auto stored = std::make_shared<const Json>(std::move(object));
  s.objects[key] = stored;
  record(s, ChangeKind::Added, key, stored, nullptr);
  return stored;
}

Object ObjectStore::replace(const ResourceType& type, Json object) {
  Shelf& s = shelf(type);
  const ObjectKey key = key_of(object);
  const Object before = s.objects.at(key);
  auto& metadata = object["metadata"];
  metadata["resourceVersion"] = (*before)["metadata"]["resourceVersion"];
  if (object == *before) return before;
  if (type.generation && wants_differ(object, *before))
    metadata["generation"] = (*before)["metadata"].value("generation", 0) + 1;
  metadata["resourceVersion"] = std::to_string(++version_);
  auto stored = std::make_shared<const Json>(std::move(object));
  s.objects[key] = stored;
  record(s, ChangeKind::Modified, key, stored, before);
  return stored;
}

void ObjectStore::erase(const ResourceType& type, const ObjectKey& key) {
  Shelf& s = shelf(type);
  const Object before = s.objects.at(key);
  s.objects.erase(key);
  Json last = *before;
  last["metadata"]["resourceVersion"] = std::to_string(++version_);
  record(s, ChangeKind::Deleted, key, std::make_shared<const Json>(std::move(last)), before);
}

void ObjectStore::record(Shelf& s, ChangeKind kind, ObjectKey key, Object object, Object before) {
  s.log.push_back(Change{version_, &s.type, kind, std::move(key), std::move(object),
                         std::move(before), clock_.now()});
  const Change change = s.log.back();  // a listener may write, and the log then grows
  for (std::size_t i = 0; i < listeners_.size(); ++i) listeners_[i](change);
}

std::string ObjectStore::new_uid() {
  ++uids_;
  return fmt::format("{:08x}-5b00-4000-8000-{:012x}", uids_ * 2654435761U % 0xffffffffU, uids_);
}

}  // namespace bootstrap::simulation
