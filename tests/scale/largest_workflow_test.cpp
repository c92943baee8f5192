// The largest workflow there may be: as many phases and steps as the CRD accepts, with texts,
// outputs and ends of logs of the largest size. It is accepted, planned and run to its end, and its
// status stays within its bounds.

#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/limits.h"
#include "controllers/names.h"
#include "tests/integration/operator_process.h"
#include "tests/integration/played_cluster.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::size_t kLargestStatus = 256 * 1024;  // bytes of JSON
constexpr std::size_t kLargestArgument = 4096;      // characters

std::string long_name(char kind, std::size_t number) {
  std::string name = fmt::format("{}{:02}", kind, number);
  return name.append(limits::kWorkflowName - name.size(), 'x');
}

// Every fifth step fails and leaves the end of its log, the others have all the outputs they may;
// tests/cluster/fake_nodes/pods.yaml reads these variables.
json environment(std::size_t step) {
  const bool fails = step % 5 == 4;
  const std::string said = fails ? std::string(limits::kTerminationMessage, '"')
                                 : "output=" + std::string(limits::kOutputs - 8, 'x');
  return {{{"name", "FAKE_EXIT_CODE"}, {"value", fails ? "2" : "0"}},
          {{"name", "FAKE_MESSAGE"}, {"value", said}}};
}

// As large as a definition may be: arguments fill it up.
json largest_workflow(const std::string& name) {
  json phases = json::array();
  for (std::size_t i = 0; i < limits::kSteps; ++i) {
    if (i < limits::kPhases)
      phases.push_back({{"name", long_name('p', i)}, {"parallel", true}, {"steps", json::array()}});
    phases[i % limits::kPhases]["steps"].push_back({{"name", long_name('s', i)},
                                                    {"command", {"tool"}},
                                                    {"args", json::array()},
                                                    {"tools", {{"env", environment(i)}}},
                                                    {"continueOnFailure", true}});
  }
  json spec{{"tools", {{"image", "registry.example/tools:1"}}}, {"phases", phases}};
  const std::size_t per_argument = kLargestArgument + 3;  // quotes and a comma
  const std::size_t room = limits::kDefinition - spec.dump().size();
  for (std::size_t i = 0; i < room / per_argument; ++i)
    spec["phases"][i % limits::kPhases]["steps"][0]["args"].push_back(
        std::string(kLargestArgument, 'a'));
  return {{"apiVersion", "bootstrap.openshift.io/v1alpha1"},
          {"kind", "BootstrapWorkflow"},
          {"metadata", {{"name", name}}},
          {"spec", spec}};
}

class Largest : public ::testing::Test {
 protected:
  void create(const std::string& ns, const json& workflow) {
    cluster_.kubectl_output({"create", "-n", ns, "-f", "-"}, {.input = workflow.dump()});
  }

  Cluster& cluster_ = install(Cluster::of_test());
};

TEST_F(Largest, WorkflowRunsToItsEndWithAStatusOfBoundedSize) {
  const TestNamespace ns(cluster_, "scale-largest");
  const OperatorProcess op(cluster_);
  const std::string name(limits::kWorkflowName, 'w');
  create(ns, largest_workflow(name));
  const json done = cluster_.await_state(ns, name, "Succeeded", 180s);

  const json& status = done.at("status");
  EXPECT_EQ(status.at("progress").at("text"), "100/100 100%");
  EXPECT_LT(status.dump().size(), kLargestStatus);
  EXPECT_GT(status.dump().size(), kLargestStatus / 2) << "that was not the largest";
  std::set<std::string> recorded, created;
  for (const json& phase : status.at("phases"))
    for (const json& step : phase.at("steps")) {
      EXPECT_EQ(step.at("attempts"), 1) << step.dump();
      recorded.insert(step.at("job"));
    }
  for (const json& job : cluster_.items(kube::resources::kJobs, ns))
    created.insert(job.at("metadata").at("name"));
  EXPECT_EQ(recorded.size(), limits::kSteps);
  EXPECT_EQ(created, recorded);
}

TEST_F(Largest, ALargerDefinitionIsRefusedByName) {
  const TestNamespace ns(cluster_, "scale-larger");
  const OperatorProcess op(cluster_);
  json workflow = largest_workflow("larger");
  workflow["spec"]["phases"][0]["steps"][1]["args"] = {std::string(kLargestArgument, 'b'),
                                                       std::string(kLargestArgument, 'c')};
  create(ns, workflow);
  const json refused = cluster_.await_state(ns, "larger", "Invalid", 30s);
  EXPECT_THAT(status_text(refused, "message"),
              HasSubstr("spec: with the values of its parameters has 10"));
  EXPECT_THAT(status_text(refused, "message"), HasSubstr("at most 1048576 are allowed"));
  EXPECT_TRUE(cluster_.items(kube::resources::kJobs, ns).empty());
}

}  // namespace
}  // namespace bootstrap::testing
