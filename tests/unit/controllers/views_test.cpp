#include "controllers/views.h"

#include <gtest/gtest.h>

#include "controllers/attempt.h"
#include "controllers/lineage.h"
#include "tests/unit/controllers/specs.h"

namespace bootstrap {
namespace {

using namespace testing_specs;

// As the store gets it: from the text, through the fields that are kept.
template <class T>
tl::expected<T, std::string> seen(const Projection<T>& projection, std::string_view text) {
  const auto kept = parse_kept(text, projection.fields);
  if (!kept) return tl::unexpected(kept.error());
  return projection.read(*kept);
}

// What the Job controller writes for a pod that failed, managedFields and all.
constexpr const char* kJob = R"json({
  "apiVersion": "batch/v1", "kind": "Job",
  "metadata": {
    "name": "full-setup-create-pz5jybi6do", "namespace": "bootstrap", "uid": "job-uid-1",
    "resourceVersion": "1234567", "generation": 1, "creationTimestamp": "2026-01-02T15:04:05Z",
    "labels": {
      "app.kubernetes.io/managed-by": "bootstrap-operator",
      "bootstrap.openshift.io/workflow": "full-setup",
      "bootstrap.openshift.io/workflow-uid": "uid-1",
      "bootstrap.openshift.io/phase": "cluster", "bootstrap.openshift.io/step": "create",
      "bootstrap.openshift.io/attempt": "2"},
    "ownerReferences": [
      {"apiVersion": "v1", "kind": "ConfigMap", "name": "other", "uid": "other-uid"},
      {"apiVersion": "bootstrap.openshift.io/v1alpha1", "kind": "BootstrapWorkflow",
       "name": "full-setup", "uid": "uid-1", "controller": true, "blockOwnerDeletion": true}],
    "managedFields": [
      {"manager": "bootstrap-operator", "operation": "Update", "apiVersion": "batch/v1",
       "time": "2026-01-02T15:04:05Z", "fieldsType": "FieldsV1",
       "fieldsV1": {"f:metadata": {"f:labels": {".": {}, "f:app.kubernetes.io/managed-by": {}}},
                    "f:spec": {"f:backoffLimit": {}, "f:suspend": {}}}},
      {"manager": "kube-controller-manager", "operation": "Update", "apiVersion": "batch/v1",
       "time": "2026-01-02T15:04:09Z", "fieldsType": "FieldsV1", "subresource": "status",
       "fieldsV1": {"f:status": {"f:conditions": {}, "f:failed": {}, "f:ready": {}}}}]
  },
  "spec": {
    "parallelism": 1, "completions": 1, "backoffLimit": 0, "completionMode": "NonIndexed",
    "suspend": false, "podReplacementPolicy": "Failed", "manualSelector": false,
    "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": "job-uid-1"}},
    "template": {"spec": {"containers": [{"name": "main", "image": "registry.example/tools:1"}]}}
  },
  "status": {
    "conditions": [
      {"type": "FailureTarget", "status": "True", "lastProbeTime": "2026-01-02T15:04:08Z",
       "lastTransitionTime": "2026-01-02T15:04:08Z", "reason": "PodFailurePolicy",
       "message": "Container main for pod bootstrap/full-setup-create-pz5jybi6do-x2x4z failed with exit code 3 matching FailJob rule at index 1"},
      {"type": "Failed", "status": "True", "lastProbeTime": "2026-01-02T15:04:09Z",
       "lastTransitionTime": "2026-01-02T15:04:09Z", "reason": "PodFailurePolicy",
       "message": "Container main for pod bootstrap/full-setup-create-pz5jybi6do-x2x4z failed with exit code 3 matching FailJob rule at index 1"}],
    "startTime": "2026-01-02T15:04:05Z", "terminating": 0, "failed": 1, "ready": 0,
    "uncountedTerminatedPods": {}
  }
})json";

