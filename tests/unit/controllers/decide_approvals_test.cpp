// The gate `approve`: whose word counts, for which run, and what status says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/approve_spec.h"
#include "controllers/decide.h"
#include "controllers/validation.h"
#include "tests/unit/controllers/scenario.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// one/a waits for approval, one/b and two/c come after it.
json with_gate(const json& approve = json::object()) {
  json spec = three_steps();
  spec["phases"][0]["steps"][0] = {{"name", "a"}, {"approve", approve}};
  return spec;
}

Scenario waiting(const json& approve = json::object()) {
  Scenario s(with_gate(approve));
  s.pass(at(0));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Waiting);
  return s;
}

Approval by(const char* who, bool approves = true) {
  return {"one/a", 1, approves, who, ""};
}

StepState after(Scenario& s, std::vector<Approval> approvals) {
  s.workflow.approvals = std::move(approvals);
  s.pass(at(10));
  return s.step("one", "a").state;
}

TEST(Approve, WaitsAndSaysWhomForAndHow) {
  Scenario s = waiting(
      {{"message", "delete $(workflow.name)?"}, {"approvers", {"alice", "bob"}}, {"count", 2}});
  EXPECT_EQ(s.workflow.status.reason, "WaitingForApproval");
  EXPECT_EQ(s.workflow.status.message,
            "one/a waits for approval by alice or bob, 0 of 2: delete w?; identities are not "
            "verified. Approve with: kubectl patch bwf w -n ns --type merge -p "
            "'{\"spec\":{\"approvals\":[{\"step\":\"one/a\",\"run\":1,\"by\":\"<you>\","
            "\"decision\":\"Approve\"}]}}'");
  EXPECT_EQ(after(s, {by("bob")}), StepState::Waiting);
  EXPECT_THAT(s.workflow.status.message,
              HasSubstr("waits for approval by alice or bob, 1 of 2 (approved by bob)"));
  EXPECT_THAT(s.workflow.status.message, HasSubstr("--type json -p '[{\"op\":\"add\",\"path\":"
                                                   "\"/spec/approvals/-\""))
      << "there is a list now";
  EXPECT_THAT(s.created(), IsEmpty());
}

TEST(Approve, CountsThoseWhoMayAndEachOnce) {
  struct Case {
    json approve;
    std::vector<Approval> given;
    StepState state;
  };
  Approval other_step = by("alice"), other_run = by("alice");
  other_step.step = "one/b";
  other_run.run = 2;
  const std::vector<Case> cases{
      {json::object(), {}, StepState::Waiting},
      {json::object(), {by("anybody")}, StepState::Succeeded},
      {json::object(), {other_step}, StepState::Waiting},
      {json::object(), {other_run}, StepState::Waiting},
      {{{"approvers", {"alice"}}}, {by("bob")}, StepState::Waiting},
      {{{"approvers", {"alice"}}}, {by("alice")}, StepState::Succeeded},
      {{{"approvers", {"alice"}}}, {by("bob", false)}, StepState::Waiting},
      {{{"count", 2}}, {by("alice")}, StepState::Waiting},
      {{{"count", 2}}, {by("alice"), by("bob")}, StepState::Succeeded},
      {{{"count", 1}}, {by("alice"), by("bob", false)}, StepState::Failed},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    Scenario s = waiting(cases[i].approve);
    EXPECT_EQ(after(s, cases[i].given), cases[i].state) << i;
  }
}

TEST(Approve, OpensTheWayAndKeepsWhoHasApproved) {
  Scenario s = waiting({{"count", 2}});
  EXPECT_EQ(after(s, {by("bob"), by("alice")}), StepState::Succeeded);
  EXPECT_EQ(s.step("one", "a").outputs, (Outputs{{"approvedBy", "alice,bob"}}));
  EXPECT_EQ(s.step("one", "a").reason, "IdentityUnverified");
  EXPECT_EQ(s.step("one", "b").state, StepState::Pending) << "it is on record first";
  s.workflow.approvals.clear();
  s.pass(at(11));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded) << "it is final";
  EXPECT_EQ(s.step("one", "b").state, StepState::Running);
}

