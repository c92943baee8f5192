#include "controllers/job_builder.h"

#include <chrono>

#include <fmt/format.h>

#include "controllers/references.h"

namespace bootstrap {
namespace {

using nlohmann::json;

constexpr const char* kSourceDir = "/workspace/source";
constexpr const char* kScriptDir = "/workspace/script";
constexpr const char* kScriptFile = "run";
constexpr const char* kHomeDir = "/workspace/home";
constexpr const char* kOutputs = "/dev/termination-log";  // where the kubelet reads the message
constexpr int kExecutable = 0555;
constexpr std::int64_t kUser = 65532;  // "nonroot" of the distroless images

class JobBuilder {
 public:
  JobBuilder(const ObjectMeta& workflow, const Plan& plan, const PlanStep& step, int attempt,
             const Platform& platform, const std::optional<RunResult>& result)
      : workflow_(workflow),
        plan_(plan),
        step_(step),
        tools_(step.definition.tools),
        attempt_(attempt),
        platform_(platform),
        result_(result),
        lookup_(with_result(lookup_of(plan.run, plan.parameters), result)) {}

  json build() const {
    json job{{"apiVersion", "batch/v1"}, {"kind", "Job"}};
    job["metadata"] = {{"name", job_name(workflow_.name, workflow_.uid, step_.ref, attempt_)},
                       {"namespace", workflow_.ns},
                       {"labels", own_labels()},
                       {"ownerReferences", json::array({owner_reference(workflow_)})}};
    job["spec"] = {{"backoffLimit", 0},
                   {"podReplacementPolicy", "Failed"},
                   {"podFailurePolicy", failure_policy()},
                   {"template", {{"metadata", pod_metadata()}, {"spec", pod_spec()}}}};
    return job;
  }

 private:
  // Validation has made sure that every reference is known.
  std::string filled(const std::string& text, Quoting quoting) const {
    return substitute(text, lookup_, quoting).value_or(text);
  }

  json own_labels() const {
    return {{labels::kManagedBy, labels::kManagedByValue},
            {labels::kWorkflow, workflow_.name},
            {labels::kWorkflowUid, workflow_.uid},
            {labels::kPhase, step_.ref.phase},
            {labels::kStep, step_.ref.step},
            {labels::kAttempt, std::to_string(attempt_)}};
  }

  static json failure_policy() {
    return {{"rules", json::array({{{"action", "FailJob"},
                                    {"onPodConditions", json::array({{{"type", "DisruptionTarget"},
                                                                      {"status", "True"}}})}},
                                   {{"action", "FailJob"},
                                    {"onExitCodes",
                                     {{"containerName", "main"},
                                      {"operator", "NotIn"},
                                      {"values", json::array({0})}}}}})}};
  }

  const std::string* script() const {
    const auto* work = std::get_if<ScriptWork>(&step_.definition.work);
    return work == nullptr ? nullptr : &work->script;
  }

  json pod_metadata() const {
    json metadata{{"labels", own_labels()}};
    if (script() != nullptr)
      metadata["annotations"] = {{annotations::kScript, script()->starts_with("#!")
                                                            ? *script()
                                                            : "#!/bin/sh -e\n" + *script()}};
    return metadata;
  }

  json pod_spec() const {
    const auto deadline = std::chrono::ceil<std::chrono::seconds>(step_.definition.timeout).count();
    json spec{{"restartPolicy", "Never"},
              {"activeDeadlineSeconds", deadline},
              {"enableServiceLinks", false},
              {"automountServiceAccountToken", !tools_.service_account.empty()},
              {"securityContext", pod_security()},
              {"containers", json::array({container()})},
              {"volumes", volumes()}};
    if (!tools_.service_account.empty()) spec["serviceAccountName"] = tools_.service_account;
    hand_over(spec, "nodeSelector", tools_.node_selector);
    hand_over(spec, "tolerations", tools_.tolerations);
    hand_over(spec, "imagePullSecrets", tools_.image_pull_secrets);
    return spec;
  }

  static void hand_over(json& to, const char* key, const json& part) {
    if (!part.is_null()) to[key] = part;
  }

  json pod_security() const {
    json security{{"runAsNonRoot", true}, {"seccompProfile", {{"type", "RuntimeDefault"}}}};
    if (!platform_.openshift) {
      security["runAsUser"] = kUser;
      security["runAsGroup"] = kUser;
      security["fsGroup"] = kUser;
    }
    return security;
  }

  json container() const {
    json main{{"name", "main"},
              {"image", filled(tools_.image, Quoting::Plain)},
              {"command", command()},
              {"env", environment()},
              {"volumeMounts", mounts()},
              {"terminationMessagePath", kOutputs},
              {"terminationMessagePolicy", "FallbackToLogsOnError"},
              {"securityContext",
               {{"allowPrivilegeEscalation", false}, {"capabilities", {{"drop", {"ALL"}}}}}}};
    json args = json::array();
    for (const std::string& arg : step_.definition.args)
      args.push_back(filled(arg, Quoting::Kubelet));
    if (!args.empty()) main["args"] = std::move(args);
    if (!tools_.working_dir.empty())
      main["workingDir"] = tools_.working_dir;
    else if (!tools_.source_config_map.empty())
      main["workingDir"] = kSourceDir;  // tools expect to start at the root of their source
    hand_over(main, "envFrom", tools_.env_from);
    hand_over(main, "resources", tools_.resources);
    return main;
  }

