#include "controllers/job_attempt.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "controllers/git_source.h"
#include "controllers/limits.h"
#include "controllers/pod_failure.h"
#include "controllers/pod_trouble.h"
#include "controllers/source_container.h"
#include "controllers/texts.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;

// How long after its deletion time a pod may be silent before its node counts as lost.
constexpr Duration kNodeSilence = 30s;
constexpr Duration kLongestBetweenEventLooks = 5min;
// After the live API could not tell, or told of something that no watch will announce.
constexpr Duration kLookAgain = 5s;
class JobAttempt {
 public:
  JobAttempt(const PlanStep& step, const StepRecord& record, const Work& work, Inquiry& ask,
             TimePoint now)
      : step_(step), record_(record), ask_(ask), now_(now) {
    for (const auto& job : work.jobs)
      if (job->meta.uid == record.job_uid) job_ = job.get();
    for (const auto& pod : work.pods)
      if (pod->meta.controller_uid == record.job_uid) pods_.push_back(pod.get());
  }

  AttemptView view() {
    AttemptView view = look();
    for (const PodView* pod : pods_)
      if (std::string commit = commit_of(*pod); !commit.empty())
        view.source_revision = std::move(commit);
    return view;
  }

 private:
  AttemptView look() {
    for (const PodView* pod : pods_)
      if (succeeded(*pod)) return ended(result_of(*pod));
    for (const PodView* pod : pods_)
      if (!has_final_phase(*pod)) return alive(*pod);
    if (!pods_.empty()) return ended(result_of(*pods_.back()));
    if (job_ == nullptr) return job_gone();
    const auto* failed = find_condition(job_->conditions, "Failed");
    const bool has_failed = failed != nullptr && failed->status == "True";
    if (has_condition(job_->conditions, "Complete") || has_failed) {
      // The pods' watch may be behind that of the Jobs: their word is better, and has the outputs.
      if (auto said = said_by_live_pods()) return *said;
      return ended(has_failed ? failure_of_job(*failed) : success_of_job());
    }
    if (job_->suspended) return suspended();
    return without_pod();
  }

  static bool has_final_phase(const PodView& pod) {
    return pod.phase == "Succeeded" || pod.phase == "Failed";
  }

  // All containers terminated with 0, and nobody says that the pod was cut short: one that is ended
  // by its deadline may well exit with 0 on SIGTERM.
  bool succeeded(const PodView& pod) const {
    if (pod.phase == "Succeeded") return true;
    if (pod.phase == "Failed" || !pod.reason.empty() || pod.containers.empty()) return false;
    if (may_be_late(pod)) return false;
    return std::ranges::all_of(pod.containers, has_succeeded) &&
           std::ranges::all_of(pod.init_containers, has_succeeded);
  }

  // It ended when its deadline had come or nearly so: whether by itself only its phase will tell.
  // (The deadline counts from a moment after the creation; the API has whole seconds.)
  bool may_be_late(const PodView& pod) const {
    if (!pod.meta.creation) return false;
    return std::ranges::any_of(pod.containers, [&](const ContainerView& c) {
      // One that a former run has launched has the timeout of then.
      return c.finished && *c.finished + 2s >=
                               *pod.meta.creation + pod.deadline.value_or(step_.definition.timeout);
    });
  }

  static AttemptView ended(AttemptResult result) {
    AttemptView view;
    view.live = Liveness::Ended;
    view.result = std::move(result);
    return view;
  }

  static const ContainerView* source_container(const PodView& pod) {
    const auto found =
        std::ranges::find(pod.init_containers, kSourceContainer, &ContainerView::name);
    return found == pod.init_containers.end() ? nullptr : &*found;
  }

  // That its source was cloned at; empty when it has none, or has not cloned it.
  static std::string commit_of(const PodView& pod) {
    const ContainerView* source = source_container(pod);
    return source != nullptr && has_succeeded(*source) ? commit_in(source->message) : "";
  }

  static bool has_succeeded(const ContainerView& c) {
    return c.state == ContainerState::Terminated && c.exit_code == 0;
  }

