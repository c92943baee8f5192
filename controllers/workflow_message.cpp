#include "controllers/workflow_message.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controllers/answers.h"
#include "controllers/attempt.h"
#include "controllers/launch_values.h"
#include "controllers/limits.h"
#include "controllers/retry.h"
#include "controllers/step_machine.h"
#include "controllers/texts.h"

namespace bootstrap {
namespace {

using Steps = std::vector<StepIndex>;

// "a", "a and b", "a, b and 5 more".
std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kNamed = 3;
  if (names.size() == 1) return names[0];
  if (names.size() <= kNamed)
    return fmt::format("{} and {}", fmt::join(names.begin(), names.end() - 1, ", "), names.back());
  return fmt::format("{} and {} more", fmt::join(names.begin(), names.begin() + kNamed - 1, ", "),
                     names.size() - kNamed + 1);
}

bool is_in_backoff(const StepRecord& step) {
  return step.state == StepState::Backoff && step.next_retry;
}

// It, or the workflow that it runs.
bool needs_person(const StepRecord& step) {
  return step.state == StepState::Waiting || step.reason == reasons::kChildWaiting;
}

// For a resource or its child, as it is meant to.
bool is_waiting(const StepRecord& step) {
  return is_launched(step.state) &&
         (step.reason == reasons::kWaitingForResource || step.reason == reasons::kChildRunning ||
          step.reason == reasons::kChildSuspended);
}

class Message {
 public:
  Message(const Status& status, const Plan& plan, const Standing& standing)
      : status_(status), plan_(plan), standing_(standing) {}

  WorkflowMessage make() const {
    const bool over = standing_.are_over(RunsOn::Success) && standing_.are_over(RunsOn::Always);
    if (!over) return going_on();
    if (standing_.is_cancelled()) return cancelled();
    if (!standing_.has_succeeded()) return failed();
    if (const auto step = standing_.first_failure(RunsOn::Always)) return finally_failed(*step);
    if (const auto passed = standing_.passed_timeout(RunsOn::Always))
      return {WorkflowState::Failed, "FinallyFailed",
              succeeded_text() + ", but in finally " + passed->message};
    return {WorkflowState::Succeeded, "Completed", succeeded_text() + note(plan_.notes.success)};
  }

 private:
  std::string name(StepIndex i) const { return to_text(plan_.steps[i].ref); }
  const StepRecord& record(StepIndex i) const { return standing_.record(i); }
  const std::optional<Retry>& retry(StepIndex i) const { return plan_.steps[i].definition.retry; }
  bool is_finally(StepIndex i) const {
    return plan_.phases[plan_.steps[i].phase].runs_on == RunsOn::Always;
  }

  template <class Test>
  Steps steps(Test&& test) const {
    Steps found;
    for (StepIndex i = 0; i < plan_.steps.size(); ++i)
      if (test(i)) found.push_back(i);
    return found;
  }

  std::string note(const std::string& text) const {
    if (text.empty()) return "";
    const Lookup lookup = with_outputs_so_far(
        with_answers_so_far(lookup_of(plan_.run, plan_.parameters), plan_, status_), status_);
    return ". " + substitute(text, lookup, Quoting::Plain).value_or(text);
  }

  // --- while it goes on ---

  WorkflowMessage going_on() const {
    WorkflowMessage said;
    const Steps begun = steps([&](StepIndex i) {
      return record(i).state != StepState::Pending && record(i).state != StepState::Skipped;
    });
    said.state = begun.empty() ? WorkflowState::Pending : WorkflowState::Running;
    if (only_people()) said.state = WorkflowState::Waiting;
    const bool is_suspended = standing_.is_suspended();
    if (is_suspended) said = suspended();
    const std::string rest = is_suspended ? said.message : under_way(said.reason);
    if (standing_.is_cancelled()) return {said.state, "Cancelling", "is cancelled; " + rest};
    const std::string failure = failure_text();
    if (failure.empty()) {
      said.message = rest;
    } else {
      if (!is_suspended) said.reason = failure_reason();
      said.message = with_end(failure, "; " + rest, limits::kMessage);
    }
    return said;
  }

