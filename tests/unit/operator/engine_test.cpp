// The wiring: which changes queue which workflow.

#include "operator/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/operator/small_cluster.h"

namespace bootstrap {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace ops = kube::ops;

json child(const std::string& workflow, int version) {
  json object{{"metadata",
               {{"namespace", "ns"},
                {"name", "child"},
                {"uid", "uid-of-child"},
                {"resourceVersion", std::to_string(version)}}}};
  if (!workflow.empty())
    object["metadata"]["labels"] = {{labels::kWorkflow, workflow},
                                    {labels::kWorkflowUid, "uid-" + workflow}};
  return object;
}

json workflow(const std::string& name, int version) {
  return {{"metadata",
           {{"namespace", "ns"},
            {"name", name},
            {"uid", "uid-" + name},
            {"resourceVersion", std::to_string(version)}}},
          {"spec", testing::two_steps()}};
}

class EngineTest : public ::testing::Test {
 protected:
  enum { kWorkflows, kJobs, kPods, kTemplates };

  void write(int watch, const kube::StoreOp& op) {
    watches_.at(static_cast<std::size_t>(watch)).write(op);
  }
  void list_empty(int watch) {
    write(watch, ops::Begin{});
    write(watch, ops::Complete{1});
  }
  std::vector<std::string> queued() {
    std::vector<std::string> names;
    while (const auto key = engine_.queue().try_get(clock_.steady_now())) {
      names.push_back(to_text(*key));
      engine_.queue().done(*key);
    }
    return names;
  }