  AttemptResult result_of(const PodView& pod) const {
    AttemptResult result;
    result.success = succeeded(pod);
    const ContainerView* main = main_container(pod);
    const bool terminated = main != nullptr && main->state == ContainerState::Terminated;
    if (terminated && !is_lost(*main)) {
      result.exit_code = main->exit_code;
      result.started = main->started;
      result.finished = main->finished;
      // The kubelet takes the log only of a container that failed and has written no outputs.
      if (main->exit_code != 0 && !look_like_outputs(main->message))
        result.log_tail = tail(main->message, limits::kLogTail);
    }
    if (result.success && terminated) take_outputs(*main, result);
    if (!result.success && result.reason.empty())
      explain_failure({pod, job_, record_, step_.definition}, result);
    return result;
  }

  // Outputs that cannot be used are a failure: whoever needs them would have to guess.
  static void take_outputs(const ContainerView& main, AttemptResult& result) {
    auto outputs = read_outputs(main.message);
    if (outputs) {
      result.outputs = std::move(*outputs);
      return;
    }
    result.success = false;
    result.reason = outputs.error().reason;
    result.message = std::move(outputs.error().message);
  }

  // A pod that has not ended, or whose failure is not final yet.
  AttemptView alive(const PodView& pod) {
    AttemptView view;
    if (pod.meta.deletion) {
      view.live = Liveness::Ending;
      if (now_ >= *pod.meta.deletion + kNodeSilence) {
        view.reason = reasons::kNodeLost;
        view.message = fmt::format(
            "node {} does not answer, so it is not known whether pod {} has ended; nothing more is "
            "launched until it is. If the node is gone for good, delete the Node object; if it is "
            "certain that the pod does not run, delete the pod with --force",
            pod.node, pod.meta.name);
      } else {
        view.look_again = *pod.meta.deletion + kNodeSilence;
      }
      return view;
    }
    // A clone at work is part of the attempt, and no start that is late.
    const ContainerView* source = source_container(pod);
    const bool started = (source != nullptr && source->state == ContainerState::Running) ||
                         std::ranges::any_of(pod.containers, [](const ContainerView& c) {
                           return c.state != ContainerState::Waiting;
                         });
    view.live = started ? Liveness::Running : Liveness::Starting;
    if (source != nullptr && has_succeeded(*source)) view.waits_since = source->finished;
    if (!started) explain_start(view, trouble_of(pod), pod.meta);
    return view;
  }

  AttemptView without_pod() {
    AttemptView view;
    view.live = Liveness::Starting;
    explain_start(view, std::nullopt, job_->meta);
    return view;
  }

  // Why nothing runs yet: what the pod says, else the Events about it or about the Job.
  void explain_start(AttemptView& view, std::optional<Trouble> trouble, const ObjectMeta& about) {
    if (!trouble) {
      const LookSchedule look =
          look_schedule(about.creation.value_or(now_), now_, kLongestBetweenEventLooks);
      view.look_again = look.next;
      if (look.due) {
        const auto* events = ask_(EventsAbout{about.uid});
        if (events != nullptr && *events)
          trouble = trouble_in(**events);
        else if (events != nullptr)  // its next look may be minutes away
          view.look_again = std::min(look.next, now_ + kLookAgain);
      }
      // Known before and not answered this time: it stays until something better is known.
      if (!trouble && look.due && !record_.reason.empty())
        trouble = Trouble{record_.reason, record_.message};
    }
    if (!trouble) return;
    view.reason = trouble->reason;
    view.message = trouble->message;
  }

  AttemptView suspended() {
    if (auto said = said_by_live_pods()) return *said;
    AttemptView view = ended({});
    if (job_->stop.reason.empty()) {
      view.result->reason = reasons::kJobSuspended;
      view.result->message = fmt::format("its Job {} was suspended by somebody else", record_.job);
    } else {
      explain_stop(*job_, record_, step_.definition, *view.result);
    }
    return view;
  }

