#pragma once
// A decision while it is being made: what was observed, what has been asked, and what has been
// decided so far. decide() makes one and hands it from rule to rule (begin_run.h, adoption.h,
// launch.h …), each of which lives in a file named for it.
//
//   Draft draft(observed, now);
//   adopt(draft, …);  launch(draft, step);  …
//   return std::move(draft).decision();
//
// One thread; nothing throws.

#include "controllers/decide.h"

namespace bootstrap {

// How often something is tried again that tells nobody when it becomes possible (a quota, a missing
// ServiceAccount): after 5, 10, 20, 40 s, then every minute.
inline constexpr Duration kLongestBetweenTries{60'000};

class Draft {
 public:
  Draft(const Observed& observed, TimePoint now)
      : observed_(observed), now_(now), ask_(observed.facts) {
    decision_.status = observed.workflow.status;
  }

  // The next run begins with this status.
  void begin_with(Status);

  const Observed& observed() const { return observed_; }
  const ObjectMeta& meta() const { return observed_.workflow.meta; }
  const Plan& plan() const { return *observed_.plan; }  // once it is known
  TimePoint now() const { return now_; }
  Status& status() { return decision_.status; }
  // What nobody can decide otherwise any more: the status as it is stored, or that with which the
  // next run begins, which follows from it and from the stored plan.
  const Status& settled() const { return begin_ ? *begin_ : observed_.workflow.status; }
  Inquiry& ask() { return ask_; }
  // The answer of a look-up. Null: it is not there yet, or the look-up has failed and is made again
  // soon.
  template <class Q>
  const typename Q::Answer* look_up(const Q& question) {
    const auto* answer = ask_(question);
    if (answer == nullptr) return nullptr;
    if (!*answer) retry(answer->error().why);
    return *answer ? &answer->value() : nullptr;
  }

  // Null: not performed yet in this pass.
  const Outcome* outcome_of(const Action&) const;
  const std::vector<Action>& actions() const { return decision_.actions; }
  void act(Action action) { decision_.actions.push_back(std::move(action)); }
  // At the latest then it must be decided anew.
  void wake(TimePoint);
  // Something that may pass stands in the way.
  void retry(std::string why) { decision_.retry = std::move(why); }

  // Says why a run does not begin: as the state of a workflow that never began, else as the
  // condition of the resume that waits.
  void wait_to_begin(const char* reason, std::string message);

  // A run goes on, or has begun, perhaps, or is about to.
  void keep_lock() { keeps_lock_ = true; }
  bool keeps_lock() const { return keeps_lock_; }

  // Suspends a Job, unless it has ended; cancels a child, unless it is over. True: it has been
  // told, or needs not be.
  bool stop(const JobView&, const std::string& reason);
  bool stop(const Workflow& child, const std::string& reason);
  bool steer(SteerChild action) { return act_until_done(std::move(action)); }
  bool mark(MarkLock action) { return act_until_done(std::move(action)); }
  bool remove(Delete action) { return act_until_done(std::move(action)); }
  // The Job or child of its attempt, for the record's reason.
  void stop_work_of(const StepRecord&);

  // With the actions only when there are any: then it is decided anew with their outcomes.
  Decision finish();

 private:
  void complete_status();
  bool is_under_way() const;
  void tell_eta_when_due(bool changed);
  void tell_elapsed();
  bool act_until_done(Action);

  const Observed& observed_;
  TimePoint now_;
  Inquiry ask_;
  Decision decision_;
  std::optional<Status> begin_;
  bool keeps_lock_ = false;
};

}  // namespace bootstrap
