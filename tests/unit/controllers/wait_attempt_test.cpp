#include "controllers/wait_attempt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/resource_query_spec.h"
#include "tests/unit/controllers/scenario.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::at;
using ::testing::HasSubstr;

const ResourceQuery kQuery{{"v1", "Node", "n", {}, ResourceRef::Match::All},
                           ConditionTest{"Ready"}};

// A wait of 10 minutes that began at 0.
class WaitAttempt : public ::testing::Test {
 protected:
  WaitAttempt() {
    step_.definition.timeout = 10min;
    record_.state = StepState::Running;
    record_.attempts = 1;
    record_.start = at(0);
    may(true);
  }

  void find(const ResourceFinding& finding) {
    facts_.insert_or_assign(ResourceState{kQuery}, Found<ResourceFinding>(finding));
  }
  void find_value(const char* value) {
    find(finding_of(kQuery, {{"n", {std::string(value) == "True", value, {}}}}));
  }
  void may(bool yes, const char* account = "default") {
    facts_.insert_or_assign(MayRead{account, "v1", "Node", "n"}, Found<bool>(yes));
  }
  AttemptView view(TimePoint now, std::optional<TimePoint> written = {}) {
    Inquiry ask(facts_);
    return wait_attempt(step_, kQuery, record_, written, ask, now);
  }
  // What the step machine would make of it.
  void take(const AttemptView& view) {
    record_.reason = view.reason;
    record_.message = view.message;
  }

  PlanStep step_;
  StepRecord record_;
  Facts facts_;
};

TEST_F(WaitAttempt, RunsUntilTheTestHolds) {
  find_value("False");
  const AttemptView waits = view(at(1));
  EXPECT_EQ(waits.live, Liveness::Running);
  EXPECT_EQ(waits.reason, "WaitingForResource");
  EXPECT_EQ(waits.message, "waits for Node n: condition Ready is \"False\"");
  EXPECT_EQ(waits.look_again, at(1) + 5min) << "rights are asked for again";
  find_value("True");
  const AttemptView over = view(at(2));
  EXPECT_EQ(over.live, Liveness::Ended);
  EXPECT_TRUE(over.result->success);
}

TEST_F(WaitAttempt, TimesOutWithWhatIsMissing) {
  find_value("False");
  EXPECT_EQ(view(at(599)).look_again, at(600));
  const AttemptView over = view(at(600));
  ASSERT_EQ(over.live, Liveness::Ended);
  EXPECT_EQ(over.result->reason, "TimedOut");
  EXPECT_EQ(over.result->message,
            "did not come within its timeout of 10m0s: Node n: condition Ready is \"False\"");
}

TEST_F(WaitAttempt, ThatHoldsAfterItsTimeoutHasSucceeded) {
  find_value("True");
  EXPECT_TRUE(view(at(700)).result->success) << "the operator was away meanwhile";
}

TEST_F(WaitAttempt, ATimeoutIsNotBelievedBeforeTheResourceWasRead) {
  EXPECT_EQ(view(at(601)).live, Liveness::Running);
  EXPECT_EQ(view(at(601)).look_again, at(630));
  const AttemptView over = view(at(630));
  ASSERT_EQ(over.live, Liveness::Ended);
  EXPECT_EQ(over.result->reason, "TimedOut");
}

TEST_F(WaitAttempt, KeepsItsMessageWhileNothingIsKnown) {
  EXPECT_EQ(view(at(1)).message, "waits for Node n");
  find_value("False");
  take(view(at(1)));
  facts_.erase(ResourceState{kQuery});
  EXPECT_EQ(view(at(2)).message, "waits for Node n: condition Ready is \"False\"");
  facts_.insert_or_assign(ResourceState{kQuery},
                          Found<ResourceFinding>(tl::unexpected(Unavailable{"down"})));
  EXPECT_EQ(view(at(2)).message, "waits for Node n: condition Ready is \"False\"");
  EXPECT_EQ(view(at(2)).look_again, at(7));
}

TEST_F(WaitAttempt, ShowsNothingThatItsAccountMayNotRead) {
  may(false);
  find_value("True");
  const AttemptView waits = view(at(1));
  EXPECT_EQ(waits.live, Liveness::Running);
  EXPECT_EQ(waits.reason, "ServiceAccountMayNotRead");
  EXPECT_EQ(waits.message,
            "ServiceAccount default may not get Node n (v1); bind it to a Role or ClusterRole that "
            "allows it");
  EXPECT_EQ(waits.look_again, at(5));
  EXPECT_EQ(view(at(100)).look_again, at(130));
  EXPECT_THAT(view(at(600)).result->message, HasSubstr("may not get Node n"));
}

TEST_F(WaitAttempt, AsksForTheAccountOfTheStep) {
  step_.definition.tools.service_account = "bootstrap";
  may(false, "bootstrap");
  find_value("True");
  EXPECT_THAT(view(at(1)).message, HasSubstr("ServiceAccount bootstrap may not"));
}

TEST_F(WaitAttempt, OfAKindThatDoesNotExistNeedsNoRight) {
  may(false);
  find(finding_without_kind(kQuery));
  EXPECT_EQ(view(at(1)).reason, "WaitingForResource");
  EXPECT_EQ(view(at(1)).message, "waits for Node n: there is no kind Node in v1 yet");
  EXPECT_EQ(view(at(1)).look_again, at(5));
}

