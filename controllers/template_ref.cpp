#include "controllers/template_ref.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controllers/object_names.h"
#include "controllers/spec_reader.h"

namespace bootstrap {
namespace {

using nlohmann::json;

// Of a definition; parameters stand in both.
constexpr std::array<const char*, 10> kDefinitionFields{
    "description", "tools", "workspace", "lock",   "monitoring",
    "timeout",     "notes", "order",     "phases", "finally"};
constexpr std::array<const char*, 6> kDeclarations{"description", "default",  "allowed",
                                                   "pattern",     "required", "requiredWhen"};

const json& parameters_of(const json& spec) {
  static const json kNone = json::array();
  const auto found = spec.find("parameters");
  return found == spec.end() || !found->is_array() ? kNone : *found;
}

std::string name_of(const json& object) {
  return object.is_object() && object.contains("name") && object["name"].is_string()
             ? object["name"].get<std::string>()
             : "";
}

}  // namespace

std::string template_name(const json& spec) {
  const auto ref = spec.is_object() ? spec.find("templateRef") : spec.end();
  return ref == spec.end() ? "" : name_of(*ref);
}

Problems template_ref_problems(const json& spec) {
  Problems problems;
  SpecReader in(problems);
  if (const std::string name = template_name(spec); !name.empty() && !is_object_name(name))
    in.problem("templateRef.name", name_problem("BootstrapWorkflowTemplate", name));
  for (const char* field : kDefinitionFields)
    if (SpecReader::has(spec, field))
      in.problem(field, "cannot stand beside templateRef; the definition is the template's");
  in.each_entry(spec, "parameters", "", [&](const json& entry, const std::string& at) {
    in.text(entry, "name", at);
    in.optional_text(entry, "value", at);
    for (const char* field : kDeclarations)
      if (SpecReader::has(entry, field))
        in.problem(at + field,
                   "cannot stand beside templateRef; the template declares its parameters, here "
                   "they have name and value");
  });
  return problems;
}

Problems unknown_parameters(const ParameterValues& values, const std::string& name,
                            const json& template_spec) {
  std::vector<std::string> declared;
  for (const json& entry : parameters_of(template_spec)) declared.push_back(name_of(entry));
  Problems problems;
  for (const auto& [parameter, value] : values)
    if (std::ranges::find(declared, parameter) == declared.end())
      problems.push_back({fmt::format("parameters[{}]", parameter),
                          declared.empty()
                              ? fmt::format("the template {} has no parameters", name)
                              : fmt::format("the template {} has no such parameter; it has: {}",
                                            name, fmt::join(declared, ", "))});
  return problems;
}

ParameterValues given_values(const json& spec) {
  ParameterValues values;
  for (const json& entry : parameters_of(spec))
    if (const std::string name = name_of(entry); !name.empty() && entry.contains("value"))
      if (entry["value"].is_string()) values.emplace(name, entry["value"].get<std::string>());
  return values;
}

json filled_in(json template_spec, const ParameterValues& values) {
  if (!template_spec.is_object()) return template_spec;
  for (const auto& [name, value] : values)
    for (std::size_t i = 0; i < parameters_of(template_spec).size(); ++i)
      if (json& entry = template_spec["parameters"][i]; name_of(entry) == name)
        entry["value"] = value;
  return template_spec;
}

Problems as_of_template(Problems problems, const std::string& name) {
  for (Problem& problem : problems)
    if (!problem.field.starts_with("parameters[") || !problem.field.ends_with("]"))
      problem.field = fmt::format("template {}, {}", name, problem.field);
  return problems;
}

}  // namespace bootstrap
