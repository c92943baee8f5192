// What a workflow leaves behind goes some time after its end.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/steering.h"
#include "tests/unit/controllers/resume_scenario.h"

namespace bootstrap::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::IsSupersetOf;
using ::testing::StartsWith;

std::string delete_job(const char* phase, const char* step, int attempt = 1) {
  return "delete/job/" + Scenario::job(phase, step, attempt);
}

std::string delete_plan(int run) {
  return "delete/plan/" + plan_name("w", "uid-of-w", run);
}

// At 30 s.
Scenario succeeded() {
  Scenario s;
  s.workflow.steering.job_retention = 10min;
  s.pass(at(0));
  for (const auto& [phase, step] : {std::pair("one", "a"), {"one", "b"}, {"two", "c"}})
    succeed(s, phase, step, 30);
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Succeeded);
  return s;
}

TEST(Retention, JobsAndPlansGoWhenTheirTimeHasCome) {
  Scenario s = succeeded();
  const auto before = s.done.size();
  s.pass(at(600));
  EXPECT_EQ(s.done.size(), before);
  EXPECT_EQ(s.last.wake, at(630));
  s.pass(at(630));
  EXPECT_THAT(s.done, IsSupersetOf({delete_job("one", "a"), delete_job("one", "b"),
                                    delete_job("two", "c"), delete_plan(1)}));
  EXPECT_EQ(s.workflow.status.cleanup, at(630));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded) << "results stay";
  const auto after = s.done.size();
  s.pass(at(640));
  EXPECT_EQ(s.done.size(), after);
  EXPECT_FALSE(s.asked(StoredPlans{}));
  EXPECT_FALSE(s.last.wake);
}

TEST(Retention, IsDoneOnlyWhenAllIsDeleted) {
  Scenario s = succeeded();
  s.refuse[delete_job("one", "b")] = NotKnown{"connection reset"};
  s.pass(at(630));
  EXPECT_FALSE(s.workflow.status.cleanup);
  EXPECT_EQ(s.last.retry, "connection reset");
  s.refuse.clear();
  s.pass(at(635));
  EXPECT_EQ(s.workflow.status.cleanup, at(635));
}

// Another operator has resumed it; this one does not know yet.
TEST(Retention, LeavesWhatIsNotOnRecordAlone) {
  Scenario s = failed_at_b();
  s.workflow.steering.job_retention = 10min;
  const Status before = s.workflow.status;
  s.workflow.steering.resume.run = 2;
  s.pass(at(600));
  ASSERT_EQ(s.step("one", "b").attempts, 2);
  s.workflow.status = before;
  s.workflow.steering.resume.run = 0;
  s.restart();
  s.pass(at(620));
  EXPECT_EQ(std::ranges::count(s.done, delete_job("one", "b")), 1);
  EXPECT_EQ(std::ranges::count(s.done, delete_job("one", "b", 2)), 0);
  EXPECT_EQ(std::ranges::count(s.done, delete_plan(2)), 0);
}

TEST(Retention, IsChangedWhileItIsWaitedFor) {
  Scenario s = succeeded();
  s.workflow.steering.job_retention = 1h;
  s.pass(at(630));
  EXPECT_FALSE(s.workflow.status.cleanup);
  EXPECT_EQ(s.last.wake, at(3630));
}

TEST(Retention, OfAFailureKeepsThePlanByWhichANewDefinitionIsKnown) {
  Scenario s = failed_at_b();
  s.workflow.steering.job_retention = 10min;
  s.workflow.steering.resume.run = 2;
  s.pass(at(100));
  s.end_pod("one", "b", 3);
  s.pass(at(110));
  ASSERT_EQ(s.workflow.status.state, WorkflowState::Failed);
  s.pass(at(710));
  EXPECT_THAT(s.done,
              IsSupersetOf({delete_plan(1), delete_job("one", "b"), delete_job("one", "b", 2)}));
  EXPECT_EQ(std::ranges::count(s.done, delete_plan(2)), 0);
  EXPECT_TRUE(s.workflow.status.cleanup);
  // It goes on all the same.
  s.workflow.steering.resume.run = 3;
  s.pass(at(800));
  EXPECT_EQ(s.workflow.status.run, 3);
  EXPECT_FALSE(s.workflow.status.cleanup);
  EXPECT_EQ(s.step("one", "b").attempts, 3) << "names stay used";
}

TEST(Retention, OfWhatNeverBeganThereIsNone) {
  Scenario s;
  s.workflow.steering.cancel = true;
  s.pass(at(0));
  ASSERT_EQ(s.workflow.status.state, WorkflowState::Cancelled);
  s.pass(at(1'000'000));
  EXPECT_TRUE(s.done.empty());
}

TEST(Retention, IsALiveField) {
  EXPECT_EQ(read_steering({{"jobRetention", "1h30m"}}).job_retention, 90min);
  EXPECT_EQ(read_steering(nlohmann::json::object()).job_retention, 168h);
  EXPECT_EQ(read_steering({{"jobRetention", "soon"}}).job_retention, 168h);
  EXPECT_FALSE(pinned_part({{"jobRetention", "1h"}}).contains("jobRetention"));
}

}  // namespace
}  // namespace bootstrap::testing