TEST_F(WaitAttempt, SaysWhenTheOperatorMayNotOrCannot) {
  ResourceFinding finding;
  finding.reading = ResourceFinding::Reading::Forbidden;
  finding.permission = "nodes";
  find(finding);
  EXPECT_EQ(view(at(1)).reason, "OperatorMayNotRead");
  EXPECT_EQ(view(at(1)).look_again, at(5));
  finding.reading = ResourceFinding::Reading::WatchLimit;
  find(finding);
  EXPECT_EQ(view(at(1)).reason, "WatchLimit");
}

TEST_F(WaitAttempt, EndsAtOnceWhenNothingWouldTellOfAChange) {
  ResourceFinding finding;
  finding.reading = ResourceFinding::Reading::Unwatchable;
  find(finding);
  const AttemptView ended = view(at(1));
  ASSERT_TRUE(ended.result.has_value());
  EXPECT_FALSE(ended.result->success);
  EXPECT_EQ(ended.result->reason, "ResourceCannotBeWatched");
  EXPECT_EQ(ended.result->message,
            "Node n: Node of v1 cannot be watched, only read, so nothing tells when it changes; "
            "let a step with a command wait for it");
}

TEST_F(WaitAttempt, WritesANewValueNotBeforeTheLastOneIsTenSecondsOld) {
  find_value("False");
  take(view(at(1)));
  find_value("Unknown");
  const AttemptView kept = view(at(5), at(1));
  EXPECT_EQ(kept.message, "waits for Node n: condition Ready is \"False\"");
  EXPECT_EQ(kept.look_again, at(11));
  EXPECT_EQ(view(at(11), at(1)).message, "waits for Node n: condition Ready is \"Unknown\"");
  // Later a tenth of the time waited so far.
  EXPECT_EQ(view(at(300), at(280)).message, "waits for Node n: condition Ready is \"False\"");
  EXPECT_EQ(view(at(312), at(280)).message, "waits for Node n: condition Ready is \"Unknown\"");
}

TEST_F(WaitAttempt, AnotherReasonIsToldAtOnce) {
  find_value("False");
  take(view(at(1)));
  may(false);
  EXPECT_EQ(view(at(2), at(1)).reason, "ServiceAccountMayNotRead");
}

TEST_F(WaitAttempt, ThatIsStoppedHasEndedAtOnce) {
  record_.state = StepState::Ending;
  record_.reason = "TimedOut";
  record_.message = "the phase has timed out";
  find_value("True");
  const AttemptView over = view(at(1));
  ASSERT_EQ(over.live, Liveness::Ended);
  EXPECT_FALSE(over.result->success);
  EXPECT_EQ(over.result->reason, "TimedOut");
}

// --- in a workflow ---

json chain() {
  json spec = testing::three_steps();
  spec["phases"][0]["steps"][1] = json::parse(R"json({"name": "b", "waitFor": {
    "resource": {"apiVersion": "v1", "kind": "Node", "name": "$(workflow.name)"},
    "condition": {"type": "Ready"}}})json");
  return spec;
}

const ResourceQuery kOfChain{{"v1", "Node", "w", {}, ResourceRef::Match::All},
                             ConditionTest{"Ready"}};

void answer(testing::Scenario& s, bool holds) {
  s.facts.insert_or_assign(MayRead{"default", "v1", "Node", "w"}, Found<bool>(true));
  s.facts.insert_or_assign(
      ResourceState{kOfChain},
      Found<ResourceFinding>(finding_of(kOfChain, {{"w", {holds, holds ? "True" : "False", {}}}})));
}

TEST(WaitStep, IsPassedWithoutAJobAndTheNextStepStartsWhenThatIsOnRecord) {
  testing::Scenario s(chain());
  answer(s, true);
  s.pass(at(0));
  s.end_container("one", "a", 0);
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "b").state, StepState::Succeeded);
  EXPECT_EQ(s.step("one", "b").job, "");
  EXPECT_EQ(s.step("one", "b").attempts, 1);
  EXPECT_EQ(s.created().size(), 1U) << "nothing else tells of it";
  s.pass(at(11));
  EXPECT_EQ(s.step("two", "c").state, StepState::Running);
  EXPECT_EQ(s.created().size(), 2U);
}

TEST(WaitStep, SaysWhatItWaitsForWithoutAWarning) {
  testing::Scenario s(chain());
  answer(s, false);
  s.pass(at(0));
  s.end_container("one", "a", 0);
  s.pass(at(10));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running);
  EXPECT_EQ(s.workflow.status.reason, "WaitingForResource");
  EXPECT_EQ(s.workflow.status.message, "one/b waits for Node w: condition Ready is \"False\"");
  for (const Transition& t : s.last.transitions) EXPECT_FALSE(t.warning) << t.message;
  answer(s, true);
  s.pass(at(20));
  EXPECT_EQ(s.step("one", "b").state, StepState::Succeeded);
  EXPECT_EQ(s.step("one", "b").message, "");
  s.pass(at(21));
  EXPECT_EQ(s.step("two", "c").state, StepState::Running);
}

TEST(WaitStep, ThatTimesOutFailsTheWorkflow) {
  json spec = chain();
  spec["phases"][0]["steps"][1]["timeout"] = "1m";
  testing::Scenario s(spec);
  s.times[{"two", "c"}] = std::chrono::hours(1);  // so that no estimate passes before
  answer(s, false);
  s.pass(at(0));
  s.end_container("one", "a", 0);
  s.pass(at(10));
  EXPECT_EQ(s.last.wake, at(70));
  s.pass(at(70));
  EXPECT_EQ(s.step("one", "b").state, StepState::Failed);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
  EXPECT_THAT(s.workflow.status.message, HasSubstr("one/b failed (TimedOut): did not come within"));
}

}  // namespace
}  // namespace bootstrap
