#include "controllers/child_attempt.h"

#include <algorithm>

#include <fmt/format.h>

#include "controllers/child_workflow.h"
#include "controllers/limits.h"
#include "controllers/texts.h"

namespace bootstrap {
namespace {

constexpr Duration kLookAgain{5'000};

class ChildAttempt {
 public:
  ChildAttempt(const PlanStep& step, const StepRecord& record, const Work& work, Inquiry& ask,
               TimePoint now)
      : step_(step), record_(record), work_(work), ask_(ask), now_(now) {}

  AttemptView view() {
    for (const auto& child : work_.children)
      if (child->meta.uid == record_.child_uid) return view_of(*child);
    const auto* live = ask_(LiveChild{record_.child});
    if (live == nullptr || !*live) return unknown();
    const auto& found = live->value();
    if (found && found->meta.uid == record_.child_uid) return view_of(*found);
    return gone();
  }

 private:
  AttemptView ended(const char* reason, const std::string& message) const {
    AttemptView view;
    view.live = Liveness::Ended;
    view.result.emplace();
    view.result->reason = reason;
    view.result->message = message;
    return view;
  }

  // As it was when something was known last.
  AttemptView unknown() const {
    AttemptView view;
    view.live = Liveness::Running;
    view.reason = record_.reason;
    view.message = record_.message;
    view.look_again = now_ + kLookAgain;
    return view;
  }

  AttemptView gone() {
    const auto* pods = ask_(PodsOfWorkflow{record_.child_uid});
    if (pods == nullptr || !*pods) return unknown();
    const auto still = std::ranges::find_if(**pods, [](const PodView& p) { return !has_ended(p); });
    if (still == (*pods)->end())
      return ended(reasons::kChildDeleted,
                   fmt::format("workflow {} was deleted before it had ended", record_.child));
    AttemptView view = unknown();
    view.live = Liveness::Ending;
    view.reason = reasons::kPodEnding;
    view.message = fmt::format("waits for pod {} of workflow {}, which was deleted, to end",
                               still->meta.name, record_.child);
    return view;
  }

  AttemptView view_of(const Workflow& child) const {
    const Status& status = child.status;
    AttemptView view = is_over(child) ? over(child) : running(child);
    if (status.progress) view.percent = status.progress->percent;
    return view;
  }

  AttemptView over(const Workflow& child) const {
    const Status& status = child.status;
    const bool invalid = *status.state == WorkflowState::Invalid;
    const bool cancelled = *status.state == WorkflowState::Cancelled;
    AttemptView view = ended(invalid ? reasons::kChildInvalid : reasons::kChildFailed,
                             fmt::format("workflow {} {} ({}): {}", child.meta.name,
                                         invalid     ? "is invalid"
                                         : cancelled ? "was cancelled"
                                                     : "failed",
                                         status.reason, status.message));
    if (cancelled) explain_stop(child, *view.result);
    view.result->finished = status.completion;
    if (const Condition* refused = refused_resume(child))
      view.result->message =
          fmt::format("workflow {} could not be resumed: {}", child.meta.name, refused->message);
    if (*status.state != WorkflowState::Succeeded) return view;
    view.result->success = true;
    view.result->reason.clear();
    view.result->message.clear();
    return view;
  }

  // By its step, whose record of that may have been lost.
  void explain_stop(const Workflow& child, AttemptResult& result) const {
    const std::string why = stop_text(child.stop.reason);
    if (why.empty()) return;
    result.stop = child.stop;
    result.reason = child.stop.reason;
    result.message = why;
  }

  AttemptView running(const Workflow& child) const {
    const Status& status = child.status;
    AttemptView view;
    view.live = Liveness::Running;
    const bool waits = status.state == WorkflowState::Waiting && !child.meta.deletion;
    view.reason = waits ? reasons::kChildWaiting : reasons::kChildRunning;
    if (status.state == WorkflowState::Suspended) view.reason = reasons::kChildSuspended;
    view.message = waits ? waiting_text(child) : running_text(child);
    view.message_follows = true;
    const TimePoint deadline = record_.start.value_or(now_) + step_.definition.timeout;
    if (now_ >= deadline)
      view.overdue = fmt::format("did not end within its timeout of {}: {}",
                                 to_text(step_.definition.timeout), view.message);
    else
      view.look_again = deadline;
    return view;
  }

  static std::string begin_of_text(const Workflow& child) {
    std::string text = runs_text(child.meta.name);
    if (child.status.progress) text += fmt::format(" ({})", child.status.progress->text);
    return text;
  }

  static std::string running_text(const Workflow& child) {
    std::string text = begin_of_text(child);
    if (child.meta.deletion)
      text += ": it is being deleted";
    else if (!child.status.message.empty())
      text += ": " + child.status.message;
    return cut(std::move(text), limits::kMessage);
  }

  // What to do stands at the end of the child's message: it is given whole, or it is said where it
  // is. The message of the workflow has the step's name before it.
  std::string waiting_text(const Workflow& child) const {
    const std::string begin = begin_of_text(child) + ", which waits for people: ";
    const std::size_t room = limits::kMessage - to_text(step_.ref).size() - 1;
    if (begin.size() + child.status.message.size() <= room) return begin + child.status.message;
    return begin + fmt::format(
                       "kubectl get bwf {} -n {} -o jsonpath='{{.status.message}}' says "
                       "for what",
                       child.meta.name, child.meta.ns);
  }

  const PlanStep& step_;
  const StepRecord& record_;
  const Work& work_;
  Inquiry& ask_;
  TimePoint now_;
};

}  // namespace

AttemptView child_attempt(const PlanStep& step, const StepRecord& record, const Work& work,
                          Inquiry& ask, TimePoint now) {
  return ChildAttempt(step, record, work, ask, now).view();
}

std::string runs_text(const std::string& child) {
  return fmt::format("runs workflow {}", child);
}

}  // namespace bootstrap
