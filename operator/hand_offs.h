#pragma once
// How long it takes from the news that the pod of a step has ended to the next Job.
//
// Threads: safe from any.

#include <mutex>
#include <optional>
#include <unordered_map>

#include "controllers/object_meta.h"
#include "operator/runtime/clock.h"

namespace bootstrap {

class HandOffs {
 public:
  explicit HandOffs(const runtime::Clock& clock) : clock_(clock) {}

  // A pod of the workflow has ended; until a pass takes the news the first one counts.
  void pod_has_ended(const ObjectKey& workflow) {
    const std::scoped_lock lock(mutex_);
    news_.try_emplace(workflow, clock_.steady_now());
  }

  // For the pass that begins now. Empty: there is no news.
  std::optional<runtime::SteadyPoint> take(const ObjectKey& workflow) {
    const std::scoped_lock lock(mutex_);
    const auto found = news_.find(workflow);
    if (found == news_.end()) return std::nullopt;
    const auto at = found->second;
    news_.erase(found);
    return at;
  }

 private:
  const runtime::Clock& clock_;
  std::mutex mutex_;
  std::unordered_map<ObjectKey, runtime::SteadyPoint> news_;
};

}  // namespace bootstrap