  // What has begun goes on to its end; people and retries have time.
  WorkflowMessage suspended() const {
    const Steps at_work = steps([&](StepIndex i) {
      return is_launched(record(i).state) && !needs_person(i) &&
             record(i).reason != reasons::kChildSuspended;
    });
    std::string reason;
    if (!at_work.empty())
      return {WorkflowState::Running, "Suspending",
              "spec.suspend is true, so nothing new starts; " + under_way(reason)};
    const auto next = next_step();
    return {WorkflowState::Suspended, "Suspended",
            fmt::format("spec.suspend is true, so nothing new starts{}",
                        next ? "; next is " + name(*next) : "")};
  }

  // What is under way, and the reason of what matters most in it.
  std::string under_way(std::string& reason) const {
    std::vector<std::string> clauses;
    const auto say = [&](const std::string& why, std::string clause) {
      if (clauses.empty()) reason = why;
      clauses.push_back(std::move(clause));
    };
    for (const StepIndex i : steps([&](StepIndex i) { return is_in_trouble(i); }))
      say(record(i).reason, trouble_text(name(i), record(i)));
    if (const Steps open = steps([&](StepIndex i) { return needs_person(i); }); !open.empty())
      say(record(open[0]).reason, for_people(open));
    for (const StepIndex i : steps([&](StepIndex i) { return is_in_backoff(i); }))
      say("StepRetrying", backoff(i));
    for (const StepIndex i : steps([&](StepIndex i) { return is_waiting(i); }))
      say(record(i).reason, fmt::format("{} {}", name(i), record(i).message));
    const Steps running = steps(
        [&](StepIndex i) { return is_launched(record(i).state) && record(i).reason.empty(); });
    if (!running.empty()) say("StepRunning", simply_running(running));
    if (clauses.empty()) say("StepPending", waiting());
    return fmt::format("{}", fmt::join(clauses, "; "));
  }

  bool is_in_backoff(StepIndex i) const { return bootstrap::is_in_backoff(record(i)); }
  bool needs_person(StepIndex i) const { return bootstrap::needs_person(record(i)); }

  // Nothing would happen if nobody did something.
  bool only_people() const {
    const auto others = [&](StepIndex i) {
      const StepState state = record(i).state;
      return !needs_person(i) &&
             (is_launched(state) || state == StepState::Backoff || is_in_trouble(i));
    };
    return !steps([&](StepIndex i) { return needs_person(i); }).empty() && steps(others).empty();
  }

  // The message of one is made to fit (gate_attempt.h).
  std::string for_people(const Steps& open) const {
    if (open.size() == 1) return fmt::format("{} {}", name(open[0]), record(open[0]).message);
    std::vector<std::string> names;
    for (const StepIndex i : open) names.push_back(name(i));
    return fmt::format("{} wait for people; the message of each in status says for what",
                       listed(names));
  }

  bool is_waiting(StepIndex i) const { return bootstrap::is_waiting(record(i)); }
  bool is_in_trouble(StepIndex i) const {
    return bootstrap::is_in_trouble(record(i)) && !standing_.is_over(i);
  }

  std::string backoff(StepIndex i) const {
    return fmt::format("{} failed {} ({}): {}", name(i), backoff_text(*retry(i), record(i)),
                       record(i).reason, record(i).message);
  }

  std::string simply_running(const Steps& running) const {
    std::vector<std::string> names;
    for (const StepIndex i : running) {
      const std::string attempt = attempt_text(retry(i), record(i));
      names.push_back(attempt.empty() || running.size() == 1
                          ? name(i)
                          : fmt::format("{} ({})", name(i), attempt));
    }
    std::string text = is_finally(running[0]) ? "finally: " : "";
    text += fmt::format("{} {} running", listed(names), running.size() == 1 ? "is" : "are");
    const std::string attempt = attempt_text(retry(running[0]), record(running[0]));
    if (running.size() == 1 && !attempt.empty()) text += ", " + attempt;
    return text;
  }

