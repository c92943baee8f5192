#include "tests/integration/played_cluster.h"

#include <stdexcept>

#include <fmt/format.h>

#include "controllers/names.h"
#include "controllers/time.h"
#include "tests/integration/waiting.h"

namespace bootstrap::testing {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

json jobs_of(Cluster& cluster, const std::string& ns, const std::string& workflow,
             const std::string& step) {
  return cluster.items(
      kube::resources::kJobs, ns,
      fmt::format("{}={},{}={}", labels::kWorkflow, workflow, labels::kStep, step));
}

std::string now_text() {
  return to_rfc3339(std::chrono::floor<Duration>(std::chrono::system_clock::now()));
}

}  // namespace

Cluster& install(Cluster& cluster) {
  static const bool kOnce = [&] {
    cluster.kubectl_output({"apply", "-k", SOURCE_DIR "/deploy/base"});
    cluster.kubectl_output({"wait", "--for=condition=Established", "--timeout=30s",
                            "crd/bootstrapworkflows.bootstrap.openshift.io",
                            "crd/bootstrapworkflowtemplates.bootstrap.openshift.io"});
    // Established comes a moment before it is served.
    return eventually(20s, [&] {
      return cluster.client().list(kube::resources::kWorkflows, "", {}).has_value() &&
             cluster.client().list(kube::resources::kTemplates, "", {}).has_value();
    });
  }();
  if (!kOnce) throw std::runtime_error("the CRD is not served");
  return cluster;
}

bool PlayedCluster::has_job(const std::string& workflow, const std::string& step) const {
  return !jobs_of(cluster_, ns_, workflow, step).empty();
}

json PlayedCluster::await_job(const std::string& workflow, const std::string& step) const {
  const auto job = first(20s, [&]() -> std::optional<json> {
    const json jobs = jobs_of(cluster_, ns_, workflow, step);
    return jobs.empty() ? std::nullopt : std::optional(jobs.at(0));
  });
  if (!job)
    throw std::runtime_error(
        fmt::format("no Job for step {}: {}", step, cluster_.workflow(ns_, workflow).dump(1)));
  return *job;
}

std::string PlayedCluster::run_pod_of(const std::string& workflow, const std::string& step) const {
  const json job = await_job(workflow, step);
  const json& meta = job.at("metadata");
  json pod = job.at("spec").at("template");
  pod["apiVersion"] = "v1";
  pod["kind"] = "Pod";
  const std::string name = meta.at("name").get<std::string>() + "-abcde";
  pod["metadata"]["name"] = name;
  pod["metadata"].erase("creationTimestamp");
  pod["metadata"]["ownerReferences"] = {{{"apiVersion", "batch/v1"},
                                         {"kind", "Job"},
                                         {"name", meta.at("name")},
                                         {"uid", meta.at("uid")},
                                         {"controller", true}}};
  pod["spec"]["nodeName"] = "node1";
  const auto created = cluster_.client().create(kube::resources::kPods, ns_, pod.dump());
  if (!created) throw std::runtime_error("no pod: " + created.error().message);
  patch_status(name, {{"running", {{"startedAt", now_text()}}}}, "Running");
  return name;
}

void PlayedCluster::end_pod(const std::string& pod, int exit_code,
                            const std::string& message) const {
  patch_status(pod,
               {{"terminated",
                 {{"exitCode", exit_code},
                  {"reason", exit_code == 0 ? "Completed" : "Error"},
                  {"message", message},
                  {"startedAt", now_text()},
                  {"finishedAt", now_text()}}}},
               "Running");
}

void PlayedCluster::fail_pod(const std::string& pod, int exit_code,
                             const std::string& message) const {
  end_pod(pod, exit_code, message);
  const json failed{{"status", {{"phase", "Failed"}}}};
  const auto patched =
      cluster_.client().merge_patch_status(kube::resources::kPods, ns_, pod, failed.dump());
  if (!patched) throw std::runtime_error("pod status: " + patched.error().message);
}

void PlayedCluster::patch_status(const std::string& pod, const json& state,
                                 const std::string& phase) const {
  const json container{{"name", "main"},    {"image", "example"}, {"imageID", "example"},
                       {"restartCount", 0}, {"ready", false},     {"state", state}};
  const json patch{{"status", {{"phase", phase}, {"containerStatuses", json::array({container})}}}};
  const auto patched =
      cluster_.client().merge_patch_status(kube::resources::kPods, ns_, pod, patch.dump());
  if (!patched) throw std::runtime_error("pod status: " + patched.error().message);
}

std::string workflow_of_steps(const std::string& name, const std::vector<std::string>& steps) {
  std::string yaml = fmt::format(R"(
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {{name: {}}}
spec:
  tools: {{image: example.com/tools:1}}
  phases:
  - name: work
    steps:
)",
                                 name);
  for (const std::string& step : steps)
    yaml += fmt::format("    - {{name: {}, command: [\"true\"]}}\n", step);
  return yaml;
}

}  // namespace bootstrap::testing
