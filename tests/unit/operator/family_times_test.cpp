#include "operator/family_times.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const StepRef kStep{"p", "s"};

// That has ended at this second, and whose one step took so long.
Workflow ended(const std::string& name, int second, Duration took) {
  Workflow workflow;
  workflow.meta.ns = "ns";
  workflow.meta.name = name;
  Status& status = workflow.status;
  status.state = WorkflowState::Succeeded;
  status.completion = TimePoint(std::chrono::seconds(second));
  PhaseRecord& phase = status.phases.emplace_back();
  phase.name = kStep.phase;
  StepRecord& step = phase.steps.emplace_back();
  step.name = kStep.step;
  step.state = StepState::Succeeded;
  step.completion = status.completion;
  step.start = *status.completion - took;
  return workflow;
}

StepTimes expected(FamilyTimes& times, const Workflow& like) {
  return times.expected(like.meta.ns, family_of(like));
}

TEST(FamilyTimes, AreThoseOfTheNewestRunsThatHaveEnded) {
  FamilyTimes times;
  const Workflow like = ended("x", 0, 1s);
  EXPECT_THAT(expected(times, like), IsEmpty());
  for (int i = 1; i <= 10; ++i) times.changed(ended(fmt::format("w{}", i), i, 10s), false);
  EXPECT_THAT(expected(times, like), ElementsAre(Pair(kStep, 10s)));
  times.changed(ended("older", 0, 99s), false);
  EXPECT_THAT(expected(times, like), ElementsAre(Pair(kStep, 10s)));
  for (int i = 11; i <= 16; ++i) times.changed(ended(fmt::format("w{}", i), i, 20s), false);
  EXPECT_THAT(expected(times, like), ElementsAre(Pair(kStep, 20s))) << "six of the ten newest";
}

TEST(FamilyTimes, ForgetsWhatIsDeletedOrRunsAgain) {
  FamilyTimes times;
  const Workflow a = ended("a", 1, 10s);
  Workflow b = ended("b", 2, 30s);
  times.changed(a, false);
  times.changed(b, false);
  EXPECT_THAT(expected(times, a), ElementsAre(Pair(kStep, 20s)));
  times.changed(a, true);
  EXPECT_THAT(expected(times, a), ElementsAre(Pair(kStep, 30s)));
  b.status.state = WorkflowState::Running;
  b.status.completion.reset();
  times.changed(b, false);
  EXPECT_THAT(expected(times, a), IsEmpty());
  times.changed(ended("b", 9, 40s), false);
  times.changed(ended("b", 9, 40s), false);
  EXPECT_THAT(expected(times, a), ElementsAre(Pair(kStep, 40s)));
}

TEST(FamilyTimes, OfAnotherFamilyOrNamespaceDoNotCount) {
  FamilyTimes times;
  Workflow other = ended("a", 1, 10s);
  other.template_name = "t";
  times.changed(other, false);
  EXPECT_THAT(expected(times, ended("b", 2, 1s)), IsEmpty());
  EXPECT_THAT(expected(times, other), ElementsAre(Pair(kStep, 10s)));
  other.meta.ns = "elsewhere";
  EXPECT_THAT(expected(times, other), IsEmpty());
}

}  // namespace
}  // namespace bootstrap