  std::string waiting() const {
    const auto next = next_step();
    return next ? name(*next) + " waits" : "it is about to end";
  }

  // The first that may still come.
  std::optional<StepIndex> next_step() const {
    const Steps next = steps([&](StepIndex i) { return !standing_.is_over(i); });
    return next.empty() ? std::nullopt : std::optional(next.front());
  }

  // --- failures ---

  std::string failure_reason() const {
    const auto first = standing_.first_failure(RunsOn::Success);
    return !first || was_ended(record(*first)) ? "TimedOut" : "StepFailed";
  }

  // "p/a failed (ToolFailed): exit code 3"; empty: nothing has failed.
  std::string failure_text() const {
    const auto first = standing_.first_failure(RunsOn::Success);
    if (first) return failure_text(*first);
    const auto passed = standing_.passed_timeout(RunsOn::Success);
    if (!passed) return "";
    const Steps stands =
        steps([&](StepIndex i) { return !is_finally(i) && !is_final(record(i).state); });
    if (stands.empty()) return passed->message;
    const StepRecord& at = record(stands.front());
    std::string text = fmt::format("{}: {} was not run", passed->message, name(stands.front()));
    return at.message.empty() || is_launched(at.state) ? text : text + ": " + at.message;
  }

  std::string failure_text(StepIndex i) const {
    if (was_ended(record(i))) return fmt::format("{} was stopped: {}", name(i), record(i).message);
    const std::string attempt = attempt_text(retry(i), record(i));
    return fmt::format("{} failed{} ({}): {}", name(i), attempt.empty() ? "" : " " + attempt,
                       record(i).reason, record(i).message);
  }

  // What else went wrong, by name.
  std::string also_failed(std::optional<StepIndex> but) const {
    std::vector<std::string> others, at_end;
    for (const StepIndex i : steps([&](StepIndex i) {
           return record(i).state == StepState::Failed && standing_.has_failed(i) && i != but;
         }))
      (is_finally(i) ? at_end : others).push_back(name(i));
    std::string text;
    if (!others.empty()) text += fmt::format("; {} failed as well", listed(others));
    if (!at_end.empty()) text += fmt::format("; in finally {} failed as well", listed(at_end));
    return text;
  }

  // What to do next, as it is typed. A child goes on when its parent does.
  std::string recovery() const {
    if (plan_.is_child) return "";
    return fmt::format(
        "; to resume: kubectl patch bwf {} -n {} --type merge -p "
        "'{{\"spec\":{{{}\"resume\":{{\"run\":{}}}}}}}'",
        plan_.run.name, plan_.run.ns, standing_.is_cancelled() ? "\"cancel\":null," : "",
        plan_.run.run + 1);
  }

  WorkflowMessage cancelled() const {
    const auto first = standing_.first_failure(RunsOn::Success);
    const Steps done = steps([&](StepIndex i) { return !is_finally(i) && standing_.is_done(i); });
    std::string text = fmt::format("cancelled after {}: {} of {} steps were done", duration_text(),
                                   done.size(), status_.progress ? status_.progress->total : 0);
    if (first) text += "; before that " + failure_text(*first);
    return {WorkflowState::Cancelled, reasons::kCancelled,
            with_end(text, also_failed(first) + recovery() + note(plan_.notes.failure),
                     limits::kMessage)};
  }

  WorkflowMessage failed() const {
    const auto first = standing_.first_failure(RunsOn::Success);
    std::string end = first ? log_hint(plan_.run.ns, record(*first)) : "";
    end += also_failed(first) + recovery() + note(plan_.notes.failure);
    return {WorkflowState::Failed, failure_reason(),
            with_end(failure_text(), end, limits::kMessage)};
  }

