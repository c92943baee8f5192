#include "controllers/launch.h"

#include <algorithm>

#include <fmt/format.h>

#include "controllers/advance_step.h"
#include "controllers/limits.h"
#include "controllers/pod_trouble.h"
#include "controllers/step_machine.h"
#include "controllers/texts.h"

namespace bootstrap {
namespace {

constexpr Duration kPodsAgain{5'000};

void wait_to_launch(Draft& draft, StepRecord& record, const char* reason,
                    const std::string& message) {
  record.reason = reason;
  record.message = cut(message, limits::kMessage);
  record.next_retry.reset();  // its time has come; what it waits for now is another matter
  TimePoint since = draft.status().start.value_or(draft.now());
  for (const PhaseRecord& phase : draft.status().phases)
    for (const StepRecord& s : phase.steps)
      if (s.completion) since = std::max(since, *s.completion);
  draft.wake(look_schedule(since, draft.now(), kLongestBetweenTries).next);
}

// A ServiceAccount lends its rights to whoever writes a workflow: only those that carry the label
// may be named.
bool account_allows(Draft& draft, const PlanStep& step, StepRecord& record) {
  const std::string& name = step.definition.tools.service_account;
  if (name.empty()) return true;
  const auto* account = draft.ask()(ServiceAccountOf{name});
  if (account == nullptr) return false;
  if (!*account) {
    draft.retry(account->error().why);
    return false;
  }
  const std::string& ns = draft.meta().ns;
  if (!account->value()) {
    wait_to_launch(draft, record, reasons::kServiceAccountNotFound,
                   fmt::format("ServiceAccount {} does not exist in namespace {}", name, ns));
    return false;
  }
  const auto& labels = account->value()->meta.labels;
  const auto label = labels.find(labels::kAllowWorkflows);
  if (label != labels.end() && label->second == "true") return true;
  wait_to_launch(draft, record, reasons::kServiceAccountNotAllowed,
                 fmt::format("ServiceAccount {} may not be used by workflows; to allow it: kubectl "
                             "label serviceaccount -n {} {} {}=true",
                             name, ns, name, labels::kAllowWorkflows));
  return false;
}

// The word of the live API: a store may be behind, and two attempts at once are the one thing that
// must never be.
bool former_attempts_have_ended(Draft& draft, const PlanStep& step, StepRecord& record) {
  if (record.attempts == 0) return true;
  const auto* live = draft.ask()(LivePods{step.ref});
  if (live == nullptr) return false;
  if (!*live) {
    draft.retry(live->error().why);
    return false;
  }
  const auto still = std::ranges::find_if(**live, [](const PodView& p) { return !has_ended(p); });
  if (still == (*live)->end()) return true;
  record.reason = reasons::kPodEnding;
  record.message = fmt::format("waits for pod {} of a former attempt to end", still->meta.name);
  record.next_retry.reset();
  draft.wake(draft.now() + kPodsAgain);
  return false;
}

}  // namespace

void launch(Draft& draft, const Standing& standing, const PlanStep& step) {
  StepRecord& record = *find_step(draft.status(), step.ref);
  if (!account_allows(draft, step, record)) return;
  if (!former_attempts_have_ended(draft, step, record)) return;
  const ObjectMeta& meta = draft.meta();
  const int attempt = record.attempts + 1;
  if (!has_job(step)) {  // nothing to create
    record = launched(std::move(record), attempt, "", "", draft.plan().name, draft.now());
    return advance_step(draft, standing, step);  // what it waits for may be there already
  }
  const CreateJob action{job_name(meta.name, meta.uid, step.ref, attempt), step.ref, attempt,
                         result_for(draft.plan(), standing, step.phase)};
  const Outcome* outcome = draft.outcome_of(action);
  if (outcome == nullptr) {
    draft.act(action);
  } else if (const auto* done = std::get_if<Done>(outcome)) {
    record = launched(std::move(record), attempt, action.name, done->uid, draft.plan().name,
                      draft.now());
  } else if (const auto* taken = std::get_if<NameTaken>(outcome)) {
    record = never_launched(
        std::move(record), reasons::kNameTaken,
        fmt::format("there is a Job {} already, which belongs to {}", action.name, taken->owner),
        draft.now());
  } else if (const auto* refused = std::get_if<Refused>(outcome)) {
    if (refused->may_pass)
      wait_to_launch(draft, record, reasons::kLaunchRefused, refused->message);
    else
      record =
          never_launched(std::move(record), reasons::kJobInvalid, refused->message, draft.now());
  } else if (const auto* unknown = std::get_if<NotKnown>(outcome)) {
    draft.retry(unknown->why);
  }
}

}  // namespace bootstrap
