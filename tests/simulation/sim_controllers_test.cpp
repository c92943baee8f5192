// The simulated Job controller, nodes and garbage collector against what the real ones were seen to
// do.
#include "tests/simulation/sim_controllers.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "controllers/names.h"
#include "tests/simulation/sim_api_server.h"

namespace bootstrap::simulation {
namespace {

using namespace std::chrono_literals;
using namespace nlohmann::literals;

class Controllers : public ::testing::Test {
 protected:
  Controllers() {
    // What the pod and its Job said, each time it was something new.
    server.store().subscribe([this](const Change& change) {
      if (change.kind == ChangeKind::Deleted)
        note(change.type->kind + " gone", change.at);
      else if (change.type == &pods)
        note(pod_text(*change.object), change.at);
      else if (change.type == &jobs)
        for (const auto& c : change.object->value("/status/conditions"_json_pointer, Json::array()))
          if (c["status"] == "True") note("Job " + c["type"].get<std::string>(), change.at);
    });
  }
  static std::string pod_text(const Json& pod) {
    std::string text = "Pod " + text_at(pod, "/status/phase");
    const auto state = pod.value("/status/containerStatuses/0/state"_json_pointer, Json::object());
    if (state.contains("terminated"))
      text += " exit " + std::to_string(state["terminated"]["exitCode"].get<int>());
    else if (state.contains("running"))
      text += " running";
    const std::string reason = text_at(pod, "/status/reason");
    return reason.empty() ? text : text + " " + reason;
  }
  void note(const std::string& what, TimePoint at) {
    const auto known = std::find_if(story.begin(), story.end(),
                                    [&](const auto& entry) { return entry.first == what; });
    if (known == story.end()) story.emplace_back(what, at);
  }
  std::vector<std::string> told() const {
    std::vector<std::string> all;
    for (const auto& [what, at] : story) all.push_back(what);
    return all;
  }
  Duration between(const std::string& first, const std::string& second) const {
    TimePoint a, b;
    for (const auto& [what, at] : story) {
      if (what == first) a = at;
      if (what == second) b = at;
    }
    return b - a;
  }
  void create_job(Json change = Json::object()) {
    Json job = R"({
      "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"},
      "spec": {
        "backoffLimit": 0, "podReplacementPolicy": "Failed",
        "podFailurePolicy": {"rules": [
          {"action": "FailJob", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
          {"action": "FailJob",
           "onExitCodes": {"containerName": "main", "operator": "NotIn", "values": [0]}}]},
        "template": {
          "metadata": {"labels": {
            "bootstrap.openshift.io/workflow-uid": "u", "bootstrap.openshift.io/phase": "p",
            "bootstrap.openshift.io/step": "s", "bootstrap.openshift.io/attempt": "1"}},
          "spec": {"restartPolicy": "Never", "activeDeadlineSeconds": 7200,
                   "containers": [{"name": "main", "image": "i"}]}}}})"_json;
    job.merge_patch(change);
    ASSERT_TRUE(server.verbs().create(jobs, "ns", job));
  }
  Object job() { return server.store().find(jobs, {"ns", "j"}); }
  std::string condition(const char* type, const char* field) {
    for (const auto& c : job()->value("/status/conditions"_json_pointer, Json::array()))
      if (c["type"] == type) return c[field];
    return "none";
  }
  std::string pod_name() { return controllers.nodes.runs().at(0).pod; }
  using Told = std::vector<std::string>;

  SimClock clock;
  Scheduler scheduler{clock, Random(1)};
  SimApiServer server{scheduler, Random(2)};
  const ResourceType& jobs = *server.store().type("batch", "v1", "jobs");
  const ResourceType& pods = *server.store().type("", "v1", "pods");
  Fate fate;
  SimControllers controllers{server.verbs(), scheduler, Random(5),
                             [this](const AttemptName&) { return fate; }, Lag{.slow_chance = 0}};
  std::vector<std::pair<std::string, TimePoint>> story;
};

