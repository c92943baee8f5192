#include "cli/definition_check.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "controllers/draft.h"
#include "controllers/limits.h"
#include "controllers/nesting.h"
#include "controllers/object_names.h"
#include "controllers/run_values.h"
#include "controllers/spec_reader.h"
#include "controllers/template_ref.h"
#include "controllers/validation.h"

namespace bootstrap::cli {
namespace {

using nlohmann::json;

// Of what a value that is not known yet can be part: a name, an address, the beginning of one.
constexpr std::array<const char*, 3> kLater{"later", "https://later.example.com/later", "https"};

bool is_open(const Parameter& p) {
  return !p.value && !p.default_value;
}

void keep_common(Problems& problems, const Problems& others) {
  std::erase_if(problems,
                [&](const Problem& one) { return std::ranges::find(others, one) == others.end(); });
}

void add_new(Problems& problems, const Problems& more) {
  for (const Problem& one : more)
    if (std::ranges::find(problems, one) == problems.end()) problems.push_back(one);
}

Problems with_values(Definition definition, const std::string& value) {
  for (Parameter& p : definition.parameters) {
    p.required = false;
    p.required_when.clear();
    if (!is_open(p)) continue;
    p.value = p.allowed.empty() ? value : p.allowed.front();
    p.allowed.clear();
    p.pattern.clear();
  }
  return validate(definition);
}

// What holds whatever values workflows give.
Problems validate_template(const Definition& definition) {
  Definition without_values = definition;
  bool has_open = false;
  for (Parameter& p : without_values.parameters) {
    if (!is_open(p)) continue;
    has_open = true;
    p.required = true;  // what depends on its value is then not looked at
  }
  Problems problems = validate(without_values);
  std::erase_if(problems, [](const Problem& one) {
    return one.field.starts_with("parameters[") && one.message.starts_with("is required");
  });
  if (!has_open) return problems;
  Problems common = with_values(definition, kLater[0]);
  for (const char* value : kLater) keep_common(common, with_values(definition, value));
  add_new(problems, common);
  return problems;
}

class Look {
 public:
  Look(const Manifest& manifest, const Manifests& all) : manifest_(manifest), all_(all) {}

  DomainReport run() {
    check_name();
    const json& spec = manifest_.spec();
    if (!spec.is_object()) return std::move(report_);
    if (!manifest_.is_workflow())
      check_template(spec);
    else if (const std::string name = template_name(spec); !name.empty())
      check_workflow_of(name, spec);
    else if (!SpecReader::has(spec, "templateRef"))  // else the schema says what is wrong with it
      check_workflow(spec);
    return std::move(report_);
  }

 private:
  void add(std::string template_name, const std::string& field, std::string message) {
    const bool is_whole = field == "spec" || field.starts_with("spec.");
    report_.problems.push_back(
        {std::move(template_name), is_whole ? field : "spec." + field, std::move(message)});
  }

  // `owner`: the template whose definition it is, unless a problem says otherwise.
  void add_all(const Problems& problems, const std::string& owner = "") {
    constexpr std::string_view kTemplate = "template ";
    for (const Problem& one : problems) {
      const std::size_t comma = one.field.find(", ");
      if (one.field.starts_with(kTemplate) && comma != std::string::npos)
        add(one.field.substr(kTemplate.size(), comma - kTemplate.size()),
            one.field.substr(comma + 2), one.message);
      else
        add(owner, one.field, one.message);
    }
  }

  void add_at(const char* path, std::string message) {
    report_.problems.push_back({"", path, std::move(message)});
  }

  // The API server adds five characters to generateName.
  void check_name() {
    const json& object = manifest_.document.value;
    const json metadata = object.value("metadata", json::object());
    if (!metadata.is_object()) return;
    const auto prefix = metadata.find("generateName");
    const bool is_generated = manifest_.name().empty() && prefix != metadata.end();
    if (is_generated && !prefix->is_string()) return;
    const char* const path = is_generated ? "metadata.generateName" : "metadata.name";
    const std::string name = is_generated ? prefix->get<std::string>() + "xxxxx" : manifest_.name();
    if (name.empty())
      add_at(path, "is needed");
    else if (manifest_.is_workflow() && !is_step_name(name))
      add_at(path, fmt::format("must be at most {} of a-z, 0-9 and '-', beginning and ending with "
                               "a letter or digit: it becomes part of the names of Jobs",
                               is_generated ? limits::kWorkflowName - 5 : limits::kWorkflowName));
    else if (!is_object_name(name))
      add_at(path, name_problem(kTemplateKind, name));
  }

  void check_workflow(const json& spec) {
    const auto definition = read_definition(pinned_part(spec));
    if (!definition) return add_all(definition.error());
    add_all(validate(*definition));
    check_size(pinned_part(spec), *definition);
    check_nesting(*definition, "");
  }

  void check_workflow_of(const std::string& name, const json& spec) {
    add_all(template_ref_problems(spec));
    const Manifest* const found = find_template(all_, manifest_.ns(), name);
    if (found == nullptr) {
      if (is_object_name(name)) report_.missing.insert(name);
      return;
    }
    if (!found->spec().is_object()) return;  // said of the template itself
    const ParameterValues values = given_values(spec);
    add_all(unknown_parameters(values, name, found->spec()));
    const json resolved = pinned_part(filled_in(found->spec(), values));
    const auto definition = read_definition(resolved);
    add_all(as_of_template(definition ? validate(*definition) : definition.error(), name));
    if (!definition) return;
    check_size(resolved, *definition);
    check_nesting(*definition, name);
  }

  void check_size(const json& resolved, const Definition& definition) {
    if (const auto values = resolve_parameters(definition.parameters))
      add_all(size_problems(resolved, *values));
  }

  void check_template(const json& spec) {
    const auto definition = read_definition(spec);
    if (!definition) return add_all(definition.error());
    add_all(validate_template(*definition));
    check_nesting(*definition, manifest_.name());
  }

  // `name`: of the template that has the definition; empty: the workflow has it itself.
  void check_nesting(const Definition& definition, const std::string& name) {
    Workflow workflow;
    workflow.meta.ns = manifest_.ns();
    workflow.meta.name = manifest_.name();
    const Observed observed{.workflow = workflow, .facts = templates()};
    Draft draft(observed, TimePoint{});
    const auto problems = nesting_problems(draft, definition, {name});
    if (problems) add_all(*problems, manifest_.is_workflow() ? name : "");
    for (const Question& asked : draft.ask().asked())
      if (const auto* one = std::get_if<TemplateOf>(&asked); one && !observed.facts.contains(asked))
        report_.missing.insert(one->name);
  }

  Facts templates() const {
    Facts facts;
    for (const Manifest& one : all_.ours) {
      if (one.kind() != kTemplateKind || !one.spec().is_object()) continue;
      if (find_template(all_, manifest_.ns(), one.name()) != &one) continue;
      TemplateView view;
      view.meta.ns = one.ns();
      view.meta.name = one.name();
      view.spec = one.spec().dump();
      facts[TemplateOf{one.name()}] = Found<TemplateOf::Answer>(std::move(view));
    }
    return facts;
  }

  const Manifest& manifest_;
  const Manifests& all_;
  DomainReport report_;
};

}  // namespace

DomainReport domain_problems(const Manifest& manifest, const Manifests& all) {
  return Look(manifest, all).run();
}

}  // namespace bootstrap::cli
