#include "tests/bench/chains.h"

#include <gtest/gtest.h>

namespace bootstrap::bench {
namespace {

using nlohmann::json;

json object(json status, const char* step = "1") {
  return {
      {"metadata",
       {{"name", "x"}, {"namespace", "ns"}, {"labels", {{kChainLabel, "c"}, {kStepLabel, step}}}}},
      {"status", std::move(status)}};
}

json containers(json states) {
  return object({{"containerStatuses", std::move(states)}});
}

json terminated(int code) {
  return {{"state", {{"terminated", {{"exitCode", code}}}}}};
}

TEST(StepEnd, comes_when_every_container_has_terminated) {
  const json runs{{"state", {{"running", json::object()}}}};
  EXPECT_FALSE(step_end(containers({terminated(0), runs}), Trigger::Containers));
  EXPECT_FALSE(step_end(object(json::object()), Trigger::Containers));
  const auto well = step_end(containers({terminated(0), terminated(0)}), Trigger::Containers);
  ASSERT_TRUE(well);
  EXPECT_TRUE(well->succeeded);
  EXPECT_EQ(well->step.ns, "ns");
  EXPECT_EQ(well->step.chain, "c");
  EXPECT_EQ(well->step.step, 1);
  EXPECT_FALSE(
      step_end(containers({terminated(0), terminated(1)}), Trigger::Containers)->succeeded);
}

TEST(StepEnd, comes_with_the_phase_or_the_condition_if_that_is_the_trigger) {
  EXPECT_FALSE(step_end(object({{"phase", "Running"}}), Trigger::PodPhase));
  EXPECT_TRUE(step_end(object({{"phase", "Succeeded"}}), Trigger::PodPhase)->succeeded);
  EXPECT_FALSE(step_end(object({{"phase", "Failed"}}), Trigger::PodPhase)->succeeded);
  const auto condition = [](const char* type, const char* status) {
    return object({{"conditions", json::array({{{"type", type}, {"status", status}}})}});
  };
  EXPECT_FALSE(step_end(condition("Complete", "False"), Trigger::JobCondition));
  EXPECT_FALSE(step_end(condition("SuccessCriteriaMet", "True"), Trigger::JobCondition));
  EXPECT_TRUE(step_end(condition("Complete", "True"), Trigger::JobCondition)->succeeded);
  EXPECT_FALSE(step_end(condition("Failed", "True"), Trigger::JobCondition)->succeeded);
}

TEST(StepEnd, is_none_for_what_is_not_part_of_a_chain) {
  json other = containers({terminated(0)});
  other["metadata"]["labels"].erase(kStepLabel);
  EXPECT_FALSE(step_end(other, Trigger::Containers));
}

TEST(StepEnd, sees_all_it_needs_through_the_fields_that_are_kept) {
  const std::string pod = containers({terminated(0)}).dump();
  const auto kept = parse_kept(pod, trigger_fields(Trigger::Containers));
  ASSERT_TRUE(kept);
  EXPECT_TRUE(step_end(*kept, Trigger::Containers));
  const std::string running =
      containers({terminated(0), {{"state", {{"running", {{"startedAt", "t"}}}}}}}).dump();
  EXPECT_FALSE(
      step_end(*parse_kept(running, trigger_fields(Trigger::Containers)), Trigger::Containers));
}

TEST(Chains, go_on_step_by_step_and_each_event_acts_once) {
  Chains chains(2);
  const auto first = chains.on_start("ns", "c");
  ASSERT_TRUE(std::holds_alternative<next::Job>(first));
  EXPECT_EQ(std::get<next::Job>(first).step.step, 0);
  EXPECT_TRUE(std::holds_alternative<next::Nothing>(chains.on_start("ns", "c")));
  const auto second = chains.on_end({{"ns", "c", 0}, true});
  ASSERT_TRUE(std::holds_alternative<next::Job>(second));
  EXPECT_EQ(std::get<next::Job>(second).step.step, 1);
  EXPECT_TRUE(std::holds_alternative<next::Nothing>(chains.on_end({{"ns", "c", 0}, true})));
  const auto end = chains.on_end({{"ns", "c", 1}, true});
  ASSERT_TRUE(std::holds_alternative<next::Finish>(end));
  EXPECT_EQ(std::get<next::Finish>(end).state, "Succeeded");
}

TEST(Chains, end_with_the_first_failure) {
  Chains chains(4);
  const auto end = chains.on_end({{"ns", "c", 0}, false});
  ASSERT_TRUE(std::holds_alternative<next::Finish>(end));
  EXPECT_EQ(std::get<next::Finish>(end).state, "Failed");
}

TEST(ChainJob, names_the_job_and_labels_it_and_its_pod) {
  const json job = chain_job(json::parse(R"({"metadata":{"labels":{"a":"b"}},"spec":{"template":{
      "metadata":{"labels":{}},"spec":{"restartPolicy":"Never"}}}})"),
                             {"ns", "w-001", 2});
  EXPECT_EQ(job.at("/metadata/name"_json_pointer), "w-001-2");
  EXPECT_EQ(job.at("/metadata/labels/a"_json_pointer), "b");
  EXPECT_EQ(job.at("metadata").at("labels").at(kStepLabel), "2");
  EXPECT_EQ(job.at("/spec/template/metadata/labels"_json_pointer).at(kChainLabel), "w-001");
  EXPECT_EQ(job.at("/spec/template/spec/restartPolicy"_json_pointer), "Never");
}

}  // namespace
}  // namespace bootstrap::bench
