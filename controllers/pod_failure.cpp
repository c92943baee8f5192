#include "controllers/pod_failure.h"

#include <algorithm>

#include <fmt/format.h>

#include "controllers/limits.h"
#include "controllers/source_container.h"
#include "controllers/texts.h"

namespace bootstrap {
namespace {

constexpr const char* kMainContainer = "main";
// Exit codes of a process that was ended by SIGKILL or SIGTERM.
constexpr int kKilled = 137;
constexpr int kTerminated = 143;

// Why a container could not be started, without the chain of programs that say so: of containerd's
// "failed to create …: unable to start container process: exec: "x": not found: unknown" the part
// about x.
std::string start_error(const std::string& message) {
  constexpr std::string_view kBefore = "unable to start container process: ";
  constexpr std::string_view kAfter = ": unknown";
  std::string error = last_line(message);
  if (const auto at = error.rfind(kBefore); at != std::string::npos)
    error.erase(0, at + kBefore.size());
  if (error.ends_with(kAfter)) error.resize(error.size() - kAfter.size());
  return error;
}

const ContainerView* failed_among(const std::vector<ContainerView>& containers) {
  const auto found = std::ranges::find_if(containers, [](const ContainerView& c) {
    return c.state == ContainerState::Terminated && c.exit_code != 0;
  });
  return found == containers.end() ? nullptr : &*found;
}

// The tool, or the clone before it, was ended by a signal.
bool ended_by_signal(const ContainerView* main, const PodView& pod) {
  const ContainerView* last = main != nullptr ? main : failed_among(pod.init_containers);
  return last != nullptr && (last->exit_code == kKilled || last->exit_code == kTerminated);
}

// The clone's message says it in one line; without one it is the end of its log.
void explain_init(const ContainerView& init, const StepRecord& record, AttemptResult& result) {
  const std::string last = last_line(tail(init.message, limits::kLogTail));
  if (init.name != kSourceContainer) {  // of somebody who adds containers to every pod
    result.reason = reasons::kStartError;
    result.message = fmt::format("its init container {} failed with exit code {}{}{}", init.name,
                                 init.exit_code, last.empty() ? "" : ": ", last);
    return;
  }
  result.reason = reasons::kSourceFailed;
  result.message =
      last.empty() ? fmt::format("its source could not be fetched, exit code {}", init.exit_code)
                   : last;
  result.message += fmt::format("; all of it: kubectl logs job/{} -c {}", record.job, init.name);
}

// Nobody cut it short: it is the tool itself.
void explain_exit(const FailedPod& failed, const ContainerView& main, AttemptResult& result) {
  result.reason = reasons::kToolFailed;
  if (is_lost(main)) {
    result.reason = reasons::kDisrupted;
    result.message = "how it ended is not known: its node has lost its container";
  } else if (main.reason == "OOMKilled") {
    result.reason = reasons::kOutOfMemory;
    result.message = "was killed because it used more memory than its limit";
  } else if (main.reason == "StartError" || main.reason == "ContainerCannotRun") {
    result.reason = reasons::kStartError;
    result.message = fmt::format("could not be started: {}", start_error(main.message));
    result.log_tail.clear();  // it is no log but the runtime's message
  } else if (const ContainerView* other = failed_among(failed.pod.containers);
             other != nullptr && main.exit_code == 0) {
    result.message =
        fmt::format("its container {} failed with exit code {}", other->name, other->exit_code);
  } else if (look_like_outputs(main.message)) {
    result.message = fmt::format(
        "exit code {} after it had written outputs; why is in its log only: kubectl logs -n {} "
        "job/{}",
        main.exit_code, failed.pod.meta.ns, failed.record.job);
  } else {
    const std::string last = last_line(result.log_tail);
    result.message = fmt::format("exit code {}{}{}{}", main.exit_code,
                                 main.exit_code == kKilled ? " (SIGKILL, often for memory)" : "",
                                 last.empty() ? "" : ": ", last);
  }
}

}  // namespace

const ContainerView* main_container(const PodView& pod) {
  const auto found = std::ranges::find(pod.containers, kMainContainer, &ContainerView::name);
  return found == pod.containers.end() ? nullptr : &*found;
}

bool is_lost(const ContainerView& container) {
  return container.state == ContainerState::Terminated &&
         container.reason == "ContainerStatusUnknown";
}

void explain_stop(const JobView& job, const StepRecord& record, const StepDefinition& definition,
                  AttemptResult& result) {
  result.stop = job.stop;
  result.reason = job.stop.reason;
  if (result.reason == reasons::kNotStarted) {
    result.message = fmt::format("did not start within {}", to_text(definition.start_timeout));
    result.exit_code.reset();  // whoever names one has made it up, as the kubelet does
    result.log_tail.clear();
    return;
  }
  result.message = stop_text(job.stop.reason);
  if (result.message.empty()) result.message = fmt::format("its Job {} was stopped", record.job);
}

void explain_failure(const FailedPod& failed, AttemptResult& result) {
  const auto& [pod, job, record, definition] = failed;
  const ContainerView* main = main_container(pod);
  if (main != nullptr && main->state != ContainerState::Terminated) main = nullptr;
  const auto* disrupted = find_condition(pod.conditions, "DisruptionTarget");
  if (pod.reason == "DeadlineExceeded") {
    result.reason = reasons::kTimedOut;
    result.message = fmt::format("did not end within its timeout of {}",
                                 to_text(pod.deadline.value_or(definition.timeout)));
  } else if (job != nullptr && job->suspended && !job->stop.reason.empty()) {
    explain_stop(*job, record, definition, result);
  } else if (disrupted != nullptr && disrupted->status == "True") {
    result.reason = reasons::kDisrupted;
    result.message = fmt::format("its pod was disrupted: {}", disrupted->message);
  } else if (!pod.reason.empty()) {  // Evicted, NodeShutdown, UnexpectedAdmissionError …
    result.reason = reasons::kDisrupted;
    result.message = fmt::format("its pod was ended: {}: {}", pod.reason, pod.message);
  } else if (pod.meta.deletion && ended_by_signal(main, pod)) {
    result.reason = job == nullptr ? reasons::kJobDeleted : reasons::kDisrupted;
    result.message = fmt::format("its {} was deleted while it ran", job == nullptr ? "Job" : "pod");
  } else if (const ContainerView* init = failed_among(pod.init_containers); init != nullptr) {
    explain_init(*init, record, result);
  } else if (main == nullptr) {
    result.reason = reasons::kDisrupted;
    result.message = "its pod failed before the tool ran";
  } else {
    explain_exit(failed, *main, result);
  }
}

}  // namespace bootstrap
