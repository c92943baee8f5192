#include "tests/simulation/garbage_collector.h"

#include <algorithm>

namespace bootstrap::simulation {
namespace {

bool is_deleted_in_foreground(const Json& object) {
  const Json finalizers = object["metadata"].value("finalizers", Json::array());
  return std::find(finalizers.begin(), finalizers.end(), kForegroundDeletion) != finalizers.end();
}

Json owners_of(const Json& object) {
  return object["metadata"].value("ownerReferences", Json::array());
}

const ResourceType* type_of(const ObjectStore& store, const Json& owner) {
  const std::string api = owner.value("apiVersion", "");
  const auto slash = api.find('/');
  const bool core = slash == std::string::npos;
  for (const auto& type : known_types())
    if (type.kind == owner.value("kind", "") && type.api_version() == api)
      return store.type(core ? "" : api.substr(0, slash), core ? api : api.substr(slash + 1),
                        type.plural);
  return nullptr;
}

}  // namespace

GarbageCollector::GarbageCollector(Verbs& verbs, Scheduler& scheduler, Random random, Lag lag)
    : verbs_(verbs), scheduler_(scheduler), random_(random), lag_(lag) {
  verbs_.store().subscribe([this](const Change& change) { on_change(change); });
}

void GarbageCollector::on_change(const Change& change) {
  const auto later = [this](const ResourceType& type, const Json& object) {
    scheduler_.after(lag_.draw(random_), [this, &type, key = key_of(object), uid = uid_of(object)] {
      collect(type, key, uid);
    });
  };
  if (change.kind == ChangeKind::Added && !owners_of(*change.object).empty() &&
      !has_live_owner(*change.object))
    return later(*change.type, *change.object);
  if (is_deleted_in_foreground(*change.object) && change.kind != ChangeKind::Deleted)
    return finish_later(*change.type, *change.object);
  if (change.kind != ChangeKind::Deleted) return;
  for (const auto& [type, object] : owned_by(uid_of(*change.object), change.key.ns))
    later(*type, *object);
  // The last thing that an owner in the foreground waited for may be gone.
  for (const Json& owner : owners_of(*change.object))
    if (const ResourceType* type = type_of(verbs_.store(), owner))
      if (const Object found =
              verbs_.store().find(*type, {change.key.ns, owner["name"].get<std::string>()}))
        if (is_deleted_in_foreground(*found)) finish_later(*type, *found);
}

std::vector<std::pair<const ResourceType*, Object>> GarbageCollector::owned_by(
    const std::string& uid, const std::string& ns) const {
  std::vector<std::pair<const ResourceType*, Object>> owned;
  for (const auto& kind : known_types()) {
    const ResourceType& type = *verbs_.store().type(kind.group, kind.version, kind.plural);
    for (const Object& object : verbs_.store().list(type, ns)) {
      const Json owners = owners_of(*object);
      if (std::any_of(owners.begin(), owners.end(),
                      [&](const Json& owner) { return owner.value("uid", "") == uid; }))
        owned.emplace_back(&type, object);
    }
  }
  return owned;
}

void GarbageCollector::finish_later(const ResourceType& type, const Json& object) {
  scheduler_.after(lag_.draw(random_), [this, &type, key = key_of(object), uid = uid_of(object)] {
    const Object found = verbs_.store().find(type, key);
    if (!found || uid_of(*found) != uid || !is_deleted_in_foreground(*found)) return;
    const auto owned = owned_by(uid, key.ns);
    for (const auto& [owned_type, one] : owned)
      if (!(*one)["metadata"].contains("deletionTimestamp"))
        verbs_.remove(
            *owned_type, key_of(*one),
            DeleteOptions{.uid = uid_of(*one), .foreground = owned_type->plural != "pods"});
    if (owned.empty()) verbs_.dependents_are_gone(type, key);
  });
}

void GarbageCollector::collect(const ResourceType& type, const ObjectKey& key,
                               const std::string& uid) {
  const Object object = verbs_.store().find(type, key);
  if (object && uid_of(*object) == uid && !has_live_owner(*object))
    verbs_.remove(type, key, DeleteOptions{.uid = uid});
}

bool GarbageCollector::has_live_owner(const Json& object) const {
  const Json owners = owners_of(object);
  return std::any_of(owners.begin(), owners.end(), [&](const Json& owner) {
    const ResourceType* type = type_of(verbs_.store(), owner);
    if (type == nullptr) return true;  // of a kind that is not simulated
    const Object found =
        verbs_.store().find(*type, {text_at(object, "/metadata/namespace"), owner["name"]});
    return found && uid_of(*found) == owner["uid"];
  });
}

}  // namespace bootstrap::simulation
