#pragma once
// The view of an attempt that is a Job with one pod.
//
//  - The pod's container statuses are the trigger: success is known when all containers have
//    terminated with 0, about a second before the pod's phase says so and two before the Job does.
//    Success of an owned pod wins over any Job condition (the Job controller may be late).
//  - A failure is taken only when the pod's phase is final: only then is its reason known
//    (DeadlineExceeded, eviction).
//  - Ended means: nothing of it runs or will. A Job that has vanished is looked up in the live API,
//    and its pods as well, before it is believed.
//
// Pure function.

#include "controllers/attempt.h"
#include "controllers/plan.h"
#include "controllers/questions.h"
#include "controllers/status.h"

namespace bootstrap {

// What was observed of the Jobs, pods and children of one workflow.
struct Work {
  std::vector<std::shared_ptr<const JobView>> jobs;
  std::vector<std::shared_ptr<const PodView>> pods;
  std::vector<std::shared_ptr<const Workflow>> children = {};
};

AttemptView job_attempt(const PlanStep&, const StepRecord&, const Work&, Inquiry& ask,
                        TimePoint now);

}  // namespace bootstrap
