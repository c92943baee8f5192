#include "tests/e2e/user_view.h"

#include <algorithm>

#include "tests/e2e/golden.h"

namespace bootstrap::testing {

using nlohmann::json;

std::string user_view(Cluster& cluster, const std::string& ns, const std::string& workflow) {
  std::string view;
  const auto show = [&](const std::vector<std::string>& arguments, const std::string& shown) {
    view += "$ " + shown + "\n" + cluster.kubectl_output(arguments) + "\n";
  };
  show({"get", "bwf", "-n", ns}, "kubectl get bwf");
  show({"get", "bwf", "-n", ns, "-o", "wide"}, "kubectl get bwf -o wide");
  show({"describe", "bwf", "-n", ns, workflow}, "kubectl describe bwf " + workflow);
  return view;
}

void expect_end(Cluster& cluster, const std::string& ns, const std::string& workflow,
                const std::string& how) {
  expect_golden("ends/" + workflow + (how.empty() ? "" : "-" + how),
                cluster.kubectl_output({"get", "bwf", "-n", ns, workflow, "-o", "wide"}),
                {ns, workflow});
}

std::string log_of(Cluster& cluster, const std::string& ns, const std::string& workflow,
                   const std::string& phase, const std::string& step) {
  const json record = step_of(cluster.workflow(ns, workflow), phase, step);
  return cluster.kubectl_output({"logs", "-n", ns, "job/" + record.at("job").get<std::string>()});
}

std::vector<std::string> event_reasons(Cluster& cluster, const std::string& ns,
                                       const std::string& workflow) {
  std::vector<std::string> reasons;
  for (const json& event : cluster.items(kube::resources::kEvents, ns))
    if (event.value("/involvedObject/kind"_json_pointer, "") == "BootstrapWorkflow" &&
        event.value("/involvedObject/name"_json_pointer, "") == workflow)
      reasons.push_back(event.at("reason"));
  std::ranges::sort(reasons);
  return reasons;
}

}  // namespace bootstrap::testing