  AttemptView job_gone() {
    const auto* live = ask_(LiveJob{record_.job});
    if (live == nullptr || !*live || **live) {  // not answered, or the store is behind: not gone
      AttemptView view;
      view.live = Liveness::Running;
      view.look_again = now_ + kLookAgain;
      return view;
    }
    if (auto said = said_by_live_pods()) return *said;
    AttemptView view = ended({});
    view.result->reason = reasons::kJobDeleted;
    view.result->message =
        fmt::format("its Job {} was deleted before its result was seen", record_.job);
    return view;
  }

  // The live API's word on the pods of this step: one that has not ended is waited for, and the
  // result of one of this attempt that no watch has shown counts. Empty: there is neither.
  std::optional<AttemptView> said_by_live_pods() {
    const auto* live = ask_(LivePods{step_.ref});
    AttemptView view;
    view.live = Liveness::Ending;
    view.look_again = now_ + kLookAgain;
    if (live == nullptr || !*live) return view;
    const auto still = std::ranges::find_if(**live, [](const PodView& p) { return !has_ended(p); });
    if (still == (*live)->end()) return result_among(**live);
    view.reason = reasons::kPodEnding;
    view.message = fmt::format("waits for pod {} to end", still->meta.name);
    return view;
  }

  std::optional<AttemptView> result_among(const std::vector<PodView>& pods) const {
    const PodView* failed = nullptr;
    for (const PodView& pod : pods) {
      if (pod.meta.controller_uid != record_.job_uid) continue;
      if (succeeded(pod)) return ended_as(pod);
      if (has_final_phase(pod)) failed = &pod;
    }
    if (failed == nullptr) return std::nullopt;
    return ended_as(*failed);
  }

  // By a pod that no watch has shown: all that is to be known of it is told here.
  AttemptView ended_as(const PodView& pod) const {
    AttemptView view = ended(result_of(pod));
    view.source_revision = commit_of(pod);
    return view;
  }

  // The pod is gone, and with it its outputs: whoever needs one will fail and say so. The tool
  // itself did what it was to do, so running it again would be wrong.
  static AttemptResult success_of_job() {
    AttemptResult result;
    result.success = true;
    result.reason = reasons::kPodGone;
    result.exit_code = 0;
    return result;
  }

  // The pod is gone; the Job's condition says why it failed: "Container main for pod ns/p failed
  // with exit code 3 matching FailJob rule at index 1", or "Pod … has condition DisruptionTarget
  // …".
  AttemptResult failure_of_job(const ObjectCondition& failed) const {
    AttemptResult result;
    result.reason = reasons::kJobFailed;
    result.message = failed.message.empty() ? failed.reason : failed.message;
    constexpr std::string_view kExitCode = "failed with exit code ";
    if (failed.message.find("DisruptionTarget") != std::string::npos) {
      result.reason = reasons::kDisrupted;
    } else if (const auto at = failed.message.find(kExitCode); at != std::string::npos) {
      int code = 0;
      const char* begin = failed.message.data() + at + kExitCode.size();
      if (std::from_chars(begin, failed.message.data() + failed.message.size(), code).ec ==
          std::errc{}) {
        const bool source =
            failed.message.starts_with(fmt::format("Container {} ", kSourceContainer));
        result.reason = source ? reasons::kSourceFailed : reasons::kToolFailed;
        if (!source) result.exit_code = code;
        result.message = fmt::format("{}exit code {}; its pod and log are gone",
                                     source ? "its source could not be fetched, " : "", code);
      }
    }
    if (job_->suspended && !job_->stop.reason.empty())
      explain_stop(*job_, record_, step_.definition, result);
    return result;
  }

  const PlanStep& step_;
  const StepRecord& record_;
  Inquiry& ask_;
  TimePoint now_;
  const JobView* job_ = nullptr;
  std::vector<const PodView*> pods_;
};

}  // namespace

AttemptView job_attempt(const PlanStep& step, const StepRecord& record, const Work& work,
                        Inquiry& ask, TimePoint now) {
  if (record.job_uid.empty()) return {};
  return JobAttempt(step, record, work, ask, now).view();
}

}  // namespace bootstrap
