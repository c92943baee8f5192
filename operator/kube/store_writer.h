#pragma once
// From what a watch says (StoreOp) to a typed store: reads objects, collects lists, swaps them in.
//
// An object that cannot be read is reported and skipped; what was known of it stays, also through a
// new list, because it exists: taking it for deleted would be wrong.
//
// Threads: those of the store's writer. Errors: reported, never thrown.

#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "controllers/object_meta.h"
#include "controllers/projection.h"
#include "operator/kube/store.h"
#include "operator/kube/watcher.h"

namespace bootstrap::kube {

using OnUnreadable = std::function<void(const ObjectKey& key, const std::string& why)>;

template <class T>
class StoreWriter {
 public:
  using Read = tl::expected<T, std::string> (*)(const nlohmann::json&);

  // `store` must outlive the writer. `on_unreadable` may be empty.
  StoreWriter(Store<T>& store, Read read, OnUnreadable on_unreadable)
      : store_(&store), read_(read), on_unreadable_(std::move(on_unreadable)) {}

  void operator()(const StoreOp& op) {
    std::visit([this](const auto& what) { write(what); }, op);
  }

 private:
  void write(const ops::Begin&) {
    collecting_ = true;
    collected_.clear();
  }
  void write(const ops::Apply& op) {
    tl::expected<T, std::string> object = read_(op.object);
    if (object && (object->meta.name.empty() || object->meta.resource_version == 0))
      object = tl::make_unexpected(std::string("no name or no resourceVersion"));
    if (!object) return keep_former(read_meta(op.object).key(), object.error());
    if (!collecting_) return store_->apply(std::move(*object));
    collected_.insert_or_assign(object->meta.key(), std::move(*object));
  }
  void write(const ops::Delete& op) {
    const ObjectMeta meta = read_meta(op.object);
    if (collecting_)
      collected_.erase(meta.key());
    else
      store_->remove(meta);
  }
  void write(const ops::Complete& op) {
    std::vector<T> objects;
    objects.reserve(collected_.size());
    for (auto& [key, object] : collected_) objects.push_back(std::move(object));
    collected_ = {};
    collecting_ = false;
    store_->replace(std::move(objects), op.version);
  }
  void write(const ops::Bookmark& op) { store_->advance(op.version); }

  void keep_former(const ObjectKey& key, const std::string& why) {
    if (on_unreadable_) on_unreadable_(key, why);
    if (!collecting_) return;
    if (const auto former = store_->get(key)) collected_.insert_or_assign(key, *former);
  }

  Store<T>* store_;
  Read read_;
  OnUnreadable on_unreadable_;
  bool collecting_ = false;
  std::unordered_map<ObjectKey, T> collected_;
};

}  // namespace bootstrap::kube
