#include "operator/event_looks.h"

#include <algorithm>

namespace bootstrap {

Found<EventsAbout::Answer> EventLooks::ask(
    const EventsAbout& question, const std::function<Found<EventsAbout::Answer>()>& look) {
  {
    const std::scoped_lock lock(mutex_);
    const auto now = clock_.steady_now();
    std::erase_if(known_, [&](const auto& entry) { return entry.second.until <= now; });
    if (const auto found = known_.find(question); found != known_.end())
      return found->second.events;
    if (!is_allowed(now)) return tl::unexpected(Unavailable{"too many look at Events"});
  }
  auto events = look();
  if (!events) return events;
  const std::scoped_lock lock(mutex_);
  known_.insert_or_assign(question, Known{*events, clock_.steady_now() + kBelievedFor});
  return events;
}

bool EventLooks::is_allowed(runtime::SteadyPoint now) {
  const auto paid = std::max(paid_until_, now);
  if (paid - now > (kAtOnce - 1) * kBetween) return false;
  paid_until_ = paid + kBetween;
  return true;
}

}  // namespace bootstrap
