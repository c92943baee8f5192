#include "operator/reconciler.h"

#include <algorithm>

#include <fmt/format.h>

#include "operator/actions_performer.h"
#include "operator/lookups.h"

namespace bootstrap {

using nlohmann::json;
namespace outcomes = runtime::outcomes;

namespace {

// Of one pass. Most workflows need a handful; a long chain of conditions needs one or two for each.
constexpr int kMaxRounds = 20;

std::string label_of(const ObjectMeta& meta, const char* key) {
  const auto found = meta.labels.find(std::string_view(key));
  return found == meta.labels.end() ? "" : found->second;
}

bool has_label(const ObjectMeta& meta, const std::vector<std::string>& any_of) {
  return std::ranges::any_of(any_of, [&](const auto& key) { return meta.labels.contains(key); });
}

}  // namespace

ObjectKey workflow_key_of(const ObjectMeta& child) {
  return {child.ns, label_of(child, labels::kWorkflow)};
}

std::string workflow_uid_of(const ObjectMeta& child) {
  return label_of(child, labels::kWorkflowUid);
}

runtime::Outcome Reconciler::reconcile(const ObjectKey& key) {
  // Before anything is read: what the stores hold afterwards is at least as new.
  if (!own_writes_.seen(key, {stores_.workflows.newest_version(), stores_.jobs.newest_version()}))
    return outcomes::Stale{};
  auto workflow = stores_.workflows.get(key);
  if (!workflow) {
    forget(key);
    return outcomes::Done{};
  }
  Pass pass = observe(std::move(workflow));
  pass.pod_has_ended = live_.hand_offs.take(key);
  Decision decision;
  for (int round = 0; round < kMaxRounds; ++round) {
    pass.observed.plan = pass.plan.get();
    decision = decide(pass.observed, clock_.now());
    if (!decision.actions.empty()) {
      perform(decision.actions, pass);
      continue;
    }
    if (answer_open(decision.asked, pass)) continue;
    return conclude(decision, pass);
  }
  return run_out_of_rounds(decision, pass);
}

// What is decided by now is written, and the next pass goes on from there. When that is nothing,
// two rules contradict each other.
runtime::Outcome Reconciler::run_out_of_rounds(const Decision& decision, const Pass& pass) {
  const bool progress =
      decision.actions.empty() && !same_when_stored(pass.workflow->status, decision.status);
  if (progress) {
    const auto outcome = conclude(decision, pass);
    const bool written = std::holds_alternative<outcomes::Done>(outcome) ||
                         std::holds_alternative<outcomes::WakeAfter>(outcome);
    return written ? outcomes::WakeAfter{Duration(0)} : outcome;
  }
  hooks_.on_problem(pass.workflow->meta.key(),
                    fmt::format("no decision after {} rounds", kMaxRounds));
  return outcomes::Retry{"no decision"};
}

Reconciler::Pass Reconciler::observe(std::shared_ptr<const Workflow> workflow) const {
  auto plan = plan_of(*workflow);
  const std::string& uid = workflow->meta.uid;
  Observed observed{
      *workflow,
      nullptr,
      {},
      {stores_.jobs.by_index(uid), stores_.pods.by_index(uid), stores_.workflows.by_index(uid)},
      {},
      {},
      live_.locks.strays_of(workflow->meta.key()),
      has_label(workflow->meta, options_.restore_labels),
      options_.approvals_are_verified};
  return {std::move(workflow), std::move(plan), std::move(observed)};
}

void Reconciler::perform(const std::vector<Action>& actions, Pass& pass) {
  const ObjectKey key = pass.workflow->meta.key();
  const ActionsPerformer performer(
      client_, pass.workflow->meta, pass.plan.get(), options_.platform,
      {.wrote_job = [&](std::uint64_t version) { own_writes_.wrote_job(key, version); },
       .plan_stored = [&](const PlanRecord& record) { take_plan(record, pass); },
       // A child is a workflow of its own: nothing is launched for one that was just deleted.
       .wrote_child =
           [&](const std::string& name, std::uint64_t version) {
             own_writes_.wrote_workflow(key, version);
             own_writes_.wrote_workflow({key.ns, name}, version);
           },
       .takes_lock = [&](const std::string& lock) { live_.locks.note_taken(key, lock); },
       .found_stray_lock =
           [&](const std::string& holder, const std::string& lock) {
             live_.locks.report_stray({key.ns, holder}, lock);
           }});
  for (const Action& action : actions) {
    const Outcome outcome = performer.perform(action);
    const bool launched =
        std::holds_alternative<CreateJob>(action) && std::holds_alternative<Done>(outcome);
    if (launched && pass.pod_has_ended)
      hooks_.on_hand_off(std::chrono::duration_cast<std::chrono::microseconds>(
          clock_.steady_now() - *pass.pod_has_ended));
    pass.observed.outcomes.insert_or_assign(key_of(action), outcome);
  }
}

// Empty: a subscription that does not know yet, and will wake the workflow.
std::optional<Answer> Reconciler::answer(const Question& question, const ObjectMeta& workflow) {
  if (const auto* state = std::get_if<ResourceState>(&question))
    return live_.subscriptions.ask(workflow.key(), *state);
  if (const auto* may = std::get_if<MayRead>(&question)) return live_.access.ask(workflow.ns, *may);
  if (const auto* watched = std::get_if<WatchedTemplate>(&question))
    return live_.templates.ask(workflow.key(), *watched);
  if (const auto* claims = std::get_if<OtherClaims>(&question))
    return Found<OtherClaims::Answer>(live_.locks.others(workflow.key(), claims->lock));
  if (const auto* times = std::get_if<TimesOfFamily>(&question))
    return Found<TimesOfFamily::Answer>(live_.times.expected(workflow.ns, times->family));
  if (const auto* usage = std::get_if<NodeUsage>(&question))
    return live_.nodes.ask(workflow.key(), *usage);
  const Lookups lookups(client_, live_.discovery, workflow);
  if (const auto* about = std::get_if<EventsAbout>(&question))
    return live_.events.ask(
        *about, [&] { return std::get<Found<EventsAbout::Answer>>(lookups.answer(question)); });
  return lookups.answer(question);
}

// False: every question that was asked has its answer, as far as there is one now.
bool Reconciler::answer_open(const std::set<Question>& asked, Pass& pass) {
  bool answered = false;
  for (const Question& question : asked) {
    if (pass.observed.facts.contains(question)) continue;
    auto now = answer(question, pass.workflow->meta);
    if (!now) continue;
    const auto& [known, fresh] = pass.observed.facts.emplace(question, std::move(*now));
    answered = answered || fresh;
    const auto* stored = std::get_if<Found<StoredPlan::Answer>>(&known->second);
    if (stored != nullptr && *stored && **stored) take_plan(***stored, pass);
  }
  return answered;
}

void Reconciler::take_plan(const PlanRecord& record, Pass& pass) {
  auto plan = compile(pass.workflow->meta, record);
  if (!plan) {
    pass.observed.plan_problem = plan.error();
    return;
  }
  pass.plan = std::make_shared<const Plan>(std::move(*plan));
  const std::scoped_lock lock(plans_mutex_);
  plans_[pass.workflow->meta.uid] = pass.plan;
}

runtime::Outcome Reconciler::conclude(const Decision& decision, const Pass& pass) {
  live_.subscriptions.keep_only(pass.workflow->meta.key(), decision.asked);
  live_.templates.keep_only(pass.workflow->meta.key(), decision.asked);
  live_.nodes.keep_only(pass.workflow->meta.key(), decision.asked);
  if (!same_when_stored(pass.workflow->status, decision.status)) {
    auto outcome = patch_status(decision, pass);
    if (!std::holds_alternative<outcomes::Done>(outcome)) return outcome;
  }
  forget_looked_at_strays(decision, pass.workflow->meta.key());
  if (decision.status.state && is_final(*decision.status.state)) drop_plan(pass.workflow->meta.uid);
  if (!decision.retry.empty()) return outcomes::Retry{decision.retry};
  if (decision.wake)
    return outcomes::WakeAfter{std::max(*decision.wake - clock_.now(), Duration(0))};
  return outcomes::Done{};
}

// A lock that is on record is held. Any other whose Lease was looked at is not, or is given up.
void Reconciler::forget_looked_at_strays(const Decision& decision, const ObjectKey& key) {
  if (!decision.retry.empty()) return;
  for (const std::string& lock : live_.locks.strays_of(key))
    if (lock != decision.status.lock && decision.asked.contains(LockNow{lock}))
      live_.locks.forget_stray(key, lock);
}

runtime::Outcome Reconciler::patch_status(const Decision& decision, const Pass& pass) {
  const ObjectMeta& meta = pass.workflow->meta;
  const json patch{
      {"metadata", {{"resourceVersion", std::to_string(meta.resource_version)}}},
      {"status", merge_patch(to_json(pass.workflow->status), to_json(decision.status))}};
  const auto patched =
      client_.merge_patch_status(kube::resources::kWorkflows, meta.ns, meta.name, patch.dump());
  if (patched) {
    const auto kept = parse_kept(*patched, FieldFilter({"metadata.resourceVersion"}));
    const std::uint64_t version = kept ? read_meta(*kept).resource_version : 0;
    own_writes_.wrote_workflow(meta.key(), version);
    publish(decision, meta, version);
    return outcomes::Done{};
  }
  const kube::ApiError& error = patched.error();
  if (error.kind == kube::ApiError::Kind::NotFound) return outcomes::Done{};  // deleted meanwhile
  // Somebody wrote since: before the event of that write comes, which wakes the key, nothing that
  // is decided would be taken.
  if (error.kind == kube::ApiError::Kind::Conflict) return outcomes::Stale{};
  hooks_.on_problem(meta.key(), "status not written: " + error.message);
  return outcomes::Retry{"status not written: " + error.message};
}

void Reconciler::publish(const Decision& decision, const ObjectMeta& workflow,
                         std::uint64_t version) {
  int index = 0;
  for (const Transition& transition : decision.transitions) {
    hooks_.on_transition(workflow, transition);
    if (!transition.event) continue;
    const auto written =
        events_.record(workflow, transition, fmt::format("{}/{}", version, index++));
    if (!written)
      hooks_.on_problem(workflow.key(), "Event not written: " + written.error().message);
  }
}

std::shared_ptr<const Plan> Reconciler::plan_of(const Workflow& workflow) const {
  const std::scoped_lock lock(plans_mutex_);
  const auto found = plans_.find(workflow.meta.uid);
  // Another operator may have begun the next run since.
  const bool is_known = found != plans_.end() && found->second->run.run >= workflow.status.run;
  return is_known ? found->second : nullptr;
}

void Reconciler::drop_plan(const std::string& uid) {
  const std::scoped_lock lock(plans_mutex_);
  plans_.erase(uid);
}

void Reconciler::forget(const ObjectKey& key) {
  own_writes_.forget(key);
  live_.hand_offs.take(key);
  live_.locks.forget_strays(key);
  live_.subscriptions.keep_only(key, {});
  live_.templates.keep_only(key, {});
  live_.nodes.keep_only(key, {});
  const std::scoped_lock lock(plans_mutex_);
  std::erase_if(plans_, [&](const auto& entry) {
    return entry.second->run.ns == key.ns && entry.second->run.name == key.name;
  });
}

}  // namespace bootstrap
