#include "operator/own_writes.h"

#include <algorithm>

namespace bootstrap {

void OwnWrites::wrote_workflow(const ObjectKey& key, std::uint64_t version) {
  const std::scoped_lock lock(mutex_);
  auto& written = written_[key].workflow;
  written = std::max(written, version);
}

void OwnWrites::wrote_job(const ObjectKey& key, std::uint64_t version) {
  const std::scoped_lock lock(mutex_);
  auto& written = written_[key].job;
  written = std::max(written, version);
}

bool OwnWrites::seen(const ObjectKey& key, const Versions& stores) {
  const std::scoped_lock lock(mutex_);
  const auto written = written_.find(key);
  if (written == written_.end()) return true;
  if (stores.workflow < written->second.workflow || stores.job < written->second.job) return false;
  written_.erase(written);
  return true;
}

bool OwnWrites::awaited(const ObjectKey& key) const {
  const std::scoped_lock lock(mutex_);
  return written_.contains(key);
}

void OwnWrites::forget(const ObjectKey& key) {
  const std::scoped_lock lock(mutex_);
  written_.erase(key);
}

}  // namespace bootstrap
