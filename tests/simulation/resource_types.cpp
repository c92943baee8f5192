#include "tests/simulation/resource_types.h"

namespace bootstrap::simulation {

std::vector<ResourceType> known_types() {
  const auto built_in = [](std::string group, std::string version, std::string plural,
                           std::string kind) {
    return ResourceType{.group = std::move(group),
                        .version = std::move(version),
                        .plural = std::move(plural),
                        .kind = std::move(kind)};
  };
  const auto custom = [](std::string plural, std::string kind, bool status) {
    return ResourceType{.group = "bootstrap.openshift.io",
                        .version = "v1alpha1",
                        .plural = std::move(plural),
                        .kind = std::move(kind),
                        .status_subresource = status,
                        .generation = true,
                        .custom = true};
  };
  std::vector<ResourceType> types{
      custom("bootstrapworkflows", "BootstrapWorkflow", true),
      custom("bootstrapworkflowtemplates", "BootstrapWorkflowTemplate", false),
      built_in("batch", "v1", "jobs", "Job"),
      built_in("", "v1", "pods", "Pod"),
      built_in("", "v1", "events", "Event"),
      built_in("events.k8s.io", "v1", "events", "Event"),
      built_in("", "v1", "serviceaccounts", "ServiceAccount"),
      built_in("", "v1", "configmaps", "ConfigMap"),
      built_in("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim"),
      built_in("apps", "v1", "controllerrevisions", "ControllerRevision"),
      built_in("coordination.k8s.io", "v1", "leases", "Lease"),
      built_in("", "v1", "nodes", "Node"),
      built_in("metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics"),
  };
  for (auto& type : types) {
    if (type.plural == "jobs" || type.plural == "pods") {
      type.status_subresource = true;
      type.generation = true;
    }
    if (type.plural == "nodes") type.namespaced = false;
  }
  return types;
}

}  // namespace bootstrap::simulation
