#include "controllers/job_builder.h"

#include <chrono>

#include <fmt/format.h>

#include "controllers/git_source.h"
#include "controllers/lineage.h"
#include "controllers/references.h"
#include "controllers/source_container.h"
#include "controllers/workspace.h"

namespace bootstrap {
namespace {

using nlohmann::json;

constexpr const char* kSourceDir = "/workspace/source";
constexpr const char* kScriptDir = "/workspace/script";
constexpr const char* kScriptFile = "run";
constexpr const char* kStdinFile = "stdin";
constexpr const char* kHomeDir = "/workspace/home";
constexpr const char* kOutputs = "/dev/termination-log";  // where the kubelet reads the message
constexpr const char* kSharedDir = "/workspace/shared";
constexpr const char* kCredentialsDir = "/workspace/credentials";
constexpr int kExecutable = 0555;
constexpr int kReadable = 0444;
constexpr std::int64_t kUser = 65532;  // "nonroot" of the distroless images

class JobBuilder {
 public:
  JobBuilder(const ObjectMeta& workflow, const Plan& plan, const PlanStep& step, int attempt,
             const LaunchValues& values, const Platform& platform,
             const std::optional<RunResult>& result)
      : workflow_(workflow),
        plan_(plan),
        step_(step),
        tools_(step.definition.tools),
        attempt_(attempt),
        values_(values),
        platform_(platform),
        result_(result),
        lookup_(with_values(plan.run, plan.parameters, values, result)) {
    if (tools_.source_git) git_ = bootstrap::filled(*tools_.source_git, lookup_);
  }

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
  // Validation has made sure that every reference is known, launch_values() that it has a value.
  std::string filled(const std::string& text, Quoting quoting) const {
    return substitute(text, lookup_, quoting).value_or(text);
  }

  json own_labels() const {
    return labels_of_attempt(workflow_, step_.ref, attempt_, plan_.run.run, plan_.lock);
  }

  json failure_policy() const {
    const auto fails_with = [](const char* container) {
      return json{
          {"action", "FailJob"},
          {"onExitCodes",
           {{"containerName", container}, {"operator", "NotIn"}, {"values", json::array({0})}}}};
    };
    json rules = json::array(
        {{{"action", "FailJob"},
          {"onPodConditions", json::array({{{"type", "DisruptionTarget"}, {"status", "True"}}})}},
         fails_with("main")});
    if (git_) rules.push_back(fails_with(kSourceContainer));
    return {{"rules", std::move(rules)}};
  }

  const std::string* script() const {
    const auto* work = std::get_if<ScriptWork>(&step_.definition.work);
    return work == nullptr ? nullptr : &work->script;
  }

  // Texts that become files of the pod: nothing on their way expands or splits them.
  json pod_annotations() const {
    json all = json::object();
    if (script() != nullptr)
      all[annotations::kScript] =
          script()->starts_with("#!") ? *script() : "#!/bin/sh -e\n" + *script();
    if (step_.definition.input)
      all[annotations::kStdin] = filled(*step_.definition.input, Quoting::Plain);
    if (needs_passwd())
      all[annotations::kPasswd] =
          fmt::format("root:x:0:0:root:/root:/bin/sh\nbootstrap:x:{}:{}:bootstrap:{}:/bin/sh\n",
                      user(), group(), kHomeDir);
    return all;
  }

  // ssh refuses to work for a user that /etc/passwd does not know. OpenShift adds a line for the
  // user that it has chosen.
  bool needs_passwd() const {
    return git_ && is_ssh_repository(git_->repository) && !platform_.openshift;
  }

  json pod_metadata() const {
    json metadata{{"labels", own_labels()}};
    if (json all = pod_annotations(); !all.empty()) metadata["annotations"] = std::move(all);
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
    if (git_) spec["initContainers"] = json::array({source_init_container()});
    if (!tools_.service_account.empty()) spec["serviceAccountName"] = tools_.service_account;
    hand_over(spec, "nodeSelector", tools_.node_selector);
    hand_over(spec, "tolerations", tools_.tolerations);
    hand_over(spec, "imagePullSecrets", tools_.image_pull_secrets);
    return spec;
  }

