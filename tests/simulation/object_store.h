#pragma once
// What etcd is to the API server: every object in its newest version, and the log of all changes.
//
// One counter numbers all writes of all kinds (resourceVersion). A write that changes nothing is no
// write: no new version, no log entry, as in the real one. The store knows nothing of HTTP,
// validation or status subresources; see verbs.h.
//
// Threads: one thread.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "controllers/object_meta.h"
#include "operator/runtime/clock.h"
#include "tests/simulation/resource_types.h"

namespace bootstrap::simulation {

using Json = nlohmann::json;
using Object = std::shared_ptr<const Json>;  // null: there is none

enum class ChangeKind { Added, Modified, Deleted };

struct Change {
  std::uint64_t version = 0;
  const ResourceType* type = nullptr;
  ChangeKind kind = ChangeKind::Added;
  ObjectKey key;
  Object object;  // as it is now; of Deleted: its last state with the version of the deletion
  Object before;  // null for Added
  TimePoint at;
};

class ObjectStore {
 public:
  explicit ObjectStore(const runtime::Clock& clock);

  // Null for a kind nobody registered. The pointers stay valid as long as the store.
  const ResourceType* type(std::string_view group, std::string_view version,
                           std::string_view plural) const;
  void add_type(ResourceType);
  // Of one version of a group; empty: there is no such version.
  std::vector<const ResourceType*> types(std::string_view group, std::string_view version) const;

  Object find(const ResourceType&, const ObjectKey&) const;
  // In the order of their keys; an empty namespace means all.
  std::vector<Object> list(const ResourceType&, std::string_view ns) const;
  // The same as it was at a version that is not compacted away.
  std::vector<Object> list_at(const ResourceType&, std::string_view ns,
                              std::uint64_t version) const;

  // For metadata.uid of an object to be inserted. Never the same twice.
  std::string new_uid();
  // Sets creationTimestamp, generation and resourceVersion. There must be none of that name.
  Object insert(const ResourceType&, Json);
  // Sets generation and resourceVersion. There must be one of that name.
  Object replace(const ResourceType&, Json);
  void erase(const ResourceType&, const ObjectKey&);

  std::uint64_t version() const { return version_; }
  const std::deque<Change>& log(const ResourceType& type) const { return shelf(type).log; }
  // Changes up to this version are forgotten: watches and pages from there are refused.
  void compact(std::uint64_t version) { compacted_ = std::max(compacted_, version); }
  std::uint64_t compacted() const { return compacted_; }

  // Called after every change, in order. For the watches, the controllers and the observers.
  void subscribe(std::function<void(const Change&)> listener) {
    listeners_.push_back(std::move(listener));
  }

 private:
  struct Shelf {
    ResourceType type;
    std::map<ObjectKey, Object> objects;
    std::deque<Change> log;
  };

  const Shelf& shelf(const ResourceType&) const;
  Shelf& shelf(const ResourceType&);
  void record(Shelf&, ChangeKind, ObjectKey, Object object, Object before);

  const runtime::Clock& clock_;
  std::deque<Shelf> shelves_;
  std::uint64_t version_ = 100;
  std::uint64_t compacted_ = 0;
  std::uint64_t uids_ = 0;
  std::vector<std::function<void(const Change&)>> listeners_;
};

ObjectKey key_of(const Json& object);
std::uint64_t version_of(const Json& object);
std::string uid_of(const Json& object);
// The text at a JSON pointer, "" when there is none.
std::string text_at(const Json& object, std::string_view pointer);

}  // namespace bootstrap::simulation
