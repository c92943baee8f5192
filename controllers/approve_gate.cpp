#include "controllers/approve_gate.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "controllers/texts.h"

namespace bootstrap {
namespace {

using json = nlohmann::ordered_json;

constexpr const char* kApprovedBy = "approvedBy";
constexpr std::size_t kLongestNames = 512;  // bytes; an output may have 1 KiB
constexpr const char* kUnverified = "identities are not verified";

bool may_decide(const ApproveWork& approve, const std::string& who) {
  return approve.approvers.empty() ||
         std::ranges::find(approve.approvers, who) != approve.approvers.end();
}

// Of this step and run, by those who may, by name.
std::vector<const Approval*> counted(const Plan& plan, const PlanStep& step,
                                     const ApproveWork& approve, const std::vector<Approval>& all) {
  std::vector<const Approval*> own;
  for (const Approval& one : all)
    if (one.step == to_text(step.ref) && one.run == plan.run.run && may_decide(approve, one.by))
      own.push_back(&one);
  std::ranges::sort(own, {}, &Approval::by);
  return own;
}

// Adding to a list needs one that is there.
std::string command(const Plan& plan, const PlanStep& step, bool has_list) {
  const json entry{
      {"step", to_text(step.ref)}, {"run", plan.run.run}, {"by", "<you>"}, {"decision", "Approve"}};
  json patch;
  if (has_list)
    patch.push_back({{"op", "add"}, {"path", "/spec/approvals/-"}, {"value", entry}});
  else
    patch["spec"]["approvals"].push_back(entry);
  return fmt::format("kubectl patch bwf {} -n {} --type {} -p '{}'", plan.run.name, plan.run.ns,
                     has_list ? "json" : "merge", patch.dump());
}

std::string missing_text(const ApproveWork& approve, const std::vector<std::string>& given) {
  std::string text = "approval";
  if (!approve.approvers.empty())
    text += fmt::format(" by {}", fmt::join(approve.approvers, " or "));
  if (approve.count > 1) text += fmt::format(", {} of {}", given.size(), approve.count);
  if (!given.empty()) text += fmt::format(" (approved by {})", fmt::join(given, ", "));
  return text;
}

std::string rejection_text(const Approval& rejected, bool is_verified) {
  return fmt::format("rejected by {}{}{}", rejected.by, is_verified ? "" : " (not verified)",
                     rejected.comment.empty() ? "" : ": " + rejected.comment);
}

}  // namespace

GateFinding approve_gate(const Plan& plan, const PlanStep& step, const ApproveWork& approve,
                         const std::string& message, const std::vector<Approval>& all,
                         bool is_verified) {
  GateFinding found;
  std::vector<std::string> given;
  for (const Approval* one : counted(plan, step, approve, all)) {
    if (!one->approves) {
      found.rejected = rejection_text(*one, is_verified);
      return found;
    }
    given.push_back(one->by);
  }
  if (given.size() >= static_cast<std::size_t>(approve.count)) {
    found.open = true;
    found.given.emplace(kApprovedBy, cut(fmt::format("{}", fmt::join(given, ",")), kLongestNames));
    if (!is_verified) found.reason = reasons::kIdentityUnverified;
    return found;
  }
  found.reason = reasons::kWaitingForApproval;
  found.missing = missing_text(approve, given);
  std::string end = is_verified ? "" : fmt::format("; {}", kUnverified);
  end += ". Approve with: " + command(plan, step, !all.empty());
  const std::string what = message.empty() ? "" : ": " + message;
  found.message =
      with_end("waits for " + found.missing + what, end, longest_gate_message(step.ref));
  return found;
}

}  // namespace bootstrap
