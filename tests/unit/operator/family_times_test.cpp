#include "operator/family_times.h"

#include <map>
#include <memory>

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

// With the store that they read.
class Times {
 public:
  void changed(const Workflow& workflow, bool deleted) {
    if (deleted)
      store_.erase(workflow.meta.key());
    else
      store_[workflow.meta.key()] = std::make_shared<Workflow>(workflow);
    times_.changed(workflow, deleted);
  }
  StepTimes expected(const Workflow& like) {
    return times_.expected(like.meta.ns, family_of(like));
  }
  // Before it is told.
  void change_store(const Workflow& workflow) {
    store_[workflow.meta.key()] = std::make_shared<Workflow>(workflow);
  }

 private:
  std::map<ObjectKey, std::shared_ptr<const Workflow>> store_;
  FamilyTimes times_{[this](const ObjectKey& key) {
    const auto found = store_.find(key);
    return found == store_.end() ? nullptr : found->second;
  }};
};

StepTimes expected(Times& times, const Workflow& like) {
  return times.expected(like);
}

TEST(FamilyTimes, AreThoseOfTheNewestRunsThatHaveEnded) {
  Times times;
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
  Times times;
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

TEST(FamilyTimes, OlderRunsCountAgainWhenNewerOnesAreGone) {
  Times times;
  const Workflow like = ended("x", 0, 1s);
  for (int i = 1; i <= 12; ++i)
    times.changed(ended(fmt::format("w{}", i), i, i <= 2 ? 90s : 10s), false);
  EXPECT_THAT(expected(times, like), ElementsAre(Pair(kStep, 10s)));
  for (int i = 3; i <= 12; ++i) times.changed(ended(fmt::format("w{}", i), i, 10s), true);
  EXPECT_THAT(expected(times, like), ElementsAre(Pair(kStep, 90s)));
}

TEST(FamilyTimes, OneThatRunsAgainDoesNotCountThoughNobodyHasToldYet) {
  Times times;
  const Workflow a = ended("a", 1, 10s);
  times.changed(a, false);
  times.changed(ended("b", 2, 30s), false);
  Workflow again = ended("b", 2, 30s);
  again.status.state = WorkflowState::Running;
  again.status.completion.reset();
  times.change_store(again);
  EXPECT_THAT(expected(times, a), ElementsAre(Pair(kStep, 10s)));
}

TEST(FamilyTimes, OfAnotherFamilyOrNamespaceDoNotCount) {
  Times times;
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
