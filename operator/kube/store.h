#pragma once
// The objects of one resource as the watch has last seen them: one writer, many readers.
//
//   Store<Job> jobs({.index = [](const Job& j) { return j.workflow_uid; },
//                    .on_change = [&](const Job& j, bool) { queue.add(workflow_of(j)); }});
//   for (const auto& job : jobs.by_index(uid)) …
//
// Objects are immutable and shared: a reader keeps what it took however the store goes on. An
// object is never replaced by an older one; resourceVersions are compared as numbers, which
// Kubernetes documents as allowed since 1.35.
//
// Threads: apply, remove, replace and advance from one thread (the watch's); everything else from
// any. The callbacks run on the writer's thread, after the change is visible and outside the lock,
// so they may read the store; they must be set at construction and must not write to it.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "controllers/object_meta.h"

namespace bootstrap::kube {

// T has a member `ObjectMeta meta`.
template <class T>
class Store {
 public:
  using Object = std::shared_ptr<const T>;

  struct Options {
    // The key of the secondary index, e.g. the UID of the owner; "" is not indexed. May be empty.
    std::function<std::string(const T&)> index{};
    // The object that is now stored, or (deleted) the last known state of one that is gone; also
    // for those that vanished while the watch was down, and for the old object when one of another
    // UID or index key takes its place.
    std::function<void(const T& object, bool deleted)> on_change{};
    // Whether a new version of an object says nothing new; then it is stored, and `on_same` is told
    // instead of `on_change`. Empty: each version does.
    std::function<bool(const T& before, const T& after)> same{};
    std::function<void(const T& object)> on_same{};
    // The newest version rose without an event: by a bookmark or a new list.
    std::function<void(std::uint64_t version)> on_version{};
  };

  Store() = default;
  explicit Store(Options options) : options_(std::move(options)) {}

  // --- readers ---

  Object get(const ObjectKey& key) const {
    const std::shared_lock lock(mutex_);
    const auto found = objects_.find(key);
    return found == objects_.end() ? nullptr : found->second;
  }
  // In no particular order.
  std::vector<Object> all() const {
    const std::shared_lock lock(mutex_);
    std::vector<Object> out;
    out.reserve(objects_.size());
    for (const auto& [key, object] : objects_) out.push_back(object);
    return out;
  }
  // In the order of names.
  std::vector<Object> by_index(std::string_view index_key) const {
    const std::shared_lock lock(mutex_);
    const auto found = index_.find(index_key);
    if (found == index_.end()) return {};
    std::vector<Object> out;
    out.reserve(found->second.size());
    for (const auto& [key, object] : found->second) out.push_back(object);
    return out;
  }
  std::size_t size() const {
    const std::shared_lock lock(mutex_);
    return objects_.size();
  }
  // The first list is complete: an object that is not here did not exist then.
  bool synced() const {
    const std::shared_lock lock(mutex_);
    return synced_;
  }
  // The newest resourceVersion seen by an event, a bookmark or a list; 0 before the first. Whoever
  // wrote version v sees the outcome here once this is at least v.
  std::uint64_t newest_version() const {
    const std::shared_lock lock(mutex_);
    return newest_version_;
  }

  // --- the writer ---

  // An added or changed object. One that is older than what is stored is ignored.
  void apply(T object);
  // The object as it was when it was deleted; its version is that of the deletion.
  void remove(const ObjectMeta& last);
  // A complete list, read at `version`: what is stored and not in it is gone. A list that is older
  // than what was seen means that the cluster was restored from a backup; it is believed.
  void replace(std::vector<T> objects, std::uint64_t version);
  // A bookmark: everything up to `version` has been seen.
  void advance(std::uint64_t version);

 private:
  enum class What { Changed, Same, Deleted };
  struct Change {
    Object object;
    What what;
  };
  using Changes = std::vector<Change>;

