#include "controllers/when.h"

#include <gtest/gtest.h>

#include "tests/unit/controllers/statuses.h"

namespace bootstrap {
namespace {

using namespace testing_statuses;

TEST(When, OperatorsOnParameters) {
  const ParameterValues values{{"operation", "create"}, {"empty", ""}};
  struct Row {
    ParameterCondition condition;
    bool expected;
  };
  const std::vector<Row> rows{
      {{"operation", Operator::In, {"create", "cleanup"}}, true},
      {{"operation", Operator::In, {"cleanup"}}, false},
      {{"operation", Operator::NotIn, {"cleanup"}}, true},
      {{"operation", Operator::NotIn, {"create"}}, false},
      {{"operation", Operator::Exists, {}}, true},
      {{"operation", Operator::DoesNotExist, {}}, false},
      {{"absent", Operator::In, {"", "x"}}, false},
      {{"absent", Operator::NotIn, {"x"}}, true},
      {{"absent", Operator::Exists, {}}, false},
      {{"absent", Operator::DoesNotExist, {}}, true},
      {{"empty", Operator::In, {""}}, true},
      {{"empty", Operator::Exists, {}}, false},
      {{"empty", Operator::DoesNotExist, {}}, true},
  };
  for (const Row& row : rows)
    EXPECT_EQ(holds(row.condition, values), row.expected)
        << row.condition.param << " " << to_text(row.condition.op);
}

TEST(When, AllEntriesMustHoldAndTheFirstThatDoesNotIsTold) {
  const Status status = running({step("a", kFailed, "ToolFailed", "x")});
  const Plan plan = plan_of(status);
  const Standing standing(plan, status, kNow);
  const ParameterValues values{{"operation", "create"}};
  const auto why = [&](const When& when) { return evaluate(when, {values, standing}).why; };
  EXPECT_EQ(why({}), "");
  EXPECT_EQ(why({ParameterCondition{"operation", Operator::In, {"create"}},
                 PhaseCondition{"p", {"Failed", "Skipped"}}}),
            "");
  EXPECT_EQ(why({ParameterCondition{"operation", Operator::In, {"cleanup", "bulk"}},
                 PhaseCondition{"p", {"Succeeded"}}}),
            "parameter operation is \"create\", and must be one of [cleanup, bulk]");
  EXPECT_EQ(why({ParameterCondition{"spec", Operator::Exists, {}}}),
            "parameter spec has no value, and must have one");
  EXPECT_EQ(why({ParameterCondition{"operation", Operator::DoesNotExist, {}}}),
            "parameter operation is \"create\", and must have none");
  EXPECT_EQ(why({PhaseCondition{"p", {"Succeeded", "Skipped"}}}),
            "phase p is Failed, not Succeeded or Skipped");
}

}  // namespace
}  // namespace bootstrap
