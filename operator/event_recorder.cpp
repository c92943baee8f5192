#include "operator/event_recorder.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace bootstrap {

using nlohmann::json;

kube::ApiResult<void> EventRecorder::record(const ObjectMeta& workflow, const Transition& t,
                                            const std::string& cause) {
  const Key key{workflow.uid, t.reason + "/" + t.message};
  const auto now = clock_.steady_now();
  if (auto said = said_before(key, now)) {
    ++said->count;
    said->last = now;
    auto counted = count_up(workflow, *said);
    if (counted) remember(key, std::move(*said));
    // Somebody has deleted it; it is said anew.
    if (counted || counted.error().kind != kube::ApiError::Kind::NotFound) return counted;
  }
  const bool is_the_end = t.ends && !t.step;
  if (!is_within_budget(workflow.uid, now) && !is_the_end) return {};
  auto created = create(workflow, t, cause);
  if (created) remember(key, {event_name(workflow.name, workflow.uid, cause), 1, now});
  return created;
}

std::optional<EventRecorder::Said> EventRecorder::said_before(const Key& key,
                                                              runtime::SteadyPoint now) {
  const std::scoped_lock lock(mutex_);
  const auto found = said_.find(key);
  if (found == said_.end() || now - found->second.last > kSeries) return std::nullopt;
  return found->second;
}

bool EventRecorder::is_within_budget(const std::string& uid, runtime::SteadyPoint now) {
  const std::scoped_lock lock(mutex_);
  // Those that owe nothing any more need not be remembered.
  std::erase_if(paid_until_, [&](const auto& entry) { return entry.second <= now; });
  auto& paid = paid_until_.try_emplace(uid, now).first->second;
  if (paid - now > (kAtOnce - 1) * kBetween) return false;
  paid += kBetween;
  return true;
}

kube::ApiResult<void> EventRecorder::create(const ObjectMeta& workflow, const Transition& t,
                                            const std::string& cause) {
  const auto event = to_event(workflow, t, cause, instance_, clock_.now());
  const auto created = client_.create(kube::resources::kEvents, workflow.ns, event.dump());
  if (!created) return tl::unexpected(created.error());
  return {};
}

kube::ApiResult<void> EventRecorder::count_up(const ObjectMeta& workflow, const Said& said) {
  const json patch{{"count", said.count}, {"lastTimestamp", to_rfc3339(clock_.now())}};
  const auto patched =
      client_.merge_patch(kube::resources::kEvents, workflow.ns, said.name, patch.dump());
  if (!patched) return tl::unexpected(patched.error());
  return {};
}

void EventRecorder::remember(const Key& key, Said said) {
  const std::scoped_lock lock(mutex_);
  if (said_.size() >= kRemembered && !said_.contains(key))
    said_.erase(
        std::ranges::min_element(said_, {}, [](const auto& entry) { return entry.second.last; }));
  said_.insert_or_assign(key, std::move(said));
}

}  // namespace bootstrap
