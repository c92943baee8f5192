#include "controllers/plan.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "controllers/child_workflow.h"
#include "controllers/limits.h"
#include "controllers/steering.h"
#include "controllers/validation.h"

namespace bootstrap {
using nlohmann::json;

namespace {

// Makes the edges. A phase begins when those it comes after are done; its last steps are what the
// phases after it wait for.
class Graph {
 public:
  explicit Graph(Plan& plan) : plan_(plan) {}

  void add(const Definition& definition) {
    for (const PhaseDefinition& phase : definition.phases)
      add(phase, RunsOn::Success, phases_before(definition.order, phase), {});
    // Each phase of finally comes after everything before it is over, however that ended.
    std::vector<StepIndex> before = all_steps();
    for (const PhaseDefinition& phase : definition.finally) {
      const StepIndex first = plan_.steps.size();
      add(phase, RunsOn::Always, {}, before);
      before.clear();
      for (StepIndex i = first; i < plan_.steps.size(); ++i) before.push_back(i);
    }
  }

 private:
  using Steps = std::vector<StepIndex>;

  // Those that end right before this one begins.
  std::vector<PhaseIndex> phases_before(Order order, const PhaseDefinition& phase) const {
    if (order == Order::Sequential)
      return plan_.phases.empty() ? std::vector<PhaseIndex>{}
                                  : std::vector<PhaseIndex>{plan_.phases.size() - 1};
    std::vector<PhaseIndex> before;
    for (PhaseIndex p = 0; p < plan_.phases.size(); ++p)
      if (std::ranges::find(phase.depends_on, plan_.phases[p].name) != phase.depends_on.end())
        before.push_back(p);
    return before;
  }

  void add(const PhaseDefinition& phase, RunsOn runs_on, const std::vector<PhaseIndex>& before,
           const Steps& after_end) {
    const PhaseIndex index = plan_.phases.size();
    PlanPhase planned{phase.name, runs_on, phase.timeout, phase.when, {index}};
    Steps after, ends;
    for (const PhaseIndex p : before) {
      after.insert(after.end(), ends_[p].begin(), ends_[p].end());
      planned.rests_on.insert(plan_.phases[p].rests_on.begin(), plan_.phases[p].rests_on.end());
    }
    plan_.phases.push_back(std::move(planned));
    for (const StepDefinition& step : phase.steps) {
      const bool begins = phase.parallel || ends.empty();
      if (!begins) after = std::exchange(ends, {});
      ends.push_back(plan_.steps.size());
      plan_.steps.push_back(
          {{phase.name, step.name}, step, after, begins ? after_end : Steps{}, index});
    }
    ends_.push_back(std::move(ends));
  }

  Steps all_steps() const {
    Steps all(plan_.steps.size());
    std::iota(all.begin(), all.end(), StepIndex{0});
    return all;
  }

