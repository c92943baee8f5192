#include "controllers/begin_run.h"

#include <algorithm>

#include <fmt/format.h>

#include "controllers/attempt.h"
#include "controllers/limits.h"
#include "controllers/live_definition.h"
#include "controllers/lock.h"
#include "controllers/nesting.h"
#include "controllers/pod_trouble.h"
#include "controllers/status_summary.h"
#include "controllers/template_ref.h"
#include "controllers/validation.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;

constexpr Duration kFormerPodsAgain = 5s;

void wait_for_plan(Draft& draft, const char* reason, std::string message) {
  draft.wait_to_begin(reason, std::move(message));
  draft.wake(draft.now() + kLongestBetweenTries);
}

// Everything that is wrong with it, and the values of its parameters when nothing is. None: that is
// not known yet.
std::optional<Problems> problems_of(Draft& draft, const LiveDefinition& live,
                                    ParameterValues& values) {
  Problems all = live.problems;
  if (live.definition.is_null()) return all;
  const auto definition = read_definition(live.definition);
  Problems own = definition ? validate(*definition) : definition.error();
  if (live.pin) own = as_of_template(std::move(own), live.pin->name);
  all.insert(all.end(), own.begin(), own.end());
  if (!all.empty()) return all;
  values = *resolve_parameters(definition->parameters);
  if (Problems size = size_problems(live.definition, values); !size.empty()) return size;
  Ancestors chain = draft.observed().workflow.ancestors;
  chain.push_back(live.pin ? live.pin->name : "");
  return nesting_problems(draft, *definition, chain);
}

// Why a run does not begin, unless it has.
void hold_unbegun(Draft& draft, int run, const Hold& why) {
  if (has_begun(draft, run) == false)
    hold(draft.status(), why, draft.meta().generation, draft.now());
}

}  // namespace

bool former_pods_run(Draft& draft) {
  const auto* former = draft.look_up(FormerPods{});
  if (former == nullptr) return true;
  const auto still = std::ranges::find_if(*former, [](const PodView& p) { return !has_ended(p); });
  if (still == former->end()) return false;
  draft.wait_to_begin(
      "PreviousRunTerminating",
      fmt::format("waits for pod {} of a former workflow of this name to end", still->meta.name));
  draft.wake(draft.now() + kFormerPodsAgain);
  return true;
}

std::optional<bool> has_begun(Draft& draft, int run) {
  const auto* stored = draft.ask()(StoredPlan{plan_name(draft.meta().name, draft.meta().uid, run)});
  if (stored == nullptr) return std::nullopt;
  const bool is_stored =
      *stored && stored->value().has_value() && draft.observed().plan_problem.empty();
  if (is_stored) draft.keep_lock();
  if (*stored || stored->error().for_good) return is_stored;
  draft.keep_lock();
  draft.retry(stored->error().why);
  draft.wait_to_begin("PlanUnknown", fmt::format("whether run {} has begun is not known: {}", run,
                                                 stored->error().why));
  return std::nullopt;
}

void store_plan(Draft& draft, PlanRecord record) {
  const ObjectMeta& meta = draft.meta();
  const CreatePlan action{plan_name(meta.name, meta.uid, record.run), std::move(record)};
  const Outcome* outcome = draft.outcome_of(action);
  if (outcome == nullptr) {
    draft.act(action);
  } else if (const auto* refused = std::get_if<Refused>(outcome)) {
    if (refused->reason == reasons::kPlanUnreadable)
      return wait_for_plan(draft, reasons::kPlanUnreadable, refused->message);
    wait_for_plan(draft, reasons::kLaunchRefused, "its plan cannot be stored: " + refused->message);
    // Soon at first: where owner references are checked, the API server refuses children of a
    // kind for some seconds after its definition was installed.
    draft.wake(
        look_schedule(meta.creation.value_or(draft.now()), draft.now(), kLongestBetweenTries).next);
  } else if (const auto* taken = std::get_if<NameTaken>(outcome)) {
    wait_for_plan(draft, reasons::kNameTaken,
                  fmt::format("ControllerRevision {} belongs to {}", action.name, taken->owner));
  } else if (const auto* unknown = std::get_if<NotKnown>(outcome)) {
    draft.retry(unknown->why);
  } else {
    wait_for_plan(draft, reasons::kPlanUnreadable,
                  "its stored plan cannot be used: " + draft.observed().plan_problem);
  }
}

