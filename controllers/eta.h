#pragma once
// When a run will have ended, told from what its steps took before.
//
//   a step takes   what it took in former runs of the family (step_times.h); else its `estimate`;
//                  else what those of this run took so far, on average: the linear rule, elapsed ×
//                  total / completed − elapsed, without the time of the step that runs; else what
//                  the others are expected to take. When nothing of all this is known nothing is
//                  told.
//   of it is left  all of it, when it is to do or is tried again, and the pause before that as
//                  well; the rest of it, when it runs; and when it takes longer than that, as long
//                  again as it is over: so what is told is overtaken only when that has doubled.
//   the run ends   now + the longest way through the graph of what is left, finally included. What
//                  runs beside it does not count, and neither does what will not run any more.
//
// Nobody knows how long people take: while only they are waited for, nothing is told.
//
// What is told is written when something happens. When nothing does it is told anew once it has
// passed, and once a step takes twice, three times, five times … what was expected, at the earliest
// a minute too long (`next`).
//
// Pure functions.

#include <optional>
#include <string>

#include "controllers/standing.h"
#include "controllers/step_times.h"

namespace bootstrap {

// Tells it in the status: when the run ends, what the steps that run were expected to take, and
// which of them take longer.
void tell_eta(Status&, const Plan&, const Standing&, const StepTimes& former_runs, TimePoint now);
void forget_eta(Status&);

// When the run will have ended; none: nobody knows.
std::optional<TimePoint> estimated_end(const Plan&, const Standing&, const StepTimes& former_runs,
                                       TimePoint now);

// When a step that runs is overdue: it takes twice as long as was expected, and at least a minute
// longer, for half of all steps take longer than their median. None: it does not run, or nothing
// was expected of it.
std::optional<TimePoint> overdue_at(const StepRecord&);

// When it is told anew though nothing has happened since it was told last, as the status says.
std::optional<TimePoint> told_anew_at(const Plan&, const Standing&, const Status&);

// "40s", "2m30s", "31m", "1h35m": rounded up to what people want to know.
std::string rough_text(Duration);

// "14:31Z", of another day than `now` "12-01 14:31Z".
std::string clock_text(TimePoint, TimePoint now);

}  // namespace bootstrap
