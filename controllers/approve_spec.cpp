#include "controllers/approve_spec.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "controllers/json_fields.h"
#include "controllers/limits.h"
#include "controllers/spec_reader.h"

namespace bootstrap {

using nlohmann::json;

ApproveWork read_approve(SpecReader& in, const json& step, const std::string& step_at) {
  for (const char* key : {"args", "stdin", "startTimeout", "retry", "tools"})
    if (SpecReader::has(step, key)) in.problem(step_at + key, "has no meaning beside approve");
  const json& object = in.object(step, "approve", step_at);
  const std::string at = step_at + "approve.";
  ApproveWork approve;
  approve.message = in.text(object, "message", at);
  approve.approvers = in.texts(object, "approvers", at);
  approve.count = in.number(object, "count", at, 1, 1, limits::kApprovers);
  return approve;
}

Problems approve_problems(const ApproveWork& approve, const std::string& step_at) {
  const std::string at = step_at + ".approve.";
  const auto& approvers = approve.approvers;
  Problems problems;
  if (approvers.size() > static_cast<std::size_t>(limits::kApprovers))
    problems.push_back({at + "approvers", fmt::format("has {} names; at most {}", approvers.size(),
                                                      limits::kApprovers)});
  const std::set<std::string> names(approvers.begin(), approvers.end());
  if (names.size() < approvers.size())
    problems.push_back({at + "approvers", "names somebody twice"});
  if (names.contains("")) problems.push_back({at + "approvers", "has an empty name"});
  if (!names.empty() && static_cast<std::size_t>(approve.count) > names.size())
    problems.push_back({at + "count", fmt::format("is {}, but there are only {} approvers",
                                                  approve.count, names.size())});
  return problems;
}

std::vector<Approval> read_approvals(const json& spec) {
  std::vector<Approval> approvals;
  const auto list = spec.is_object() ? spec.find("approvals") : spec.end();
  if (list == spec.end() || !list->is_array()) return approvals;
  for (const json& entry : *list) {
    if (!entry.is_object()) continue;
    const auto run = entry.find("run");
    const std::string decision = text_field(entry, "decision");
    if (run == entry.end() || !run->is_number_integer() ||
        (decision != "Approve" && decision != "Reject"))
      continue;
    approvals.push_back({text_field(entry, "step"), run->get<std::int64_t>(), decision == "Approve",
                         text_field(entry, "by"), text_field(entry, "comment")});
  }
  return approvals;
}

}  // namespace bootstrap
