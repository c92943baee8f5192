#include "controllers/when.h"

#include <gtest/gtest.h>

#include "controllers/launch_values.h"
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
  const Facts none;
  Inquiry ask(none);
  const auto why = [&](const When& when) {
    return evaluate(when, {values, standing, status, "ns", lookup_of(plan.run, values), ask}).why;
  };
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

// One entry about Deployment web, whose name is a reference.
class ResourceWhen : public ::testing::Test {
 protected:
  using Reading = ResourceFinding::Reading;

  static ResourceQuery query(const char* name, ResourceTest test) {
    return {{"apps/v1", "Deployment", name, {}, ResourceRef::Match::All}, std::move(test)};
  }
  void find(const ResourceTest& test, const ResourceFinding& finding) {
    facts_.insert_or_assign(ResourceNow{query("web", test)}, Found<ResourceFinding>(finding));
  }
  void may(bool yes, const char* account = "default") {
    facts_.insert_or_assign(MayRead{account, "apps/v1", "Deployment", "web"}, Found<bool>(yes));
  }
  WhenResult result(const ResourceTest& test, const char* account = "") {
    return result({ResourceCondition{query("$(params.app)", test), account}});
  }
  WhenResult result(const When& when) {
    Status status = running({step("a", kSucceeded)});
    status.phases[0].steps[0].outputs = outputs_;
    const Plan plan = plan_of(status);
    const Standing standing(plan, status, kNow);
    const ParameterValues values{{"app", "web"}};
    Inquiry ask(facts_);
    WhenResult found =
        evaluate(when, {values, standing, status, "ns", lookup_of(plan.run, values), ask});
    asked_ = ask.asked();
    return found;
  }
  Outputs outputs_;
  Facts facts_;
  std::set<Question> asked_;
};

TEST_F(ResourceWhen, HoldsOrNotAsItIsFound) {
  const ResourceTest exists = ExistsTest{true}, absent = ExistsTest{false};
  const ResourceTest available = ConditionTest{"Available"};
  struct Row {
    ResourceTest test;
    bool there;
    bool test_holds;
    bool expected;
  };
  may(true);
  for (const Row& row : std::vector<Row>{{exists, true, true, true},
                                         {exists, false, false, false},
                                         {absent, true, false, false},
                                         {absent, false, false, true},
                                         {available, true, true, true},
                                         {available, true, false, false},
                                         {available, false, false, false}}) {
    std::map<std::string, TestResult> objects;
    if (row.there) objects["web"] = {row.test_holds, "x", {}};
    find(row.test, finding_of(query("web", row.test), objects));
    const WhenResult found = result(row.test);
    EXPECT_EQ(found.kind, row.expected ? WhenResult::Kind::Holds : WhenResult::Kind::DoesNot)
        << row.test.index() << row.there << row.test_holds;
    EXPECT_EQ(found.may_change, !row.expected);
    EXPECT_EQ(found.why.empty(), row.expected);
  }
}

TEST_F(ResourceWhen, OfAKindThatDoesNotExistThereIsNone) {
  for (const bool wanted : {true, false}) {
    const ResourceTest test = ExistsTest{wanted};
    find(test, finding_without_kind(query("web", test)));
    EXPECT_EQ(result(test).kind, wanted ? WhenResult::Kind::DoesNot : WhenResult::Kind::Holds)
        << "and nobody's right to read it is asked for";
  }
}

TEST_F(ResourceWhen, IsNotKnownWithoutAnAnswer) {
  const ResourceTest test = ExistsTest{true};
  EXPECT_EQ(result(test).kind, WhenResult::Kind::NotKnownYet);
  may(true);
  EXPECT_EQ(result(test).kind, WhenResult::Kind::NotKnownYet);
  facts_.insert_or_assign(ResourceNow{query("web", test)},
                          Found<ResourceFinding>(tl::unexpected(Unavailable{"no"})));
  EXPECT_EQ(result(test).kind, WhenResult::Kind::NotKnownYet);
  EXPECT_STREQ(result(test).reason, "");
  EXPECT_EQ(result(test).why,
            "its condition cannot be decided, because nothing is known yet of Deployment web: no");
}

TEST_F(ResourceWhen, IsNotKnownWhileItMayNotBeRead) {
  const ResourceTest test = ExistsTest{true};
  ResourceFinding finding = finding_of(query("web", test), {{"web", {true, {}, {}}}});
  find(test, finding);
  may(false);
  EXPECT_EQ(result(test).kind, WhenResult::Kind::NotKnownYet);
  EXPECT_STREQ(result(test).reason, "ServiceAccountMayNotRead");
  may(true);
  for (const auto& [reading, reason] : {std::pair(Reading::Forbidden, "OperatorMayNotRead"),
                                        std::pair(Reading::WatchLimit, "WatchLimit")}) {
    finding.reading = reading;
    find(test, finding);
    EXPECT_EQ(result(test).kind, WhenResult::Kind::NotKnownYet);
    EXPECT_STREQ(result(test).reason, reason);
  }
}

TEST_F(ResourceWhen, OfAnAccountThatWorkflowsMayNotUse) {
  const ResourceTest test = ExistsTest{true};
  find(test, finding_of(query("web", test), {{"web", {true, {}, {}}}}));
  may(true, "admin");
  facts_.insert_or_assign(ServiceAccountOf{"admin"},
                          Found<ServiceAccountOf::Answer>(ServiceAccountView{}));
  EXPECT_STREQ(result(test, "admin").reason, "ServiceAccountNotAllowed");
  ServiceAccountView allowed;
  allowed.meta.labels[labels::kAllowWorkflows] = "true";
  facts_.insert_or_assign(ServiceAccountOf{"admin"}, Found<ServiceAccountOf::Answer>(allowed));
  EXPECT_EQ(result(test, "admin").kind, WhenResult::Kind::Holds);
}

