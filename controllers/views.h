#pragma once
// The few facts of Jobs, pods, Events and ServiceAccounts on which decisions rest, and how they are
// taken from the API's objects. What is not here is never kept in memory.
//
// Pure values; reading returns an error only for what a decision could not do without.

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "controllers/definition.h"
#include "controllers/object_meta.h"
#include "controllers/projection.h"
#include "controllers/status.h"
#include "controllers/steering.h"
#include "controllers/stop.h"

namespace bootstrap {

// A BootstrapWorkflow.
struct Workflow {
  ObjectMeta meta;
  std::string spec;  // its JSON text, "{}" once it is of no use any more; parsed when a run starts
                     // or the definition has changed
  Status status;
  Steering steering{};     // of the spec, as the answers; kept apart from it,
  GivenAnswers answers{};  // because they come while the run goes on
  std::vector<Approval> approvals{};
  std::string template_name = {};           // that it runs; empty: a definition of its own
  std::vector<std::string> ancestors = {};  // of a child; see child_workflow.h
  Stop stop = {};                           // of a child that its step has cancelled
};

struct ObjectCondition {
  std::string type;
  std::string status;
  std::string reason;
  std::string message;
  bool operator==(const ObjectCondition&) const = default;
};

struct JobView {
  ObjectMeta meta;
  bool suspended = false;                   // spec.suspend
  Stop stop;                                // when it is suspended
  std::vector<ObjectCondition> conditions;  // Complete and Failed
};

enum class ContainerState { Waiting, Running, Terminated };

struct ContainerView {
  std::string name;
  ContainerState state = ContainerState::Waiting;
  std::string reason;   // of waiting or terminated
  std::string message;  // of waiting or terminated; of terminated the tail of the log on failure
  int exit_code = 0;    // of terminated
  std::optional<TimePoint> started;
  std::optional<TimePoint> finished;
  bool operator==(const ContainerView&) const = default;
};

struct PodView {
  ObjectMeta meta;
  std::string node;
  std::optional<Duration> deadline = {};  // activeDeadlineSeconds: it is ended by then
  std::string phase;                      // "Pending", "Running", "Succeeded", "Failed", "Unknown"
  std::string reason;
  std::string message;
  std::vector<ObjectCondition> conditions;  // PodScheduled and DisruptionTarget
  std::vector<ContainerView> init_containers;
  std::vector<ContainerView> containers;
};

struct EventView {
  std::string type;  // "Normal", "Warning"
  std::string reason;
  std::string message;
  std::optional<TimePoint> time;  // the newest occurrence
};

struct ServiceAccountView {
  ObjectMeta meta;
};

struct ClaimView {
  ObjectMeta meta;
};

// A ControllerRevision, without what it holds.
struct PlanView {
  ObjectMeta meta;
  int run = 0;
};

// A Lease that stands for a lock.
struct LeaseView {
  ObjectMeta meta;
  std::string holder;  // the workflow's name
};

// A BootstrapWorkflowTemplate.
struct TemplateView {
  ObjectMeta meta;
  std::string spec;  // its JSON text, parsed when a run of it begins
};

extern const Projection<Workflow> kWorkflowProjection;
extern const Projection<JobView> kJobProjection;
extern const Projection<PodView> kPodProjection;
extern const Projection<EventView> kEventProjection;
extern const Projection<ServiceAccountView> kServiceAccountProjection;
extern const Projection<ClaimView> kClaimProjection;
extern const Projection<LeaseView> kLeaseProjection;
extern const Projection<PlanView> kPlanProjection;
extern const Projection<TemplateView> kTemplateProjection;

// Whether a newer version of an object leaves every decision as it was: kubelet, scheduler and Job
// controller write more than twice as often as something happens.
bool says_the_same(const JobView&, const JobView&);
bool says_the_same(const PodView&, const PodView&);

// "True" for this type.
bool has_condition(const std::vector<ObjectCondition>&, std::string_view type);
const ObjectCondition* find_condition(const std::vector<ObjectCondition>&, std::string_view type);

// Its containers will never run again: the pod is over, or all of them have terminated
// (restartPolicy: Never).
bool has_ended(const PodView&);

// Which step's attempt a Job or pod belongs to, by its labels; nothing is said about its owner.
struct AttemptRef {
  StepRef step;
  int attempt = 0;
  int run = 0;  // that launched it; 0: a version of the operator that did not say so
};
std::optional<AttemptRef> attempt_of(const ObjectMeta&);

}  // namespace bootstrap
