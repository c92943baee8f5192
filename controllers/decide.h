#pragma once
// The heart: what is the case → what to do. Pure; run again until it has nothing left to ask or do.
//
//   identity → final? → lock → plan → adopt → advance each step → intent → launch what is ready
//   → roll up
//
// The same observations and the same time give the same decision, so a crash between any two of
// its effects is repaired by deciding again. Writes happen in this order within a pass: the plan
// (once a run), Jobs, then the one status patch that carries the former results and the new Jobs.

#include <optional>
#include <set>
#include <vector>

#include "controllers/actions.h"
#include "controllers/job_attempt.h"
#include "controllers/plan.h"
#include "controllers/questions.h"
#include "controllers/status.h"
#include "controllers/transitions.h"
#include "controllers/views.h"

namespace bootstrap {

struct Observed {
  const Workflow& workflow;
  const Plan* plan = nullptr;  // of the current run, once it is known
  std::string plan_problem{};  // why a stored plan cannot be used
  Work work{};                 // Jobs and pods of this workflow's UID
  Facts facts{};
  Outcomes outcomes{};
  std::set<std::string>
      stray_locks{};               // that it has, as others say, and that are not on its record
  bool has_restore_label = false;  // as backup tools put on what they restore
  bool approvals_are_verified = false;  // the API server sees to it that `by` is who wrote it
};

struct Decision {
  std::set<Question> asked;
  std::vector<Action> actions;
  Status status;
  std::vector<Transition> transitions;
  std::optional<TimePoint> wake;
  std::string retry;  // not empty: something that may pass stood in the way; decide again soon
};

Decision decide(const Observed&, TimePoint now);

}  // namespace bootstrap
