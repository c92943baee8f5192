// The volume all steps share: made once, before the first Job, or waited for.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controllers/scenario.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kClaim = "claim/" + claim_name("w", "uid-of-w");
const std::string kPlan = "plan/" + plan_name("w", "uid-of-w", 1);

json with_workspace(const json& workspace = {{"size", "1Gi"}}) {
  json spec = three_steps();
  spec["workspace"] = workspace;
  return spec;
}

void exists(Scenario& s, std::optional<ClaimView> claim) {
  s.facts[ClaimOf{"mine"}] = Found<ClaimOf::Answer>(std::move(claim));
}

TEST(DecideWorkspace, ItsClaimIsMadeOnceAndBeforeTheFirstJob) {
  Scenario s(with_workspace());
  s.pass(at(0));
  EXPECT_THAT(s.done, ElementsAre(kPlan, kClaim, "job/" + Scenario::job("one", "a")));
  s.end_container("one", "a", 0);
  s.pass(at(10));
  EXPECT_THAT(s.done, ElementsAre(kPlan, kClaim, "job/" + Scenario::job("one", "a"),
                                  "job/" + Scenario::job("one", "b")));
}

// Whatever was made just before a crash is met again under its name.
TEST(DecideWorkspace, AfterACrashItIsAskedForAgainOnlyWhenNoJobIsThere) {
  Scenario s(with_workspace());
  s.refuse["job/" + Scenario::job("one", "a")] = NotKnown{"gone"};
  s.pass(at(0));
  s.restart();
  s.done.clear();
  s.refuse.clear();
  s.pass(at(1));
  EXPECT_THAT(s.done, ElementsAre(kClaim, "job/" + Scenario::job("one", "a")));
  s.restart();
  s.done.clear();
  s.pass(at(2));
  EXPECT_THAT(s.done, ElementsAre());
}

TEST(DecideWorkspace, OneClaimForStepsThatStartAtOnce) {
  Scenario s(with_workspace());
  s.on_plan = [](Plan& plan) {
    for (PlanStep& step : plan.steps) step.after.clear();
  };
  s.pass(at(0));
  EXPECT_EQ(std::ranges::count(s.done, kClaim), 1);
  EXPECT_EQ(s.created().size(), 3U);
}

TEST(DecideWorkspace, AClaimThatIsRefusedKeepsEverythingFromStarting) {
  struct Row {
    Outcome outcome;
    StepState state;
    const char* reason;
    const char* says;
  };
  for (const Row& row :
       {Row{Refused{"Forbidden", "exceeded quota", true}, StepState::Pending, "LaunchRefused",
            "the claim of its workspace: exceeded quota"},
        Row{Refused{"Invalid", "size", false}, StepState::Failed, "ClaimInvalid", "size"},
        Row{NameTaken{"nobody"}, StepState::Failed, "NameTaken", "belongs to nobody"},
        Row{NotKnown{"no answer"}, StepState::Pending, "", ""}}) {
    Scenario s(with_workspace());
    s.refuse[kClaim] = row.outcome;
    s.pass(at(0));
    EXPECT_EQ(s.step("one", "a").state, row.state) << row.reason;
    EXPECT_EQ(s.step("one", "a").reason, row.reason);
    EXPECT_THAT(s.step("one", "a").message, HasSubstr(row.says));
    EXPECT_EQ(s.last.retry, std::holds_alternative<NotKnown>(row.outcome) ? "no answer" : "");
    EXPECT_THAT(s.created(), ElementsAre());
  }
}

TEST(DecideWorkspace, AClaimOfSomebodyElseIsWaitedFor) {
  Scenario s(with_workspace({{"claimName", "mine"}}));
  exists(s, std::nullopt);
  const Status& status = s.pass(at(0));
  EXPECT_EQ(status.state, WorkflowState::Pending);
  EXPECT_EQ(s.step("one", "a").reason, "ClaimNotFound");
  EXPECT_EQ(s.step("one", "a").message,
            "PersistentVolumeClaim mine does not exist in namespace ns");
  EXPECT_EQ(s.last.wake, at(5));
  ClaimView going;
  going.meta.deletion = at(0);
  exists(s, going);
  s.pass(at(5));
  EXPECT_THAT(s.step("one", "a").message, HasSubstr("is being deleted"));
  exists(s, ClaimView{});
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
  EXPECT_THAT(s.done, ElementsAre(kPlan, "job/" + Scenario::job("one", "a")));
}

TEST(DecideWorkspace, WhetherAClaimExistsMayNotBeKnown) {
  Scenario s(with_workspace({{"claimName", "mine"}}));
  s.facts[ClaimOf{"mine"}] = Found<ClaimOf::Answer>(tl::unexpected(Unavailable{"no answer"}));
  s.pass(at(0));
  EXPECT_EQ(s.last.retry, "no answer");
  EXPECT_THAT(s.created(), ElementsAre());
}

}  // namespace
}  // namespace bootstrap::testing