TEST(Views, AJobIsWhatTheControllerSaysOfIt) {
  const auto job = seen(kJobProjection, kJob);
  ASSERT_TRUE(job) << job.error();
  EXPECT_EQ(job->meta.name, "full-setup-create-pz5jybi6do");
  EXPECT_EQ(job->meta.ns, "bootstrap");
  EXPECT_EQ(job->meta.uid, "job-uid-1");
  EXPECT_EQ(job->meta.resource_version, 1234567U);
  EXPECT_EQ(job->meta.controller_uid, "uid-1");
  EXPECT_EQ(job->meta.creation, from_rfc3339("2026-01-02T15:04:05Z"));
  EXPECT_EQ(job->meta.deletion, std::nullopt);
  EXPECT_FALSE(job->suspended);
  EXPECT_TRUE(has_condition(job->conditions, "Failed"));
  EXPECT_FALSE(has_condition(job->conditions, "Complete"));
  ASSERT_NE(find_condition(job->conditions, "Failed"), nullptr);
  EXPECT_EQ(find_condition(job->conditions, "Failed")->reason, "PodFailurePolicy");
  EXPECT_EQ(find_condition(job->conditions, "Failed")->message,
            "Container main for pod bootstrap/full-setup-create-pz5jybi6do-x2x4z failed with exit "
            "code 3 matching FailJob rule at index 1");
  const auto attempt = attempt_of(job->meta);
  ASSERT_TRUE(attempt);
  EXPECT_EQ(attempt->step, (StepRef{"cluster", "create"}));
  EXPECT_EQ(attempt->attempt, 2);
}

TEST(Views, OfAJobOnlyWhatIsReadIsKept) {
  const auto kept = parse_kept(kJob, kJobProjection.fields);
  ASSERT_TRUE(kept);
  EXPECT_EQ((*kept)["metadata"].count("managedFields"), 0U);
  EXPECT_EQ((*kept)["spec"], (json{{"suspend", false}}));
  EXPECT_LT(kept->dump().size(), std::string_view(kJob).size() / 2);
}

// Whose it is, of which run, and below which workflow.
TEST(Views, TheLabelsOfAnAttemptAreKept) {
  ObjectMeta workflow;
  workflow.name = "w";
  workflow.uid = "uid-of-w";
  const json object{{"metadata", {{"labels", labels_of_attempt(workflow, {"p", "s"}, 3, 2, "")}}}};
  for (const FieldFilter* fields : {&kJobProjection.fields, &kPodProjection.fields}) {
    const ObjectMeta meta = read_meta(*parse_kept(object.dump(), *fields));
    ASSERT_TRUE(attempt_of(meta));
    EXPECT_EQ(to_text(attempt_of(meta)->step), "p/s");
    EXPECT_EQ(attempt_of(meta)->attempt, 3);
    EXPECT_EQ(attempt_of(meta)->run, 2);
    EXPECT_EQ(meta.labels.at(labels::kWorkflowUid), "uid-of-w");
    EXPECT_EQ(meta.labels.at(labels::kRootUid), "uid-of-w");
  }
}

TEST(Views, OnlyWhatADecisionRestsOnMakesAVersionNew) {
  JobView job = *seen(kJobProjection, kJob);
  JobView other = job;
  other.meta.resource_version += 5;
  other.meta.generation += 1;
  EXPECT_TRUE(says_the_same(job, other));
  other.suspended = !job.suspended;
  EXPECT_FALSE(says_the_same(job, other));
  other = job;
  other.meta.deletion = job.meta.creation;
  EXPECT_FALSE(says_the_same(job, other));
  other = job;
  other.conditions.clear();
  EXPECT_FALSE(says_the_same(job, other));

  PodView pod;
  pod.containers.emplace_back().name = "main";
  PodView later = pod;
  later.meta.resource_version = 7;
  EXPECT_TRUE(says_the_same(pod, later));
  later.containers[0].state = ContainerState::Terminated;
  EXPECT_FALSE(says_the_same(pod, later));
  later = pod;
  later.phase = "Failed";
  EXPECT_FALSE(says_the_same(pod, later));
  later = pod;
  later.conditions = {{"DisruptionTarget", "True", "", ""}};
  EXPECT_FALSE(says_the_same(pod, later));
}

