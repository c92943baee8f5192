#include "controllers/plan.h"

#include <gtest/gtest.h>

#include "tests/unit/controllers/specs.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using namespace testing_specs;

PlanRecord record_of(const json& spec) {
  return {2, TimePoint(1'700'000'000'000ms), 3, pinned_part(spec), {{"region", "us-east-1"}}};
}

TEST(Plan, SurvivesBeingStored) {
  PlanRecord record = record_of(full_spec());
  record.parameters = {{"region", "us-east-1"},
                       {"empty", ""},
                       {"odd", "$(HOME) $$ \"quoted\" \\ \n\t ' größer € 😀 {\"a\": 1} <&>"},
                       {"number", "007"},
                       {"true", "true"}};
  // As text, because that is what the API server keeps.
  const json stored = json::parse(to_revision(workflow_meta(), record).dump());
  const auto read = read_revision(stored);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->run, 2);
  EXPECT_EQ(read->start, record.start);
  EXPECT_EQ(read->generation, 3);
  EXPECT_EQ(read->definition, full_spec());
  EXPECT_EQ(read->parameters, record.parameters);
  EXPECT_EQ(read->pin, std::nullopt);
}

TEST(Plan, KnowsTheTemplateItWasTakenFrom) {
  PlanRecord record = record_of(small_spec());
  record.pin = TemplatePin{"t", "uid-t", 7};
  const auto read = read_revision(json::parse(to_revision(workflow_meta(), record).dump()));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->pin, record.pin);
  EXPECT_EQ(compile(workflow_meta(), *read)->pin, record.pin);
}

TEST(Plan, SurvivesWithoutParameters) {
  PlanRecord record = record_of(small_spec());
  record.parameters.clear();
  const auto read = read_revision(json::parse(to_revision(workflow_meta(), record).dump()));
  ASSERT_TRUE(read) << read.error();
  EXPECT_TRUE(read->parameters.empty());
}

TEST(Plan, IsStoredAsARevisionThatTheWorkflowOwns) {
  const json revision = to_revision(workflow_meta(), record_of(small_spec()));
  EXPECT_EQ(revision["apiVersion"], "apps/v1");
  EXPECT_EQ(revision["kind"], "ControllerRevision");
  EXPECT_EQ(revision["revision"], 2);
  EXPECT_EQ(revision["data"]["startTime"], "2023-11-14T22:13:20Z");
  EXPECT_EQ(revision["metadata"],
            (json{{"name", plan_name("full-setup", workflow_meta().uid, 2)},
                  {"namespace", "bootstrap"},
                  {"labels",
                   {{"app.kubernetes.io/managed-by", "bootstrap-operator"},
                    {"bootstrap.openshift.io/workflow", "full-setup"},
                    {"bootstrap.openshift.io/workflow-uid", workflow_meta().uid}}},
                  {"ownerReferences", json::array({owner_reference(workflow_meta())})}}));
}

TEST(Plan, TheOwnerIsTheWorkflowAndBlocksItsDeletion) {
  EXPECT_EQ(owner_reference(workflow_meta()), json::parse(R"({
    "apiVersion": "bootstrap.openshift.io/v1alpha1", "kind": "BootstrapWorkflow",
    "name": "full-setup", "uid": "6f1f0c2e-8d0b-4c2e-9a55-0f6f0f3a1b2c",
    "controller": true, "blockOwnerDeletion": true})"));
}

// Every Job of a run sees the same start time, also those made after a restart, so a start time
// must be one that a revision can hold.
TEST(Plan, FractionsOfASecondAreNotStored) {
  PlanRecord record = record_of(small_spec());
  record.start += 999ms;
  const json stored = to_revision(workflow_meta(), record);
  EXPECT_EQ(stored["data"]["startTime"], "2023-11-14T22:13:20Z");
  EXPECT_EQ(read_revision(stored)->start, TimePoint(1'700'000'000'000ms));
}

