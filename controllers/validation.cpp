#include "controllers/validation.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "controllers/approve_spec.h"
#include "controllers/ask_spec.h"
#include "controllers/git_source.h"
#include "controllers/graph_rules.h"
#include "controllers/limits.h"
#include "controllers/names.h"
#include "controllers/object_names.h"
#include "controllers/outputs.h"
#include "controllers/program_references.h"
#include "controllers/reference_rules.h"
#include "controllers/resource_query_spec.h"
#include "controllers/run_values.h"
#include "controllers/workspace.h"

namespace bootstrap {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 3> kReservedEnvironment{"ORCHESTRATION_CONTEXT",
                                                               "OUTPUT_FORMAT", "HOME"};
constexpr std::array<std::string_view, 3> kReservedPrefixes{"BOOTSTRAP_", "PARAM_", "GIT_CONFIG_"};
constexpr std::string_view kReservedVolumes = "bootstrap-";
constexpr std::string_view kWorkspace = "/workspace";
constexpr std::array<std::string_view, 5> kReservedPaths{"/workspace/source", "/workspace/script",
                                                         "/workspace/home", "/workspace/shared",
                                                         "/workspace/credentials"};

bool reserved_environment(std::string_view name) {
  return std::ranges::find(kReservedEnvironment, name) != kReservedEnvironment.end() ||
         std::ranges::any_of(kReservedPrefixes,
                             [&](std::string_view prefix) { return name.starts_with(prefix); });
}

// The CRD's pattern: a name becomes part of an environment variable's.
bool is_parameter_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  constexpr std::size_t kLongest = 63;
  return !name.empty() && name.size() <= kLongest && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) {
           return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

bool is_at_or_below(std::string_view path, std::string_view folder) {
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

bool is_reserved_path(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path == kWorkspace || std::ranges::any_of(kReservedPaths, [&](std::string_view reserved) {
           return is_at_or_below(path, reserved);
         });
}

// Whether ".." is a part of it.
bool leads_up(std::string_view path) {
  return path == ".." || path.starts_with("../") || path.ends_with("/..") ||
         path.find("/../") != std::string_view::npos;
}

class Validation {
 public:
  explicit Validation(const Definition& definition) : definition_(definition) {}

  Problems run() {
    check_size();
    for (const Parameter& p : definition_.parameters)
      if (!is_parameter_name(p.name))
        add(fmt::format("parameters[{}].name", p.name),
            "must be at most 63 letters, digits, '-' and '_', beginning with a letter");
    references_.check_text("notes.success", definition_.notes.success);
    references_.check_text("notes.failure", definition_.notes.failure);
    check_workspace();
    check_lock();
    std::set<std::string> names;
    check_phases(definition_.phases, "phases", names);
    references_.begin_finally();
    check_phases(definition_.finally, "finally", names);
    for (auto* rules : {graph_problems, ask_problems}) add_all(rules(definition_));
    return std::move(problems_);
  }

 private:
  static constexpr const char* kNameRule =
      "must be a DNS label of at most 40 characters: a-z, 0-9 and '-', beginning and ending with a "
      "letter or digit";

  void add(std::string field, std::string message) {
    problems_.push_back({std::move(field), std::move(message)});
  }

  void add_all(Problems problems) {
    for (Problem& problem : problems) problems_.push_back(std::move(problem));
  }

  void check_phases(const std::vector<PhaseDefinition>& phases, const char* list,
                    std::set<std::string>& names) {
    for (const PhaseDefinition& phase : phases) {
      const std::string at = fmt::format("{}[{}]", list, phase.name);
      if (!is_step_name(phase.name)) add(at + ".name", kNameRule);
      if (!names.insert(phase.name).second)
        add(at + ".name", "is there twice; phase names are unique");
      if (phase.steps.empty()) add(at + ".steps", "needs at least one step");
      if (phase.steps.size() > limits::kStepsInPhase)
        add(at + ".steps",
            fmt::format("has {} steps; at most {}", phase.steps.size(), limits::kStepsInPhase));
      if (!phase.steps.empty()) references_.stand_in_phase(index_);
      check_when(phase.when, at);
      std::set<std::string> steps;
      for (const StepDefinition& step : phase.steps) {
        if (!steps.insert(step.name).second)
          add(step_path(phase, step, list) + ".name",
              "is there twice; step names of a phase are unique");
        references_.stand_in_step(index_++);
        check_step(step, step_path(phase, step, list));
      }
      references_.stand_outside();
    }
  }

  void check_size() {
    std::size_t steps = 0;
    for (const auto* phases : {&definition_.phases, &definition_.finally})
      for (const auto& phase : *phases) steps += phase.steps.size();
    if (definition_.phases.empty()) add("phases", "needs at least one phase");
    if (definition_.phases.size() > limits::kPhases)
      add("phases",
          fmt::format("has {} phases; at most {}", definition_.phases.size(), limits::kPhases));
    if (definition_.finally.size() > limits::kFinallyPhases)
      add("finally", fmt::format("has {} phases; at most {}", definition_.finally.size(),
                                 limits::kFinallyPhases));
    if (steps > limits::kSteps)
      add("phases", fmt::format("have {} steps in all; at most {}", steps, limits::kSteps));
  }

  void check_lock() {
    references_.check_text_before_start("lock", definition_.lock);
    const auto known = references_.value_of(definition_.lock);
    if (definition_.lock.empty() || !known) return;
    if (known->empty()) add("lock", "is empty with the values of its parameters");
    if (known->size() > limits::kLockName)
      add("lock", fmt::format("has {} characters with the values of its parameters; at most {}",
                              known->size(), limits::kLockName));
  }

  void check_workspace() {
    if (!definition_.workspace) return;
    references_.check_text_before_start("workspace.claimName", definition_.workspace->claim);
    check_name("workspace.claimName", "PersistentVolumeClaim", definition_.workspace->claim);
    add_all(workspace_problems(*definition_.workspace));
  }

  // With the values of its references. Empty: there is none.
  void check_name(const std::string& field, std::string_view kind, const std::string& name) {
    const auto known = name.empty() ? std::nullopt : references_.value_of(name);
    if (!known) return;
    if (std::string problem = name_problem(kind, *known); !problem.empty())
      add(field, std::move(problem));
  }

  // One in which nothing is replaced.
  void check_literal_name(const std::string& field, std::string_view kind,
                          const std::string& name) {
    references_.check_literal(field, name);
    if (references_in(name).empty()) check_name(field, kind, name);
  }

  // What is handed over to the pod as it is.
  void check_part(const std::string& field, const json& part) {
    references_.check_literals(field, part);
    add_all(name_problems(part, field));
  }

  void check_step(const StepDefinition& step, const std::string& at) {
    if (!is_step_name(step.name)) add(at + ".name", kNameRule);
    check_when(step.when, at);
    if (const auto* child = std::get_if<ChildWork>(&step.work)) {
      check_literal_name(at + ".workflow.templateRef.name", "BootstrapWorkflowTemplate",
                         child->template_name);
      for (const auto& [name, value] : child->parameters)
        references_.check_text(fmt::format("{}.workflow.parameters[{}].value", at, name), value);
      return;
    }
    check_work(step, at);
    check_program_text(step, at);
    for (std::size_t i = 0; i < step.args.size(); ++i)
      references_.check_text(fmt::format("{}.args[{}]", at, i), step.args[i]);
    if (step.input) references_.check_text(at + ".stdin", *step.input);
    if (std::holds_alternative<AskWork>(step.work)) return;  // ask_problems() looks at it
    if (const auto* approve = std::get_if<ApproveWork>(&step.work)) {
      references_.check_text(at + ".approve.message", approve->message);
      return add_all(approve_problems(*approve, at));
    }
    if (const auto* wait = std::get_if<WaitWork>(&step.work)) {
      check_literal_name(at + ".tools.serviceAccountName", "ServiceAccount",
                         step.tools.service_account);
      return check_query(wait->query, at + ".waitFor.");
    }
    check_tools(step.tools, at + ".tools");
  }

  void check_work(const StepDefinition& step, const std::string& at) {
    if (const auto* tool = std::get_if<ToolWork>(&step.work)) {
      if (tool->tool.empty()) add(at + ".tool", "must not be empty");
      references_.check_text_before_start(at + ".tool", tool->tool);
      check_tool_file(tool->tool, at + ".tool");
      const bool relative = !step.tools.path.empty() && !step.tools.path.starts_with('/');
      if (relative && !step.tools.has_source())
        add(at + ".tool",
            fmt::format("tools.path \"{}\" is relative to a source and there is none; set "
                        "tools.source or an absolute path",
                        step.tools.path));
      if (relative && leads_up(step.tools.path))
        add(at + ".tools.path",
            fmt::format("\"{}\" must not contain \"..\"; it is a folder of the source",
                        step.tools.path));
    } else if (const auto* command = std::get_if<CommandWork>(&step.work)) {
      if (command->command.empty()) add(at + ".command", "must not be empty");
      for (std::size_t i = 0; i < command->command.size(); ++i)
        references_.check_text(fmt::format("{}.command[{}]", at, i), command->command[i]);
    } else if (const auto* script = std::get_if<ScriptWork>(&step.work)) {
      if (script->script.empty()) add(at + ".script", "must not be empty");
    }
  }

  void check_query(const ResourceQuery& query, const std::string& at) {
    for (const auto& [field, text] : reference_texts(query, at))
      references_.check_text(field, text);
    if (const auto* condition = std::get_if<ConditionTest>(&query.test))
      references_.check_literal(at + "condition.type", condition->type);
    if (!references_.values_are_known()) return;
    // Outputs and answers are not known yet; they are looked at when they are.
    const Lookup lenient = [&](std::string_view reference) {
      return std::optional(references_.lookup()(reference).value_or("x"));
    };
    if (const auto filled = resolved(query, lenient)) add_all(check_resource_query(*filled, at));
  }

  // What graph_rules.h cannot see: references, and the order of steps.
  void check_when(const When& when, const std::string& at) {
    for (std::size_t i = 0; i < when.size(); ++i) {
      const std::string field = fmt::format("{}.when[{}].", at, i);
      if (const auto* param = std::get_if<ParameterCondition>(&when[i]))
        references_.check_literals(field + "values", param->values);
      else if (const auto* resource = std::get_if<ResourceCondition>(&when[i]))
        check_query(resource->query, field);
      else if (const auto* output = std::get_if<OutputCondition>(&when[i]))
        references_.check_output(field + "output", output->output);
    }
  }

  // The values of parameters count as well: they must not lead to a file elsewhere.
  void check_tool_file(const std::string& tool, const std::string& field) {
    const std::string file = references_.filled(tool);
    if (file.find("..") != std::string::npos)
      add(field, "must not contain \"..\"; it names a file below tools.path");
    if (file.starts_with('/') && !tool.starts_with('/'))
      add(field, "must not become an absolute path by the value of a parameter");
  }

  // A value pasted into the text of a shell could be a command, and python, perl or node are no
  // better. So values reach programs as variables and arguments only.
  void check_program_text(const StepDefinition& step, const std::string& at) {
    for (const auto& [field, reference, where] : references_in_programs(step, references_.lookup()))
      add(fmt::format("{}.{}", at, field), instead_of(reference, where));
  }

  static std::string instead_of(const std::string& reference, std::string_view where) {
    constexpr std::string_view kParams = "params.";
    if (reference.starts_with(kParams))
      return fmt::format("$({}) cannot be used in {}; use the environment variable \"${}\"",
                         reference, where, environment_name(reference.substr(kParams.size())));
    if (means_output(reference))
      return fmt::format(
          "$({}) cannot be used in {}; give it to a variable of tools.env, such as {{name: "
          "MY_VALUE, "
          "value: $({})}}, and use \"$MY_VALUE\"",
          reference, where, reference);
    return fmt::format(
        "$({}) cannot be used in {}; use an environment variable such as "
        "\"$BOOTSTRAP_WORKFLOW_NAME\"",
        reference, where);
  }

  void check_tools(const Tools& tools, const std::string& at) {
    if (tools.image.empty()) add(at + ".image", "is needed here or in spec.tools.image");
    references_.check_text(at + ".image", tools.image);
    references_.check_text_before_start(at + ".source.configMap.name", tools.source_config_map);
    check_name(at + ".source.configMap.name", "ConfigMap", tools.source_config_map);
    if (tools.source_git) check_git(*tools.source_git, at + ".source.git");
    references_.check_literal(at + ".path", tools.path);
    references_.check_literal(at + ".workingDir", tools.working_dir);
    check_literal_name(at + ".serviceAccountName", "ServiceAccount", tools.service_account);
    for (const json& entry : tools.env) {
      const std::string& name = entry["name"].get_ref<const std::string&>();
      const std::string field = fmt::format("{}.env[{}]", at, name);
      if (reserved_environment(name))
        add(field,
            "is set by the operator; names ORCHESTRATION_CONTEXT, OUTPUT_FORMAT, HOME and "
            "those that begin with BOOTSTRAP_, PARAM_ or GIT_CONFIG_ are reserved");
      if (entry.contains("value") && entry["value"].is_string())
        references_.check_text(field + ".value", entry["value"].get<std::string>());
      check_part(field + ".valueFrom", entry.value("valueFrom", json()));
    }
    check_part(at + ".envFrom", tools.env_from);
    references_.check_literals(at + ".nodeSelector", tools.node_selector);
    check_part(at + ".volumes", tools.volumes);
    for (std::size_t i = 0; i < tools.image_pull_secrets.size(); ++i)
      check_literal_name(fmt::format("{}.imagePullSecrets[{}].name", at, i), "Secret",
                         tools.image_pull_secrets[i]["name"].get_ref<const std::string&>());
    check_volumes(tools, at);
  }

  // The values of parameters count: an address must not become another way to a server.
  void check_git(const GitSource& git, const std::string& at) {
    references_.check_text_before_start(at + ".repository", git.repository);
    references_.check_text_before_start(at + ".revision", git.revision);
    references_.check_text_before_start(at + ".image", git.image);
    references_.check_text_before_start(at + ".secretRef.name", git.secret);
    if (!references_.values_are_known()) return;
    const GitSource known = filled(git, references_.lookup());
    add_all(git_problems(known, at));
    // A parameter that is empty: no Secret is needed.
    if (!known.secret.empty()) check_name(at + ".secretRef.name", "Secret", git.secret);
  }

  // That entries have names was seen to by read_definition.
  void check_volumes(const Tools& tools, const std::string& at) {
    std::set<std::string> names;
    for (const json& volume : tools.volumes) {
      const std::string& name = volume["name"].get_ref<const std::string&>();
      names.insert(name);
      if (name.starts_with(kReservedVolumes))
        add(fmt::format("{}.volumes[{}]", at, name),
            "names that begin with bootstrap- are reserved");
    }
    for (const json& mount : tools.volume_mounts) {
      const std::string& name = mount["name"].get_ref<const std::string&>();
      const std::string& path = mount["mountPath"].get_ref<const std::string&>();
      const std::string field = fmt::format("{}.volumeMounts[{}]", at, path);
      if (!names.contains(name))
        add(field, fmt::format("there is no volume \"{}\" in tools.volumes", name));
      if (is_reserved_path(path))
        add(field,
            "is reserved, as are /workspace itself and its folders source, script, home, shared "
            "and "
            "credentials with everything in them");
    }
  }

  const Definition& definition_;
  Problems problems_;
  ReferenceRules references_{definition_, problems_};
  StepIndex index_ = 0;  // of the next step as flatten() lists them
};

}  // namespace

Problems validate(const Definition& definition) {
  return Validation(definition).run();
}

Problems size_problems(const json& definition, const ParameterValues& values) {
  const std::size_t size = definition.dump().size() + json(values).dump().size();
  if (size <= limits::kDefinition) return {};
  return {{"spec", fmt::format("with the values of its parameters has {} bytes as JSON, at most {} "
                               "are allowed: keep large scripts in "
                               "a ConfigMap or a Git repository",
                               size, limits::kDefinition)}};
}

}  // namespace bootstrap