  static void hand_over(json& to, const char* key, const json& part) {
    if (!part.is_null()) to[key] = part;
  }

  const SecuritySettings& security() const {
    static const SecuritySettings kNone;
    return tools_.security ? *tools_.security : kNone;
  }
  std::int64_t user() const { return security().user.value_or(kUser); }
  std::int64_t group() const { return security().group.value_or(kUser); }

  // OpenShift chooses what nobody asks for; elsewhere we must.
  json pod_security() const {
    json pod{{"runAsNonRoot", true}, {"seccompProfile", {{"type", "RuntimeDefault"}}}};
    const SecuritySettings& own = security();
    if (own.user || !platform_.openshift) pod["runAsUser"] = user();
    if (own.group || !platform_.openshift) pod["runAsGroup"] = group();
    if (own.fs_group || !platform_.openshift) pod["fsGroup"] = own.fs_group.value_or(kUser);
    return pod;
  }

  json container_security() const {
    json container{{"allowPrivilegeEscalation", false}, {"capabilities", {{"drop", {"ALL"}}}}};
    if (security().read_only_root) container["readOnlyRootFilesystem"] = true;
    return container;
  }

  json source_init_container() const {
    json container = source_container({.git = *git_,
                                       .image = filled(tools_.image, Quoting::Plain),
                                       .commit = values_.source_commit,
                                       .workflow = workflow_.name,
                                       .folder = kSourceDir,
                                       .home = kHomeDir,
                                       .credentials = kCredentialsDir,
                                       .message = kOutputs,
                                       .proxies = proxies_among(json(own_environment()))});
    json mounts =
        json::array({mount("bootstrap-home", kHomeDir), mount("bootstrap-source", kSourceDir)});
    add_credentials(mounts);
    container["volumeMounts"] = std::move(mounts);
    container["securityContext"] = container_security();
    hand_over(container, "resources", tools_.resources);
    return container;
  }

  void add_credentials(json& mounts) const {
    if (!git_->secret.empty())
      mounts.push_back(mount("bootstrap-credentials", kCredentialsDir, true));
    if (!needs_passwd()) return;
    mounts.push_back(mount("bootstrap-script", "/etc/passwd", true));
    mounts.back()["subPath"] = "passwd";
  }

  json container() const {
    json main{{"name", "main"},
              {"image", filled(tools_.image, Quoting::Plain)},
              {"command", command()},
              {"env", environment()},
              {"volumeMounts", mounts()},
              {"terminationMessagePath", kOutputs},
              {"terminationMessagePolicy", "FallbackToLogsOnError"},
              {"securityContext", container_security()}};
    json args = json::array();
    for (const std::string& arg : step_.definition.args)
      args.push_back(filled(arg, Quoting::Kubelet));
    if (!args.empty()) main["args"] = std::move(args);
    if (!tools_.working_dir.empty())
      main["workingDir"] = tools_.working_dir;
    else if (tools_.has_source())
      main["workingDir"] = kSourceDir;  // tools expect to start at the root of their source
    hand_over(main, "envFrom", tools_.env_from);
    hand_over(main, "resources", tools_.resources);
    return main;
  }