// Four writes on the way to a running container, and no decision rests on any of them.
TEST(Views, HowFarAPodIsThatStartsWellIsNoNews) {
  PodView made;
  made.phase = "Pending";
  PodView scheduled = made;
  scheduled.node = "worker-1";
  scheduled.conditions = {{"PodScheduled", "True", "", ""}};
  PodView creating = scheduled;
  creating.init_containers.emplace_back().reason = "PodInitializing";
  creating.containers.emplace_back().reason = "ContainerCreating";
  EXPECT_TRUE(says_the_same(made, scheduled));
  EXPECT_TRUE(says_the_same(scheduled, creating));

  const auto is_news = [&](const std::function<void(PodView&)>& change) {
    PodView other = creating;
    change(other);
    return !says_the_same(creating, other) && !says_the_same(other, creating);
  };
  EXPECT_TRUE(is_news([](PodView& p) { p.containers[0].reason = "ErrImagePull"; }));
  EXPECT_TRUE(is_news([](PodView& p) { p.containers[0].state = ContainerState::Running; }));
  EXPECT_TRUE(is_news([](PodView& p) { p.init_containers[0].state = ContainerState::Running; }));
  EXPECT_TRUE(is_news([](PodView& p) { p.conditions[0].status = "False"; }));
  EXPECT_TRUE(is_news([](PodView& p) {
    p.conditions.push_back({"DisruptionTarget", "True", "", ""});
  }));
  EXPECT_TRUE(is_news([](PodView& p) { p.phase = "Failed"; }));
  EXPECT_TRUE(is_news([](PodView& p) { p.reason = "Evicted"; }));
  EXPECT_TRUE(is_news([](PodView& p) { p.meta.deletion = TimePoint(std::chrono::seconds(1)); }));
}

TEST(Views, ASuspendedJobIsKnownByItsSpec) {
  for (const auto& [suspend, expected] : std::vector<std::pair<json, bool>>{
           {true, true}, {false, false}, {nullptr, false}, {"true", false}}) {
    const auto job =
        seen(kJobProjection,
             json{{"metadata", {{"name", "x"}}}, {"spec", {{"suspend", suspend}}}}.dump());
    ASSERT_TRUE(job);
    EXPECT_EQ(job->suspended, expected) << suspend;
  }
}

TEST(Views, WhyWorkWasToldToEndIsKept) {
  const Stop stop{reasons::kCancelled, 3};
  const std::string object = json{{"metadata", {{"annotations", annotations_of(stop)}}}}.dump();
  EXPECT_EQ(seen(kJobProjection, object)->stop, stop);
  EXPECT_EQ(seen(kWorkflowProjection, object)->stop, stop);
}

// What a kubelet writes while an image cannot be pulled and an init container has run.
constexpr const char* kPodWaiting = R"json({
  "metadata": {"name": "p", "namespace": "bootstrap", "uid": "pod-uid", "resourceVersion": "8",
    "ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": "j", "uid": "job-uid-1",
                         "controller": true, "blockOwnerDeletion": true}],
    "managedFields": [{"manager": "kubelet", "fieldsV1": {"f:status": {"f:phase": {}}}}]},
  "spec": {"nodeName": "worker-1", "restartPolicy": "Never",
    "containers": [{"name": "main", "env": [{"name": "PASSWORD", "value": "secret"}]}]},
  "status": {
    "phase": "Pending", "hostIP": "10.0.0.1", "qosClass": "Burstable",
    "conditions": [
      {"type": "PodReadyToStartContainers", "status": "True", "lastTransitionTime": "2026-01-02T15:04:06Z"},
      {"type": "Ready", "status": "False", "reason": "ContainersNotReady", "message": "containers with unready status: [main]"},
      {"type": "PodScheduled", "status": "True", "observedGeneration": 1}],
    "initContainerStatuses": [
      {"name": "source", "ready": true, "restartCount": 0, "image": "x", "imageID": "sha256:1",
       "containerID": "containerd://1", "started": false, "lastState": {},
       "state": {"terminated": {"exitCode": 0, "reason": "Completed", "containerID": "containerd://1",
                 "startedAt": "2026-01-02T15:04:06Z", "finishedAt": "2026-01-02T15:04:07Z"}}}],
    "containerStatuses": [
      {"name": "main", "ready": false, "restartCount": 0, "image": "x", "imageID": "", "started": false,
       "lastState": {},
       "state": {"waiting": {"reason": "ImagePullBackOff",
                 "message": "Back-off pulling image \"registry.example/tools:9\""}}}]
  }
})json";