  WorkflowMessage finally_failed(StepIndex first) const {
    const std::string end =
        log_hint(plan_.run.ns, record(first)) + recovery() + note(plan_.notes.failure);
    return {WorkflowState::Failed, "FinallyFailed",
            with_end(succeeded_text() + ", but in finally " + failure_text(first), end,
                     limits::kMessage)};
  }

  // --- success ---

  std::string succeeded_text() const {
    const Steps tolerated =
        steps([&](StepIndex i) { return !is_finally(i) && record(i).state == StepState::Failed; });
    const Steps skipped =
        steps([&](StepIndex i) { return !is_finally(i) && record(i).state == StepState::Skipped; });
    const int total = status_.progress ? status_.progress->total : 0;
    if (total == 0)
      return fmt::format("nothing had to be done: {}",
                         skipped.size() == 1
                             ? "its step was skipped"
                             : fmt::format("all {} steps were skipped", skipped.size()));
    std::string text = count_text(total, tolerated.size()) + " in " + duration_text();
    if (!skipped.empty())
      text += fmt::format(", {} {} skipped", skipped.size(), skipped.size() == 1 ? "was" : "were");
    std::vector<std::string> names;
    for (const StepIndex i : tolerated) names.push_back(name(i));
    if (!names.empty()) text += fmt::format("; {} failed, which is tolerated", listed(names));
    return text;
  }

  static std::string count_text(int total, std::size_t failed) {
    const int good = total - static_cast<int>(failed);
    if (failed > 0) return fmt::format("{} of {} steps succeeded", good, total);
    return total == 1 ? "its step succeeded" : fmt::format("all {} steps succeeded", total);
  }

  const std::string& duration_text() const { return status_.duration; }

  const Status& status_;
  const Plan& plan_;
  const Standing& standing_;
};

}  // namespace

WorkflowMessage message_of(const Status& status, const Plan& plan, const Standing& standing) {
  return Message(status, plan, standing).make();
}

std::string current_text(const Plan& plan, const Standing& standing) {
  std::optional<StepIndex> active, next;
  int others = 0;
  for (StepIndex i = 0; i < plan.steps.size(); ++i) {
    const StepState state = standing.record(i).state;
    if (is_launched(state) || state == StepState::Backoff) {
      if (active) ++others;
      if (!active) active = i;
    } else if (!next && !standing.is_over(i)) {
      next = i;
    }
  }
  const auto name = [&](StepIndex i) { return to_text(plan.steps[i].ref); };
  if (active) return others == 0 ? name(*active) : fmt::format("{} +{}", name(*active), others);
  if (next) return name(*next);
  for (const RunsOn runs_on : {RunsOn::Success, RunsOn::Always})
    if (const auto failed = standing.first_failure(runs_on)) return name(*failed);
  return "";
}

bool is_in_trouble(const StepRecord& step) {
  return !is_final(step.state) && !is_in_backoff(step) && !is_waiting(step) &&
         !needs_person(step) && !step.reason.empty();
}

std::string trouble_text(const std::string& name, const StepRecord& step) {
  const char* what = "waits";
  if (step.state == StepState::Running) what = "is running, but";
  if (step.state == StepState::Starting) what = "is starting, but nothing runs yet";
  if (step.state == StepState::Ending) what = "is being stopped";
  return fmt::format("{} {}: {}", name, what, step.message);
}

bool is_blocked(const Status& status) {
  if (!status.state || is_final(*status.state)) return false;
  if (status.reason == reasons::kPlanMissing || status.reason == reasons::kPlanUnreadable)
    return true;
  return std::ranges::any_of(status.phases, [](const PhaseRecord& phase) {
    return std::ranges::any_of(phase.steps, is_in_trouble);
  });
}

std::string log_hint(const std::string& ns, const StepRecord& step) {
  if (step.log_tail.empty()) return "";
  return fmt::format("; its log: kubectl logs -n {} job/{}", ns, step.job);
}

}  // namespace bootstrap
