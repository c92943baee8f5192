// The mistakes users make, and what they then see: every text is a golden file. All of them are
// made at once, each in a namespace of its own, and looked at one by one.

#include <algorithm>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/time.h"
#include "tests/e2e/golden.h"
#include "tests/e2e/user_view.h"
#include "tests/integration/audit_log.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct Mistake {
  const char* name;          // of the workflow, the golden file and, in part, of the namespace
  const char* state;         // what it comes to
  const char* reason;        // of the workflow
  const char* tools = "{}";  // of the first step, in YAML's flow style
  const char* step = "command: ['true']";  // the rest of the first step
  const char* before = "";                 // applied to the namespace first
  // The API server applies a quota only once its controller has counted.
  const char* quota = "";
  const char* mend = "";  // what, when it is applied later, lets the workflow go on by itself
  // What the node must have said of the container. It does not always: a kill for memory that it
  // learns of too late is a mere Error.
  const char* node_says = "";
  const char* else_told = "";  // what its message then has; the golden file is not compared
};

void PrintTo(const Mistake& mistake, std::ostream* out) {
  *out << mistake.name;
}

constexpr const char* kNoPods = R"yaml(
apiVersion: v1
kind: ResourceQuota
metadata: {name: no-pods}
spec: {hard: {pods: "0"}}
)yaml";
constexpr const char* kNoJobs = R"yaml(
apiVersion: v1
kind: ResourceQuota
metadata: {name: no-jobs}
spec: {hard: {count/jobs.batch: "0"}}
)yaml";
constexpr const char* kTwoPods = R"yaml(
apiVersion: v1
kind: ResourceQuota
metadata: {name: no-pods}
spec: {hard: {pods: "2"}}
)yaml";
constexpr const char* kTwoJobs = R"yaml(
apiVersion: v1
kind: ResourceQuota
metadata: {name: no-jobs}
spec: {hard: {count/jobs.batch: "2"}}
)yaml";
constexpr const char* kAccount = R"yaml(
apiVersion: v1
kind: ServiceAccount
metadata: {name: builder}
)yaml";
constexpr const char* kReleasedAccount = R"yaml(
apiVersion: v1
kind: ServiceAccount
metadata: {name: builder, labels: {bootstrap.openshift.io/allow-workflows: "true"}}
)yaml";
constexpr const char* kTools = R"yaml(
apiVersion: v1
kind: ConfigMap
metadata: {name: my-tools}
data: {new-cluster: "#!/bin/sh\necho created\n"}
)yaml";
constexpr const char* kSettings = R"yaml(
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: "1"}
)yaml";
constexpr const char* kSecret = R"yaml(
apiVersion: v1
kind: Secret
metadata: {name: vault}
stringData: {token: t}
)yaml";
constexpr const char* kNoImage = "{image: '127.0.0.1:9/no/such:1'}";

const std::vector<Mistake>& mistakes() {
  static const std::vector<Mistake> kAll{
      {.name = "failing-tool",
       .state = "Failed",
       .reason = "StepFailed",
       .step = "script: \"echo creating; echo 'quota of us-east-1 is used up'; exit 3\""},
      {.name = "tool-too-slow",
       .state = "Failed",
       .reason = "StepFailed",
       .step = "timeout: 3s, "
               "script: \"trap 'echo giving up; exit 143' TERM; sleep 600 & wait\""},
      {.name = "not-a-program",
       .state = "Failed",
       .reason = "StepFailed",
       .step = "command: [create-cluster]"},
      {.name = "out-of-memory",
       .state = "Failed",
       .reason = "StepFailed",
       .tools = "{resources: {limits: {memory: 16Mi}}}",
       .step = "command: [tail, /dev/zero]",
       .node_says = "OOMKilled",
       .else_told = "(ToolFailed): exit code 137 (SIGKILL, often for memory)"},
      {.name = "image-missing", .state = "Running", .reason = "ImagePullFailed", .tools = kNoImage},
      {.name = "start-timeout",
       .state = "Failed",
       .reason = "StepFailed",
       .tools = kNoImage,
       .step = "startTimeout: 4s, command: ['true']"},
      {.name = "source-missing",
       .state = "Running",
       .reason = "ConfigMissing",
       .tools = "{source: {configMap: {name: my-tools}}}",
       .step = "tool: new-cluster",
       .mend = kTools},
      {.name = "config-missing-in-env",
       .state = "Running",
       .reason = "ConfigMissing",
       .tools = "{env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: a}}}]}",
       .mend = kSettings},
      {.name = "config-missing-as-volume",
       .state = "Running",
       .reason = "ConfigMissing",
       .tools = "{volumes: [{name: v, configMap: {name: settings}}], "
                "volumeMounts: [{name: v, mountPath: /v}]}"},
      {.name = "secret-missing-in-env",
       .state = "Running",
       .reason = "ConfigMissing",
       .tools = "{env: [{name: A, valueFrom: {secretKeyRef: {name: vault, key: token}}}]}",
       .mend = kSecret},
      {.name = "claim-missing",
       .state = "Running",
       .reason = "VolumeNotReady",
       .tools = "{volumes: [{name: v, persistentVolumeClaim: {claimName: shared}}], "
                "volumeMounts: [{name: v, mountPath: /v}]}"},
      {.name = "unschedulable",
       .state = "Running",
       .reason = "Unschedulable",
       .tools = "{nodeSelector: {disk: ssd}}"},
      {.name = "account-missing",
       .state = "Pending",
       .reason = "ServiceAccountNotFound",
       .tools = "{serviceAccountName: builder}",
       .mend = kReleasedAccount},
      {.name = "account-not-released",
       .state = "Pending",
       .reason = "ServiceAccountNotAllowed",
       .tools = "{serviceAccountName: builder}",
       .before = kAccount,
       .mend = kReleasedAccount},
      {.name = "quota-of-pods",
       .state = "Running",
       .reason = "PodRefused",
       .quota = kNoPods,
       .mend = kTwoPods},
      {.name = "quota-of-jobs",
       .state = "Pending",
       .reason = "LaunchRefused",
       .quota = kNoJobs,
       .mend = kTwoJobs},
  };
  return kAll;
}