std::optional<tl::expected<PlanRecord, Problems>> next_plan(Draft& draft, int run,
                                                            const std::string& from) {
  auto live = live_definition(draft);
  if (!live) return std::nullopt;
  ParameterValues values;
  auto problems = problems_of(draft, *live, values);
  if (!problems) return std::nullopt;
  if (!problems->empty()) return tl::unexpected(std::move(*problems));
  return PlanRecord{run,
                    std::chrono::floor<std::chrono::seconds>(draft.now()),
                    draft.meta().generation,
                    std::move(live->definition),
                    std::move(values),
                    std::move(live->pin),
                    from};
}

void begin_run(Draft& draft) {
  const Steering& steering = draft.observed().workflow.steering;
  const int run = std::max(1, steering.resume.run);
  if (steering.cancel)
    return hold_unbegun(
        draft, run,
        {WorkflowState::Cancelled, reasons::kCancelled, "cancelled before it had started"});
  if (former_pods_run(draft)) return;
  auto next = next_plan(draft, run, "");
  if (!next) {  // that its template is gone keeps nothing that has begun
    has_begun(draft, run);
    return;
  }
  if (!*next)
    return hold_unbegun(
        draft, run,
        {WorkflowState::Invalid, "InvalidSpec", problems_text(next->error(), limits::kMessage)});
  if (steering.suspend)
    return hold_unbegun(
        draft, run,
        {WorkflowState::Suspended, "Suspended", "spec.suspend is true, so nothing is started"});
  if (holds_lock(draft, lock_of(draft.meta(), **next), run)) store_plan(draft, std::move(**next));
}

void fetch_plan(Draft& draft) {
  const ObjectMeta& meta = draft.meta();
  Status& status = draft.status();
  const std::string name = plan_name(meta.name, meta.uid, status.run);
  const auto* stored = draft.ask()(StoredPlan{name});
  if (stored == nullptr) return;
  if (!*stored && !stored->error().for_good) return draft.retry(stored->error().why);
  if (status.state && is_final(*status.state)) {
    status.observed_generation = meta.generation;
    return;
  }
  const bool gone = *stored && !stored->value().has_value();
  const std::string& problem = *stored ? draft.observed().plan_problem : stored->error().why;
  hold(status,
       {*status.state, gone ? reasons::kPlanMissing : reasons::kPlanUnreadable,
        gone ? fmt::format("ControllerRevision {} with the plan of this run is gone, so nothing is "
                           "started; restore it, or resume with a new one",
                           name)
             : fmt::format("ControllerRevision {} with the plan of this run cannot be used: {}",
                           name, problem)},
       meta.generation, draft.now());
  draft.wake(draft.now() + kLongestBetweenTries);
}

void take_plan(Draft& draft) {
  const Plan& plan = draft.plan();
  Status& status = draft.status();
  status.run = plan.run.run;
  status.plan = plan.name;
  status.start = plan.run.start;
  for (const PlanStep& step : plan.steps) {
    const auto same = std::ranges::find(status.phases, step.ref.phase, &PhaseRecord::name);
    PhaseRecord& phase = same != status.phases.end() ? *same : status.phases.emplace_back();
    phase.name = step.ref.phase;
    if (find_step(status, step.ref) == nullptr) phase.steps.emplace_back().name = step.ref.step;
  }
}

}  // namespace bootstrap
