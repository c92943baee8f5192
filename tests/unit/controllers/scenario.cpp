#include "tests/unit/controllers/scenario.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace bootstrap::testing {

using nlohmann::json;

namespace {

constexpr const char* kUid = "uid-of-w";
constexpr const char* kName = "w";

json step_of(const char* name) {
  return {{"name", name}, {"command", json::array({"true"})}};
}

}  // namespace

std::string condition(const Status& status, const std::string& type) {
  for (const Condition& c : status.conditions)
    if (c.type == type) return c.status;
  return "absent";
}

json three_steps() {
  json one{{"name", "one"}, {"steps", json::array({step_of("a"), step_of("b")})}};
  json two{{"name", "two"}, {"steps", json::array({step_of("c")})}};
  return {{"tools", {{"image", "tools:1"}}}, {"phases", json::array({one, two})}};
}

json with_finally() {
  json spec = three_steps();
  spec["finally"] = {{{"name", "clean"}, {"steps", spec["phases"][1]["steps"]}}};
  return spec;
}

Scenario::Scenario(json spec) {
  workflow.meta.ns = "ns";
  workflow.meta.name = kName;
  workflow.meta.uid = kUid;
  workflow.meta.resource_version = 10;
  workflow.meta.generation = 1;
  workflow.spec = spec.dump();
  facts[FormerPods{}] = Found<FormerPods::Answer>(FormerPods::Answer{});
}

std::string Scenario::job(const std::string& phase, const std::string& step, int attempt) {
  return job_name(kName, kUid, {phase, step}, attempt);
}

std::string Scenario::job_uid(const std::string& phase, const std::string& step, int attempt) {
  return "uid-of-" + job(phase, step, attempt);
}

void Scenario::add_job(const std::string& phase, const std::string& step, int attempt) {
  auto view = std::make_shared<JobView>();
  view->meta.ns = "ns";
  view->meta.name = job(phase, step, attempt);
  view->meta.uid = job_uid(phase, step, attempt);
  view->meta.controller_uid = kUid;
  view->meta.creation = at(0);
  view->meta.labels = {
      {labels::kPhase, phase}, {labels::kStep, step}, {labels::kAttempt, std::to_string(attempt)}};
  jobs_[view->meta.name] = view;
  refresh();
}

std::string Scenario::newest_job(const std::string& phase, const std::string& step) const {
  int attempt = 1;
  while (jobs_.contains(job(phase, step, attempt + 1))) ++attempt;
  return job(phase, step, attempt);
}

JobView& Scenario::job_view(const std::string& phase, const std::string& step) {
  return *jobs_.at(newest_job(phase, step));
}

void Scenario::answer_pods(const std::string& phase, const std::string& step, bool one_lives) {
  LivePods::Answer pods;
  if (one_lives) pods.emplace_back().meta.name = "old-pod";
  facts[LivePods{{phase, step}}] = Found<LivePods::Answer>(std::move(pods));
}

PodView& Scenario::pod(const std::string& phase, const std::string& step) {
  const std::string name = newest_job(phase, step);
  auto& view = pods_[name];
  if (!view) {
    view = std::make_shared<PodView>();
    view->meta.name = name + "-x";
    view->meta.uid = "pod-" + name;
    view->meta.controller_uid = "uid-of-" + name;
    view->meta.creation = at(0);
    view->node = "node-1";
    view->phase = "Pending";
    view->containers = {{.name = "main",
                         .state = ContainerState::Waiting,
                         .reason = "ContainerCreating",
                         .message = "",
                         .exit_code = 0,
                         .started = {},
                         .finished = {}}};
    refresh();
  }
  return *view;
}

void Scenario::remove_pod(const std::string& phase, const std::string& step) {
  pods_.erase(newest_job(phase, step));
  refresh();
}

void Scenario::remove_job(const std::string& phase, const std::string& step) {
  jobs_.erase(newest_job(phase, step));
  refresh();
}

void Scenario::run_container(const std::string& phase, const std::string& step) {
  PodView& view = pod(phase, step);
  view.phase = "Running";
  view.containers[0].state = ContainerState::Running;
  view.containers[0].reason.clear();
}

void Scenario::end_container(const std::string& phase, const std::string& step, int exit_code,
                             const std::string& log) {
  PodView& view = pod(phase, step);
  view.phase = "Running";
  ContainerView& main = view.containers[0];
  main.state = ContainerState::Terminated;
  main.reason = exit_code == 0 ? "Completed" : "Error";
  main.exit_code = exit_code;
  main.message = log;
  main.started = at(1);
  main.finished = at(9);
}

void Scenario::end_pod(const std::string& phase, const std::string& step, int exit_code,
                       const std::string& log) {
  end_container(phase, step, exit_code, log);
  pod(phase, step).phase = exit_code == 0 ? "Succeeded" : "Failed";
}

