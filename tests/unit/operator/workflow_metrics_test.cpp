#include "operator/workflow_metrics.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

TimePoint at(int second) {
  return TimePoint(std::chrono::seconds(second));
}

class WorkflowMetricsTest : public ::testing::Test {
 protected:
  std::string scraped() {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, registry_.Collect());
    return out.str();
  }

  static std::shared_ptr<Workflow> workflow(WorkflowState state, int created) {
    auto one = std::make_shared<Workflow>();
    one->meta.creation = at(created);
    one->status.state = state;
    return one;
  }

  prometheus::Registry registry_;
  WorkflowMetrics metrics_{registry_};
};

TEST_F(WorkflowMetricsTest, AreThereBeforeAnythingHappens) {
  const std::string text = scraped();
  for (const char* line :
       {"bootstrap_operator_workflows{state=\"New\"} 0",
        "bootstrap_operator_workflows{state=\"Invalid\"} 0",
        "bootstrap_operator_workflow_oldest_seconds{state=\"Waiting\"} 0",
        "bootstrap_operator_workflows_overdue 0", "bootstrap_operator_workflows_blocked 0",
        "bootstrap_operator_workflows_finished_total{outcome=\"Failed\"} 0",
        "bootstrap_operator_steps_finished_total{outcome=\"Skipped\"} 0",
        "bootstrap_operator_step_attempts_total{outcome=\"Succeeded\"} 0",
        "bootstrap_operator_handoff_seconds_count 0"})
    EXPECT_THAT(text, HasSubstr(std::string(line) + "\n"));
  EXPECT_THAT(text, Not(HasSubstr("oldest_seconds{state=\"Failed\"}")));
}

TEST_F(WorkflowMetricsTest, CountWhatThereIs) {
  auto running = workflow(WorkflowState::Running, 0);
  running->status.start = at(40);
  running->status.progress.emplace().overdue = "p/a";
  auto younger = workflow(WorkflowState::Running, 0);
  younger->status.start = at(60);
  auto waiting = workflow(WorkflowState::Waiting, 0);
  waiting->status.start = at(10);
  waiting->status.paused_since = at(70);
  metrics_.count({running, younger, waiting, workflow(WorkflowState::Pending, 95),
                  std::make_shared<Workflow>(), workflow(WorkflowState::Succeeded, 0)},
                 at(100));
  const std::string text = scraped();
  for (const char* line : {"workflows{state=\"Running\"} 2", "workflows{state=\"New\"} 1",
                           "workflows{state=\"Succeeded\"} 1", "workflows{state=\"Failed\"} 0",
                           "workflow_oldest_seconds{state=\"Running\"} 60",
                           "workflow_oldest_seconds{state=\"Waiting\"} 30",
                           "workflow_oldest_seconds{state=\"Pending\"} 5",
                           "workflow_oldest_seconds{state=\"Suspended\"} 0", "workflows_overdue 1"})
    EXPECT_THAT(text, HasSubstr("bootstrap_operator_" + std::string(line) + "\n"));
  metrics_.count({}, at(200));
  EXPECT_THAT(scraped(), HasSubstr("bootstrap_operator_workflows{state=\"Running\"} 0\n"));
  EXPECT_THAT(scraped(), HasSubstr("bootstrap_operator_workflows_overdue 0\n"));
}

TEST_F(WorkflowMetricsTest, AStateIsAsOldAsItsHistorySays) {
  auto waiting = workflow(WorkflowState::Waiting, 0);
  waiting->status.start = at(10);
  waiting->status.paused_since = at(20);  // it was suspended first
  waiting->status.history = {{at(10), 1, "", "Running", "WorkflowStarted"},
                             {at(20), 1, "", "Suspended", "Suspended"},
                             {at(60), 1, "", "Waiting", "WaitingForApproval"},
                             {at(70), 1, "p/gate", "Waiting", "WaitingForApproval"}};
  auto pending = workflow(WorkflowState::Pending, 0);
  pending->status.history = {{at(30), 0, "", "Suspended", "Suspended"},
                             {at(80), 0, "", "Pending", "TemplateNotFound"},
                             {at(90), 0, "", "Pending", "WaitingForLock"}};
  metrics_.count({waiting, pending}, at(100));
  EXPECT_THAT(scraped(), HasSubstr("workflow_oldest_seconds{state=\"Waiting\"} 40\n"));
  EXPECT_THAT(scraped(), HasSubstr("workflow_oldest_seconds{state=\"Pending\"} 20\n"));
}

TEST_F(WorkflowMetricsTest, OneThatDoesNotGoOnIsBlocked) {
  const auto with_step = [](StepState state, const char* reason) {
    auto one = workflow(WorkflowState::Running, 0);
    StepRecord& step = one->status.phases.emplace_back().steps.emplace_back();
    step.state = state;
    step.reason = reason;
    return one;
  };
  auto retried = with_step(StepState::Backoff, "ToolFailed");
  retried->status.phases[0].steps[0].next_retry = at(9);
  auto failed = with_step(StepState::Starting, "ImagePullFailed");
  failed->status.state = WorkflowState::Failed;
  metrics_.count(
      {with_step(StepState::Running, ""), with_step(StepState::Running, "WaitingForResource"),
       with_step(StepState::Waiting, "WaitingForApproval"),
       with_step(StepState::Failed, "ToolFailed"), retried, failed,
       workflow(WorkflowState::Pending, 0)},
      at(100));
  EXPECT_THAT(scraped(), HasSubstr("bootstrap_operator_workflows_blocked 0\n"));
  auto planless = workflow(WorkflowState::Running, 0);
  planless->status.reason = "PlanMissing";
  metrics_.count({with_step(StepState::Starting, "ImagePullFailed"),
                  with_step(StepState::Pending, "ServiceAccountNotFound"),
                  with_step(StepState::Running, "NodeLost"), planless},
                 at(100));
  EXPECT_THAT(scraped(), HasSubstr("bootstrap_operator_workflows_blocked 4\n"));
}

TEST_F(WorkflowMetricsTest, CountWhatHappens) {
  Transition retried;
  retried.step = StepRef{"p", "a"};
  retried.state = "Backoff";
  retried.attempt = "ToolFailed";
  metrics_.happened(retried);
  Transition succeeded;
  succeeded.step = StepRef{"p", "a"};
  succeeded.state = succeeded.attempt = "Succeeded";
  succeeded.ends = true;
  succeeded.took = 7s;
  metrics_.happened(succeeded);
  Transition launched;
  launched.step = StepRef{"p", "b"};
  launched.state = "Running";
  metrics_.happened(launched);
  Transition over;
  over.state = "Succeeded";
  over.ends = true;
  metrics_.happened(over);
  metrics_.handed_off(12ms);
  const std::string text = scraped();
  for (const char* line : {"step_attempts_total{outcome=\"ToolFailed\"} 1",
                           "step_attempts_total{outcome=\"Succeeded\"} 1",
                           "steps_finished_total{outcome=\"Succeeded\"} 1",
                           "step_duration_seconds_sum{outcome=\"Succeeded\"} 7",
                           "step_duration_seconds_bucket{outcome=\"Succeeded\",le=\"5\"} 0",
                           "workflows_finished_total{outcome=\"Succeeded\"} 1",
                           "handoff_seconds_bucket{le=\"0.02\"} 1"})
    EXPECT_THAT(text, HasSubstr("bootstrap_operator_" + std::string(line) + "\n"));
}

}  // namespace
}  // namespace bootstrap
