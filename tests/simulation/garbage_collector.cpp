#include "tests/simulation/garbage_collector.h"

#include <algorithm>

namespace bootstrap::simulation {
namespace {

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
  if (change.kind != ChangeKind::Deleted) return;
  const std::string gone = uid_of(*change.object);
  for (const auto& kind : known_types()) {
    const ResourceType& type = *verbs_.store().type(kind.group, kind.version, kind.plural);
    for (const Object& object : verbs_.store().list(type, change.key.ns)) {
      const Json owners = owners_of(*object);
      if (std::any_of(owners.begin(), owners.end(),
                      [&](const Json& owner) { return owner.value("uid", "") == gone; }))
        later(type, *object);
    }
  }
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
