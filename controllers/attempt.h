#pragma once
// What is known of a step's current attempt, whatever kind of work it is. Each kind of work makes
// one of these views from what was observed (job_attempt.h); one machine moves all steps by them
// (step_machine.h).

#include <optional>
#include <string>

#include "controllers/outputs.h"
#include "controllers/stop.h"
#include "controllers/time.h"

namespace bootstrap {

enum class Liveness {
  NotLaunched,
  Starting,  // launched, nothing runs yet
  Running,
  NeedsPerson,  // nothing runs; people have to do something
  Ending,       // over, or being stopped, but it cannot be said yet that nothing runs any more
  Ended         // nothing of it runs or will run again; `result` is there
};

// Why an attempt ended. CamelCase words of the API, documented for users.
namespace reasons {
inline constexpr const char* kToolFailed = "ToolFailed";
inline constexpr const char* kTimedOut = "TimedOut";
inline constexpr const char* kNotStarted = "NotStarted";
inline constexpr const char* kOutOfMemory = "OOMKilled";
inline constexpr const char* kDisrupted = "Disrupted";
inline constexpr const char* kStartError = "StartError";
inline constexpr const char* kJobDeleted = "JobDeleted";
inline constexpr const char* kJobSuspended = "JobSuspended";
inline constexpr const char* kJobFailed = "JobFailed";
inline constexpr const char* kJobInvalid = "JobInvalid";
inline constexpr const char* kNameTaken = "NameTaken";
// It was stopped, or not tried again, for more than itself.
inline constexpr const char* kPhaseTimedOut = "PhaseTimedOut";
inline constexpr const char* kWorkflowTimedOut = "WorkflowTimedOut";
inline constexpr const char* kNotRetried = "NotRetried";
inline constexpr const char* kCancelled = "Cancelled";
// Why a step was not run.
inline constexpr const char* kConditionNotMet = "ConditionNotMet";
inline constexpr const char* kSourceFailed = "SourceFailed";
inline constexpr const char* kOutputsTooLarge = "OutputsTooLarge";
inline constexpr const char* kOutputsInvalid = "OutputsInvalid";
inline constexpr const char* kOutputMissing = "OutputMissing";
inline constexpr const char* kOutputRefused = "OutputRefused";
// Of an attempt that succeeded: its pod was gone before anybody saw more than that.
inline constexpr const char* kPodGone = "PodGone";
// Why an attempt does not run yet, or cannot be said to have ended.
inline constexpr const char* kImagePullFailed = "ImagePullFailed";
inline constexpr const char* kConfigMissing = "ConfigMissing";
inline constexpr const char* kUnschedulable = "Unschedulable";
inline constexpr const char* kPodRefused = "PodRefused";
inline constexpr const char* kVolumeNotReady = "VolumeNotReady";
inline constexpr const char* kNotStarting = "NotStarting";
inline constexpr const char* kNodeLost = "NodeLost";
inline constexpr const char* kPodEnding = "PodEnding";
// What a wait waits for.
inline constexpr const char* kWaitingForResource = "WaitingForResource";
inline constexpr const char* kOperatorMayNotRead = "OperatorMayNotRead";
inline constexpr const char* kServiceAccountMayNotRead = "ServiceAccountMayNotRead";
inline constexpr const char* kWatchLimit = "WatchLimit";
inline constexpr const char* kUnwatchable = "ResourceCannotBeWatched";
// What a gate waits for.
inline constexpr const char* kWaitingForAnswers = "WaitingForAnswers";
inline constexpr const char* kAnswerRefused = "AnswerRefused";
inline constexpr const char* kWaitingForApproval = "WaitingForApproval";
// What came of one.
inline constexpr const char* kRejected = "Rejected";
inline constexpr const char* kIdentityUnverified = "IdentityUnverified";  // of a success
// Of a child workflow.
inline constexpr const char* kChildRunning = "ChildRunning";
inline constexpr const char* kChildWaiting = "ChildWaiting";      // for people
inline constexpr const char* kChildSuspended = "ChildSuspended";  // by spec.suspend
inline constexpr const char* kChildFailed = "ChildFailed";
inline constexpr const char* kChildInvalid = "ChildInvalid";
inline constexpr const char* kChildDeleted = "ChildDeleted";
inline constexpr const char* kChildEnding = "ChildEnding";  // that of a former attempt
// Why a run does not begin.
inline constexpr const char* kTemplateNotFound = "TemplateNotFound";
inline constexpr const char* kWaitingForLock = "WaitingForLock";
// Why it does not go on.
inline constexpr const char* kPlanMissing = "PlanMissing";
inline constexpr const char* kPlanUnreadable = "PlanUnreadable";
// Why a step is not launched.
inline constexpr const char* kServiceAccountNotFound = "ServiceAccountNotFound";
inline constexpr const char* kServiceAccountNotAllowed = "ServiceAccountNotAllowed";
inline constexpr const char* kLaunchRefused = "LaunchRefused";
inline constexpr const char* kClaimNotFound = "ClaimNotFound";
inline constexpr const char* kWaitingForSource = "WaitingForSource";
inline constexpr const char* kConditionUnknown = "ConditionUnknown";
// Why it never is.
inline constexpr const char* kClaimInvalid = "ClaimInvalid";
}  // namespace reasons

struct AttemptResult {
  bool success = false;
  std::string reason;   // of a failure: one of reasons; of a success: what is to be known of it
  std::string message;  // of a failure
  std::optional<int> exit_code;
  std::optional<TimePoint> started;   // the tool's container
  std::optional<TimePoint> finished;  // the tool's container
  std::string log_tail;
  Outputs outputs{};  // of a success
  Stop stop{};        // of a failure for which we have told it to end
};

struct AttemptView {
  Liveness live = Liveness::NotLaunched;
  std::string reason;                    // when it does not go as it should: why
  std::string message;                   // the same for people
  bool message_follows = false;          // a new message counts although its reason is the same
  std::optional<AttemptResult> result;   // of Ended
  std::string source_revision;           // the commit its source was cloned at, once it is known
  Outputs given{};                       // of NeedsPerson: what people have given so far
  std::optional<TimePoint> waits_since;  // of Starting: since then; none: since its launch
  std::optional<TimePoint> look_again;   // time alone may change this view
  std::optional<std::string> overdue =
      {};                           // its timeout has passed and it must be stopped: what to say
  std::optional<int> percent = {};  // how far it is, when it can tell
};

}  // namespace bootstrap
