#pragma once
// The names of what the operator creates. A name is a function of what the thing is for, so that
// creating is idempotent: whoever crashes and asks again meets the object that is already there.
//
// A Job's name contains a hash over (workflow UID, phase, step, attempt), so no name is ever used
// for two things, also when a workflow is deleted and created again. Pure functions.

#include <compare>
#include <string>
#include <string_view>

namespace bootstrap {

// A step of a workflow.
struct StepRef {
  std::string phase;
  std::string step;
  auto operator<=>(const StepRef&) const = default;
};

// "phase/step", as users see it.
std::string to_text(const StepRef&);

// 50 bits of it, in 10 lower-case letters and digits.
std::string short_hash(const std::string& text);

// "<workflow>-<step>-<hash>", at most 63 characters (it becomes a label of the pod).
std::string job_name(std::string_view workflow, std::string_view workflow_uid, const StepRef&,
                     int attempt);

// The same of at most 40 characters: the workflow that a step runs.
std::string child_name(std::string_view workflow, std::string_view workflow_uid, const StepRef&,
                       int attempt);

// "<workflow>-<hash>": the ControllerRevision that holds the plan of a run.
std::string plan_name(std::string_view workflow, std::string_view workflow_uid, int run);

// "<workflow>-workspace-<hash>": the claim of the volume that its steps share.
std::string claim_name(std::string_view workflow, std::string_view workflow_uid);

// "<workflow>.<hash>": an Event; `cause` is anything that is unique per Event of a workflow.
std::string event_name(std::string_view workflow, std::string_view workflow_uid,
                       std::string_view cause);

// "bootstrap-lock-<hash>": the Lease of a lock.
std::string lease_name(std::string_view lock);

// The label of everything that runs under a lock.
std::string label_of_lock(std::string_view lock);

// A DNS label (RFC 1123) of at most 40 characters: what phases and steps may be called.
bool is_step_name(std::string_view);

namespace labels {
inline constexpr const char* kManagedBy = "app.kubernetes.io/managed-by";
inline constexpr const char* kManagedByValue = "bootstrap-operator";
inline constexpr const char* kWorkflow = "bootstrap.openshift.io/workflow";
inline constexpr const char* kWorkflowUid = "bootstrap.openshift.io/workflow-uid";
inline constexpr const char* kPhase = "bootstrap.openshift.io/phase";
inline constexpr const char* kStep = "bootstrap.openshift.io/step";
inline constexpr const char* kAttempt = "bootstrap.openshift.io/attempt";
inline constexpr const char* kRun = "bootstrap.openshift.io/run";
inline constexpr const char* kBegun = "bootstrap.openshift.io/begun";  // on a Lease: see lock.h
// See lineage.h.
inline constexpr const char* kRoot = "bootstrap.openshift.io/root";
inline constexpr const char* kRootUid = "bootstrap.openshift.io/root-uid";
// See lock.h: "lock.bootstrap.openshift.io/<hash>" on what runs under a lock.
inline constexpr std::string_view kLockPrefix = "lock.bootstrap.openshift.io/";
// On a ServiceAccount: steps may run as it.
inline constexpr const char* kAllowWorkflows = "bootstrap.openshift.io/allow-workflows";
}  // namespace labels

namespace annotations {
inline constexpr const char* kScript = "bootstrap.openshift.io/script";  // on a pod
inline constexpr const char* kStdin = "bootstrap.openshift.io/stdin";    // on a pod
// On a workflow that a step runs: see child_workflow.h.
inline constexpr const char* kAncestors = "bootstrap.openshift.io/ancestors";
inline constexpr const char* kPasswd = "bootstrap.openshift.io/passwd";  // on a pod
inline constexpr const char* kLock = "bootstrap.openshift.io/lock";      // on a Lease: its name
// On a Job that was suspended, and on a child that was cancelled: see stop.h.
inline constexpr const char* kStopReason = "bootstrap.openshift.io/stop-reason";
inline constexpr const char* kStopRun = "bootstrap.openshift.io/stop-run";
}  // namespace annotations

inline constexpr const char* kApiVersion = "bootstrap.openshift.io/v1alpha1";
inline constexpr const char* kWorkflowKind = "BootstrapWorkflow";

}  // namespace bootstrap
