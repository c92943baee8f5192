// What is skipped, and what that means for the rest.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/decide.h"
#include "tests/unit/controllers/scenario.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

json when_operation(const char* value) {
  return json::array(
      {{{"param", "operation"}, {"operator", "In"}, {"values", json::array({value})}}});
}

json with_operation() {
  json spec = three_steps();
  spec["parameters"] = json::array({{{"name", "operation"}, {"value", "create"}}});
  return spec;
}

TEST(Skipped, AStepIsPassedOverAndLeavesTheTotal) {
  json spec = with_operation();
  spec["phases"][0]["steps"][0]["when"] = when_operation("cleanup");
  Scenario s(spec);
  s.pass(at(0));
  EXPECT_EQ(s.step("one", "a").state, StepState::Skipped);
  EXPECT_EQ(s.step("one", "a").reason, "ConditionNotMet");
  EXPECT_EQ(s.step("one", "a").message,
            "parameter operation is \"create\", and must be one of [cleanup]");
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "b"))) << "in the same pass";
  EXPECT_EQ(s.workflow.status.progress->text, "0/2 0%");
}

TEST(Skipped, APhaseIsPassedOverWhole) {
  json spec = with_operation();
  spec["phases"][0]["when"] = when_operation("cleanup");
  Scenario s(spec);
  const Status& status = s.pass(at(0));
  EXPECT_EQ(status.phases[0].state, PhaseState::Skipped);
  EXPECT_EQ(s.step("one", "b").state, StepState::Skipped);
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("two", "c")));
  EXPECT_EQ(status.progress->text, "0/1 0%");
  s.end_container("two", "c", 0);
  EXPECT_EQ(s.pass(at(10)).message, "its step succeeded in 10s, 2 were skipped");
}

TEST(Skipped, EverythingIsASuccess) {
  json spec = with_operation();
  for (auto& phase : spec["phases"]) phase["when"] = when_operation("cleanup");
  Scenario s(spec);
  const Status& status = s.pass(at(0));
  EXPECT_THAT(s.created(), IsEmpty());
  EXPECT_EQ(status.state, WorkflowState::Succeeded);
  EXPECT_EQ(status.message, "nothing had to be done: all 3 steps were skipped");
  EXPECT_EQ(status.progress->text, "0/0 100%");
}

TEST(Skipped, WhatHoldsIsRun) {
  json spec = with_operation();
  spec["phases"][0]["when"] = when_operation("create");
  spec["phases"][0]["steps"][0]["when"] = when_operation("create");
  Scenario s(spec);
  s.pass(at(0));
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "a")));
}

TEST(Skipped, ByWhatCameOfAPhaseBefore) {
  json spec = three_steps();
  spec["phases"][0]["steps"][1]["continueOnFailure"] = true;
  spec["phases"][1]["when"] = json::array({{{"phase", "one"}, {"states", {"Failed"}}}});
  for (const int exit_code : {0, 1}) {
    Scenario s(spec);
    s.pass(at(0));
    s.end_container("one", "a", 0);
    s.pass(at(10));
    s.end_pod("one", "b", exit_code);
    s.pass(at(20));
    EXPECT_EQ(s.step("two", "c").state, exit_code == 0 ? StepState::Skipped : StepState::Running);
  }
}

TEST(Skipped, FinallyByTheOutcome) {
  json spec = three_steps();
  spec["finally"] =
      json::array({{{"name", "clean"},
                    {"when", json::array({{{"phase", "two"}, {"states", {"Failed", "Pending"}}}})},
                    {"steps", json::array({{{"name", "x"}, {"command", {"true"}}}})}}});
  Scenario s(spec);
  s.pass(at(0));
  s.end_pod("one", "a", 1);
  s.pass(at(10));
  EXPECT_EQ(s.step("clean", "x").state, StepState::Running) << "phase two was never begun";
}

TEST(Skipped, NothingAfterTheEndOfARun) {
  json spec = with_operation();
  spec["phases"][1]["when"] = when_operation("cleanup");
  Scenario s(spec);
  s.pass(at(0));
  s.end_pod("one", "a", 1);
  s.pass(at(10));
  EXPECT_EQ(s.step("two", "c").state, StepState::Pending) << "its turn never came";
}

TEST(Skipped, HistoryTellsIt) {
  json spec = with_operation();
  spec["phases"][0]["steps"][0]["when"] = when_operation("cleanup");
  Scenario s(spec);
  s.pass(at(0));
  EXPECT_EQ(s.workflow.status.history[1].step, "one/a");
  EXPECT_EQ(s.workflow.status.history[1].state, "Skipped");
}

}  // namespace
}  // namespace bootstrap::testing
