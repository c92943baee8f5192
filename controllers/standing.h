#pragma once
// How a run stands: what is done, what has failed for good, and what each phase is meant to do now.
//
//   timeout of the workflow has passed  →  all its phases: End
//   timeout of a phase has passed       →  it: End; those that rest on it: NoNew
//   it is cancelled                     →  all its phases: End
//   a step has failed for good          →  its phase, and those that rest on it: NoNew
//   it is suspended, or about to resume →  Hold, phases of finally too when it is suspended
//   else                                →  Go
//
// In sequence every later phase rests on an earlier one; with order Graph those do that depend on
// it, and the others go on.
//
// The time in which only people are waited for (status.paused) counts for no timeout of phase or
// workflow. A timeout of the workflow that has passed before, as when finally waits, has passed.
//
// Phases of finally stand for themselves: their own failure and timeout count, nobody else's.
//
// Cancelling is carried through once it was seen: steps that it has ended, or kept from starting,
// are Cancelled for good, whatever spec.cancel says later. It comes too late for a run of which
// only finally is left, and it wins over a suspension: finally has to run.
//
//   Go      what is ready is launched
//   Hold    nothing new is launched for now
//   NoNew   nothing new is launched any more, no further attempt either; what runs goes on to its
//   end End     as NoNew, and what runs is stopped
//
// Everything follows from plan, status and time, so whoever comes after a crash finds the same. It
// reads the status it was made for as it is then; status and plan must outlive it and keep their
// phases and steps.

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/plan.h"
#include "controllers/status.h"

namespace bootstrap {

enum class Intent { Go, Hold, NoNew, End };

// What people, or a resume that waits for something, want of the run as a whole.
struct Orders {
  bool suspend = false;
  bool cancel = false;
  bool resume_waits = false;
};

// A timeout that has passed.
struct PassedTimeout {
  const char* reason;   // of the steps it ends: one of reasons
  std::string message;  // "phase cluster did not end within its timeout of 1h0m0s"
};

class Standing {
 public:
  // `status` has a record for every step of the plan.
  Standing(const Plan&, const Status&, TimePoint now, Orders = {});

  const StepRecord& record(StepIndex step) const { return *records_[step]; }

  Intent intent(PhaseIndex) const;

  // Succeeded or skipped, or failed where that is tolerated: what comes after it may start.
  bool is_done(StepIndex) const;
  // Failed, and that is not tolerated; or Cancelled.
  bool has_failed(StepIndex) const;
  // Nothing more will come of it.
  bool is_over(StepIndex) const;
  bool is_over(const StepRef&) const;
  bool is_over(std::string_view phase) const;  // all steps of it
  // Everything it waits for is there: it may have been launched, or may be, if nothing forbids it.
  bool has_its_turn(StepIndex) const;
  // It has its turn, is not launched, and nothing forbids it.
  bool is_ready(StepIndex) const;

  // Of the steps that run on success, or on always: nothing more will come of them.
  bool are_over(RunsOn) const;

  // It is being cancelled, or was.
  bool is_cancelled() const;
  // Nothing new starts until people want it to.
  bool is_suspended() const { return orders_.suspend && !is_cancelled(); }

  PhaseState state(PhaseIndex) const;
  std::optional<PhaseState> state(std::string_view phase) const;

  // The step that failed first, Cancelled ones apart; those of finally count for themselves.
  std::optional<StepIndex> first_failure(RunsOn) const;
  // The one for which nothing new starts in a phase.
  std::optional<StepIndex> first_failure(PhaseIndex) const;
  // Why a phase is to end.
  std::optional<PassedTimeout> passed_timeout(PhaseIndex) const;
  // The same of the first such phase.
  std::optional<PassedTimeout> passed_timeout(RunsOn) const;

  bool has_succeeded() const;  // the phases that run on success
  RunResult result() const;

  // When time alone changes an intent next.
  std::optional<TimePoint> next_deadline() const;

 private:
  bool settled(StepIndex) const;
  bool is_too_late(StepIndex) const;
  bool any_failed(const std::set<PhaseIndex>&) const;
  std::optional<StepIndex> first_failure(const std::function<bool(PhaseIndex)>& counts) const;
  std::optional<TimePoint> deadline(PhaseIndex) const;
  std::optional<TimePoint> deadline() const;  // of the workflow
  bool is_timed_out(PhaseIndex) const;
  bool workflow_timed_out() const;

  const Plan& plan_;
  const Status& status_;
  TimePoint now_;
  Orders orders_;
  std::vector<const StepRecord*> records_;  // by step
  std::vector<const PhaseRecord*> phases_;  // by phase
};

// What references stand for in a step: in those of finally the result of the run as well.
std::optional<RunResult> result_for(const Plan&, const Standing&, PhaseIndex);

}  // namespace bootstrap