TEST(Plan, RevisionsThatAreNotOursAreRefused) {
  const json good = to_revision(workflow_meta(), record_of(small_spec()));
  ASSERT_TRUE(read_revision(good));
  struct Row {
    const char* pointer;
    json value;
  };
  const std::vector<Row> rows{{"", nullptr},
                              {"", "x"},
                              {"", json::array()},
                              {"/data", nullptr},
                              {"/data", json::object()},
                              {"/data/run", "1"},
                              {"/data/startTime", 5},
                              {"/data/startTime", "soon"},
                              {"/data/generation", nullptr},
                              {"/data/parameters", json::array({1})},
                              {"/data/parameters", {{"region", 5}}}};
  for (const Row& row : rows) {
    json bad = good;
    bad[json::json_pointer(row.pointer)] = row.value;
    const auto read = read_revision(bad);
    ASSERT_FALSE(read) << row.pointer << " " << row.value;
    EXPECT_FALSE(read.error().empty());
  }
}

TEST(Plan, StepsComeOneAfterTheOtherThroughAllPhases) {
  const auto plan = compile(workflow_meta(), record_of(full_spec()));
  ASSERT_TRUE(plan) << plan.error();
  ASSERT_EQ(plan->steps.size(), 3U);
  const std::vector<StepRef> refs{{"infra", "bootstrap"}, {"infra", "own"}, {"cluster", "create"}};
  const std::vector<std::vector<StepIndex>> after{{}, {0}, {1}};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(plan->steps[i].ref, refs[i]);
    EXPECT_EQ(plan->steps[i].after, after[i]) << i;
  }
  EXPECT_EQ(plan->steps[0].definition.timeout, 30min);
}

TEST(Plan, EdgesPointBackwardsOnly) {
  json spec = small_spec();
  spec["phases"] = json::array();
  for (int p = 0; p < 5; ++p) {
    json steps = json::array();
    for (int s = 0; s < 5; ++s)
      steps.push_back({{"name", "s" + std::to_string(s)}, {"command", {"tool"}}});
    spec["phases"].push_back({{"name", "p" + std::to_string(p)}, {"steps", steps}});
  }
  const auto plan = compile(workflow_meta(), record_of(spec));
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->steps.size(), 25U);
  EXPECT_TRUE(plan->steps[0].after.empty());
  for (StepIndex i = 1; i < plan->steps.size(); ++i) {
    EXPECT_FALSE(plan->steps[i].after.empty()) << i;
    for (const StepIndex before : plan->steps[i].after) EXPECT_LT(before, i);
  }
}

TEST(Plan, KnowsItsRun) {
  const auto plan = compile(workflow_meta(), record_of(full_spec()));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->name, plan_name("full-setup", workflow_meta().uid, 2));
  EXPECT_EQ(plan->run.ns, "bootstrap");
  EXPECT_EQ(plan->run.name, "full-setup");
  EXPECT_EQ(plan->run.uid, workflow_meta().uid);
  EXPECT_EQ(plan->run.run, 2);
  EXPECT_EQ(plan->run.start, TimePoint(1'700'000'000'000ms));
  EXPECT_EQ(plan->generation, 3);
  EXPECT_EQ(plan->definition, full_spec());
  EXPECT_EQ(plan->parameters, (ParameterValues{{"region", "us-east-1"}}));
  EXPECT_EQ(plan->notes.success, "open $(params.cluster-name)");
}

TEST(Plan, ADefinitionThatCannotBeReadIsAnError) {
  const json wrong = with_step(small_spec(), {{"timeout", "soon"}});
  const auto plan = compile(workflow_meta(), record_of(wrong));
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error(),
            "the spec cannot run: phases[p].steps[s].timeout: \"soon\" is not a duration from 1s "
            "to 168h, such as \"90s\", \"30m\" or \"1h30m\"");
}

}  // namespace
}  // namespace bootstrap