TEST(Views, APodThatWaitsSaysWhy) {
  const auto pod = seen(kPodProjection, kPodWaiting);
  ASSERT_TRUE(pod) << pod.error();
  EXPECT_EQ(pod->meta.controller_uid, "job-uid-1");
  EXPECT_EQ(pod->node, "worker-1");
  EXPECT_EQ(pod->phase, "Pending");
  EXPECT_TRUE(has_condition(pod->conditions, "PodScheduled"));
  EXPECT_FALSE(has_condition(pod->conditions, "Ready"));
  ASSERT_EQ(pod->init_containers.size(), 1U);
  EXPECT_EQ(pod->init_containers[0].name, "source");
  EXPECT_EQ(pod->init_containers[0].state, ContainerState::Terminated);
  EXPECT_EQ(pod->init_containers[0].exit_code, 0);
  ASSERT_EQ(pod->containers.size(), 1U);
  EXPECT_EQ(pod->containers[0].state, ContainerState::Waiting);
  EXPECT_EQ(pod->containers[0].reason, "ImagePullBackOff");
  EXPECT_EQ(pod->containers[0].message, "Back-off pulling image \"registry.example/tools:9\"");
  EXPECT_FALSE(has_ended(*pod));
}

TEST(Views, OfAPodNoValueOfAVariableIsKept) {
  const auto kept = parse_kept(kPodWaiting, kPodProjection.fields);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->dump().find("secret"), std::string::npos);
}

TEST(Views, AContainerHasItsState) {
  struct Row {
    const char* state;
    ContainerState expected;
    const char* reason;
    const char* message;
    int exit_code;
  };
  const std::vector<Row> rows{
      {R"({"running": {"startedAt": "2026-01-02T15:04:06Z"}})", ContainerState::Running, "", "", 0},
      {R"({"terminated": {"exitCode": 3, "reason": "Error", "message": "line\nlast\n",
           "startedAt": "2026-01-02T15:04:06Z", "finishedAt": "2026-01-02T15:04:07Z"}})",
       ContainerState::Terminated, "Error", "line\nlast\n", 3},
      {R"({"terminated": {"exitCode": 137, "reason": "OOMKilled"}})", ContainerState::Terminated,
       "OOMKilled", "", 137},
      {R"({"waiting": {"reason": "ContainerCreating"}})", ContainerState::Waiting,
       "ContainerCreating", "", 0},
      // The API says that a container without any of them waits.
      {"{}", ContainerState::Waiting, "", "", 0},
      {"null", ContainerState::Waiting, "", "", 0},
      // A result that is not understood is no success.
      {R"({"terminated": {}})", ContainerState::Terminated, "", "", -1},
      {R"({"terminated": {"exitCode": "0"}})", ContainerState::Terminated, "", "", -1},
  };
  for (const Row& row : rows) {
    const auto pod = seen(kPodProjection, std::string(R"({"metadata": {"name": "p"}, "status":
        {"containerStatuses": [{"name": "main", "state": )") +
                                              row.state + "}]}}");
    ASSERT_TRUE(pod) << row.state;
    ASSERT_EQ(pod->containers.size(), 1U) << row.state;
    const ContainerView& main = pod->containers[0];
    EXPECT_EQ(main.name, "main");
    EXPECT_EQ(main.state, row.expected) << row.state;
    EXPECT_EQ(main.reason, row.reason) << row.state;
    EXPECT_EQ(main.message, row.message) << row.state;
    EXPECT_EQ(main.exit_code, row.exit_code) << row.state;
  }
  const auto times = seen(kPodProjection, R"({"status": {"containerStatuses": [{"name": "main",
      "state": {"terminated": {"exitCode": 0, "startedAt": "2026-01-02T15:04:06Z",
                               "finishedAt": "2026-01-02T15:04:07Z"}}}]}})");
  ASSERT_TRUE(times);
  EXPECT_EQ(times->containers.at(0).started, from_rfc3339("2026-01-02T15:04:06Z"));
  EXPECT_EQ(times->containers.at(0).finished, from_rfc3339("2026-01-02T15:04:07Z"));
}