TEST(Approve, MayBeTakenBackUntilItOpens) {
  Scenario s = waiting({{"count", 2}});
  EXPECT_EQ(after(s, {by("alice")}), StepState::Waiting);
  EXPECT_EQ(after(s, {}), StepState::Waiting);
  EXPECT_EQ(after(s, {by("bob")}), StepState::Waiting);
}

TEST(Approve, ARejectionEndsTheStepAndIsItsReason) {
  Scenario s = waiting();
  Approval no = by("bob", false);
  no.comment = "not today";
  EXPECT_EQ(after(s, {no}), StepState::Failed);
  EXPECT_EQ(s.step("one", "a").reason, "Rejected");
  EXPECT_EQ(s.step("one", "a").message, "rejected by bob (not verified): not today");
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
}

TEST(Approve, ItsTimeoutSaysWhatWasMissing) {
  json spec = with_gate({{"approvers", {"alice"}}});
  spec["phases"][0]["steps"][0]["timeout"] = "1m";
  Scenario s(spec);
  s.pass(at(0));
  s.pass(at(60));
  EXPECT_EQ(s.step("one", "a").reason, "TimedOut");
  EXPECT_EQ(s.step("one", "a").message, "within its timeout of 1m0s nobody gave approval by alice");
}

TEST(Approve, AnApprovalIsOfItsRun) {
  Scenario s = waiting();
  EXPECT_EQ(after(s, {by("alice")}), StepState::Succeeded);
  s.pass(at(11));
  s.end_pod("one", "b", 3);
  s.pass(at(20));
  s.answer_pods("one", "b");
  s.workflow.steering.resume = {2, "one/a"};
  s.pass(at(30));
  EXPECT_EQ(s.workflow.status.run, 2);
  EXPECT_EQ(s.step("one", "a").state, StepState::Waiting) << "that of the first run is spent";
  Approval again = by("alice");
  again.run = 2;
  EXPECT_EQ(after(s, {by("alice"), again}), StepState::Succeeded);
}

TEST(Approvals, AreReadFromASpecAsFarAsTheyAreSome) {
  const auto read = read_approvals(json::parse(R"({"approvals": [
      {"step": "a/b", "run": 3, "decision": "Approve", "by": "alice", "comment": "fine"},
      {"step": "a/b", "run": 3, "decision": "Reject", "by": "bob"},
      {"step": "a/b", "run": "3", "decision": "Approve", "by": "carol"},
      {"step": "a/b", "run": 3, "decision": "Perhaps", "by": "dave"}, "x"]})"));
  EXPECT_EQ(read, (std::vector<Approval>{{"a/b", 3, true, "alice", "fine"},
                                         {"a/b", 3, false, "bob", ""}}));
  EXPECT_THAT(read_approvals(json::parse(R"({"approvals": "x"})")), IsEmpty());
  EXPECT_THAT(read_approvals(json()), IsEmpty());
}

TEST(Approvals, WhatIsWrongWithAGate) {
  const auto problems = [](const json& approve, const json& beside = json::object()) {
    json spec = with_gate(approve);
    spec["phases"][0]["steps"][0].update(beside);
    const auto definition = read_definition(spec);
    return definition ? validate(*definition) : definition.error();
  };
  const std::string at = "phases[one].steps[a].";
  EXPECT_THAT(problems({{"approvers", {"a", "b"}}, {"count", 2}}), IsEmpty());
  EXPECT_EQ(problems({{"approvers", {"a"}}, {"count", 2}}),
            (Problems{{at + "approve.count", "is 2, but there are only 1 approvers"}}));
  EXPECT_EQ(problems({{"approvers", {"a", "a"}}}),
            (Problems{{at + "approve.approvers", "names somebody twice"}}));
  EXPECT_EQ(problems({{"approvers", {""}}}),
            (Problems{{at + "approve.approvers", "has an empty name"}}));
  EXPECT_EQ(problems(json::object(), {{"retry", {{"attempts", 2}}}}),
            (Problems{{at + "retry", "has no meaning beside approve"}}));
  EXPECT_THAT(problems({{"message", "$(params.none)"}}), Not(IsEmpty()));
}

}  // namespace
}  // namespace bootstrap::testing
