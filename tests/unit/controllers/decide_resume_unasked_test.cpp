// Runs that are resumed by a new definition (resumePolicy), and objects that were restored, which
// stand still until they are resumed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/decide.h"
#include "controllers/resume.h"
#include "tests/unit/controllers/resume_scenario.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// --- resumePolicy: OnDefinitionChange ---

TEST(ResumePolicy, ANewDefinitionResumesAFailedRun) {
  Scenario s = failed_at_b();
  s.workflow.steering.resume_policy = ResumePolicy::OnDefinitionChange;
  json spec = three_steps();
  spec["resumePolicy"] = "OnDefinitionChange";
  spec["answers"] = {{{"name", "x"}, {"value", "y"}}};
  change(s, spec);
  s.pass(at(50));
  EXPECT_EQ(s.workflow.status.run, 1) << "live fields are no definition";
  spec["phases"][0]["steps"][1]["command"] = {"mended"};
  change(s, spec);
  s.pass(at(100));
  EXPECT_EQ(s.workflow.status.run, 2);
  s.end_pod("one", "b", 3);
  s.pass(at(110));
  s.pass(at(120));
  EXPECT_EQ(s.workflow.status.run, 2) << "once for each change";
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
}

TEST(ResumePolicy, LeavesOtherStatesAlone) {
  Scenario s;
  s.workflow.steering.resume_policy = ResumePolicy::OnDefinitionChange;
  s.pass(at(0));
  json spec = three_steps();
  spec["phases"][1]["steps"][0]["command"] = {"other"};
  change(s, spec);
  s.pass(at(10));
  EXPECT_EQ(s.workflow.status.run, 1);
  succeed(s, "one", "a", 20);
  succeed(s, "one", "b", 30);
  succeed(s, "two", "c", 40);
  s.pass(at(50));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Succeeded);
  EXPECT_EQ(s.workflow.status.run, 1);
}

// --- restored objects ---

TEST(Restored, StandsStillUntilItIsResumedAndGoesOnFromItsStatus) {
  Scenario s = failed_at_b();
  s.workflow.status.uid = "uid-before-the-restore";
  s.workflow.status.state = WorkflowState::Running;
  find_step(s.workflow.status, {"one", "b"})->state = StepState::Running;
  s.restart();
  const Status& still = s.pass(at(100));
  EXPECT_EQ(still.state, WorkflowState::Suspended);
  EXPECT_EQ(still.reason, "Restored");
  EXPECT_THAT(still.message, HasSubstr("set spec.resume.run to 2"));
  s.workflow.steering.resume.run = 2;
  PodView pod;
  pod.meta.name = "old";
  s.facts[FormerPods{}] = Found<FormerPods::Answer>(FormerPods::Answer{pod});
  s.pass(at(110));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Suspended) << "its former pods may be at work";
  s.facts[FormerPods{}] = Found<FormerPods::Answer>(FormerPods::Answer{});
  s.pass(at(120));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running);
  EXPECT_EQ(s.workflow.status.uid, s.workflow.meta.uid);
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
  EXPECT_EQ(s.step("one", "b").attempts, 2) << "what ran there is no work of this object";
}

TEST(Restored, WithoutItsStatusStandsStillAsWell) {
  for (const int in_backup : {0, 3}) {
    Scenario s;
    s.has_restore_label = true;
    s.workflow.steering.resume.run = in_backup;
    s.pass(at(0));
    EXPECT_EQ(s.workflow.status.state, WorkflowState::Suspended);
    EXPECT_EQ(s.workflow.status.reason, "Restored");
    s.pass(at(10));
    EXPECT_EQ(s.workflow.status.state, WorkflowState::Suspended) << in_backup;
    EXPECT_THAT(s.done, IsEmpty()) << in_backup;
    s.workflow.steering.resume.run = in_backup + 1;
    s.pass(at(20));
    EXPECT_EQ(s.workflow.status.state, WorkflowState::Running) << in_backup;
    EXPECT_EQ(s.workflow.status.run, in_backup + 1);
    EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "a")));
  }
}

}  // namespace
}  // namespace bootstrap::testing
