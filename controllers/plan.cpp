#include "controllers/plan.h"

#include "controllers/limits.h"
#include "controllers/validation.h"

namespace bootstrap {
using nlohmann::json;

// Phases run as listed, and the steps of a phase one after the other: each step comes after all of
// the step or phase before it.
std::vector<PlanStep> flatten(const Definition& definition) {
  std::vector<PlanStep> steps;
  for (const PhaseDefinition& phase : definition.phases) {
    for (const StepDefinition& step : phase.steps) {
      PlanStep planned{{phase.name, step.name}, step, {}};
      if (!steps.empty()) planned.after.push_back(steps.size() - 1);
      steps.push_back(std::move(planned));
    }
  }
  return steps;
}

std::vector<std::set<StepIndex>> steps_before(const std::vector<PlanStep>& steps) {
  std::vector<std::set<StepIndex>> before(steps.size());
  for (StepIndex i = 0; i < steps.size(); ++i)
    for (const StepIndex direct : steps[i].after) {
      before[i].insert(direct);
      before[i].insert(before[direct].begin(), before[direct].end());
    }
  return before;
}

json pinned_part(const json& spec) {
  return spec;
}

json owner_reference(const ObjectMeta& workflow) {
  return {{"apiVersion", kApiVersion}, {"kind", kWorkflowKind}, {"name", workflow.name},
          {"uid", workflow.uid},       {"controller", true},    {"blockOwnerDeletion", true}};
}

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
          {"data",
           {{"run", record.run},
            {"startTime", to_rfc3339(record.start)},
            {"generation", record.generation},
            {"definition", record.definition},
            {"parameters", record.parameters}}}};
}

tl::expected<PlanRecord, std::string> read_revision(const json& revision) {
  try {
    const json& data = revision.at("data");
    const auto start = from_rfc3339(data.at("startTime").get_ref<const std::string&>());
    if (!start) return tl::unexpected(std::string("data.startTime is not a time"));
    return PlanRecord{data.at("run").get<int>(), *start, data.at("generation").get<std::int64_t>(),
                      data.at("definition"), data.at("parameters").get<ParameterValues>()};
  } catch (const json::exception& e) {
    return tl::unexpected(std::string(e.what()));
  }
}

tl::expected<Plan, std::string> compile(const ObjectMeta& workflow, const PlanRecord& record) {
  auto definition = read_definition(record.definition);
  if (!definition) return tl::unexpected(problems_text(definition.error(), limits::kMessage));
  Plan plan;
  plan.name = plan_name(workflow.name, workflow.uid, record.run);
  plan.run = {workflow.ns, workflow.name, workflow.uid, record.run, record.start};
  plan.generation = record.generation;
  plan.definition = record.definition;
  plan.parameters = record.parameters;
  plan.notes = definition->notes;
  plan.workspace = definition->workspace;
  plan.steps = flatten(*definition);
  return plan;
}

}  // namespace bootstrap