TEST_F(Controllers, AJobSucceedsInTheOrderOfTheRealOnes) {
  create_job();
  scheduler.run_for(1min);
  EXPECT_EQ(told(), (Told{"Pod Pending", "Pod Running running", "Pod Running exit 0",
                          "Pod Succeeded exit 0", "Job SuccessCriteriaMet", "Job Complete"}));
  EXPECT_GE(between("Pod Running exit 0", "Pod Succeeded exit 0"), 1s);
  EXPECT_GE(between("Pod Succeeded exit 0", "Job Complete"), 900ms);
  const Object pod = server.store().find(pods, {"ns", pod_name()});
  EXPECT_EQ(pod_name().substr(0, 2), "j-");
  EXPECT_EQ((*pod)["metadata"]["labels"]["batch.kubernetes.io/job-name"], "j");
  EXPECT_EQ((*pod)["metadata"]["ownerReferences"][0]["uid"], uid_of(*job()));
  EXPECT_TRUE((*pod)["metadata"].value("finalizers", Json::array()).empty());
  const auto& runs = controllers.nodes.runs();
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_TRUE(runs[0].started && runs[0].succeeded());
  EXPECT_EQ(runs[0].attempt, (AttemptName{"u", "p", "s", 1}));
}

TEST_F(Controllers, AFailedJobKeepsTheExitCode) {
  fate.exit_code = 3;
  create_job();
  scheduler.run_for(1min);
  EXPECT_EQ(told(), (Told{"Pod Pending", "Pod Running running", "Pod Running exit 3",
                          "Pod Failed exit 3", "Job FailureTarget", "Job Failed"}));
  EXPECT_EQ(condition("Failed", "reason"), "PodFailurePolicy");
  EXPECT_EQ(condition("Failed", "message"),
            "Container main for pod ns/" + pod_name() +
                " failed with exit code 3 matching FailJob rule at index 1");
  EXPECT_EQ(controllers.nodes.runs().size(), 1U) << "it is not replaced";
}

TEST_F(Controllers, AnEvictionIsADisruption) {
  fate.kind = Fate::Kind::Evicted;
  fate.runs = 1h;
  fate.strikes = 5s;
  create_job();
  scheduler.run_for(2min);
  EXPECT_EQ(told(), (Told{"Pod Pending", "Pod Running running", "Pod Running exit 143",
                          "Pod Failed exit 143", "Job FailureTarget", "Pod gone", "Job Failed"}));
  EXPECT_EQ(condition("Failed", "message"), "Pod ns/" + pod_name() +
                                                " has condition DisruptionTarget matching FailJob "
                                                "rule at index 0");
}

TEST_F(Controllers, ASuspendedJobSaysSoBeforeItsPodHasEnded) {
  fate.runs = 1h;
  create_job();
  scheduler.run_for(10s);
  ASSERT_TRUE(server.verbs().patch(jobs, {"ns", "j"}, R"({"spec": {"suspend": true}})"_json,
                                   Verbs::Part::Main));
  scheduler.run_for(2min);
  const auto position = [&](const char* what) {
    const auto all = told();
    return std::find(all.begin(), all.end(), what) - all.begin();
  };
  EXPECT_LT(position("Job Suspended"), position("Pod Failed exit 143"));
  EXPECT_LT(position("Pod Failed exit 143"), position("Job Failed"));
  EXPECT_EQ(controllers.nodes.runs().size(), 1U);
  EXPECT_TRUE(controllers.nodes.runs()[0].told_to_end);
}

TEST_F(Controllers, AJobThatIsBornSuspendedHasNoPod) {
  create_job(R"({"spec": {"suspend": true}})"_json);
  scheduler.run_for(1min);
  EXPECT_EQ(told(), Told{"Job Suspended"});
  EXPECT_TRUE(controllers.nodes.runs().empty());
}

