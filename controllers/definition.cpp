#include "controllers/definition.h"

#include <algorithm>
#include <initializer_list>
#include <limits>

#include <fmt/format.h>

#include "controllers/approve_spec.h"
#include "controllers/ask_spec.h"
#include "controllers/limits.h"
#include "controllers/monitoring_spec.h"
#include "controllers/resource_query_spec.h"
#include "controllers/spec_reader.h"

namespace bootstrap {
namespace {

using nlohmann::json;

constexpr const char* kCloneOnly = "CloneOnly";
constexpr const char* kSteps = "Steps";

// Parts of a pod spec that are handed over as they are. What is looked at later on is checked here,
// so that nobody else has to: lists have objects, and in them these keys have strings.

json object_part(SpecReader& in, const json& parent, const char* key, const std::string& at) {
  const json& part = in.object(parent, key, at);  // an empty one when it is absent or wrong
  const auto found = parent.find(key);
  return found == parent.end() || !found->is_object() ? json() : part;
}

json list_part(SpecReader& in, const json& parent, const char* key, const std::string& at,
               std::initializer_list<const char*> needed = {}) {
  const std::size_t before = in.problems();
  in.each_entry(parent, key, at, [&](const json& entry, const std::string& entry_at) {
    for (const char* text : needed)
      if (!entry.contains(text) || entry[text].is_null())
        in.problem(entry_at + text, "is needed");
      else
        in.text(entry, text, entry_at);
  });
  const auto found = parent.find(key);
  return found == parent.end() || in.problems() != before ? json() : *found;
}

json environment_part(SpecReader& in, const json& parent, const std::string& at) {
  json env = list_part(in, parent, "env", at, {"name"});
  const std::size_t before = in.problems();
  if (env.is_array())
    for (const json& entry : env)
      in.text(entry, "value", fmt::format("{}env[{}].", at, entry["name"].get<std::string>()));
  return in.problems() == before ? env : json();
}

GitSource read_git(SpecReader& in, const json& object, const std::string& at) {
  GitSource git;
  git.repository = in.text(object, "repository", at);
  git.revision = in.optional_text(object, "revision", at).value_or("HEAD");
  git.image = in.text(object, "image", at);
  git.secret = in.text(in.object(object, "secretRef", at), "name", at + "secretRef.");
  const std::string credentials = in.optional_text(object, "credentials", at).value_or(kCloneOnly);
  if (credentials != kCloneOnly && credentials != kSteps)
    in.problem(at + "credentials", fmt::format("\"{}\" is not allowed; allowed: {}, {}",
                                               credentials, kCloneOnly, kSteps));
  git.credentials_for_steps = credentials == kSteps;
  return git;
}

void read_source(SpecReader& in, const json& source, const std::string& at, Tools& tools) {
  tools.source_config_map = in.text(in.object(source, "configMap", at), "name", at + "configMap.");
  if (SpecReader::has(source, "git"))
    tools.source_git = read_git(in, in.object(source, "git", at), at + "git.");
  if (tools.source_git && !tools.source_config_map.empty())
    in.problem(at.substr(0, at.size() - 1),
               "has both configMap and git; only one can be the source");
}

std::optional<SecuritySettings> read_security(SpecReader& in, const json& tools,
                                              const std::string& at) {
  if (!SpecReader::has(tools, "securityContext")) return std::nullopt;
  const json& object = in.object(tools, "securityContext", at);
  const std::string here = at + "securityContext.";
  const auto id = [&](const char* key, int least) -> std::optional<int> {
    if (!SpecReader::has(object, key)) return std::nullopt;
    return in.number(object, key, here, 0, least, std::numeric_limits<int>::max());
  };
  return SecuritySettings{id("runAsUser", 1), id("runAsGroup", 0), id("fsGroup", 0),
                          in.flag(object, "readOnlyRootFilesystem", here)};
}

std::optional<Workspace> read_workspace(SpecReader& in, const json& spec) {
  if (!SpecReader::has(spec, "workspace")) return std::nullopt;
  const json& object = in.object(spec, "workspace", "");
  const std::string at = "workspace.";
  return Workspace{in.text(object, "claimName", at), in.text(object, "size", at),
                   in.optional_text(object, "accessMode", at).value_or("ReadWriteOnce"),
                   in.optional_text(object, "storageClassName", at)};
}

Tools read_tools(SpecReader& in, const json& object, const std::string& at) {
  Tools tools;
  tools.image = in.text(object, "image", at);
  tools.path = in.text(object, "path", at);
  tools.working_dir = in.text(object, "workingDir", at);
  tools.service_account = in.text(object, "serviceAccountName", at);
  read_source(in, in.object(object, "source", at), at + "source.", tools);
  tools.security = read_security(in, object, at);
  tools.env = environment_part(in, object, at);
  tools.env_from = list_part(in, object, "envFrom", at);
  tools.resources = object_part(in, object, "resources", at);
  tools.node_selector = object_part(in, object, "nodeSelector", at);
  tools.tolerations = list_part(in, object, "tolerations", at);
  tools.volumes = list_part(in, object, "volumes", at, {"name"});
  tools.volume_mounts = list_part(in, object, "volumeMounts", at, {"name", "mountPath"});
  tools.image_pull_secrets = list_part(in, object, "imagePullSecrets", at, {"name"});
  return tools;
}

// The entries of `own` over those of `base`, by name; the order of `base` is kept.
json merge_by_name(const json& base, const json& own) {
  if (own.is_null()) return base;
  if (base.is_null()) return own;
  json merged = base;
  for (const json& entry : own) {
    const auto same = std::find_if(merged.begin(), merged.end(), [&](const json& other) {
      return other["name"] == entry["name"];
    });
    if (same != merged.end())
      *same = entry;
    else
      merged.push_back(entry);
  }
  return merged;
}

void replace(std::string& base, const std::string& own) {
  if (!own.empty()) base = own;
}

void replace(json& base, const json& own) {
  if (!own.is_null()) base = own;
}

// A step's tools over the workflow's: env merges by name, everything else replaces.
Tools overlay(Tools base, const Tools& own) {
  replace(base.image, own.image);
  replace(base.path, own.path);
  replace(base.working_dir, own.working_dir);
  if (own.has_source()) {
    base.source_config_map = own.source_config_map;
    base.source_git = own.source_git;
  }
  if (own.security) base.security = own.security;
  replace(base.service_account, own.service_account);
  base.env = merge_by_name(base.env, own.env);
  replace(base.env_from, own.env_from);
  replace(base.resources, own.resources);
  replace(base.node_selector, own.node_selector);
  replace(base.tolerations, own.tolerations);
  replace(base.volumes, own.volumes);
  replace(base.volume_mounts, own.volume_mounts);
  replace(base.image_pull_secrets, own.image_pull_secrets);
  return base;
}

WaitWork read_wait(SpecReader& in, const json& step, const std::string& at) {
  for (const char* key : {"args", "stdin", "startTimeout", "retry"})
    if (SpecReader::has(step, key)) in.problem(at + key, "has no meaning beside waitFor");
  for (const auto& [key, value] : in.object(step, "tools", at).items())
    if (key != "serviceAccountName")
      in.problem(at + "tools." + key,
                 "has no meaning beside waitFor, which runs no pod; only serviceAccountName has");
  return {read_resource_query(in, in.object(step, "waitFor", at), at + "waitFor.")};
}

ChildWork read_child(SpecReader& in, const json& step, const std::string& at) {
  for (const char* key : {"args", "stdin", "startTimeout", "retry", "tools"})
    if (SpecReader::has(step, key)) in.problem(at + key, "has no meaning beside workflow");
  const json& object = in.object(step, "workflow", at);
  const std::string here = at + "workflow.";
  ChildWork child;
  child.template_name =
      in.text(in.object(object, "templateRef", here), "name", here + "templateRef.");
  if (child.template_name.empty()) in.problem(here + "templateRef.name", "is needed");
  in.each_entry(object, "parameters", here, [&](const json& entry, const std::string& entry_at) {
    const std::string name = in.text(entry, "name", entry_at);
    if (!SpecReader::has(entry, "value")) in.problem(entry_at + "value", "is needed");
    if (!child.parameters.emplace(name, in.text(entry, "value", entry_at)).second)
      in.problem(entry_at + "name", "is there twice");
  });
  return child;
}

StepWork read_work(SpecReader& in, const json& object, const std::string& at) {
  const auto has = [&](const char* key) { return SpecReader::has(object, key); };
  if (static_cast<int>(has("tool")) + static_cast<int>(has("command")) +
          static_cast<int>(has("script")) + static_cast<int>(has("waitFor")) +
          static_cast<int>(has("approve")) + static_cast<int>(has("ask")) +
          static_cast<int>(has("workflow")) !=
      1)
    in.problem(at.substr(0, at.size() - 1),
               "needs exactly one of tool, command, script, waitFor, approve, ask, workflow");
  if (has("command")) return CommandWork{in.texts(object, "command", at)};
  if (has("script")) return ScriptWork{in.text(object, "script", at)};
  if (has("waitFor")) return read_wait(in, object, at);
  if (has("approve")) return read_approve(in, object, at);
  if (has("ask")) return read_ask(in, object, at);
  if (has("workflow")) return read_child(in, object, at);
  return ToolWork{in.text(object, "tool", at)};
}

std::optional<Operator> operator_of(std::string_view text) {
  for (const Operator op :
       {Operator::In, Operator::NotIn, Operator::Exists, Operator::DoesNotExist})
    if (text == to_text(op)) return op;
  return std::nullopt;
}

Operator read_operator(SpecReader& in, const json& object, const std::string& at) {
  const std::string written = in.text(object, "operator", at);
  const auto op = operator_of(written);
  if (!op)
    in.problem(at + "operator",
               fmt::format("\"{}\" is not an operator; allowed: In, NotIn, Exists, "
                           "DoesNotExist",
                           written));
  return op.value_or(Operator::In);
}

ParameterCondition read_parameter_condition(SpecReader& in, const json& object,
                                            const std::string& at) {
  return {in.text(object, "param", at), read_operator(in, object, at),
          in.texts(object, "values", at)};
}

OutputCondition read_output_condition(SpecReader& in, const json& object, const std::string& at) {
  const std::string path = in.text(object, "output", at);
  const auto output = output_path(path);
  if (!output)
    in.problem(at + "output",
               fmt::format("\"{}\" is not an output; it is written <phase>.<step>.<key>", path));
  return {output.value_or(OutputRef{}), read_operator(in, object, at),
          in.texts(object, "values", at)};
}

std::optional<WhenEntry> read_when_entry(SpecReader& in, const json& object,
                                         const std::string& account, const std::string& at) {
  const auto has = [&](const char* key) { return SpecReader::has(object, key); };
  if (static_cast<int>(has("param")) + static_cast<int>(has("phase")) +
          static_cast<int>(has("output")) + static_cast<int>(has("resource")) +
          static_cast<int>(has("result")) !=
      1) {
    in.problem(at.substr(0, at.size() - 1),
               "needs exactly one of param, phase, output, resource, result");
    return std::nullopt;
  }
  if (has("param")) return read_parameter_condition(in, object, at);
  if (has("output")) return read_output_condition(in, object, at);
  if (has("result")) return ResultCondition{in.text(object, "result", at)};
  if (has("resource")) return ResourceCondition{read_resource_query(in, object, at), account};
  return PhaseCondition{in.text(object, "phase", at), in.texts(object, "states", at)};
}

// `account`: that of the tools beside it.
When read_when(SpecReader& in, const json& parent, const std::string& account,
               const std::string& parent_at) {
  When when;
  in.each_entry(parent, "when", parent_at, [&](const json& object, const std::string& at) {
    if (auto entry = read_when_entry(in, object, account, at)) when.push_back(std::move(*entry));
  });
  return when;
}

Parameter read_parameter(SpecReader& in, const json& object, const std::string& at) {
  Parameter parameter;
  parameter.name = in.text(object, "name", at);
  parameter.value = in.optional_text(object, "value", at);
  parameter.default_value = in.optional_text(object, "default", at);
  parameter.allowed = in.texts(object, "allowed", at);
  parameter.pattern = in.text(object, "pattern", at);
  parameter.required = in.flag(object, "required", at);
  in.each_entry(object, "requiredWhen", at, [&](const json& entry, const std::string& entry_at) {
    parameter.required_when.push_back(read_parameter_condition(in, entry, entry_at));
  });
  return parameter;
}

std::optional<Retry> read_retry(SpecReader& in, const json& step, const std::string& step_at) {
  if (!SpecReader::has(step, "retry") || !step["retry"].is_object()) {
    in.object(step, "retry", step_at);  // says so when it is something else
    return std::nullopt;
  }
  const json& object = step["retry"];
  const std::string at = step_at + "retry.";
  Retry retry;
  retry.attempts = in.number(object, "attempts", at, retry.attempts, 1, limits::kAttempts);
  retry.delay = in.duration(object, "delay", at, retry.delay);
  retry.factor = in.number(object, "factor", at, retry.factor, 1, limits::kLargestFactor);
  retry.max_delay = in.duration(object, "maxDelay", at, std::max(retry.max_delay, retry.delay));
  retry.jitter = in.number(object, "jitter", at, retry.jitter, 0, 100);
  retry.fatal_exit_codes = in.numbers(object, "fatalExitCodes", at, 1, limits::kLargestExitCode);
  return retry;
}

StepDefinition read_step(SpecReader& in, const json& object, const Tools& tools,
                         const std::string& at) {
  StepDefinition step;
  step.name = in.text(object, "name", at);
  step.title = in.text(object, "title", at);
  step.work = read_work(in, object, at);
  step.args = in.texts(object, "args", at);
  step.input = in.optional_text(object, "stdin", at);
  step.tools = overlay(tools, read_tools(in, in.object(object, "tools", at), at + "tools."));
  const bool child = std::holds_alternative<ChildWork>(step.work);
  if (child) {  // its steps have the tools of their template; conditions are read as somebody
    std::string account = std::move(step.tools.service_account);
    step.tools = {};
    step.tools.service_account = std::move(account);
  }
  step.timeout =
      in.duration(object, "timeout", at, child ? limits::kLongestTimeout : limits::kDefaultTimeout);
  step.start_timeout = in.duration(object, "startTimeout", at, limits::kDefaultStartTimeout);
  step.estimate = in.optional_duration(object, "estimate", at);
  step.retry = read_retry(in, object, at);
  step.continue_on_failure = in.flag(object, "continueOnFailure", at);
  step.when = read_when(in, object, step.tools.service_account, at);
  return step;
}

std::vector<PhaseDefinition> read_phases(SpecReader& in, const json& spec, const char* list,
                                         const Tools& tools) {
  std::vector<PhaseDefinition> phases;
  in.each_entry(spec, list, "", [&](const json& object, const std::string& at) {
    PhaseDefinition& phase = phases.emplace_back();
    phase.name = in.text(object, "name", at);
    phase.title = in.text(object, "title", at);
    phase.depends_on = in.texts(object, "dependsOn", at);
    phase.when = read_when(in, object, tools.service_account, at);
    phase.parallel = in.flag(object, "parallel", at);
    phase.timeout = in.optional_duration(object, "timeout", at);
    in.each_entry(object, "steps", at, [&](const json& step, const std::string& step_at) {
      phase.steps.push_back(read_step(in, step, tools, step_at));
    });
  });
  return phases;
}

Order read_order(SpecReader& in, const json& spec) {
  const std::string written = in.optional_text(spec, "order", "").value_or("Sequential");
  if (written == "Graph") return Order::Graph;
  if (written != "Sequential")
    in.problem("order", fmt::format("\"{}\" is not an order; allowed: Sequential, Graph", written));
  return Order::Sequential;
}

}  // namespace

tl::expected<Definition, Problems> read_definition(const json& spec) {
  Problems problems;
  SpecReader in(problems);
  if (!spec.is_object()) return tl::unexpected(Problems{{"spec", "must be an object"}});

  Definition definition;
  in.each_entry(spec, "parameters", "", [&](const json& entry, const std::string& at) {
    definition.parameters.push_back(read_parameter(in, entry, at));
  });
  const json& notes = in.object(spec, "notes", "");
  definition.notes = {in.text(notes, "success", "notes."), in.text(notes, "failure", "notes.")};
  definition.workspace = read_workspace(in, spec);
  definition.lock = in.text(spec, "lock", "");
  definition.monitoring = read_monitoring(in, spec);
  const Tools tools = read_tools(in, in.object(spec, "tools", ""), "tools.");
  definition.order = read_order(in, spec);
  definition.timeout = in.optional_duration(spec, "timeout", "");
  definition.phases = read_phases(in, spec, "phases", tools);
  definition.finally = read_phases(in, spec, "finally", tools);

  if (!problems.empty()) return tl::unexpected(std::move(problems));
  return definition;
}

std::string step_path(const PhaseDefinition& phase, const StepDefinition& step,
                      std::string_view list) {
  return fmt::format("{}[{}].steps[{}]", list, phase.name, step.name);
}

const char* to_text(Operator op) {
  switch (op) {
    case Operator::In:
      return "In";
    case Operator::NotIn:
      return "NotIn";
    case Operator::Exists:
      return "Exists";
    case Operator::DoesNotExist:
      break;
  }
  return "DoesNotExist";
}

}  // namespace bootstrap
