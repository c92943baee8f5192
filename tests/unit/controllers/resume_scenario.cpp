#include "tests/unit/controllers/resume_scenario.h"

#include <gtest/gtest.h>

namespace bootstrap::testing {

Scenario failed_at_b(nlohmann::json spec) {
  return failed_at_b(Scenario(std::move(spec)));
}

Scenario failed_at_b(Scenario s) {
  s.pass(at(0));
  succeed(s, "one", "a", 10);
  s.end_pod("one", "b", 3);
  s.pass(at(20));
  EXPECT_EQ(s.workflow.status.state, WorkflowState::Failed);
  for (const char* step : {"a", "b"}) s.answer_pods("one", step);
  s.answer_pods("two", "c");
  return s;
}

void change(Scenario& s, const nlohmann::json& spec) {
  s.workflow.spec = spec.dump();
  ++s.workflow.meta.generation;
}

const Condition* refused(const Status& status) {
  return find_condition(status, kResumeAccepted);
}

}  // namespace bootstrap::testing
