// Launching: what keeps a step, what comes of the request, and what is said while nothing runs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/decide.h"
#include "tests/unit/controllers/scenario.h"

namespace bootstrap::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// --- launching ---

TEST(Launch, AQuotaOrAdmissionRefusalIsSaidAndTriedAgain) {
  Scenario s;
  const std::string key = "job/" + Scenario::job("one", "a");
  s.refuse[key] = Refused{"Forbidden", "exceeded quota: jobs", true};
  s.pass(at(0));
  EXPECT_EQ(s.step("one", "a").state, StepState::Pending);
  EXPECT_EQ(s.step("one", "a").reason, "LaunchRefused");
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Pending);
  EXPECT_EQ(s.workflow.status.message, "one/a waits: exceeded quota: jobs");
  EXPECT_EQ(s.last.wake, at(5));
  s.refuse.clear();
  s.pass(at(5));
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
  EXPECT_EQ(s.step("one", "a").reason, "");
}

// The API server does not know the owner's kind for some seconds after its definition was
// installed.
TEST(Launch, APlanThatIsRefusedIsTriedAgainSoon) {
  Scenario s;
  s.workflow.meta.creation = at(0);
  const auto& meta = s.workflow.meta;
  s.refuse["plan/" + plan_name(meta.name, meta.uid, 1)] = Refused{"Forbidden", "no kind", true};
  s.pass(at(0));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Pending);
  EXPECT_EQ(s.workflow.status.message, "its plan cannot be stored: no kind");
  EXPECT_EQ(s.last.wake, at(5));
  s.pass(at(5));
  EXPECT_EQ(s.last.wake, at(10));
  s.refuse.clear();
  s.pass(at(10));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Running);
}

TEST(Launch, AJobThatIsNotValidFailsTheStep) {
  Scenario s;
  s.refuse["job/" + Scenario::job("one", "a")] = Refused{"Invalid", "spec.x: bad", false};
  s.pass(at(0));
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_EQ(s.step("one", "a").reason, "JobInvalid");
}

TEST(Launch, ALostAnswerKeepsTheResultThatIsKnownAndTriesAgain) {
  Scenario s;
  s.pass(at(0));
  s.end_container("one", "a", 0);
  s.refuse["job/" + Scenario::job("one", "b")] = NotKnown{"timeout"};
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
  EXPECT_EQ(s.step("one", "b").state, StepState::Pending);
  EXPECT_EQ(s.last.retry, "timeout");
}

struct Account {
  const char* name;
  Found<ServiceAccountOf::Answer> answer;
  const char* reason;  // "" = launched
};

TEST(Launch, NamedServiceAccountsMustCarryTheLabel) {
  ServiceAccountView plain, allowed, other;
  allowed.meta.labels = {{labels::kAllowWorkflows, "true"}};
  other.meta.labels = {{labels::kAllowWorkflows, "no"}};
  for (const Account& row : {Account{"absent", std::nullopt, "ServiceAccountNotFound"},
                             {"without label", plain, "ServiceAccountNotAllowed"},
                             {"another value", other, "ServiceAccountNotAllowed"},
                             {"allowed", allowed, ""}}) {
    auto spec = three_steps();
    spec["tools"]["serviceAccountName"] = "robot";
    Scenario s(spec);
    s.facts[ServiceAccountOf{"robot"}] = row.answer;
    s.pass(at(0));
    const bool launched = *row.reason == '\0';
    EXPECT_EQ(s.created().size(), launched ? 1U : 0U) << row.name;
    EXPECT_EQ(s.step("one", "a").reason, row.reason) << row.name;
    EXPECT_EQ(s.last.wake.has_value() && !launched, !launched) << row.name;
  }
}

TEST(Launch, NothingIsLaunchedWhileTheServiceAccountIsNotKnown) {
  auto spec = three_steps();
  spec["tools"]["serviceAccountName"] = "robot";
  Scenario s(spec);
  s.facts[ServiceAccountOf{"robot"}] =
      Found<ServiceAccountOf::Answer>(tl::unexpected(Unavailable{"down"}));
  s.pass(at(0));
  EXPECT_THAT(s.created(), IsEmpty());
  EXPECT_EQ(s.last.retry, "down");
}

// --- why nothing runs ---

TEST(Waiting, TheReasonOfAStepThatDoesNotStartIsShownAndGoesAway) {
  Scenario s;
  s.pass(at(0));
  PodView& pod = s.pod("one", "a");
  pod.containers[0].reason = "ErrImagePull";
  pod.containers[0].message = "not found";
  s.pass(at(3));
  EXPECT_EQ(s.step("one", "a").state, StepState::Starting);
  EXPECT_EQ(s.step("one", "a").reason, "ImagePullFailed");
  EXPECT_EQ(s.workflow.status.reason, "ImagePullFailed");
  EXPECT_EQ(s.workflow.status.message,
            "one/a is starting, but nothing runs yet: ErrImagePull: not found");
  const auto before = to_json(s.workflow.status);
  pod.containers[0].reason = "ImagePullBackOff";
  pod.containers[0].message = "Back-off pulling image";
  s.pass(at(13));
  EXPECT_EQ(to_json(s.workflow.status), before) << "one class of trouble is written once";
  s.run_container("one", "a");
  s.pass(at(20));
  EXPECT_EQ(s.step("one", "a").state, StepState::Running);
  EXPECT_EQ(s.step("one", "a").reason, "");
  EXPECT_EQ(s.workflow.status.message, "one/a is running");
}

TEST(Waiting, EventsAreLookedUpAfterFiveSecondsOfSilence) {
  Scenario s;
  s.pass(at(0));
  const EventsAbout about_job{Scenario::job_uid("one", "a")};
  s.pass(at(4));
  EXPECT_FALSE(s.asked(about_job));
  EXPECT_EQ(s.last.wake, at(5));
  s.facts[about_job] = Found<EventsAbout::Answer>(EventsAbout::Answer{
      {"Warning", "FailedCreate", "pods \"x\" is forbidden: exceeded quota", at(1)}});
  s.pass(at(5));
  EXPECT_TRUE(s.asked(about_job));
  EXPECT_EQ(s.last.wake, at(10));
  EXPECT_EQ(s.step("one", "a").reason, "PodRefused");
  EXPECT_THAT(s.workflow.status.message, HasSubstr("exceeded quota"));
}

}  // namespace
}  // namespace bootstrap::testing
