#include "tests/simulation/backoff_truth.h"

#include <algorithm>

#include <fmt/format.h>

#include "controllers/time.h"
#include "tests/simulation/attempts_truth.h"
#include "tests/simulation/records.h"
#include "tests/simulation/resume_truth.h"

namespace bootstrap::simulation {
namespace {

// Lost attempts are delayed by their number alone, the others by theirs.
int failures_like(const Known& known, const AttemptName& failed) {
  AttemptName other = failed;
  int number = 0;
  const bool lost = is_lost(known.failures.at(failed).record);
  for (other.attempt = 1; other.attempt <= failed.attempt; ++other.attempt) {
    const auto found = known.failures.find(other);
    if (found != known.failures.end() && is_lost(found->second.record) == lost) ++number;
  }
  return number;
}

Duration shortest_delay(const OutlineRetry& retry, int failures) {
  Duration delay = retry.delay;
  for (int i = 1; i < failures && delay < retry.longest; ++i) delay *= retry.factor;
  return std::min(delay, retry.longest);
}

// When nothing of it ran any more: without a pod that is not before it was stopped. Its record
// comes later, by as much as the write of a status takes. Empty: it was not launched.
std::optional<TimePoint> end_of(const Known& known, const Nodes& nodes, const AttemptName& name) {
  std::optional<TimePoint> end;
  const auto launch = known.launches.find(name);
  if (launch == known.launches.end()) return end;
  for (const PodRun* run : runs_of(nodes, name.workflow_uid, {name.phase, name.step}))
    if (run->job_uid == launch->second.uid && run->ended) end = std::max(end, run->ended);
  return end ? end : launch->second.stopped.value_or(launch->second.at);
}

}  // namespace

void check_backoff(const Known& known, const Nodes& nodes, const AttemptName& launched,
                   TimePoint now, const Complain& complain) {
  AttemptName former = launched;
  --former.attempt;
  const OutlineStep* step = known.outline.find({launched.phase, launched.step});
  if (step == nullptr || !step->retry ||
      former.attempt <= attempts_before(known, launched.workflow_uid, step->ref))
    return;
  const auto failed = known.failures.find(former);
  if (failed == known.failures.end())
    return complain(fmt::format("n: {} was launched before the failure of the former was recorded",
                                to_text(launched)));
  const Duration delay = shortest_delay(*step->retry, failures_like(known, former));
  const TimePoint end = end_of(known, nodes, former).value_or(failed->second.at);
  if (now < end + delay)
    complain(fmt::format("n: {} was launched {} after the former, its delay is {}",
                         to_text(launched), bootstrap::to_text(now - end),
                         bootstrap::to_text(delay)));
  const auto next = from_rfc3339(failed->second.record.value("nextRetryTime", ""));
  if (!next || now < *next)
    complain(fmt::format("n: {} was launched before its nextRetryTime", to_text(launched)));
}

void check_next_retry(const Known& known, const Nodes& nodes, const AttemptName& name,
                      const FailedAttempt& failed, const Complain& complain) {
  const OutlineStep* step = known.outline.find({name.phase, name.step});
  const auto next = from_rfc3339(failed.record.value("nextRetryTime", ""));
  if (step == nullptr || !step->retry || !next) return;
  const Duration least = shortest_delay(*step->retry, failures_like(known, name));
  const Duration most = least + least * step->retry->jitter / 100;
  const TimePoint end = end_of(known, nodes, name).value_or(failed.at);
  if (*next < end + least || *next > failed.at + most + kRounding)
    complain(fmt::format("n: {} failed at {}, is tried again at {}, but its delay is {} to {}",
                         to_text(name), to_rfc3339(end), to_rfc3339(*next),
                         bootstrap::to_text(least), bootstrap::to_text(most)));
}

}  // namespace bootstrap::simulation
