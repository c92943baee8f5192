#pragma once
// The Job of one attempt, as the API wants it.
//
//  - One pod, once: backoffLimit 0, restartPolicy Never, podReplacementPolicy Failed. The
//    podFailurePolicy makes the Job's condition keep the exit code or the disruption, also when the
//    pod is gone, and keeps the Job silent until the pod has ended.
//  - The attempt's timeout is the pod's activeDeadlineSeconds: the kubelet keeps it, also while no
//    operator runs.
//  - Scripts travel as a file (an annotation of the pod behind a downward API volume), never
//  through
//    arguments: nothing expands or splits them.
//
// Pure function.

#include <nlohmann/json.hpp>

#include "controllers/plan.h"

namespace bootstrap {

// What of the cluster shapes a pod.
struct Platform {
  // OpenShift assigns UIDs and groups by its SCCs; elsewhere we must name them, or images that run
  // as root and volumes would fail under runAsNonRoot.
  bool openshift = false;
};

// `result`: of the run so far; of steps of finally only.
nlohmann::json build_job(const ObjectMeta& workflow, const Plan&, const PlanStep&, int attempt,
                         const Platform&, const std::optional<RunResult>& result = {});

}  // namespace bootstrap
