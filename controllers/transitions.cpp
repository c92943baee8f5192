#include "controllers/transitions.h"

#include "controllers/limits.h"
#include "controllers/texts.h"

namespace bootstrap {

nlohmann::json to_event(const ObjectMeta& workflow, const Transition& transition,
                        const std::string& cause, const std::string& instance, TimePoint now) {
  return {{"apiVersion", "v1"},
          {"kind", "Event"},
          {"metadata",
           {{"name", event_name(workflow.name, workflow.uid, cause)}, {"namespace", workflow.ns}}},
          {"eventTime", to_rfc3339_micro(now)},
          {"firstTimestamp", to_rfc3339(now)},
          {"lastTimestamp", to_rfc3339(now)},
          {"count", 1},
          {"reportingComponent", "bootstrap.openshift.io/bootstrap-operator"},
          {"reportingInstance", instance},
          {"action", transition.step ? "RunStep" : "RunWorkflow"},
          {"reason", transition.reason},
          {"involvedObject",
           {{"apiVersion", kApiVersion},
            {"kind", kWorkflowKind},
            {"namespace", workflow.ns},
            {"name", workflow.name},
            {"uid", workflow.uid}}},
          {"message", cut(transition.message, limits::kEventNote)},
          {"type", transition.warning ? "Warning" : "Normal"}};
}

}  // namespace bootstrap