std::vector<Mistake> mendable() {
  std::vector<Mistake> some;
  std::ranges::copy_if(mistakes(), std::back_inserter(some),
                       [](const Mistake& m) { return *m.mend != '\0'; });
  return some;
}

std::string manifest_of(const Mistake& m) {
  const std::string image = "{image: 'docker.io/library/busybox:1.35'}";
  return std::string("apiVersion: bootstrap.openshift.io/v1alpha1\nkind: BootstrapWorkflow\n") +
         "metadata: {name: " + m.name + "}\nspec:\n  tools: " + image +
         "\n  phases:\n  - name: cluster\n    steps:\n    - {name: create, tools: " + m.tools +
         ", " + m.step + "}\n    - {name: check, command: ['true']}\n";
}

// By the name of the mistake; gone when the process ends.
std::map<std::string, TestNamespace>& namespaces() {
  static std::map<std::string, TestNamespace> all;
  return all;
}

void make(Cluster& cluster, const Mistake& m) {
  const TestNamespace& ns =
      namespaces().try_emplace(m.name, cluster, std::string("e2e-") + m.name).first->second;
  // Without it the first trouble would be another one.
  if (!eventually(20s, [&] {
        return cluster.find(kube::resources::kServiceAccounts, ns, "default").has_value();
      }))
    throw std::runtime_error("no ServiceAccount default in " + ns.name());
  if (*m.before != '\0') cluster.apply(ns, m.before);
  if (*m.quota != '\0') {
    cluster.apply(ns, m.quota);
    cluster.kubectl_output({"wait", "-n", ns, "resourcequota", "--all", "--timeout=20s",
                            "--for=jsonpath={.status.hard}"});
  }
  cluster.apply(ns, manifest_of(m));
}

class UserErrors : public ::testing::TestWithParam<Mistake> {
 protected:
  static void SetUpTestSuite() {
    for (const Mistake& m : mistakes()) make(Cluster::of_test(), m);
  }
};

// Between the creation of the step's Job and the Event that names the trouble.
std::optional<double> seconds_until_told(Cluster& cluster, const std::string& ns,
                                         const std::string& reason) {
  const auto jobs = AuditLog::of_namespace(ns).select(
      [](const Request& r) { return r.verb == "create" && r.resource == "jobs" && r.succeeded(); });
  if (jobs.empty()) return std::nullopt;
  for (const json& event : cluster.items(kube::resources::kEvents, ns)) {
    if (event.at("reason") != reason || !event.at("eventTime").is_string()) continue;
    const auto told = from_rfc3339(event.at("eventTime").get<std::string>());
    if (told) return std::chrono::duration<double>(*told - jobs.front().received).count();
  }
  return std::nullopt;
}

bool node_says(Cluster& cluster, const std::string& ns, const std::string& reason) {
  return std::ranges::any_of(cluster.items(kube::resources::kPods, ns), [&](const json& pod) {
    return pod.value("/status/containerStatuses/0/state/terminated/reason"_json_pointer, "") ==
           reason;
  });
}

