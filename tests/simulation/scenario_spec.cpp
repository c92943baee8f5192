// The workflows of random stories.
#include <cctype>

#include <fmt/format.h>

#include "tests/simulation/outline.h"
#include "tests/simulation/scenario.h"

namespace bootstrap::simulation {
namespace {

Json widget(const std::string& name) {
  return {{"apiVersion", "example.com/v1"}, {"kind", "Widget"}, {"name", name}};
}

Json waiting_step(const std::string& name, const std::string& on) {
  return {{"name", name},
          {"timeout", "20m"},
          {"waitFor", {{"resource", widget(on)}, {"condition", {{"type", "Ready"}}}}}};
}

Json running_step(const std::string& name, const std::string& timeout) {
  return {{"name", name},
          {"timeout", timeout},
          {"workflow",
           {{"templateRef", {{"name", kTemplate}}},
            {"parameters", {{{"name", "who"}, {"value", "$(workflow.name)"}}}}}}};
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

Json asking_step(const std::string& name, const std::string& parameter) {
  Json step{{"name", name}, {"timeout", "20m"}};
  step["ask"]["parameters"] = {{{"name", parameter}, {"allowed", {"yes", "no"}}},
                               {{"name", parameter + "d"}, {"default", "none"}}};
  return step;
}

}  // namespace

Json Scenario::random_spec() {
  Json spec{{"tools", {{"image", "tools:1"}}},
            {"parameters", {{{"name", "mode"}, {"value", "create"}}, {{"name", "unset"}}}}};
  if (random_.chance(0.15)) spec["tools"]["serviceAccountName"] = "bootstrap";
  if (random_.chance(0.3))
    spec["tools"]["source"]["git"] = {{"repository", "https://h/x.git"}, {"revision", "main"}};
  if (random_.chance(0.3)) spec["workspace"]["size"] = "1Gi";
  const bool plain = random_.chance(0.4);  // as simple as most are
  const bool graph = !plain && random_.chance(0.4);
  if (graph) spec["order"] = "Graph";
  if (!plain && random_.chance(0.15)) spec["timeout"] = "4m";
  const int phases = random_.between(1, 4);
  for (int p = 0; p < phases; ++p) {
    Json phase = random_phase(fmt::format("p{}", p), plain);
    for (int before = 0; graph && before < p; ++before)
      if (random_.chance(0.5)) phase["dependsOn"].push_back(fmt::format("p{}", before));
    if (!plain && !graph && p > 0 && random_.chance(0.1))
      phase["when"] = {{{"phase", fmt::format("p{}", p - 1)}, {"states", {"Failed", "Skipped"}}}};
    spec["phases"].push_back(std::move(phase));
  }
  const int at_end = plain || random_.chance(0.6) ? 0 : random_.between(1, 2);
  for (int p = 0; p < at_end; ++p) {
    Json phase = random_phase(fmt::format("f{}", p), plain);
    if (random_.chance(0.2)) phase["when"] = {{{"phase", "p0"}, {"states", {"Failed", "Pending"}}}};
    spec["finally"].push_back(std::move(phase));
  }
  if (!plain) add_outputs(spec);
  return spec;
}

// Conditions on what a step right before has given, and waits for something named by it.
void Scenario::add_outputs(Json& spec) {
  const Outline outline = outline_of(spec);
  const auto giver_for = [&](const StepRef& ref) -> std::optional<StepRef> {
    for (const StepRef& before : outline.find(ref)->after)
      if (const OutlineStep& one = *outline.find(before);
          !one.waits && !one.child && random_.chance(0.7))
        return before;
    return std::nullopt;
  };
  const auto entry = [&](const StepRef& giver) {
    const Json operators[] = {{{"operator", "Exists"}},
                              {{"operator", "DoesNotExist"}},
                              {{"operator", "In"}, {"values", {kTag}}},
                              {{"operator", "NotIn"}, {"values", {"other"}}},
                              {{"operator", "In"}, {"values", {"other"}}}};
    Json condition = operators[random_.below(std::size(operators))];
    condition["output"] = fmt::format("{}.{}.tag", giver.phase, giver.step);
    return condition;
  };
  for (const char* list : {"phases", "finally"}) {
    if (!spec.contains(list)) continue;
    for (Json& phase : spec[list]) {
      const StepRef first{phase["name"], phase["steps"][0]["name"]};
      if (const auto giver = giver_for(first); giver && random_.chance(0.2))
        phase["when"].push_back(entry(*giver));
      for (Json& step : phase["steps"]) {
        const auto giver = giver_for({phase["name"], step["name"]});
        if (!giver) continue;
        if (random_.chance(0.3)) step["when"].push_back(entry(*giver));
        if (step.contains("command") && random_.chance(0.2))
          step["args"] = {fmt::format("$(steps.{}.{}.outputs.tag)", giver->phase, giver->step)};
        if (!step.contains("waitFor") || !random_.chance(0.5)) continue;
        Json& name = step["waitFor"]["resource"]["name"];
        name = fmt::format("{}-$(steps.{}.{}.outputs.tag)", name.get<std::string>(), giver->phase,
                           giver->step);
      }
    }
  }
}

Json Scenario::random_phase(const std::string& name, bool plain) {
  Json phase{{"name", name}};
  if (!plain && random_.chance(0.4)) phase["parallel"] = true;
  if (!plain && random_.chance(0.15)) phase["timeout"] = "2m";
  if (!plain && random_.chance(0.15)) phase["when"] = random_when();
  const int steps = random_.between(1, 4);
  for (int s = 0; s < steps; ++s) {
    Json step{{"name", fmt::format("s{}", s)}, {"command", {"true"}}};
    if (random_.chance(0.3)) step["startTimeout"] = "2m";
    if (random_.chance(0.2)) step["timeout"] = "40s";
    if (random_.chance(0.1))
      step = waiting_step(fmt::format("s{}", s), fmt::format("x{}{}", name, s));
    else if (random_.chance(0.1))
      step = asking_step(fmt::format("s{}", s), fmt::format("Q_{}{}", upper(name), s));
    else if (random_.chance(0.12))
      step = running_step(fmt::format("s{}", s), random_.chance(0.3) ? "1m" : "2h");
    else if (!plain && random_.chance(0.4))
      step["retry"] = random_retry();
    if (!plain && random_.chance(0.2)) step["continueOnFailure"] = true;
    if (!plain && random_.chance(0.15)) step["when"] = random_when();
    phase["steps"].push_back(std::move(step));
  }
  return phase;
}

Json Scenario::random_when() {
  const Json entries[] = {{{"param", "mode"}, {"operator", "In"}, {"values", {"create", "x"}}},
                          {{"param", "mode"}, {"operator", "NotIn"}, {"values", {"create"}}},
                          {{"param", "unset"}, {"operator", "Exists"}},
                          {{"param", "unset"}, {"operator", "DoesNotExist"}},
                          {{"param", "unset"}, {"operator", "NotIn"}, {"values", {"y"}}},
                          {{"resource", widget("seen")}, {"exists", true}},
                          {{"resource", widget("seen")}, {"exists", false}},
                          {{"resource", widget("seen")}, {"condition", {{"type", "Ready"}}}}};
  return Json::array({entries[random_.below(std::size(entries))]});
}

Json Scenario::random_retry() {
  Json retry = Json::object();
  if (random_.chance(0.5)) retry["attempts"] = random_.between(1, 4);
  if (random_.chance(0.5)) retry["delay"] = fmt::format("{}s", random_.between(1, 20));
  if (random_.chance(0.3)) retry["factor"] = random_.between(1, 3);
  if (random_.chance(0.3)) retry["jitter"] = random_.between(0, 100);
  if (random_.chance(0.3)) retry["fatalExitCodes"] = {7};
  return retry;
}

// A second workflow, small, that looks at what the first one looks at.
Json Scenario::other_spec() {
  Json spec{{"tools", {{"image", "tools:1"}}}, {"phases", Json::array()}};
  for (const char* name : {"o0", "o1"}) {
    Json phase{{"name", name}, {"steps", Json::array()}};
    for (int s = 0; s < 2; ++s) {
      Json step{{"name", fmt::format("s{}", s)}, {"command", {"true"}}};
      if (random_.chance(0.3)) step = waiting_step(fmt::format("s{}", s), "seen");
      if (random_.chance(0.6)) step["when"] = Json::array({by_widget()});
      phase["steps"].push_back(std::move(step));
    }
    spec["phases"].push_back(std::move(phase));
  }
  return spec;
}

Json Scenario::by_widget() {
  const Json entries[] = {{{"resource", widget("seen")}, {"exists", true}},
                          {{"resource", widget("seen")}, {"exists", false}},
                          {{"resource", widget("seen")}, {"condition", {{"type", "Ready"}}}}};
  return entries[random_.below(std::size(entries))];
}

}  // namespace bootstrap::simulation
