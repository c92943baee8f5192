#include "controllers/pause.h"

#include <algorithm>

namespace bootstrap {

using std::chrono::ceil;
using std::chrono::floor;
using std::chrono::seconds;

Duration pause_within(const Status& status, const PhaseRecord& phase, TimePoint now) {
  if (!status.paused_since || !phase.start || phase.completion) return {};
  return std::max<Duration>(now - std::max(*status.paused_since, *phase.start), Duration{});
}

Duration pause_of_workflow(const Status& status, std::optional<Duration> timeout, TimePoint now) {
  if (!status.paused_since || !status.start) return {};
  if (timeout && *status.paused_since >= *status.start + *timeout + status.paused) return {};
  return std::max<Duration>(now - *status.paused_since, Duration{});
}

void note_pause(Status& status, std::optional<Duration> timeout, bool paused, TimePoint now) {
  if (paused) {
    if (!status.paused_since) status.paused_since = floor<seconds>(now);
    return;
  }
  if (!status.paused_since) return;
  for (PhaseRecord& phase : status.phases)
    phase.paused += ceil<seconds>(pause_within(status, phase, now));
  status.paused += ceil<seconds>(pause_of_workflow(status, timeout, now));
  status.paused_since.reset();
}

}  // namespace bootstrap