  json command() const {
    json all = json::array();
    if (step_.definition.input)  // the shell ends with this: the tool takes its place
      for (const std::string& part :
           {std::string("/bin/sh"), std::string("-c"),
            fmt::format("exec \"$0\" \"$@\" <{}/{}", kScriptDir, kStdinFile)})
        all.push_back(part);
    if (script() != nullptr) {
      all.push_back(fmt::format("{}/{}", kScriptDir, kScriptFile));
    } else if (const auto* work = std::get_if<CommandWork>(&step_.definition.work)) {
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
    if (!tools_.has_source()) return tool;
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
    for (const auto* all : {&plan_.parameters, &values_.answers})
      for (const auto& [name, value] : *all) set(environment_name(name), quoted_for_kubelet(value));
    for (json& entry : own_environment()) env.push_back(std::move(entry));
    return env;
  }

  // The author's.
  std::vector<json> own_environment() const {
    std::vector<json> env;
    for (json entry : tools_.env) {
      if (entry.contains("value") && entry["value"].is_string())
        entry["value"] = filled(entry["value"].get<std::string>(), Quoting::Kubelet);
      env.push_back(std::move(entry));
    }
    return env;
  }

  static json mount(const char* volume, const char* path, bool read_only = false) {
    json mount{{"name", volume}, {"mountPath", path}};
    if (read_only) mount["readOnly"] = true;
    return mount;
  }

  bool has_files() const { return script() != nullptr || step_.definition.input.has_value(); }

  json mounts() const {
    json all = json::array({mount("bootstrap-home", kHomeDir)});
    if (tools_.has_source())
      all.push_back(mount("bootstrap-source", kSourceDir, !tools_.source_config_map.empty()));
    if (git_ && git_->credentials_for_steps) add_credentials(all);
    if (has_files()) all.push_back(mount("bootstrap-script", kScriptDir, true));
    if (plan_.workspace) all.push_back(mount("bootstrap-shared", kSharedDir));
    for (const json& mount : tools_.volume_mounts) all.push_back(mount);
    return all;
  }

  json volumes() const {
    json all = json::array({{{"name", "bootstrap-home"}, {"emptyDir", json::object()}}});
    if (git_) {
      all.push_back({{"name", "bootstrap-source"}, {"emptyDir", json::object()}});
      // Readable for any user: ssh minds only keys that belong to the one who uses them.
      if (!git_->secret.empty())
        all.push_back({{"name", "bootstrap-credentials"},
                       {"secret", {{"secretName", git_->secret}, {"defaultMode", kReadable}}}});
    } else if (!tools_.source_config_map.empty()) {
      all.push_back({{"name", "bootstrap-source"},
                     {"configMap",
                      {{"name", filled(tools_.source_config_map, Quoting::Plain)},
                       {"defaultMode", kExecutable}}}});
    }
    if (json files = annotated_files(); !files.empty())
      all.push_back({{"name", "bootstrap-script"},
                     {"downwardAPI", {{"defaultMode", kExecutable}, {"items", std::move(files)}}}});
    if (plan_.workspace)
      all.push_back(
          {{"name", "bootstrap-shared"},
           {"persistentVolumeClaim", {{"claimName", workspace_claim(plan_, workflow_)}}}});
    for (const json& volume : tools_.volumes) all.push_back(volume);
    return all;
  }

  json annotated_files() const {
    json items = json::array();
    const auto add = [&items](const char* file, const char* annotation) {
      items.push_back(
          {{"path", file},
           {"fieldRef", {{"fieldPath", fmt::format("metadata.annotations['{}']", annotation)}}}});
    };
    if (script() != nullptr) add(kScriptFile, annotations::kScript);
    if (step_.definition.input) add(kStdinFile, annotations::kStdin);
    if (needs_passwd()) add("passwd", annotations::kPasswd);
    return items;
  }

  const ObjectMeta& workflow_;
  const Plan& plan_;
  const PlanStep& step_;
  const Tools& tools_;
  int attempt_;
  const LaunchValues& values_;
  const Platform& platform_;
  const std::optional<RunResult>& result_;
  Lookup lookup_;
  std::optional<GitSource> git_;  // filled
};

}  // namespace

json build_job(const ObjectMeta& workflow, const Plan& plan, const PlanStep& step, int attempt,
               const LaunchValues& values, const Platform& platform,
               const std::optional<RunResult>& result) {
  return JobBuilder(workflow, plan, step, attempt, values, platform, result).build();
}

}  // namespace bootstrap
