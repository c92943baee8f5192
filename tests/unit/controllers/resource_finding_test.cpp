#include "controllers/resource_finding.h"

#include <gtest/gtest.h>

namespace bootstrap {
namespace {

using Results = std::map<std::string, TestResult>;

ResourceQuery named(ResourceTest test, const std::string& kind = "Deployment") {
  return {{"apps/v1", kind, "web", {}, ResourceRef::Match::All}, std::move(test)};
}

ResourceQuery labelled(ResourceTest test, ResourceRef::Match match = ResourceRef::Match::All) {
  return {{"apps/v1", "Deployment", "", {{"app", LabelRequirement::Operator::In, {"web"}}}, match},
          std::move(test)};
}

TestResult holds() {
  return {true, "True", TestResult::Remark::None};
}
TestResult is(const char* value) {
  return {false, value, TestResult::Remark::None};
}

struct FindingRow {
  const char* name;
  ResourceQuery query;
  Results results;
  const char* missing;  // "": it holds
};
void PrintTo(const FindingRow& row, std::ostream* out) {
  *out << row.name;
}

class Findings : public ::testing::TestWithParam<FindingRow> {};

TEST_P(Findings, HoldOrSayWhatIsMissing) {
  const FindingRow& row = GetParam();
  const ResourceFinding finding = finding_of(row.query, row.results);
  EXPECT_EQ(finding.holds ? "" : what_is_missing(row.query, finding), row.missing) << row.name;
}

const ResourceTest kReady = ConditionTest{"Ready"};

INSTANTIATE_TEST_SUITE_P(
    All, Findings,
    ::testing::Values(
        FindingRow{"holds", named(kReady), {{"web", holds()}}, ""},
        FindingRow{"not",
                   named(kReady),
                   {{"web", is("False")}},
                   "Deployment web: condition Ready is \"False\""},
        FindingRow{"absent",
                   named(kReady),
                   {{"web", {}}},
                   "Deployment web: condition Ready is not there yet"},
        FindingRow{"other status",
                   named(ConditionTest{"Ready", "False"}),
                   {{"web", is("True")}},
                   "Deployment web: condition Ready is \"True\", not \"False\""},
        FindingRow{"outdated",
                   named(kReady),
                   {{"web", {false, "True", TestResult::Remark::Outdated}}},
                   "Deployment web: condition Ready is of an older generation of it"},
        FindingRow{"no object", named(kReady), {}, "Deployment web: it does not exist yet"},
        FindingRow{"exists", named(ExistsTest{true}), {{"web", holds()}}, ""},
        FindingRow{
            "exists not", named(ExistsTest{true}), {}, "Deployment web: it does not exist yet"},
        FindingRow{"gone", named(ExistsTest{false}), {}, ""},
        FindingRow{
            "not gone", named(ExistsTest{false}), {{"web", {}}}, "Deployment web: it still exists"},
        FindingRow{"path",
                   named(JsonPathTest{"{.a}", "3"}),
                   {{"web", is("2")}},
                   "Deployment web: {.a} is \"2\", not \"3\""},
        FindingRow{"path of several",
                   named(JsonPathTest{"{.a}", "3"}),
                   {{"web", {false, std::nullopt, TestResult::Remark::SeveralValues}}},
                   "Deployment web: {.a} matches several values, and one is needed"},
        FindingRow{"path to a list",
                   named(JsonPathTest{"{.a}", "3"}),
                   {{"web", {false, std::nullopt, TestResult::Remark::NotPlain}}},
                   "Deployment web: {.a} is a list or an object, not a plain value"},
        FindingRow{"path to nothing",
                   named(JsonPathTest{"{.a}", {}}),
                   {{"web", {}}},
                   "Deployment web: {.a} is not there yet"},
        FindingRow{"all hold", labelled(kReady), {{"a", holds()}, {"b", holds()}}, ""},
        FindingRow{"one of two",
                   labelled(kReady),
                   {{"a", holds()}, {"b", is("False")}},
                   "every Deployment with app=web: 1 of 2; b: condition Ready is \"False\""},
        FindingRow{"all of none",
                   labelled(kReady),
                   {},
                   "every Deployment with app=web: there is none yet"},
        FindingRow{
            "any", labelled(kReady, ResourceRef::Match::Any), {{"a", is("x")}, {"b", holds()}}, ""},
        FindingRow{"any of none holds",
                   labelled(kReady, ResourceRef::Match::Any),
                   {{"a", is("x")}},
                   "a Deployment with app=web: 0 of 1; a: condition Ready is \"x\""},
        FindingRow{"some exist", labelled(ExistsTest{true}), {{"a", holds()}}, ""},
        FindingRow{"all gone", labelled(ExistsTest{false}), {}, ""},
        FindingRow{"two left",
                   labelled(ExistsTest{false}),
                   {{"a", {}}, {"b", {}}},
                   "every Deployment with app=web: 2 still exist"}));

TEST(Findings, OfSecretsNeverShowAValue) {
  ResourceQuery query = named(JsonPathTest{"{.data.password}", "aHVudGVyMg=="}, "Secret");
  query.resource.api_version = "v1";
  const ResourceFinding finding = finding_of(query, {{"web", is("c2VjcmV0")}});
  EXPECT_EQ(what_is_missing(query, finding), "Secret web: {.data.password} is \"(not shown)\"");
  EXPECT_EQ(finding.result.compared, "(not shown)");
}

TEST(Findings, WithoutTheKindNothingExists) {
  EXPECT_TRUE(finding_without_kind(named(ExistsTest{false})).holds);
  EXPECT_FALSE(finding_without_kind(named(ExistsTest{true})).holds);
  const ResourceQuery query = named(kReady);
  EXPECT_FALSE(finding_without_kind(query).holds);
  EXPECT_EQ(what_is_missing(query, finding_without_kind(query)),
            "Deployment web: there is no kind Deployment in apps/v1 yet");
}

TEST(Findings, NameTheLabelThatAnAdministratorNeeds) {
  ResourceFinding finding;
  finding.reading = ResourceFinding::Reading::Forbidden;
  finding.permission = "deployments.apps";
  EXPECT_EQ(
      what_is_missing(named(kReady), finding),
      "Deployment web: the operator may not read deployments.apps; an administrator can allow "
      "it with a ClusterRole that has verbs list and watch on them and the label "
      "bootstrap.openshift.io/aggregate-to-operator=true");
}

// A condition takes what it finds; nothing is still or not yet.
TEST(Findings, OfAConditionSayHowItIs) {
  const auto why = [](const ResourceQuery& query, const Results& results) {
    return why_not(query, finding_of(query, results));
  };
  EXPECT_EQ(why(named(ExistsTest{true}), {}), "Deployment web: it does not exist");
  EXPECT_EQ(why(named(ExistsTest{false}), {{"web", {}}}), "Deployment web: it exists");
  EXPECT_EQ(why(named(kReady), {{"web", {}}}), "Deployment web: condition Ready is not there");
  EXPECT_EQ(why(named(kReady), {{"web", is("False")}}),
            "Deployment web: condition Ready is \"False\"");
  EXPECT_EQ(why(labelled(ExistsTest{true}), {}), "every Deployment with app=web: there is none");
  EXPECT_EQ(why(labelled(ExistsTest{false}), {{"a", {}}, {"b", {}}}),
            "every Deployment with app=web: 2 exist");
  const ResourceQuery query = named(ExistsTest{true});
  EXPECT_EQ(why_not(query, finding_without_kind(query)),
            "Deployment web: there is no kind Deployment in apps/v1");
}

}  // namespace
}  // namespace bootstrap