TEST_P(UserErrors, AreExplained) {
  const Mistake& m = GetParam();
  Cluster& cluster = Cluster::of_test();
  const std::string& ns = namespaces().at(m.name);
  cluster.await_reason(ns, m.name, m.reason, 60s);
  const json workflow = cluster.await_state(ns, m.name, m.state, 10s);

  EXPECT_EQ("Pending", step_of(workflow, "cluster", "check").at("state"));
  if (*m.node_says != '\0' && !node_says(cluster, ns, m.node_says)) {
    std::printf("%s: the node does not say %s\n", m.name, m.node_says);
    EXPECT_THAT(status_text(workflow, "message"), HasSubstr(m.else_told));
    return;
  }
  // Events are written after the status, the one of the workflow's end last.
  const std::size_t events = std::string(m.state) == "Failed" ? 3 : 2;
  EXPECT_TRUE(eventually(5s, [&] { return event_reasons(cluster, ns, m.name).size() >= events; }));
  if (const auto told = seconds_until_told(cluster, ns, m.reason)) {
    std::printf("%s: %s %.1f s after the Job was created\n", m.name, m.reason, *told);
    EXPECT_LE(*told, 10);
  }
  expect_golden(m.name, user_view(cluster, ns, m.name), {ns, m.name});
  if (*m.mend != '\0') cluster.apply(ns, m.mend);
}

std::string camel_case(const ::testing::TestParamInfo<Mistake>& info) {
  std::string name;
  bool upper = true;
  for (const char* c = info.param.name; *c != '\0'; ++c) {
    if (*c != '-') name += upper ? static_cast<char>(std::toupper(*c)) : *c;
    upper = *c == '-';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(, UserErrors, ::testing::ValuesIn(mistakes()), camel_case);

// Runs after the ones above, and on what they have left.
class MendedUserErrors : public ::testing::TestWithParam<Mistake> {};

TEST_P(MendedUserErrors, GoOnByThemselves) {
  const Mistake& m = GetParam();
  if (!namespaces().contains(m.name)) GTEST_SKIP() << "needs UserErrors.AreExplained before it";
  const json workflow =
      Cluster::of_test().await_state(namespaces().at(m.name), m.name, "Succeeded", 120s);
  const json step = step_of(workflow, "cluster", "create");
  EXPECT_EQ(1, step.at("attempts"));
  EXPECT_FALSE(step.contains("message")) << step;
}

INSTANTIATE_TEST_SUITE_P(, MendedUserErrors, ::testing::ValuesIn(mendable()), camel_case);

// --- a spec that cannot run ---

constexpr const char* kFiveMistakes = R"yaml(
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: five-mistakes}
spec:
  parameters:
  - {name: region, value: us-east-1}
  - {name: cluster}
  tools: {image: "docker.io/library/busybox:$(params.version)"
}
  notes: {success: "Cluster $(params.cluster) is ready"}
  phases:
  - name: cluster
    steps:
    - {name: create, command: [new-cluster], args: ["--region", "$(params.regoin)"]}
    - {name: check, script: "health-check --region $(params.region)"}
    - {name: docs, command: [sh, -c, "generate-docs $(workflow.name)"]}
)yaml";

TEST(UserErrorsInTheSpec, AreAllNamedAndNothingIsLaunched) {
  Cluster& cluster = Cluster::of_test();
  const TestNamespace ns(cluster, "e2e-five-mistakes");
  cluster.apply(ns, kFiveMistakes);
  const json workflow = cluster.await_state(ns, "five-mistakes", "Invalid", 30s);
  const std::string message = status_text(workflow, "message");
  for (const char* field :
       {"image", "notes.success", "phases[cluster].steps[create].args[1]",
        "phases[cluster].steps[check].script", "phases[cluster].steps[docs].command[2]"})
    EXPECT_NE(std::string::npos, message.find(field)) << field << " is not named in: " << message;
  EXPECT_TRUE(eventually(5s, [&] { return !event_reasons(cluster, ns, "five-mistakes").empty(); }));
  expect_golden("five-mistakes", user_view(cluster, ns, "five-mistakes"), {ns, "five-mistakes"});
  EXPECT_TRUE(cluster.items(kube::resources::kJobs, ns).empty());

  std::string mended = kFiveMistakes;
  for (const auto& [wrong, right] : std::map<std::string, std::string>{
           {"busybox:$(params.version)", "busybox:1.35"},
           {"{name: cluster}", "{name: cluster, value: east-1}"},
           {"[new-cluster], args: [\"--region\", \"$(params.regoin)\"]",
            "[echo], args: [\"--region\", \"$(params.region)\"]"},
           {"health-check --region $(params.region)", "echo $PARAM_REGION"},
           {"generate-docs $(workflow.name)", "echo $BOOTSTRAP_WORKFLOW_NAME"}})
    mended.replace(mended.find(wrong), wrong.size(), right);
  cluster.apply(ns, mended);
  cluster.await_state(ns, "five-mistakes", "Succeeded", 60s);
}

}  // namespace
}  // namespace bootstrap::testing
