#include "controllers/wait_attempt.h"

#include <algorithm>

#include <fmt/format.h>

#include "controllers/account.h"
#include "controllers/limits.h"
#include "controllers/pod_trouble.h"
#include "controllers/texts.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using Reading = ResourceFinding::Reading;

// Rights are asked for again after this time; RBAC cannot be watched for one account.
constexpr Duration kRightsAgain = 5min;
// How often something is looked at again that no watch announces: a kind that comes, a right that
// is given. After 5, 10, 20 s, then always after this time.
constexpr Duration kLongestBetweenLooks = 30s;
// After the API server did not answer.
constexpr Duration kLookAgain = 5s;
// How long past its timeout a wait goes on when nothing has been read yet.
constexpr Duration kGrace = 30s;
// A new value is written after a tenth of the time waited so far, within these.
constexpr Duration kShortestBetweenValues = 10s;
constexpr Duration kLongestBetweenValues = 1min;

class WaitAttempt {
 public:
  WaitAttempt(const PlanStep& step, const ResourceQuery& query, const StepRecord& record,
              std::optional<TimePoint> written, Inquiry& ask, TimePoint now)
      : step_(step),
        query_(query),
        record_(record),
        written_(written),
        ask_(ask),
        now_(now),
        start_(record.start.value_or(now)),
        deadline_(start_ + step.definition.timeout) {}

  AttemptView view() {
    if (record_.state == StepState::Ending)  // there is nothing that would have to end
      return ended(record_.reason, record_.message);
    const auto* answer = ask_(ResourceState{query_});
    if (answer != nullptr && !*answer) return unread(now_ + kLookAgain);
    const ResourceFinding* finding = answer == nullptr ? nullptr : &**answer;
    const bool has_kind = finding == nullptr || finding->reading != Reading::NoSuchKind;
    if (has_kind) {
      const auto* allowed = ask_(may_read());
      if (allowed == nullptr) return unread({});
      if (!*allowed) return unread(now_ + kLookAgain);
      if (!**allowed) return not_allowed();
    }
    if (finding == nullptr) return unread(now_ + kRightsAgain);
    if (finding->holds) return succeeded();
    return waiting(*finding);
  }

 private:
  std::string account() const {
    const std::string& named = step_.definition.tools.service_account;
    return named.empty() ? kDefaultAccount : named;
  }

  MayRead may_read() const { return right_to_read(account(), query_.resource); }

  static AttemptView ended(std::string reason, std::string message) {
    AttemptView view;
    view.live = Liveness::Ended;
    view.result.emplace();
    view.result->reason = std::move(reason);
    view.result->message = std::move(message);
    return view;
  }

  static AttemptView succeeded() {
    AttemptView view = ended("", "");
    view.result->success = true;
    return view;
  }

  AttemptView timed_out(const std::string& missing) const {
    return ended(reasons::kTimedOut, fmt::format("did not come within its timeout of {}: {}",
                                                 to_text(step_.definition.timeout), missing));
  }

  AttemptView running(std::string reason, std::string message, TimePoint look_again) const {
    AttemptView view;
    view.live = Liveness::Running;
    view.reason = std::move(reason);
    view.message = cut(std::move(message), limits::kMessage);
    view.message_follows = true;
    view.look_again = std::min(deadline_, look_again);
    return view;
  }

  std::string nothing_known() const { return "waits for " + to_text(query_.resource); }

  // Nothing is known of the resource right now: what was known stays.
  AttemptView unread(std::optional<TimePoint> look_again) const {
    const TimePoint patience = deadline_ + kGrace;
    if (now_ >= patience)
      return timed_out(to_text(query_.resource) + ": the API server does not answer about it");
    const bool known = !record_.reason.empty();
    AttemptView view = running(known ? record_.reason : reasons::kWaitingForResource,
                               known ? record_.message : nothing_known(), patience);
    if (look_again) view.look_again = std::min(patience, *look_again);
    return view;
  }

  TimePoint next_look() const { return look_schedule(start_, now_, kLongestBetweenLooks).next; }

  AttemptView not_allowed() const {
    const std::string what = no_right_text(account(), query_.resource);
    if (now_ >= deadline_) return timed_out(what);
    return running(reasons::kServiceAccountMayNotRead, what, next_look());
  }

  AttemptView waiting(const ResourceFinding& finding) const {
    const std::string missing = what_is_missing(query_, finding);
    if (finding.reading == Reading::Unwatchable) return ended(reasons::kUnwatchable, missing);
    if (now_ >= deadline_) return timed_out(missing);
    switch (finding.reading) {
      case Reading::Forbidden:
        return running(reasons::kOperatorMayNotRead, missing, next_look());
      case Reading::WatchLimit:
        return running(reasons::kWatchLimit, missing, next_look());
      case Reading::NoSuchKind:
        return paced(running(reasons::kWaitingForResource, "waits for " + missing, next_look()));
      case Reading::Unwatchable:
      case Reading::Read:
        break;
    }
    return paced(
        running(reasons::kWaitingForResource, "waits for " + missing, now_ + kRightsAgain));
  }

  // Keeps the former message while it is too new to be written over.
  AttemptView paced(AttemptView view) const {
    if (view.reason != record_.reason || view.message == record_.message ||
        record_.message == nothing_known() || !written_)
      return view;
    const TimePoint next =
        *written_ +
        std::clamp<Duration>((now_ - start_) / 10, kShortestBetweenValues, kLongestBetweenValues);
    if (now_ >= next) return view;
    view.message = record_.message;
    view.look_again = std::min(*view.look_again, next);
    return view;
  }

  const PlanStep& step_;
  const ResourceQuery& query_;
  const StepRecord& record_;
  std::optional<TimePoint> written_;
  Inquiry& ask_;
  TimePoint now_;
  TimePoint start_;
  TimePoint deadline_;
};

}  // namespace

AttemptView wait_attempt(const PlanStep& step, const ResourceQuery& query, const StepRecord& record,
                         std::optional<TimePoint> written, Inquiry& ask, TimePoint now) {
  return WaitAttempt(step, query, record, written, ask, now).view();
}

}  // namespace bootstrap