  json command() const {
    if (script() != nullptr) return json::array({fmt::format("{}/{}", kScriptDir, kScriptFile)});
    json all = json::array();
    if (const auto* work = std::get_if<CommandWork>(&step_.definition.work)) {
      for (const std::string& part : work->command) all.push_back(filled(part, Quoting::Kubelet));
    } else if (const auto* tool = std::get_if<ToolWork>(&step_.definition.work)) {
      all.push_back(tool_path(filled(tool->tool, Quoting::Kubelet)));
    }
    return all;
  }

  // Below the source, else at an absolute path in the image, else wherever the image's PATH has it.
  std::string tool_path(const std::string& tool) const {
    if (tool.starts_with('/')) return tool;
    if (tools_.path.starts_with('/')) return fmt::format("{}/{}", tools_.path, tool);
    if (tools_.source_config_map.empty()) return tool;
    if (tools_.path.empty()) return fmt::format("{}/{}", kSourceDir, tool);
    return fmt::format("{}/{}/{}", kSourceDir, tools_.path, tool);
  }

  // The operator's own first, so that the user's entries may refer to them as $(NAME).
  json environment() const {
    json env = json::array();
    const auto set = [&env](std::string name, std::string value) {
      env.push_back({{"name", std::move(name)}, {"value", std::move(value)}});
    };
    const auto start =
        std::chrono::duration_cast<std::chrono::seconds>(plan_.run.start.time_since_epoch());
    set("ORCHESTRATION_CONTEXT",
        fmt::format("{}/{}/{}/{}", workflow_.ns, workflow_.name, step_.ref.phase, step_.ref.step));
    set("OUTPUT_FORMAT", "orchestration");
    set("BOOTSTRAP_WORKFLOW_ID", workflow_.uid);
    set("BOOTSTRAP_WORKFLOW_NAME", workflow_.name);
    set("BOOTSTRAP_WORKFLOW_START_TIME", std::to_string(start.count()));
    set("BOOTSTRAP_RUN", std::to_string(plan_.run.run));
    set("BOOTSTRAP_PHASE", step_.ref.phase);
    set("BOOTSTRAP_STEP", step_.ref.step);
    set("BOOTSTRAP_ATTEMPT", std::to_string(attempt_));
    set("BOOTSTRAP_OUTPUTS", kOutputs);
    if (result_) {
      set("BOOTSTRAP_WORKFLOW_RESULT", result_->state);
      set("BOOTSTRAP_FAILED_STEP", result_->failed_step);
    }
    set("HOME", kHomeDir);
    // git refuses to work in a folder of another user; here the user is any number.
    set("GIT_CONFIG_COUNT", "1");
    set("GIT_CONFIG_KEY_0", "safe.directory");
    set("GIT_CONFIG_VALUE_0", "*");
    for (const auto& [name, value] : plan_.parameters)
      set(environment_name(name), quoted_for_kubelet(value));
    if (tools_.env.is_null()) return env;
    for (json entry : tools_.env) {
      if (entry.contains("value") && entry["value"].is_string())
        entry["value"] = filled(entry["value"].get<std::string>(), Quoting::Kubelet);
      env.push_back(std::move(entry));
    }
    return env;
  }

  json mounts() const {
    json all = json::array({{{"name", "bootstrap-home"}, {"mountPath", kHomeDir}}});
    if (!tools_.source_config_map.empty())
      all.push_back({{"name", "bootstrap-source"}, {"mountPath", kSourceDir}, {"readOnly", true}});
    if (script() != nullptr)
      all.push_back({{"name", "bootstrap-script"}, {"mountPath", kScriptDir}, {"readOnly", true}});
    for (const json& mount : tools_.volume_mounts) all.push_back(mount);
    return all;
  }

  json volumes() const {
    json all = json::array({{{"name", "bootstrap-home"}, {"emptyDir", json::object()}}});
    if (!tools_.source_config_map.empty())
      all.push_back({{"name", "bootstrap-source"},
                     {"configMap",
                      {{"name", filled(tools_.source_config_map, Quoting::Plain)},
                       {"defaultMode", kExecutable}}}});
    if (script() != nullptr)
      all.push_back(
          {{"name", "bootstrap-script"},
           {"downwardAPI",
            {{"defaultMode", kExecutable},
             {"items", json::array({{{"path", kScriptFile},
                                     {"fieldRef",
                                      {{"fieldPath", fmt::format("metadata.annotations['{}']",
                                                                 annotations::kScript)}}}}})}}}});
    for (const json& volume : tools_.volumes) all.push_back(volume);
    return all;
  }

  const ObjectMeta& workflow_;
  const Plan& plan_;
  const PlanStep& step_;
  const Tools& tools_;
  int attempt_;
  const Platform& platform_;
  const std::optional<RunResult>& result_;
  Lookup lookup_;
};

}  // namespace

json build_job(const ObjectMeta& workflow, const Plan& plan, const PlanStep& step, int attempt,
               const Platform& platform, const std::optional<RunResult>& result) {
  return JobBuilder(workflow, plan, step, attempt, platform, result).build();
}

}  // namespace bootstrap
