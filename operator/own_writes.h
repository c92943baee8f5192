#pragma once
// "Read your own writes": a decision must not rest on a store that has not seen what we did last.
//
// After each write the version it made is noted under the workflow's key. Before the next decision
// the stores must have reached it: their newest event or bookmark is at least that version. The
// event of the write itself wakes the key, so nobody polls.
//
// Versions are compared as numbers, within one resource type only (Kubernetes documents both).
// Threads: safe from any.

#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "controllers/object_meta.h"

namespace bootstrap {

class OwnWrites {
 public:
  struct Versions {
    std::uint64_t workflow = 0;
    std::uint64_t job = 0;
  };

  void wrote_workflow(const ObjectKey&, std::uint64_t version);
  void wrote_job(const ObjectKey&, std::uint64_t version);

  // True when both stores have reached what was written for this key; what is reached is forgotten.
  bool seen(const ObjectKey&, const Versions& stores);
  // Something was written for this key that no pass has found seen yet.
  bool awaited(const ObjectKey&) const;
  void forget(const ObjectKey&);

 private:
  mutable std::mutex mutex_;
  std::unordered_map<ObjectKey, Versions> written_;
};

}  // namespace bootstrap
