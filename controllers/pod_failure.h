#pragma once
// Why a pod failed: its own reason, its Job's, what an init container or the tool said, in this
// order of who knows best.
//
// Pure functions.

#include "controllers/attempt.h"
#include "controllers/definition.h"
#include "controllers/status.h"
#include "controllers/views.h"

namespace bootstrap {

struct FailedPod {
  const PodView& pod;
  const JobView* job;  // null: it is gone
  const StepRecord& record;
  const StepDefinition& definition;
};

// Sets reason, message and log tail.
void explain_failure(const FailedPod&, AttemptResult&);

// Why the operator stopped it, as the Job itself says: the same whether or not the operator lived
// to write it into the status.
void explain_stop(const JobView&, const StepRecord&, const StepDefinition&, AttemptResult&);

// The container of the tool; null: its state is not known.
const ContainerView* main_container(const PodView&);

// The node could not tell any more what became of it: the exit code (137) and the message are the
// kubelet's, not the tool's.
bool is_lost(const ContainerView&);

}  // namespace bootstrap
