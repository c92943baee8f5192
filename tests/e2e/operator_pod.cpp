#include "tests/e2e/operator_pod.h"

#include <stdexcept>

#include <gtest/gtest.h>

#include "tests/integration/waiting.h"

namespace bootstrap::testing {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {
constexpr const char* kSelector = "app.kubernetes.io/name=bootstrap-operator";
constexpr const char* kDeployment = "deployment/bootstrap-operator";

bool container_runs(const json& pod) {
  for (const json& c : pod.value("/status/containerStatuses"_json_pointer, json::array()))
    if (c.at("state").contains("running")) return true;
  return false;
}
}  // namespace

std::optional<std::string> OperatorPod::running() {
  for (const json& pod : cluster_.items(kube::resources::kPods, kOperatorNamespace, kSelector))
    if (!pod.at("metadata").contains("deletionTimestamp") && container_runs(pod))
      return pod.at("metadata").at("name").get<std::string>();
  return std::nullopt;
}

void OperatorPod::kill() {
  const auto before = first(30s, [&] { return running(); });
  if (!before) throw std::runtime_error("no operator pod runs");
  cluster_.kubectl_output({"delete", "pod", "-n", kOperatorNamespace, *before, "--force",
                           "--grace-period=0", "--wait=false"});
  if (!eventually(60s, [&] {
        const auto now = running();
        return now && now != before;
      }))
    throw std::runtime_error("no new operator pod came up after " + *before);
}

void OperatorPod::scale(int replicas) {
  cluster_.kubectl_output(
      {"scale", "-n", kOperatorNamespace, kDeployment, "--replicas=" + std::to_string(replicas)});
}

void OperatorPod::await_none() {
  if (!eventually(30s, [&] {
        return cluster_.items(kube::resources::kPods, kOperatorNamespace, kSelector).empty();
      }))
    throw std::runtime_error("the operator's pod does not go away");
}

void OperatorPod::await_ready() {
  cluster_.kubectl_output(
      {"rollout", "status", "-n", kOperatorNamespace, kDeployment, "--timeout=60s"},
      {.limit = 70s});
}

OperatorRestored::~OperatorRestored() {
  try {
    operator_.scale(1);
    operator_.await_ready();
  } catch (const std::exception& e) {
    ADD_FAILURE() << "the operator does not run again: " << e.what();
  }
}

}  // namespace bootstrap::testing
