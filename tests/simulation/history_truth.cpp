#include "tests/simulation/history_truth.h"

#include <algorithm>

#include <fmt/format.h>

#include "tests/simulation/records.h"

namespace bootstrap::simulation {
namespace {

using States = std::set<std::string>;

constexpr std::size_t kLongestHistory = 50;

// What may follow a state of a step within one attempt; a new attempt begins anywhere.
const States& states_after(const std::string& state) {
  static const States kFinal{"Succeeded", "Failed", "Cancelled", "Skipped"};
  static const States kLive{"Starting", "Running",   "Waiting", "Ending",
                            "Backoff",  "Succeeded", "Failed",  "Cancelled"};
  static const States kEnding{"Backoff", "Succeeded", "Failed", "Cancelled"};
  static const States kBackoff{"Failed", "Cancelled"};
  static const States kAny{"Starting", "Running",   "Waiting", "Ending",   "Backoff",
                           "Failed",   "Succeeded", "Skipped", "Cancelled"};
  static const States kNone;
  if (state == "Ending") return kEnding;
  if (state == "Backoff") return kBackoff;
  if (kFinal.contains(state)) return kNone;
  return state == "Pending" || state.empty() ? kAny : kLive;
}

void check_step(const std::string& name, const Json& was, const Json& is,
                const Complain& complain) {
  const std::string before = was.value("state", "");
  const std::string after = is.value("state", "");
  if (before == after) return;
  const bool new_attempt = is.value("attempts", 0) > was.value("attempts", 0);
  if (before.empty() || (new_attempt && before != "Ending" && !is_final_step(before))) {
    if (new_attempt && after == "Pending") complain(fmt::format("p: {} ran and is Pending", name));
    return;
  }
  if (!states_after(before).contains(after))
    complain(fmt::format("p: {} went from {} to {}", name, before, after));
}

void check_phase(const std::string& name, const Json& was, const Json& is,
                 const Complain& complain) {
  static const std::map<std::string, States> kAfter{
      {"Pending", {"Running", "Succeeded", "Failed", "Skipped", "Cancelled"}},
      {"Running", {"Succeeded", "Failed", "Skipped", "Cancelled"}}};
  const std::string before = was.value("state", "");
  const std::string after = is.value("state", "");
  const auto next = kAfter.find(before);
  if (!before.empty() && before != after && (next == kAfter.end() || !next->second.contains(after)))
    complain(fmt::format("p: phase {} went from {} to {}", name, before, after));
  // A launch that nobody had been told of may turn out to be the first.
  if (was.contains("startTime") && is.value("startTime", "~") > was["startTime"])
    complain(fmt::format("p: startTime of phase {} changed from {} to {}", name,
                         was["startTime"].dump(), is.value("startTime", Json()).dump()));
  if (was.contains("completionTime") && was["completionTime"] != is.value("completionTime", Json()))
    complain(fmt::format("p: completionTime of phase {} changed from {} to {}", name,
                         was["completionTime"].dump(), is.value("completionTime", Json()).dump()));
}

// The newest entries are what was added; the oldest may have been dropped.
void check_entries(const std::string& name, const Json& was, const Json& is,
                   const Complain& complain) {
  const auto is_kept = [&](std::size_t dropped) {
    return was.size() - dropped <= is.size() &&
           std::equal(was.begin() + static_cast<std::ptrdiff_t>(dropped), was.end(), is.begin());
  };
  std::size_t dropped = 0;
  while (dropped < was.size() && !is_kept(dropped)) ++dropped;
  if (dropped > 0 && is.size() < kLongestHistory)
    complain(fmt::format("p: the history of {} has lost or changed entries", name));
  for (std::size_t i = 1; i < is.size(); ++i)
    if (is[i].value("time", "") < is[i - 1].value("time", ""))
      complain(fmt::format("p: the history of {} goes back in time: {}", name, is[i].dump()));
}

}  // namespace

void check_history(const Known& known, const Json& before, const Json& after,
                   const Complain& complain) {
  for (const auto& phase : after.value("phases", Json::array())) {
    const std::string name = phase["name"];
    check_phase(fmt::format("{} of {}", name, known.name), phase_record(before, name), phase,
                complain);
    for (const auto& step : phase.value("steps", Json::array()))
      check_step(fmt::format("{} {}/{}", known.name, name, step["name"].get<std::string>()),
                 step_record(before, {name, step["name"]}), step, complain);
  }
  check_entries(known.name, before.value("history", Json::array()),
                after.value("history", Json::array()), complain);
}

}  // namespace bootstrap::simulation
