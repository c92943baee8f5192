#include "controllers/launch.h"

#include <algorithm>

#include <fmt/format.h>

#include "controllers/limits.h"
#include "controllers/pod_trouble.h"
#include "controllers/step_machine.h"
#include "controllers/texts.h"

namespace bootstrap {
namespace {

void wait_to_launch(Draft& draft, StepRecord& record, const char* reason,
                    const std::string& message) {
  record.reason = reason;
  record.message = cut(message, limits::kMessage);
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

}  // namespace

void launch(Draft& draft, const PlanStep& step) {
  StepRecord& record = *find_step(draft.status(), step.ref);
  if (!account_allows(draft, step, record)) return;
  const ObjectMeta& meta = draft.meta();
  const int attempt = record.attempts + 1;
  if (std::holds_alternative<WaitWork>(step.definition.work)) {  // nothing to create
    record = launched(std::move(record), attempt, "", "", draft.plan().name, draft.now());
    return;
  }
  const CreateJob action{job_name(meta.name, meta.uid, step.ref, attempt), step.ref, attempt};
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