void Scenario::refresh() {
  work = {};
  for (const auto& [name, job] : jobs_) work.jobs.push_back(job);
  for (const auto& [name, pod] : pods_) work.pods.push_back(pod);
  for (const auto& [name, child] : children_) work.children.push_back(child);
}

std::string Scenario::child(const std::string& phase, const std::string& step) {
  return child_name(kName, kUid, {phase, step}, 1);
}

Done Scenario::add_child(const CreateChild& create) {
  auto view = std::make_shared<Workflow>();
  view->meta.ns = "ns";
  view->meta.name = create.name;
  view->meta.uid = "uid-of-" + create.name;
  view->meta.controller_uid = kUid;
  view->meta.creation = at(0);
  view->meta.labels = {{labels::kPhase, create.step.phase},
                       {labels::kStep, create.step.step},
                       {labels::kAttempt, std::to_string(create.attempt)},
                       {labels::kRun, std::to_string(create.run)}};
  children_[create.name] = view;
  refresh();
  return {view->meta.uid};
}

Workflow& Scenario::child_view(const std::string& phase, const std::string& step) {
  return *children_.at(child(phase, step));
}

void Scenario::end_child(const std::string& phase, const std::string& step, WorkflowState state,
                         const std::string& reason, const std::string& message) {
  Workflow& view = child_view(phase, step);
  view.status.uid = view.meta.uid;
  view.status.state = state;
  view.status.reason = reason;
  view.status.message = message;
}

void Scenario::remove_child(const std::string& phase, const std::string& step) {
  children_.erase(child(phase, step));
  refresh();
}

std::optional<JobView> Scenario::find_job(const std::string& name) const {
  const auto found = jobs_.find(name);
  return found == jobs_.end() ? std::nullopt : std::optional(*found->second);
}

Outcome Scenario::perform(const Action& action) {
  done.push_back(key_of(action));
  if (on_action) on_action(action);
  if (const auto refused = refuse.find(key_of(action)); refused != refuse.end())
    return refused->second;
  if (const auto* plan = std::get_if<CreatePlan>(&action)) {
    plan_ = compiled(stored_.try_emplace(plan->name, plan->record).first->second);
    return Done{};
  }
  if (const auto* create = std::get_if<CreateJob>(&action)) {
    add_job(create->step.phase, create->step.step, create->attempt);
    return Done{job_uid(create->step.phase, create->step.step, create->attempt)};
  }
  if (std::holds_alternative<CreateClaim>(action)) return Done{"uid-of-claim"};
  if (const auto* create = std::get_if<CreateChild>(&action)) return add_child(*create);
  if (const auto* steer = std::get_if<SteerChild>(&action)) {
    auto steered = std::make_shared<Workflow>(*children_.at(steer->name));
    steered->steering.suspend = steer->suspend;
    steered->steering.cancel = !steer->cancel.reason.empty();
    steered->stop = steer->cancel;
    if (steer->resume) steered->steering.resume.run = steer->resume->run;
    children_[steer->name] = steered;
    refresh();
    return Done{steer->uid};
  }
  if (const auto* create = std::get_if<CreateLock>(&action)) return take_lock(*create);
  if (const auto* mark = std::get_if<MarkLock>(&action)) return perform(*mark);
  if (std::holds_alternative<ReportStrayLock>(action)) return Done{};
  if (const auto* remove = std::get_if<Delete>(&action)) return perform(*remove);
  const auto& suspend = std::get<SuspendJob>(action);
  auto stopped = std::make_shared<JobView>(*jobs_.at(suspend.name));
  stopped->suspended = true;
  stopped->stop = suspend.stop;
  jobs_[suspend.name] = stopped;  // seen by the next pass
  refresh();
  return Done{suspend.job_uid};
}

void set_template(Scenario& s, const std::string& name, const json& spec) {
  TemplateView one;
  one.meta.ns = "ns";
  one.meta.name = name;
  one.meta.uid = "uid-" + name;
  one.meta.generation = 1;
  one.spec = spec.dump();
  s.facts.insert_or_assign(TemplateOf{name}, Found<TemplateOf::Answer>(one));
  s.facts.insert_or_assign(WatchedTemplate{name}, Found<WatchedTemplate::Answer>(
                                                      std::make_shared<const TemplateView>(one)));
}

Outcome Scenario::perform(const MarkLock& mark) {
  if (!lease || lease->meta.uid != mark.uid) return Refused{"NotFound", "not found", true};
  lease->meta.labels[labels::kBegun] = "true";
  lease->meta.labels[labels::kRun] = std::to_string(mark.run);
  ++lease->meta.resource_version;
  return Done{mark.uid};
}