TEST_F(ResourceWhen, WhatIsFixedDecidesFirstAndNobodyIsAsked) {
  const ResourceCondition unknown{query("web", ExistsTest{true}), "admin"};
  const ParameterCondition absent{"app", Operator::DoesNotExist, {}};
  EXPECT_EQ(result({unknown, absent}).why, "parameter app is \"web\", and must have none");
  EXPECT_TRUE(asked_.empty());
}

TEST_F(ResourceWhen, OneThatDoesNotHoldDecidesWhateverElseIsNotKnown) {
  const ResourceCondition unknown{query("other", ExistsTest{true}), ""};
  const ResourceCondition gone{query("web", ExistsTest{true}), ""};
  may(true);
  find(ExistsTest{true}, finding_of(query("web", ExistsTest{true}), {}));
  EXPECT_EQ(result({unknown, gone}).why, "Deployment web: it does not exist");
  find(ExistsTest{true}, finding_of(query("web", ExistsTest{true}), {{"web", {true, {}, {}}}}));
  EXPECT_EQ(result({gone, unknown}).kind, WhenResult::Kind::NotKnownYet);
  EXPECT_TRUE(asked_.contains(ResourceNow{query("other", ExistsTest{true})}));
}

TEST_F(ResourceWhen, NamesWhatAStepBeforeHasGiven) {
  const ResourceCondition by_output{query("$(steps.p.a.outputs.app)", ExistsTest{true}), ""};
  may(true);
  find(ExistsTest{true}, finding_of(query("web", ExistsTest{true}), {{"web", {true, {}, {}}}}));
  outputs_ = {{"app", "web"}};
  EXPECT_EQ(result({by_output}).kind, WhenResult::Kind::Holds);
  outputs_ = {{"other", "web"}};
  EXPECT_EQ(result({by_output}).kind, WhenResult::Kind::Never);
  EXPECT_STREQ(result({by_output}).reason, "OutputMissing");
  EXPECT_EQ(result({by_output}).why,
            "its condition needs $(steps.p.a.outputs.app), but p/a gave only: other");
  outputs_ = {{"app", "../web"}};
  EXPECT_STREQ(result({by_output}).reason, "OutputRefused");
  EXPECT_EQ(result({by_output}).why,
            "when.resource.name: \"../web\" cannot be the name of an object: at most 253 "
            "characters, without '/' and '%'");
  EXPECT_TRUE(asked_.empty());
}

// --- outputs ---

TEST(OutputWhen, ComparesWhatWasGiven) {
  Status status = running({step("gave", kSucceeded), step("silent", kSucceeded),
                           step("failed", kFailed), step("skipped", kSkipped),
                           step("lost", kSucceeded, "PodGone"), step("next", kPending)});
  status.phases[0].steps[0].outputs = {{"url", "x"}, {"empty", ""}};
  const Plan plan = plan_of(status);
  const Standing standing(plan, status, kNow);
  const Facts none;
  Inquiry ask(none);
  const Lookup lookup = lookup_of(plan.run, {});
  struct Row {
    const char* output;
    Operator op;
    std::vector<std::string> values;
    const char* why;  // "": it holds
  };
  const std::vector<Row> rows{
      {"gave.url", Operator::In, {"x", "y"}, ""},
      {"gave.url", Operator::In, {"y"}, "output p.gave.url is \"x\", and must be one of [y]"},
      {"gave.url", Operator::NotIn, {"y"}, ""},
      {"gave.url",
       Operator::NotIn,
       {"x"},
       "output p.gave.url is \"x\", and must not be one of [x]"},
      {"gave.url", Operator::Exists, {}, ""},
      {"gave.url", Operator::DoesNotExist, {}, "output p.gave.url is \"x\", and must have none"},
      {"gave.empty", Operator::In, {""}, ""},
      {"gave.empty", Operator::Exists, {}, "output p.gave.empty is \"\", and must have one"},
      {"gave.empty", Operator::DoesNotExist, {}, ""},
      {"gave.other", Operator::In, {""}, "output p.gave.other has no value, and must be one of []"},
      {"silent.url", Operator::NotIn, {"x"}, ""},
      {"failed.url", Operator::DoesNotExist, {}, ""},
      {"skipped.url",
       Operator::In,
       {"x"},
       "output p.skipped.url has no value, and must be one of [x]"},
      {"skipped.url", Operator::NotIn, {"x"}, ""},
      {"skipped.url", Operator::Exists, {}, "output p.skipped.url has no value, and must have one"},
      {"next.url", Operator::DoesNotExist, {}, ""},
  };
  const auto result = [&](const std::string& output, Operator op, std::vector<std::string> values) {
    return evaluate({OutputCondition{*output_path("p." + output), op, std::move(values)}},
                    {{}, standing, status, "ns", lookup, ask});
  };
  for (const Row& row : rows) {
    const WhenResult found = result(row.output, row.op, row.values);
    EXPECT_EQ(found.why, row.why) << row.output << " " << to_text(row.op);
    EXPECT_EQ(found.kind, *row.why == '\0' ? WhenResult::Kind::Holds : WhenResult::Kind::DoesNot);
    EXPECT_FALSE(found.may_change);
  }
  const WhenResult lost = result("lost.url", Operator::NotIn, {"x"});
  EXPECT_EQ(lost.kind, WhenResult::Kind::Never) << "it may have been x";
  EXPECT_STREQ(lost.reason, "OutputMissing");
  EXPECT_EQ(lost.why,
            "needs output p.lost.url, but the pod of p/lost was gone before its outputs were read");
}

}  // namespace
}  // namespace bootstrap