TEST(Views, APodHasEndedWhenNothingOfItCanRunAgain) {
  const std::string done = R"({"name": "a", "state": {"terminated": {"exitCode": 0}}})";
  const std::string runs = R"({"name": "b", "state": {"running": {}}})";
  const std::string waits = R"({"name": "c", "state": {"waiting": {}}})";
  struct Row {
    const char* phase;
    std::string containers;
    bool ended;
  };
  for (const Row& row :
       {Row{"Succeeded", "", true}, Row{"Failed", "", true},
        Row{"Failed", runs, true},  // the kubelet is gone and its node was removed
        Row{"Running", done, true}, Row{"Running", done + "," + done, true},
        Row{"Running", done + "," + runs, false}, Row{"Running", done + "," + waits, false},
        Row{"Running", runs, false}, Row{"Pending", waits, false}, Row{"Pending", "", false},
        Row{"Running", "", false}, Row{"Unknown", "", false}, Row{"", "", false}}) {
    const auto pod =
        seen(kPodProjection, std::string(R"({"status": {"phase": ")") + row.phase +
                                 R"(", "containerStatuses": [)" + row.containers + "]}}");
    ASSERT_TRUE(pod);
    EXPECT_EQ(has_ended(*pod), row.ended) << row.phase << " " << row.containers;
  }
}

TEST(Views, AnEventHasTheTimeOfItsNewestOccurrence) {
  struct Row {
    const char* what;
    const char* times;
    const char* expected;
  };
  const std::vector<Row> rows{
      {"an old writer",
       R"("firstTimestamp": "2026-01-02T15:00:00Z", "lastTimestamp": "2026-01-02T15:05:00Z",
          "eventTime": null, "count": 7)",
       "2026-01-02T15:05:00Z"},
      {"a new writer",
       R"("firstTimestamp": null, "lastTimestamp": null, "eventTime": "2026-01-02T15:04:05.123456Z")",
       "2026-01-02T15:04:05.123Z"},
      {"a series",
       R"("eventTime": "2026-01-02T15:04:05.000000Z",
          "series": {"count": 3, "lastObservedTime": "2026-01-02T15:09:00.000000Z"})",
       "2026-01-02T15:09:00Z"},
      {"nothing else", R"("count": 1)", "2026-01-02T14:00:00Z"},
  };
  for (const Row& row : rows) {
    const auto event =
        seen(kEventProjection,
             std::string(R"({"kind": "Event", "metadata": {"name": "x.1", "creationTimestamp":
            "2026-01-02T14:00:00Z"}, "type": "Warning", "reason": "FailedCreate",
            "message": "Error creating: pods \"x-\" is forbidden: exceeded quota",
            "involvedObject": {"uid": "job-uid-1"}, "source": {"component": "job-controller"},)") +
                 row.times + "}");
    ASSERT_TRUE(event) << event.error();
    EXPECT_EQ(event->type, "Warning");
    EXPECT_EQ(event->reason, "FailedCreate");
    EXPECT_EQ(event->message, "Error creating: pods \"x-\" is forbidden: exceeded quota");
    EXPECT_EQ(event->time, from_rfc3339(row.expected)) << row.what;
  }
}

TEST(Views, AServiceAccountHasItsLabels) {
  const auto account = seen(kServiceAccountProjection, R"({"kind": "ServiceAccount",
      "metadata": {"name": "bootstrap", "namespace": "ns",
                   "labels": {"bootstrap.openshift.io/allow-workflows": "true"}},
      "secrets": [{"name": "token"}]})");
  ASSERT_TRUE(account);
  EXPECT_EQ(account->meta.labels.at("bootstrap.openshift.io/allow-workflows"), "true");
}