  std::string index_key(const T& object) const {
    return options_.index ? options_.index(object) : std::string();
  }
  void put(Object object, Changes& changes);            // lock held
  void take(const ObjectKey& key, Changes& changes);    // lock held
  void unindex(const ObjectKey& key, const T& object);  // lock held
  void tell(const Changes& changes) const {
    for (const auto& [object, what] : changes) {
      if (what == What::Same) {
        if (options_.on_same) options_.on_same(*object);
      } else if (options_.on_change) {
        options_.on_change(*object, what == What::Deleted);
      }
    }
  }

  const Options options_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<ObjectKey, Object> objects_;
  std::map<std::string, std::map<ObjectKey, Object>, std::less<>> index_;
  std::uint64_t newest_version_ = 0;
  bool synced_ = false;
};

template <class T>
void Store<T>::apply(T object) {
  Changes changes;
  {
    const std::unique_lock lock(mutex_);
    newest_version_ = std::max(newest_version_, object.meta.resource_version);
    const auto found = objects_.find(object.meta.key());
    if (found != objects_.end() &&
        found->second->meta.resource_version >= object.meta.resource_version)
      return;
    put(std::make_shared<const T>(std::move(object)), changes);
  }
  tell(changes);
}

template <class T>
void Store<T>::remove(const ObjectMeta& last) {
  Changes changes;
  {
    const std::unique_lock lock(mutex_);
    newest_version_ = std::max(newest_version_, last.resource_version);
    const auto found = objects_.find(last.key());
    if (found == objects_.end() || found->second->meta.resource_version > last.resource_version)
      return;
    take(last.key(), changes);
  }
  tell(changes);
}

template <class T>
void Store<T>::replace(std::vector<T> objects, std::uint64_t version) {
  Changes changes;
  {
    const std::unique_lock lock(mutex_);
    const bool restored = version < newest_version_;
    newest_version_ = version;
    synced_ = true;
    std::unordered_map<ObjectKey, Object> former;
    for (const auto& [key, object] : objects_) former.emplace(key, object);
    for (T& object : objects) {
      const ObjectKey key = object.meta.key();
      const auto known = former.find(key);
      const std::uint64_t seen = known == former.end() ? 0 : known->second->meta.resource_version;
      if (known != former.end()) former.erase(known);
      const bool newer = object.meta.resource_version > seen;
      if (newer || (restored && object.meta.resource_version != seen))
        put(std::make_shared<const T>(std::move(object)), changes);
    }
    for (const auto& [key, object] : former) take(key, changes);
  }
  tell(changes);
  if (options_.on_version) options_.on_version(version);
}

template <class T>
void Store<T>::advance(std::uint64_t version) {
  {
    const std::unique_lock lock(mutex_);
    if (version <= newest_version_) return;
    newest_version_ = version;
  }
  if (options_.on_version) options_.on_version(version);
}

template <class T>
void Store<T>::put(Object object, Changes& changes) {
  const ObjectKey key = object->meta.key();
  const std::string group = index_key(*object);
  Object& slot = objects_[key];
  What what = What::Changed;
  if (slot) {
    if (slot->meta.uid != object->meta.uid || index_key(*slot) != group)
      changes.push_back({slot, What::Deleted});
    else if (options_.same && options_.same(*slot, *object))
      what = What::Same;
    unindex(key, *slot);
  }
  slot = object;
  if (!group.empty()) index_[group][key] = object;
  changes.push_back({std::move(object), what});
}

template <class T>
void Store<T>::take(const ObjectKey& key, Changes& changes) {
  const auto found = objects_.find(key);
  if (found == objects_.end()) return;
  unindex(key, *found->second);
  changes.push_back({std::move(found->second), What::Deleted});
  objects_.erase(found);
}

template <class T>
void Store<T>::unindex(const ObjectKey& key, const T& object) {
  const auto group = index_.find(index_key(object));
  if (group == index_.end()) return;
  group->second.erase(key);
  if (group->second.empty()) index_.erase(group);
}

}  // namespace bootstrap::kube