Outcome Scenario::perform(const Delete& remove) {
  if (remove.what == Made::Lock && lease && lease->meta.uid == remove.uid) {
    if (remove.version != lease->meta.resource_version) return Refused{"Conflict", "changed", true};
    lease.reset();
  }
  if (remove.what == Made::Plan) stored_.erase(remove.name);
  if (remove.what == Made::Job) jobs_.erase(remove.name);
  refresh();
  return Done{remove.uid};
}

Outcome Scenario::take_lock(const CreateLock& create) {
  if (lease && lease->meta.controller_uid != workflow.meta.uid) return NameTaken{lease->holder};
  if (!lease) {
    lease.emplace();
    lease->meta.uid = fmt::format("lease-of-run-{}", create.run);
    lease->meta.name = create.name;
    lease->meta.resource_version = 1;
    lease->meta.controller_uid = workflow.meta.uid;
    lease->meta.labels[labels::kRun] = std::to_string(create.run);
    lease->holder = workflow.meta.name;
  }
  return Done{lease->meta.uid};
}

std::optional<Answer> Scenario::answer_of_lock(const Question& q) const {
  if (std::holds_alternative<LockNow>(q)) return Found<LockNow::Answer>(lease);
  if (std::holds_alternative<TimesOfFamily>(q)) return Found<TimesOfFamily::Answer>(times);
  if (std::holds_alternative<OtherClaims>(q)) return Found<OtherClaims::Answer>(claims);
  if (std::holds_alternative<PodsUnderLock>(q)) return Found<PodsUnderLock::Answer>(pods_under_it);
  return std::nullopt;
}

void succeed(Scenario& s, const char* phase, const char* step, int second) {
  s.end_container(phase, step, 0);
  s.pass(at(second));
}

std::shared_ptr<const Plan> Scenario::compiled(const PlanRecord& record) const {
  Plan plan = *compile(workflow.meta, record);
  if (on_plan) on_plan(plan);
  return std::make_shared<const Plan>(std::move(plan));
}

const Status& Scenario::pass(TimePoint now) {
  Observed observed{workflow, nullptr, {}, work, facts, {}, stray_locks, has_restore_label};
  last_asked_.clear();
  for (int round = 0; round < 10; ++round) {
    observed.plan = plan_.get();
    bool learned = false;
    last = decide(observed, now);
    for (const Question& q : last.asked) {
      last_asked_.insert(q);
      if (const auto* usage = std::get_if<NodeUsage>(&q))
        if (const auto node = nodes.find(usage->node); node != nodes.end())
          learned |= observed.facts.emplace(q, Found<NodeUsage::Answer>(node->second)).second;
      if (const auto* live = std::get_if<LiveJob>(&q))  // unless the test says otherwise
        learned |= observed.facts.emplace(q, Found<LiveJob::Answer>(find_job(live->name))).second;
      if (std::holds_alternative<StoredPlans>(q)) {
        StoredPlans::Answer plans;
        for (const auto& [name, record] : stored_) {
          PlanView& plan = plans.emplace_back();
          plan.meta.name = name;
          plan.meta.uid = "uid-of-" + name;
          plan.run = record.run;
        }
        learned |= observed.facts.emplace(q, Found<StoredPlans::Answer>(plans)).second;
      }
      if (const auto answer = answer_of_lock(q))
        learned |= observed.facts.emplace(q, *answer).second;
      if (const auto found = later.find(q); found != later.end())
        learned |= observed.facts.emplace(*found).second;
      if (const auto* live = std::get_if<LiveChild>(&q)) {
        const auto found = children_.find(live->name);
        learned |= observed.facts
                       .emplace(q, Found<LiveChild::Answer>(found == children_.end()
                                                                ? std::nullopt
                                                                : std::optional(*found->second)))
                       .second;
      }
      if (const auto* plan = std::get_if<StoredPlan>(&q)) {
        const auto found = stored_.find(plan->name);
        StoredPlan::Answer answer;
        if (found != stored_.end()) answer = found->second;
        if (answer && !plan_) plan_ = compiled(*answer);
        learned |= observed.facts.emplace(q, Found<StoredPlan::Answer>(answer)).second;
      }
    }
    for (const Action& action : last.actions)
      observed.outcomes.insert_or_assign(key_of(action), perform(action));
    if (last.actions.empty() && !learned) {
      workflow.status = last.status;
      return workflow.status;
    }
  }
  ADD_FAILURE() << "decide() does not come to an end";
  return workflow.status;
}

const StepRecord& Scenario::step(const std::string& phase, const std::string& step) const {
  static const StepRecord kNone;
  const StepRecord* record = find_step(workflow.status, {phase, step});
  if (record == nullptr) ADD_FAILURE() << "no record of " << phase << "/" << step;
  return record == nullptr ? kNone : *record;
}

std::vector<std::string> Scenario::created() const {
  std::vector<std::string> names;
  for (const std::string& key : done)
    if (key.starts_with("job/")) names.push_back(key.substr(4));
  return names;
}

}  // namespace bootstrap::testing