TEST(Views, AWorkflowKeepsItsSpecAsTextAndItsStatus) {
  json object{{"kind", "BootstrapWorkflow"},
              {"metadata",
               {{"name", "full-setup"},
                {"namespace", "bootstrap"},
                {"uid", "uid-1"},
                {"generation", 4},
                {"resourceVersion", "99"},
                {"deletionTimestamp", "2026-01-02T15:04:05Z"},
                {"annotations", {{"kubectl.kubernetes.io/last-applied-configuration", "{}"}}},
                {"managedFields", json::array({{{"manager", "kubectl"}}})}}},
              {"spec", full_spec()},
              {"status", {{"state", "Running"}, {"run", 1}}}};
  const auto workflow = seen(kWorkflowProjection, object.dump());
  ASSERT_TRUE(workflow) << workflow.error();
  EXPECT_EQ(workflow->meta.generation, 4);
  EXPECT_EQ(workflow->meta.deletion, from_rfc3339("2026-01-02T15:04:05Z"));
  EXPECT_EQ(json::parse(workflow->spec), full_spec());
  EXPECT_EQ(workflow->status.state, WorkflowState::Running);
  EXPECT_EQ(workflow->status.run, 1);
}

TEST(Views, AWorkflowWithoutSpecOrStatusIsOneToo) {
  const auto workflow = seen(kWorkflowProjection, R"({"metadata": {"name": "x"}})");
  ASSERT_TRUE(workflow);
  EXPECT_EQ(workflow->spec, "{}");
  EXPECT_EQ(workflow->status.state, std::nullopt);
}

TEST(Views, AWorkflowWithAStatusOfANewerVersionIsAnError) {
  const auto workflow =
      seen(kWorkflowProjection, R"({"metadata": {"name": "x"}, "status": {"state": "Dreaming"}})");
  ASSERT_FALSE(workflow);
  EXPECT_EQ(workflow.error(), "status: unknown state \"Dreaming\"");
}

TEST(Views, AttemptsAreKnownByTheirLabels) {
  struct Row {
    const char* phase;
    const char* step;
    const char* attempt;
    int expected;  // 0: none
  };
  for (const Row& row :
       {Row{"p", "s", "1", 1}, Row{"p", "s", "12", 12}, Row{"", "s", "1", 0}, Row{"p", "", "1", 0},
        Row{"p", "s", "", 0}, Row{"p", "s", "0", 0}, Row{"p", "s", "-1", 0}, Row{"p", "s", "1x", 0},
        Row{"p", "s", "x", 0}, Row{"p", "s", "1.5", 0}, Row{"p", "s", "99999999999", 0}}) {
    ObjectMeta meta;
    meta.labels = {
        {labels::kPhase, row.phase}, {labels::kStep, row.step}, {labels::kAttempt, row.attempt}};
    const auto attempt = attempt_of(meta);
    EXPECT_EQ(attempt ? attempt->attempt : 0, row.expected) << row.attempt;
  }
  EXPECT_FALSE(attempt_of(ObjectMeta{}));
}

// --- whatever is in it ---

TEST(Views, NoJsonWhateverMakesReadingThrow) {
  std::mt19937 random(4711);  // NOLINT: the same every time
  const json job = json::parse(kJob), pod = json::parse(kPodWaiting);
  const json workflow{{"metadata", job["metadata"]},
                      {"spec", small_spec()},
                      {"status", {{"state", "Running"}, {"phases", json::array()}}}};
  const json event{{"metadata", job["metadata"]},
                   {"type", "Warning"},
                   {"series", {{"lastObservedTime", "2026-01-02T15:09:00Z"}}}};
  int read = 0;
  const auto count = [&read](const auto& view) { read += view ? 1 : 0; };
  for (int round = 0; round < 500; ++round) {
    ASSERT_NO_THROW(count(seen(kJobProjection, mutated(job, random).dump())));
    ASSERT_NO_THROW(count(seen(kPodProjection, mutated(pod, random).dump())));
    ASSERT_NO_THROW(count(seen(kEventProjection, mutated(event, random).dump())));
    ASSERT_NO_THROW(count(seen(kWorkflowProjection, mutated(workflow, random).dump())));
    ASSERT_NO_THROW(count(seen(kServiceAccountProjection, mutated(job, random).dump())));
  }
  EXPECT_GT(read, 2'000);  // most are odd and not unreadable
}

TEST(Views, TextThatIsNoJsonIsAnError) {
  const std::string_view whole = kJob;
  for (const std::string_view text :
       {std::string_view(), std::string_view("x"), std::string_view("{"),
        whole.substr(0, whole.size() / 2), std::string_view("{\"a\": \"\xFF\"}")})
    EXPECT_FALSE(seen(kJobProjection, text)) << text;
}

}  // namespace
}  // namespace bootstrap
