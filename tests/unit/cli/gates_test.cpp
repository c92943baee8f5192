#include "cli/gates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/cli/seen.h"

namespace bootstrap::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using testing::seen;

constexpr const char* kWaiting = R"({"state": "Waiting", "run": 2, "message": "people", "phases": [
  {"name": "p", "state": "Running", "steps": [
    {"name": "done", "state": "Succeeded"},
    {"name": "a", "state": "Waiting", "reason": "WaitingForApproval",
     "message": "waits for approval: go?. Approve with: kubectl patch bwf w -n ns --type merge -p '{}'"},
    {"name": "b", "state": "Waiting", "reason": "WaitingForApproval", "message": "waits for approval"},
    {"name": "ask", "state": "Waiting", "reason": "AnswerRefused", "message": "waits for an answer: size"},
    {"name": "child", "state": "Running", "reason": "ChildWaiting", "child": "kid"}]}]})";

SeenWorkflow waiting(const std::string& spec = "{}") {
  return seen(kWaiting, spec);
}

TEST(FindGate, TakesTheOneThatIsMeant) {
  const SeenWorkflow workflow = waiting();
  EXPECT_EQ(to_text(find_gate(workflow, GateKind::Approval, "p/b")->step), "p/b");
  EXPECT_EQ(to_text(find_gate(workflow, GateKind::Answers, "")->step), "p/ask");
}

TEST(FindGate, NamesThoseThatAreOpen) {
  const SeenWorkflow workflow = waiting();
  const auto message = [&](const char* step, GateKind kind = GateKind::Approval) {
    const auto gate = find_gate(workflow, kind, step);
    EXPECT_FALSE(gate);
    EXPECT_EQ(gate.error().exit, Exit::Problems);
    return gate.error().message;
  };
  const std::string open =
      "\n  p/a waits for approval: go?\n  p/b waits for approval"
      "\n  p/child runs workflow kid, which waits for people: kubectl bootstrap status kid -n ns";
  EXPECT_EQ(message(""), "several steps wait for approval: name one of them:" + open);
  EXPECT_EQ(message("p/done"),
            "p/done does not wait for approval: it is Succeeded; these do:" + open);
  EXPECT_THAT(message("p/dne"),
              HasSubstr("there is no step p/dne; did you mean p/done?; these do:"));
  EXPECT_THAT(message("p/a", GateKind::Answers),
              HasSubstr("p/a does not wait for answers: it is Waiting"));
  const SeenWorkflow running = seen(R"({"state": "Running", "message": "p/x is running"})");
  EXPECT_EQ(find_gate(running, GateKind::Approval, "").error().message,
            "no step waits for approval; it is Running: p/x is running");
  EXPECT_EQ(find_gate(running, GateKind::Approval, "p/x").error().message,
            "there is no step p/x; no step waits for approval");
}

json decided(const std::string& approvals, const Decision& decision,
             const ApproveWork* approve = nullptr) {
  const SeenWorkflow workflow = waiting(R"({"approvals": )" + approvals + "}");
  const auto change =
      decision_change(workflow, *find_gate(workflow, GateKind::Approval, "p/a"), decision, approve);
  EXPECT_TRUE(change) << change.error().message;
  return change->spec;
}

TEST(Decisions, AddToThoseOfOthers) {
  const std::string others = R"([{"step": "p/a", "run": 2, "by": "bob", "decision": "Approve"},
                                 {"step": "p/a", "run": 1, "by": "alice", "decision": "Reject"},
                                 {"step": "p/b", "run": 2, "by": "alice", "decision": "Reject"}])";
  json all = json::parse(others);
  all.push_back({{"step", "p/a"}, {"run", 2}, {"by", "alice"}, {"decision", "Approve"}});
  EXPECT_EQ(decided(others, {true, "alice", ""}), (json{{"approvals", all}}));
  EXPECT_EQ(decided("null", {false, "alice", "no"}), json::parse(R"({"approvals": [
      {"step": "p/a", "run": 2, "by": "alice", "decision": "Reject", "comment": "no"}]})"));
}

TEST(Decisions, TakeThePlaceOfOnesOwn) {
  const std::string mine =
      R"([{"step": "p/a", "run": 2, "by": "alice", "decision": "Approve", "comment": "ok"}])";
  EXPECT_EQ(decided(mine, {true, "alice", ""}), json());
  EXPECT_EQ(decided(mine, {true, "alice", "ok"}), json());
  EXPECT_EQ(decided(mine, {true, "alice", "fine"})["approvals"][0]["comment"], "fine");
  EXPECT_EQ(decided(mine, {false, "alice", ""}), json::parse(R"({"approvals": [
      {"step": "p/a", "run": 2, "by": "alice", "decision": "Reject"}]})"));
}

TEST(Decisions, AreOfThoseWhoMayDecide) {
  const SeenWorkflow workflow = waiting();
  const auto gate = find_gate(workflow, GateKind::Approval, "p/a");
  const ApproveWork approve{"", {"bob", "carol"}, 1};
  EXPECT_EQ(decision_change(workflow, *gate, {true, "alice", ""}, &approve).error().message,
            "p/a is to be decided by bob or carol; you are alice");
  EXPECT_TRUE(decision_change(workflow, *gate, {true, "carol", ""}, &approve));
}

TEST(Answers, AddToThoseThatAreThere) {
  const SeenWorkflow workflow =
      waiting(R"({"answers": [{"name": "size", "value": "huge"}, {"name": "x", "value": "1"}]})");
  const auto gate = find_gate(workflow, GateKind::Answers, "");
  const auto change = answer_change(workflow, *gate, {{"size", "small"}, {"y", "a=b"}}, nullptr);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->spec, json::parse(R"({"answers": [{"name": "size", "value": "small"},
      {"name": "x", "value": "1"}, {"name": "y", "value": "a=b"}]})"));
  EXPECT_EQ(change->message, "p/ask answered: size is small, y is a=b");
  EXPECT_EQ(answer_change(workflow, *gate, {{"x", "1"}}, nullptr)->spec, json());
}

TEST(Answers, AreCheckedAsTheOperatorDoes) {
  AskWork ask;
  ask.parameters.resize(2);
  ask.parameters[0].name = "size";
  ask.parameters[0].allowed = {"small", "large"};
  ask.parameters[1].name = "clusterName";
  ask.parameters[1].pattern = "[a-z]+";
  const SeenWorkflow workflow = waiting();
  const auto gate = find_gate(workflow, GateKind::Answers, "");
  EXPECT_TRUE(answer_change(workflow, *gate, {{"size", "small"}}, &ask));
  EXPECT_EQ(
      answer_change(workflow, *gate, {{"size", "huge"}, {"clustername", "x"}, {"z", "1"}}, &ask)
          .error()
          .message,
      "size must be one of small, large, not \"huge\"; clustername is not asked for; did you "
      "mean clusterName?; z is not asked for; p/ask asks for size, clusterName");
}

TEST(Answers, AreWrittenAsNameAndValue) {
  EXPECT_EQ(*answer_from("a=b=c"), (GivenAnswer{"a", "b=c"}));
  EXPECT_EQ(*answer_from("a="), (GivenAnswer{"a", ""}));
  EXPECT_FALSE(answer_from("a"));
  EXPECT_FALSE(answer_from("=a"));
}

}  // namespace
}  // namespace bootstrap::cli