  fakes::FakeTransport transport_;
  kube::Client client_{transport_, nullptr, {}};
  fakes::ManualClock clock_;
  std::vector<std::string> unreadable_;
  Engine engine_{client_,
                 clock_,
                 {.reconciler = {.platform = {}, .instance = "operator-0"}, .queue = {}},
                 {.reconciler = {.on_transition = [](const ObjectMeta&, const Transition&) {},
                                 .on_problem = [](const ObjectKey&, const std::string&) {}},
                  .on_unreadable = [this](const kube::Resource& resource, const ObjectKey& key,
                                          const std::string&) {
                    unreadable_.push_back(std::string(resource.plural) + " " + to_text(key));
                  }}};
  std::vector<Engine::Watch> watches_ = engine_.watches();
};

TEST_F(EngineTest, WatchesWorkflowsTemplatesAndWhatIsOursOfJobsAndPods) {
  std::vector<std::string> all;
  for (const Engine::Watch& watch : watches_)
    all.push_back(std::string(watch.resource.plural) + " " + watch.watcher.label_selector);
  EXPECT_THAT(all, ElementsAre("bootstrapworkflows ",
                               "jobs app.kubernetes.io/managed-by=bootstrap-operator",
                               "pods app.kubernetes.io/managed-by=bootstrap-operator",
                               "bootstrapworkflowtemplates "));
}

TEST_F(EngineTest, IsSyncedOnlyWhenEveryListIsComplete) {
  for (const int watch : {kWorkflows, kJobs, kPods, kTemplates}) {
    EXPECT_FALSE(engine_.synced()) << watch;
    write(watch, ops::Begin{});
    EXPECT_FALSE(engine_.synced()) << watch << " has only begun";
    write(watch, ops::Complete{1});
    EXPECT_TRUE(watches_[static_cast<std::size_t>(watch)].synced());
  }
  EXPECT_TRUE(engine_.synced());
}

TEST_F(EngineTest, AChangeOfAWorkflowQueuesIt) {
  list_empty(kWorkflows);
  write(kWorkflows, ops::Apply{workflow("w", 2)});
  EXPECT_THAT(queued(), ElementsAre("ns/w"));
  write(kWorkflows, ops::Apply{workflow("w", 2)});
  EXPECT_THAT(queued(), IsEmpty()) << "it has not changed";
  write(kWorkflows, ops::Delete{workflow("w", 3)});
  EXPECT_THAT(queued(), ElementsAre("ns/w"));
  EXPECT_EQ(watches_[kWorkflows].size(), 0U);
}

TEST_F(EngineTest, AChangeOfAJobOrPodQueuesTheWorkflowOfItsLabels) {
  for (const int watch : {kJobs, kPods}) {
    list_empty(watch);
    write(watch, ops::Apply{child("w", 2)});
    EXPECT_THAT(queued(), ElementsAre("ns/w")) << watch;
    write(watch, ops::Delete{child("w", 3)});
    EXPECT_THAT(queued(), ElementsAre("ns/w")) << watch;
    write(watch, ops::Apply{child("", 4)});
    EXPECT_THAT(queued(), IsEmpty()) << "it names no workflow";
  }
}

TEST_F(EngineTest, AWriteThatSaysNothingNewQueuesNothing) {
  for (const int watch : {kJobs, kPods}) {
    list_empty(watch);
    write(watch, ops::Apply{child("w", 2)});
    queued();
    json touched = child("w", 3);
    touched["status"] = {{"active", 1},
                         {"conditions", json::array({{{"type", "Ready"}, {"status", "True"}}})}};
    write(watch, ops::Apply{touched});
    EXPECT_THAT(queued(), IsEmpty()) << watch;
    for (const char* type : {"Complete", "DisruptionTarget"})
      touched["status"]["conditions"].push_back({{"type", type}, {"status", "True"}});
    touched["metadata"]["resourceVersion"] = "4";
    write(watch, ops::Apply{touched});
    EXPECT_THAT(queued(), ElementsAre("ns/w")) << watch;
  }
}

TEST_F(EngineTest, AChangeOfAChildQueuesItsParentToo) {
  list_empty(kWorkflows);
  json child = workflow("c", 2);
  child["metadata"]["labels"] = {{labels::kWorkflow, "w"}, {labels::kWorkflowUid, "uid-w"}};
  write(kWorkflows, ops::Apply{child});
  EXPECT_THAT(queued(), ElementsAre("ns/c", "ns/w"));
  write(kWorkflows, ops::Delete{child});
  EXPECT_THAT(queued(), ElementsAre("ns/c", "ns/w"));
}

TEST_F(EngineTest, AChangeOfATemplateQueuesTheWorkflowsThatAskForIt) {
  for (const int watch : {kWorkflows, kJobs, kPods, kTemplates}) list_empty(watch);
  json user = workflow("w", 2);
  user["spec"] = {{"templateRef", {{"name", "t"}}}};
  write(kWorkflows, ops::Apply{user});
  queued();
  json one{{"metadata", {{"namespace", "ns"}, {"name", "t"}, {"resourceVersion", "3"}}}};
  write(kTemplates, ops::Apply{one});
  EXPECT_THAT(queued(), IsEmpty()) << "nobody has asked yet";
  transport_.on_send([](const kube::Request& request) {
    const bool list = request.target.find('?') != std::string::npos;
    return list ? kube::Response{.status = 200, .body = R"({"metadata":{},"items":[]})"}
                : testing::refusal(404, "NotFound", "not found");
  });
  engine_.reconcile({"ns", "w"});
  one["metadata"]["resourceVersion"] = "4";
  write(kTemplates, ops::Apply{one});
  EXPECT_THAT(queued(), ElementsAre("ns/w"));
}

TEST_F(EngineTest, WhatANewListNoLongerHoldsQueuesItsWorkflow) {
  list_empty(kJobs);
  write(kJobs, ops::Apply{child("w", 2)});
  queued();
  write(kJobs, ops::Begin{});
  write(kJobs, ops::Complete{9});
  EXPECT_THAT(queued(), ElementsAre("ns/w")) << "the Job vanished while nobody looked";
}

TEST_F(EngineTest, AWorkflowOfANewerVersionIsReportedAndLeftAlone) {
  list_empty(kWorkflows);
  json newer = workflow("w", 2);
  newer["status"] = {{"state", "Dreaming"}};
  write(kWorkflows, ops::Apply{newer});
  EXPECT_THAT(unreadable_, ElementsAre("bootstrapworkflows ns/w"));
  EXPECT_THAT(queued(), IsEmpty());
  EXPECT_EQ(watches_[kWorkflows].size(), 0U);
}

TEST_F(EngineTest, AWorkflowThatIsGoneNeedsNoRequest) {
  for (const int watch : {kWorkflows, kJobs, kPods, kTemplates}) list_empty(watch);
  EXPECT_TRUE(std::holds_alternative<runtime::outcomes::Done>(engine_.reconcile({"ns", "absent"})));
  EXPECT_TRUE(transport_.seen().empty());
}

TEST_F(EngineTest, ReconcilesWhatTheWatchesHaveSeen) {
  for (const int watch : {kWorkflows, kJobs, kPods, kTemplates}) list_empty(watch);
  write(kWorkflows, ops::Apply{workflow("w", 2)});
  engine_.reconcile({"ns", "w"});
  EXPECT_FALSE(transport_.seen().empty());
}

}  // namespace
}  // namespace bootstrap
