#include "controllers/pod_trouble.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "controllers/attempt.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;

constexpr Duration kFirstLook = 5s;

struct Rule {
  std::string_view kubernetes;  // waiting reason or Event reason
  const char* reason;
};

// https://github.com/kubernetes/kubernetes: pkg/kubelet/images/types.go, pkg/kubelet/kuberuntime
constexpr std::array<Rule, 11> kWaitingRules{
    Rule{"ErrImagePull", reasons::kImagePullFailed},
    {"ImagePullBackOff", reasons::kImagePullFailed},
    {"InvalidImageName", reasons::kImagePullFailed},
    {"ErrImageNeverPull", reasons::kImagePullFailed},
    {"ImageInspectError", reasons::kImagePullFailed},
    {"RegistryUnavailable", reasons::kImagePullFailed},
    {"SignatureValidationFailed", reasons::kImagePullFailed},
    {"CreateContainerConfigError", reasons::kConfigMissing},
    {"CreateContainerError", reasons::kStartError},
    {"RunContainerError", reasons::kStartError},
    {"PreCreateHookError", reasons::kStartError}};

constexpr std::array<Rule, 7> kEventRules{
    Rule{"FailedCreate", reasons::kPodRefused},       {"FailedMount", reasons::kVolumeNotReady},
    {"FailedAttachVolume", reasons::kVolumeNotReady}, {"FailedMapVolume", reasons::kVolumeNotReady},
    {"FailedScheduling", reasons::kUnschedulable},    {"Failed", reasons::kNotStarting},
    {"FailedCreatePodSandBox", reasons::kNotStarting}};

const char* match(std::span<const Rule> rules, std::string_view kubernetes) {
  const auto found = std::ranges::find(rules, kubernetes, &Rule::kubernetes);
  return found == rules.end() ? nullptr : found->reason;
}

// "configmap "x" not found" in a FailedMount: what is missing is the configuration, not the volume.
bool says_config_missing(std::string_view message) {
  return message.ends_with("not found") &&
         (message.find("configmap \"") != std::string_view::npos ||
          message.find("secret \"") != std::string_view::npos);
}

// The scheduler's "persistentvolumeclaim "x" not found" and "pod has unbound immediate
// PersistentVolumeClaims": no other node would help.
bool says_claim_trouble(std::string_view message) {
  return message.find("persistentvolumeclaim \"") != std::string_view::npos ||
         message.find("unbound immediate PersistentVolumeClaims") != std::string_view::npos;
}

std::optional<Trouble> trouble_of(const ContainerView& container) {
  if (container.state != ContainerState::Waiting) return std::nullopt;
  const char* reason = match(kWaitingRules, container.reason);
  if (reason == nullptr) return std::nullopt;
  return Trouble{reason, container.message.empty()
                             ? container.reason
                             : fmt::format("{}: {}", container.reason, container.message)};
}

}  // namespace

std::optional<Trouble> trouble_of(const PodView& pod) {
  const auto* scheduled = find_condition(pod.conditions, "PodScheduled");
  if (scheduled != nullptr && scheduled->status == "False" && scheduled->reason == "Unschedulable")
    return Trouble{
        says_claim_trouble(scheduled->message) ? reasons::kVolumeNotReady : reasons::kUnschedulable,
        scheduled->message};
  for (const auto* containers : {&pod.init_containers, &pod.containers})
    for (const ContainerView& container : *containers)
      if (auto trouble = trouble_of(container)) return trouble;
  return std::nullopt;
}

std::optional<Trouble> trouble_in(const std::vector<EventView>& events) {
  const EventView* newest = nullptr;
  for (const EventView& event : events)
    if (event.type == "Warning" && match(kEventRules, event.reason) != nullptr &&
        (newest == nullptr || event.time >= newest->time))
      newest = &event;
  if (newest == nullptr) return std::nullopt;
  const char* reason = says_config_missing(newest->message) ? reasons::kConfigMissing
                                                            : match(kEventRules, newest->reason);
  return Trouble{reason, newest->message};
}

LookSchedule look_schedule(TimePoint since, TimePoint now, Duration longest) {
  const Duration waited = now - since;
  if (waited < kFirstLook) return {false, since + kFirstLook};
  Duration next = kFirstLook;
  while (next <= waited) next += std::min(next, longest);
  return {true, since + next};
}

}  // namespace bootstrap