TEST_F(Controllers, ADeadlineEndsThePod) {
  fate.runs = 1h;
  fate.exit_code_on_term = 137;
  create_job(R"({"spec": {"template": {"spec": {"activeDeadlineSeconds": 30}}}})"_json);
  scheduler.run_for(2min);
  EXPECT_EQ(told(),
            (Told{"Pod Pending", "Pod Running running", "Pod Running exit 137",
                  "Pod Failed exit 137 DeadlineExceeded", "Job FailureTarget", "Job Failed"}));
  EXPECT_LT(between("Pod Running running", "Pod Running exit 137"), 32s);
}

TEST_F(Controllers, AnImageThatIsNeverThereKeepsThePodPending) {
  fate.kind = Fate::Kind::NeverPulls;
  create_job();
  scheduler.run_for(10min);
  EXPECT_EQ(told(), Told{"Pod Pending"});
  const Object pod = server.store().find(pods, {"ns", pod_name()});
  EXPECT_EQ(text_at(*pod, "/status/containerStatuses/0/state/waiting/reason"), "ImagePullBackOff");
  EXPECT_FALSE(controllers.nodes.runs()[0].started);
  ASSERT_TRUE(server.verbs().patch(jobs, {"ns", "j"}, R"({"spec": {"suspend": true}})"_json,
                                   Verbs::Part::Main));
  scheduler.run_for(2min);
  EXPECT_FALSE(server.store().find(pods, {"ns", pod_name()}));
  EXPECT_FALSE(controllers.nodes.runs()[0].started);
}

TEST_F(Controllers, ALostNodeSaysNothingUntilItIsBack) {
  fate.kind = Fate::Kind::NodeLost;
  fate.strikes = 2s;
  fate.runs = 10s;
  fate.returns = 20min;
  create_job();
  scheduler.run_for(19min);
  EXPECT_EQ(told(), (Told{"Pod Pending", "Pod Running running"}));
  EXPECT_TRUE(controllers.nodes.runs()[0].succeeded()) << "in truth it has ended long ago";
  scheduler.run_for(3min);
  EXPECT_EQ(told().at(3), "Pod Succeeded exit 0");
}

TEST_F(Controllers, ANodeThatIsGoneIsGivenUp) {
  fate.kind = Fate::Kind::NodeLost;
  fate.strikes = 2s;
  fate.runs = 1h;
  fate.returns = 20min;
  fate.node_returns = false;
  create_job();
  scheduler.run_for(25min);
  EXPECT_EQ(told(), (Told{"Pod Pending", "Pod Running running", "Pod Failed running",
                          "Job FailureTarget", "Pod gone", "Job Failed"}));
}

TEST_F(Controllers, WhatBelongsToADeletedJobGoesWithIt) {
  fate.runs = 1h;
  create_job();
  scheduler.run_for(10s);
  ASSERT_TRUE(server.verbs().remove(jobs, {"ns", "j"}, {}));
  EXPECT_TRUE(server.store().find(pods, {"ns", pod_name()})) << "in the background, later";
  scheduler.run_for(2min);
  EXPECT_EQ(server.store().list(pods, "").size(), 0U);
  EXPECT_TRUE(controllers.nodes.runs()[0].ended);
}

TEST_F(Controllers, APodThatIsRefusedIsTriedAgainAndAnEventSaysWhy) {
  bool full = true;
  server.verbs().admission = [&](const ResourceType& type,
                                 const Json&) -> std::optional<ApiStatus> {
    if (!full || type.plural != "pods") return std::nullopt;
    return refusals::forbidden(type, "j-x", "exceeded quota: pods");
  };
  create_job();
  scheduler.run_for(15s);
  const auto events = server.store().list(*server.store().type("", "v1", "events"), "ns");
  ASSERT_FALSE(events.empty());
  EXPECT_EQ((*events[0])["reason"], "FailedCreate");
  EXPECT_EQ((*events[0])["involvedObject"]["uid"], uid_of(*job()));
  full = false;
  scheduler.run_for(2min);
  EXPECT_EQ(told().back(), "Job Complete");
}

}  // namespace
}  // namespace bootstrap::simulation
