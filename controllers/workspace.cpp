#include "controllers/workspace.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "controllers/object_names.h"

namespace bootstrap {

using nlohmann::json;

namespace {

// As the CRD's pattern: digits that are not all 0, perhaps a fraction, a suffix or none.
bool is_size(std::string_view text) {
  constexpr std::array<std::string_view, 13> kUnits{"Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "k",
                                                    "M",  "G",  "T",  "P",  "E",  ""};
  const auto end = text.find_first_not_of("0123456789.");
  const std::string_view number = text.substr(0, end);
  const std::string_view unit = end == std::string_view::npos ? "" : text.substr(end);
  return !number.empty() && number.front() != '.' && number.back() != '.' &&
         std::ranges::count(number, '.') <= 1 &&
         number.substr(0, number.find('.')).find_first_of("123456789") != std::string_view::npos &&
         std::ranges::find(kUnits, unit) != kUnits.end();
}

}  // namespace

Problems workspace_problems(const Workspace& workspace) {
  if (workspace.claim.empty() == workspace.size.empty())
    return {
        {"workspace", "needs exactly one of size (a new claim) and claimName (one that exists)"}};
  Problems problems;
  if (!workspace.size.empty() && !is_size(workspace.size))
    problems.push_back({"workspace.size",
                        fmt::format("\"{}\" is not a size such as 500Mi or 1Gi", workspace.size)});
  if (workspace.access_mode != "ReadWriteOnce" && workspace.access_mode != "ReadWriteMany")
    problems.push_back({"workspace.accessMode",
                        fmt::format("\"{}\" is not allowed; allowed: ReadWriteOnce, ReadWriteMany",
                                    workspace.access_mode)});
  if (!workspace.claim.empty() && workspace.storage_class)
    problems.push_back(
        {"workspace.storageClassName", "is of a new claim; claimName names one that exists"});
  if (const auto& name = workspace.storage_class; name && !name->empty())
    if (std::string problem = name_problem("StorageClass", *name); !problem.empty())
      problems.push_back({"workspace.storageClassName", std::move(problem)});
  return problems;
}

std::string workspace_claim(const Plan& plan, const ObjectMeta& workflow) {
  if (plan.workspace->claim.empty()) return claim_name(workflow.name, workflow.uid);
  return substitute(plan.workspace->claim, lookup_of(plan.run, plan.parameters), Quoting::Plain)
      .value_or(plan.workspace->claim);
}

json build_claim(const ObjectMeta& workflow, const Workspace& workspace) {
  json spec{{"accessModes", json::array({workspace.access_mode})},
            {"resources", {{"requests", {{"storage", workspace.size}}}}}};
  if (workspace.storage_class) spec["storageClassName"] = *workspace.storage_class;
  return {{"apiVersion", "v1"},
          {"kind", "PersistentVolumeClaim"},
          {"metadata",
           {{"name", claim_name(workflow.name, workflow.uid)},
            {"namespace", workflow.ns},
            {"labels",
             {{labels::kManagedBy, labels::kManagedByValue},
              {labels::kWorkflow, workflow.name},
              {labels::kWorkflowUid, workflow.uid}}},
            {"ownerReferences", json::array({owner_reference(workflow)})}}},
          {"spec", std::move(spec)}};
}

}  // namespace bootstrap
