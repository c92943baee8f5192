#include "controllers/nesting.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controllers/limits.h"
#include "controllers/live_definition.h"
#include "controllers/run_values.h"
#include "controllers/template_ref.h"
#include "controllers/validation.h"

namespace bootstrap {
namespace {

using nlohmann::json;

bool is_known(const std::string& value) {
  return references_in(value).empty();
}

// Stands for a value that is known later; what a template asks of it is not looked at.
constexpr const char* kLater = "later";

class Nesting {
 public:
  explicit Nesting(Draft& draft) : draft_(draft) {}

  // `whose` begins the fields of this definition's problems.
  void check(const Definition& definition, const Ancestors& chain, const std::string& whose) {
    for (const auto& [list, name] :
         {std::pair(&definition.phases, "phases"), std::pair(&definition.finally, "finally")})
      for (const PhaseDefinition& phase : *list)
        for (const StepDefinition& step : phase.steps)
          if (const auto* child = std::get_if<ChildWork>(&step.work))
            check(*child, chain, whose + step_path(phase, step, name) + ".workflow.");
  }

  std::optional<Problems> result() {
    return all_known_ || !problems_.empty() ? std::optional(std::move(problems_)) : std::nullopt;
  }

 private:
  void add(const std::string& at, Problems problems) {
    for (Problem& problem : problems)
      problems_.push_back({at + problem.field, std::move(problem.message)});
  }

  static std::string chain_text(const Ancestors& chain, const std::string& last) {
    std::vector<std::string> names;
    for (const std::string& name : chain) names.push_back(name.empty() ? "this workflow" : name);
    names.push_back(last);
    return fmt::format("{}", fmt::join(names, " -> "));
  }

  bool is_too_deep(const ChildWork& child, const Ancestors& chain, const std::string& at) {
    const std::string& name = child.template_name;
    if (std::ranges::find(chain, name) != chain.end())
      add(at, {{"templateRef", fmt::format("the template {} would run itself: {}", name,
                                           chain_text(chain, name))}});
    else if (chain.size() >= limits::kDepth)
      add(at, {{"templateRef", fmt::format("workflows would be nested too deep, at most {}: {}",
                                           limits::kDepth, chain_text(chain, name))}});
    else
      return false;
    return true;
  }

  void check(const ChildWork& child, const Ancestors& chain, const std::string& at) {
    if (is_too_deep(child, chain, at)) return;
    const std::string& name = child.template_name;
    const TemplateView* found = find_template(draft_, name);
    if (found == nullptr) {
      all_known_ = false;
      return;
    }
    const json& spec =
        specs_.try_emplace(name, json::parse(found->spec, nullptr, false)).first->second;
    add(at, unknown_parameters(child.parameters, name, spec));
    auto definition = read_definition(filled_in(spec, child.parameters));
    const std::string whose = fmt::format("template {}, ", name);
    if (!definition) return add(whose, definition.error());
    const bool fresh = seen_.emplace(name, chain.size()).second;
    if (std::ranges::all_of(child.parameters, is_known, &ParameterValues::value_type::second))
      add_of_template(validate(*definition), name, at, fresh);
    else
      check_known_values(std::move(definition->parameters), at);
    if (!fresh) return;  // what it runs has been looked at from this depth
    Ancestors below = chain;
    below.push_back(name);
    check(*definition, below, whose);
  }

  // Those of values are of the step that gives them; those of the template are told once.
  void add_of_template(Problems problems, const std::string& name, const std::string& at,
                       bool fresh) {
    for (Problem& problem : as_of_template(std::move(problems), name))
      if (problem.field.starts_with("parameters["))
        add(at, {std::move(problem)});
      else if (fresh)
        problems_.push_back(std::move(problem));
  }

  void check_known_values(std::vector<Parameter> parameters, const std::string& at) {
    std::set<std::string> later;
    for (Parameter& p : parameters)
      if (p.value && !is_known(*p.value)) {
        later.insert(p.name);
        p.value = kLater;
        p.allowed.clear();
        p.pattern.clear();
      }
    for (Parameter& p : parameters)
      if (std::ranges::any_of(p.required_when,
                              [&](const auto& c) { return later.contains(c.param); }))
        p.required_when.clear();
    if (const auto values = resolve_parameters(parameters); !values) add(at, values.error());
  }

  Draft& draft_;
  Problems problems_;
  bool all_known_ = true;
  std::map<std::string, json> specs_;                   // by template
  std::set<std::pair<std::string, std::size_t>> seen_;  // template, how deep
};

}  // namespace

std::optional<Problems> nesting_problems(Draft& draft, const Definition& definition,
                                         const Ancestors& chain) {
  Nesting nesting(draft);
  nesting.check(definition, chain, "");
  return nesting.result();
}

}  // namespace bootstrap
