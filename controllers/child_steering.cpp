#include "controllers/child_steering.h"

#include "controllers/child_workflow.h"
#include "controllers/step_machine.h"

namespace bootstrap {

void steer_children(Draft& draft, const Standing& standing) {
  for (const auto& child : draft.observed().work.children) {
    if (child->meta.deletion || is_over(*child) || child->steering.cancel) continue;
    const auto attempt = attempt_of(child->meta);
    const StepRecord* record = attempt ? find_step(draft.status(), attempt->step) : nullptr;
    if (record == nullptr || record->child_uid != child->meta.uid) continue;
    if (!is_launched(record->state) || record->state == StepState::Ending) continue;
    if (child->steering.suspend != standing.is_suspended())
      draft.steer({child->meta.name, child->meta.uid, standing.is_suspended(), {}});
  }
}

}  // namespace bootstrap