  Plan& plan_;
  std::vector<Steps> ends_;  // by phase: the steps that come last in it
};

void note_asks(std::vector<PlanStep>& steps) {
  if (std::ranges::none_of(steps, is_gate)) return;
  const auto before = steps_before(steps);
  for (StepIndex i = 0; i < steps.size(); ++i)
    for (const StepIndex other : before[i])
      if (std::holds_alternative<AskWork>(steps[other].definition.work))
        steps[i].asks.push_back(other);
}

}  // namespace

std::vector<PlanStep> flatten(const Definition& definition) {
  Plan plan;
  Graph(plan).add(definition);
  note_asks(plan.steps);
  return std::move(plan.steps);
}

std::vector<std::set<StepIndex>> steps_before(const std::vector<PlanStep>& steps) {
  std::vector<std::set<StepIndex>> before(steps.size());
  for (StepIndex i = 0; i < steps.size(); ++i)
    for (const auto* direct : {&steps[i].after, &steps[i].after_end})
      for (const StepIndex one : *direct) {
        before[i].insert(one);
        before[i].insert(before[one].begin(), before[one].end());
      }
  return before;
}

bool has_job(const PlanStep& step) {
  return !std::holds_alternative<WaitWork>(step.definition.work) && !is_gate(step) &&
         !has_child(step);
}

bool is_gate(const PlanStep& step) {
  return std::holds_alternative<AskWork>(step.definition.work) ||
         std::holds_alternative<ApproveWork>(step.definition.work);
}

bool has_child(const PlanStep& step) {
  return std::holds_alternative<ChildWork>(step.definition.work);
}

json pinned_part(const json& spec) {
  json pinned = spec;
  if (pinned.is_object())
    for (const char* field : kLiveFields) pinned.erase(field);
  return pinned;
}

json owner_reference(const ObjectMeta& workflow) {
  return {{"apiVersion", kApiVersion}, {"kind", kWorkflowKind}, {"name", workflow.name},
          {"uid", workflow.uid},       {"controller", true},    {"blockOwnerDeletion", true}};
}

namespace {

json to_json(const TemplatePin& pin) {
  return {{"name", pin.name}, {"uid", pin.uid}, {"generation", pin.generation}};
}

std::optional<TemplatePin> read_pin(const json& data) {
  if (!data.contains("template")) return std::nullopt;
  const json& pin = data["template"];
  return TemplatePin{pin.at("name"), pin.at("uid"), pin.at("generation")};
}

json data_of(const PlanRecord& record) {
  json data{{"run", record.run},
            {"startTime", to_rfc3339(record.start)},
            {"generation", record.generation},
            {"definition", record.definition},
            {"parameters", record.parameters}};
  if (record.pin) data["template"] = to_json(*record.pin);
  if (!record.from.empty()) data["from"] = record.from;
  return data;
}

}  // namespace

json to_revision(const ObjectMeta& workflow, const PlanRecord& record) {
  return {{"apiVersion", "apps/v1"},
          {"kind", "ControllerRevision"},
          {"metadata",
           {{"name", plan_name(workflow.name, workflow.uid, record.run)},
            {"namespace", workflow.ns},
            {"labels",
             {{labels::kManagedBy, labels::kManagedByValue},
              {labels::kWorkflow, workflow.name},
              {labels::kWorkflowUid, workflow.uid}}},
            {"ownerReferences", json::array({owner_reference(workflow)})}}},
          {"revision", record.run},
          {"data", data_of(record)}};
}

tl::expected<PlanRecord, std::string> read_revision(const json& revision) {
  try {
    const json& data = revision.at("data");
    const auto start = from_rfc3339(data.at("startTime").get_ref<const std::string&>());
    if (!start) return tl::unexpected(std::string("data.startTime is not a time"));
    return PlanRecord{data.at("run").get<int>(),
                      *start,
                      data.at("generation").get<std::int64_t>(),
                      data.at("definition"),
                      data.at("parameters").get<ParameterValues>(),
                      read_pin(data),
                      data.value("from", "")};
  } catch (const json::exception& e) {
    return tl::unexpected(std::string(e.what()));
  }
}

namespace {

RunIdentity identity_of(const ObjectMeta& workflow, const PlanRecord& record) {
  return {workflow.ns, workflow.name, workflow.uid, record.run, record.start};
}

}  // namespace

std::string lock_of(const ObjectMeta& workflow, const PlanRecord& record) {
  const std::string text = record.definition.value("lock", "");
  return substitute(text, lookup_of(identity_of(workflow, record), record.parameters),
                    Quoting::Plain)
      .value_or(text);
}

tl::expected<Plan, std::string> compile(const ObjectMeta& workflow, const PlanRecord& record) {
  auto definition = read_definition(record.definition);
  if (!definition) return tl::unexpected(problems_text(definition.error(), limits::kMessage));
  Plan plan;
  plan.name = plan_name(workflow.name, workflow.uid, record.run);
  plan.run = identity_of(workflow, record);
  plan.is_child = is_child(workflow);
  plan.generation = record.generation;
  plan.definition = record.definition;
  plan.pin = record.pin;
  plan.from = record.from;
  plan.parameters = record.parameters;
  plan.notes = definition->notes;
  plan.timeout = definition->timeout;
  plan.workspace = definition->workspace;
  plan.lock = lock_of(workflow, record);
  plan.monitoring = definition->monitoring;
  Graph(plan).add(*definition);
  note_asks(plan.steps);
  return plan;
}

}  // namespace bootstrap
