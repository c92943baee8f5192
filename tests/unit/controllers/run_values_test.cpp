#include "controllers/run_values.h"

#include <gtest/gtest.h>

#include "tests/unit/controllers/specs.h"

namespace bootstrap {

namespace {

using namespace std::chrono_literals;

Parameter parameter(std::string name) {
  Parameter p;
  p.name = std::move(name);
  return p;
}

Parameter with_value(std::string name, std::string value, std::vector<std::string> allowed = {}) {
  Parameter p = parameter(std::move(name));
  p.value = std::move(value);
  p.allowed = std::move(allowed);
  return p;
}

TEST(RunValues, AValueWinsOverADefault) {
  Parameter both = with_value("both", "value");
  both.default_value = "default";
  Parameter by_default = parameter("byDefault");
  by_default.default_value = "default";
  Parameter empty = with_value("empty", "");
  empty.default_value = "default";
  const auto values = resolve_parameters({both, by_default, empty, parameter("absent")});
  ASSERT_TRUE(values);
  EXPECT_EQ(*values, (ParameterValues{{"both", "value"}, {"byDefault", "default"}, {"empty", ""}}));
}

TEST(RunValues, EveryMistakeInParametersIsNamed) {
  Parameter required = parameter("required");
  required.required = true;
  Parameter required_empty = with_value("requiredEmpty", "");
  required_empty.required = true;
  Parameter bad_default = parameter("zone");
  bad_default.default_value = "z";
  bad_default.allowed = {"a", "b"};
  const auto values = resolve_parameters(
      {required, required_empty, with_value("region", "mars", {"us-east-1", "eu-west-1"}),
       bad_default, with_value("cluster-name", "a"), with_value("cluster_name", "b")});
  ASSERT_FALSE(values);
  EXPECT_EQ(
      values.error(),
      (Problems{
          {"parameters[required]", "is required: set its value"},
          {"parameters[requiredEmpty]", "is required: set its value"},
          {"parameters[region]", "\"mars\" is not allowed; allowed: us-east-1, eu-west-1"},
          {"parameters[zone]", "\"z\" is not allowed; allowed: a, b"},
          {"parameters[cluster_name]",
           "has the same environment variable PARAM_CLUSTER_NAME as cluster-name; rename one"}}));
}

TEST(RunValues, AllowedValuesAreTaken) {
  EXPECT_TRUE(resolve_parameters({with_value("region", "b", {"a", "b"})}));
}

TEST(RunValues, EnvironmentNames) {
  const std::vector<std::pair<const char*, const char*>> rows{
      {"region", "PARAM_REGION"},
      {"clusterName", "PARAM_CLUSTERNAME"},
      {"cluster-name", "PARAM_CLUSTER_NAME"},
      {"a_b-1", "PARAM_A_B_1"}};
  for (const auto& [name, expected] : rows) EXPECT_EQ(environment_name(name), expected);
}

TEST(RunValues, ReferencesToTheRunAreKnown) {
  const RunIdentity run{"ns", "name", "uid", 3, TimePoint(1'700'000'000'000ms)};
  const Lookup lookup = lookup_of(run, {{"region", "us-east-1"}, {"workflow.name", "x"}});
  const std::vector<std::pair<const char*, std::optional<std::string>>> rows{
      {"params.region", "us-east-1"},
      {"params.workflow.name", "x"},
      {"params.Region", std::nullopt},
      {"params.", std::nullopt},
      {"workflow.name", "name"},
      {"workflow.namespace", "ns"},
      {"workflow.uid", "uid"},
      {"workflow.run", "3"},
      {"workflow.startTime", "2023-11-14T22:13:20Z"},
      {"workflow.result", std::nullopt},
      {"workflow.", std::nullopt},
      {"steps.a.b.outputs.key", std::nullopt},
  };
  for (const auto& [reference, expected] : rows)
    EXPECT_EQ(lookup(reference), expected) << reference;
}

TEST(RunValues, ALookupOutlivesWhatItWasMadeFrom) {
  Lookup lookup;
  {
    const RunIdentity run{"ns", std::string(100, 'n'), "uid", 1, {}};
    const ParameterValues values{{"region", std::string(100, 'r')}};
    lookup = lookup_of(run, values);
  }
  EXPECT_EQ(lookup("workflow.name"), std::string(100, 'n'));
  EXPECT_EQ(lookup("params.region"), std::string(100, 'r'));
}

TEST(RunValues, KnownReferencesAreListedForPeople) {
  EXPECT_EQ(known_references({}),
            "workflow.name, workflow.namespace, workflow.uid, workflow.run, workflow.startTime");
  EXPECT_EQ(known_references({{"b", "1"}, {"a", "2"}}),
            "params.a, params.b, workflow.name, workflow.namespace, workflow.uid, workflow.run, "
            "workflow.startTime");
}

}  // namespace
}  // namespace bootstrap
