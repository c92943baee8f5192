#include "tests/simulation/verbs.h"

#include <fmt/format.h>

#include "controllers/time.h"
#include "tests/simulation/validation.h"

namespace bootstrap::simulation {
namespace {

constexpr int kPodGraceSeconds = 30;

bool has_finalizers(const Json& object) {
  return !object["metadata"].value("finalizers", Json::array()).empty();
}

bool is_pod(const ResourceType& type) {
  return type.group.empty() && type.plural == "pods";
}

// A pod that runs nowhere, or no longer, is given no time to end.
int grace_seconds(const Json& pod, bool force) {
  const std::string phase = text_at(pod, "/status/phase");
  const bool runs =
      !text_at(pod, "/spec/nodeName").empty() && phase != "Succeeded" && phase != "Failed";
  return force || !runs ? 0 : kPodGraceSeconds;
}

std::optional<ApiStatus> wrong_envelope(const ResourceType& type, std::string_view ns,
                                        const Json& object) {
  if (!object.is_object()) return refusals::bad_request("the object provided is unrecognized");
  if (object.value("apiVersion", "") != type.api_version() || object.value("kind", "") != type.kind)
    return refusals::bad_request(fmt::format(
        "the API version in the data ({}, {}) does not match the expected API version ({}, {})",
        object.value("apiVersion", ""), object.value("kind", ""), type.api_version(), type.kind));
  if (!object.contains("metadata") || !object["metadata"].is_object())
    return refusals::invalid(type, "", "metadata: Required value");
  const auto& metadata = object["metadata"];
  const std::string own = metadata.value("namespace", "");
  if (!own.empty() && own != ns)
    return refusals::bad_request(
        "the namespace of the provided object does not match the namespace sent on the request");
  if (!metadata.value("resourceVersion", "").empty())
    return refusals::bad_request("resourceVersion should not be set on objects to be created");
  return std::nullopt;
}

// What a patch leaves alone, whatever it says.
void keep(const char* field, const Json& from, Json& into) {
  if (from.contains(field))
    into[field] = from[field];
  else
    into.erase(field);
}

}  // namespace

Answer<Object> Verbs::create(const ResourceType& type, std::string_view ns, Json object) {
  if (auto refusal = wrong_envelope(type, ns, object)) return tl::unexpected(*refusal);
  auto& metadata = object["metadata"];
  if (type.namespaced) metadata["namespace"] = ns;
  for (const char* field : {"deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"})
    metadata.erase(field);
  if (metadata.value("name", "").empty() && metadata.contains("generateName"))
    metadata["name"] = metadata["generateName"].get<std::string>() + random_.name_suffix(5);
  const std::string name = metadata.value("name", "");
  if (type.status_subresource) object.erase("status");
  if (auto why = why_not_valid(type, object))
    return tl::unexpected(refusals::invalid(type, name, *why));
  if (admission)
    if (auto refusal = admission(type, object)) return tl::unexpected(*refusal);
  if (store_.find(type, key_of(object)))
    return tl::unexpected(refusals::already_exists(type, name));
  metadata["uid"] = store_.new_uid();
  fill_in(type, object, metadata["uid"]);
  return store_.insert(type, std::move(object));
}

Answer<Object> Verbs::patch(const ResourceType& type, const ObjectKey& key, const Json& patch,
                            Part part) {
  const Object current = store_.find(type, key);
  if (!current) return tl::unexpected(refusals::not_found(type, key.name));
  const std::string expected = text_at(patch, "/metadata/resourceVersion");
  if (!expected.empty() && expected != text_at(*current, "/metadata/resourceVersion"))
    return tl::unexpected(refusals::conflict(type, key.name));
  Json merged = *current;
  merged.merge_patch(patch);
  if (part == Part::Status) {
    Json result = *current;
    keep("status", merged, result);
    merged = std::move(result);
  } else if (type.status_subresource) {
    keep("status", *current, merged);
  }
  if (!merged.contains("metadata") || !merged["metadata"].is_object())
    return tl::unexpected(refusals::invalid(type, key.name, "metadata: Required value"));
  for (const char* field : {"deletionTimestamp", "deletionGracePeriodSeconds", "generation"})
    keep(field, (*current)["metadata"], merged["metadata"]);
  if (auto why = why_not_allowed(type, *current, merged))
    return tl::unexpected(refusals::invalid(type, key.name, *why));
  Object stored = store_.replace(type, std::move(merged));
  finish_deletion(type, stored);
  return stored;
}

Answer<Object> Verbs::remove(const ResourceType& type, const ObjectKey& key,
                             const DeleteOptions& options) {
  const Object current = store_.find(type, key);
  if (!current) return tl::unexpected(refusals::not_found(type, key.name));
  if (!options.uid.empty() && options.uid != uid_of(*current))
    return tl::unexpected(refusals::conflict(
        type, key.name,
        fmt::format("Precondition failed: UID in precondition: {}, UID in object meta: {}",
                    options.uid, uid_of(*current))));
  if (const std::string version = text_at(*current, "/metadata/resourceVersion");
      !options.version.empty() && options.version != version)
    return tl::unexpected(refusals::conflict(
        type, key.name,
        fmt::format("Precondition failed: ResourceVersion in precondition: {}, ResourceVersion in "
                    "object meta: {}",
                    options.version, version)));
  Json doomed = *current;
  auto& metadata = doomed["metadata"];
  const int grace = is_pod(type) ? grace_seconds(doomed, options.force) : 0;
  const bool already = metadata.contains("deletionTimestamp");
  if (!already)
    metadata["deletionTimestamp"] = to_rfc3339(clock_.now() + std::chrono::seconds(grace));
  if (is_pod(type) && (!already || grace == 0)) metadata["deletionGracePeriodSeconds"] = grace;
  if (options.foreground) metadata["finalizers"] = {kForegroundDeletion};
  if (!has_finalizers(doomed) && grace == 0) {
    store_.erase(type, key);
    return current;
  }
  return store_.replace(type, std::move(doomed));
}

void Verbs::dependents_are_gone(const ResourceType& type, const ObjectKey& key) {
  const Object current = store_.find(type, key);
  if (!current) return;
  Json freed = *current;
  freed["metadata"].erase("finalizers");
  finish_deletion(type, store_.replace(type, std::move(freed)));
}

bool Verbs::finish_deletion(const ResourceType& type, const Object& object) {
  const auto& metadata = (*object)["metadata"];
  if (!metadata.contains("deletionTimestamp") || has_finalizers(*object)) return false;
  if (is_pod(type) && metadata.value("deletionGracePeriodSeconds", 0) != 0) return false;
  if (!store_.find(type, key_of(*object))) return false;
  store_.erase(type, key_of(*object));
  return true;
}

}  // namespace bootstrap::simulation
