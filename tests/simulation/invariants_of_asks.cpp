// k: what people answer, and who is told.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "tests/simulation/invariants.h"

namespace bootstrap::simulation {
namespace {

std::string variable_of(const std::string& parameter) {
  std::string name = "PARAM_";
  for (const char c : parameter)
    name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

}  // namespace

void Invariants::check_answers(const Known& workflow, const AttemptName& name, const Json& job) {
  const Json env = job.value("/spec/template/spec/containers/0/env"_json_pointer, Json::array());
  const OutlineStep* launched = workflow.outline.find({name.phase, name.step});
  if (launched == nullptr) return;
  for (const OutlineStep& ask : workflow.outline.steps) {
    const Json record = step_record(workflow.status, ask.ref);
    const bool knows =
        record.value("state", "") == "Succeeded" && workflow.outline.comes_before(ask, *launched);
    for (const auto& [parameter, allowed] : ask.asks_for) {
      const auto told = std::find_if(env.begin(), env.end(), [&, p = parameter](const Json& v) {
        return v["name"] == variable_of(p);
      });
      if ((told != env.end()) != knows)
        violated(
            fmt::format("k: {} was {}told of {}", to_text(name), knows ? "not " : "", parameter));
      else if (knows && (*told)["value"] != record["outputs"][parameter])
        violated(
            fmt::format("k: {} was told another {} than is recorded", to_text(name), parameter));
    }
  }
}

// Each was right at some time.
bool Invariants::has_answers(const Known& workflow, const OutlineStep& ask) {
  return std::all_of(ask.asks_for.begin(), ask.asks_for.end(), [&](const auto& asked) {
    const auto given = workflow.given.find(asked.first);
    return given != workflow.given.end() &&
           std::any_of(given->second.begin(), given->second.end(),
                       [&](const auto& value) { return asked.second.contains(value); });
  });
}

void Invariants::judge_ask(const Known& known, const std::string& name, const OutlineStep& step,
                           const Json& record) {
  static const std::set<std::string> kEnds{"TimedOut", "PhaseTimedOut", "WorkflowTimedOut"};
  if (attempts_in_run(record) != 1 || record.contains("job"))
    violated(fmt::format("a: {} asks: {}", name, record.dump()));
  if (record.value("state", "") == "Failed") {
    if (!kEnds.contains(record.value("reason", "")))
      violated(fmt::format("k: {} failed otherwise: {}", name, record.dump()));
    return;
  }
  if (record.value("state", "") == "Cancelled") return;
  const Json outputs = record.value("outputs", Json::object());
  for (const auto& [parameter, allowed] : step.asks_for) {
    const std::string value = outputs.value(parameter, "");
    const auto given = known.given.find(parameter);
    if (given == known.given.end() || !given->second.contains(value) || !allowed.contains(value))
      violated(fmt::format("k: {} has an answer that nobody gave: {}", name, record.dump()));
  }
}

}  // namespace bootstrap::simulation
