#include "cli/history_text.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/short_message.h"
#include "cli/text_table.h"
#include "controllers/time.h"

namespace bootstrap::cli {
namespace {

using nlohmann::json;
using Entries = std::vector<HistoryEntry>;

// Of a text that goes into a line.
std::string on_one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

struct Why {
  std::string reason;
  std::string message;
};

// `is_newest`: no later entry is about the same.
Why why(const SeenWorkflow& workflow, const HistoryEntry& entry, bool is_newest) {
  const Status& status = workflow.status;
  Why known{entry.reason, ""};
  if (!is_newest) return known;
  if (entry.step.empty()) {
    // While it goes on its message is about its steps, each of which has a line of its own.
    if (entry.state != state_text(status) || (!has_ended(workflow) && entry.state != "Suspended"))
      return known;
    return {status.reason,
            with_short_command(status.message, workflow.meta.ns, workflow.meta.name)};
  }
  const auto ref = step_ref(entry.step);
  const StepRecord* step = ref ? find_step(status, *ref) : nullptr;
  if (step == nullptr || to_text(step->state) != entry.state || step->message.empty()) return known;
  return {step->reason,
          with_short_command(step->message, workflow.meta.ns, workflow.meta.name, entry.step)};
}

}  // namespace

std::string history_text(const Entries& entries) {
  TextTable table;
  table.add({"TIME", "RUN", "STEP", "STATE", "REASON"});
  for (const HistoryEntry& entry : entries)
    table.add(
        {to_rfc3339(entry.time), std::to_string(entry.run), entry.step, entry.state, entry.reason});
  return table.text();
}

json history_json(const Entries& entries) {
  json list = json::array();
  for (const HistoryEntry& entry : entries)
    list.push_back({{"time", to_rfc3339(entry.time)},
                    {"run", entry.run},
                    {"step", entry.step},
                    {"state", entry.state},
                    {"reason", entry.reason}});
  return list;
}

Entries new_entries(const Entries& before, const Entries& now) {
  // The most of what was there last with which the new record begins.
  for (std::size_t kept = std::min(before.size(), now.size()); kept > 0; --kept) {
    const auto count = static_cast<std::ptrdiff_t>(kept);
    if (std::equal(before.end() - count, before.end(), now.begin()))
      return {now.begin() + count, now.end()};
  }
  return now;
}

std::string transition_lines(const SeenWorkflow& workflow, const Entries& entries) {
  std::string lines;
  for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
    const bool is_newest = std::none_of(entry + 1, entries.end(), [&](const HistoryEntry& later) {
      return later.step == entry->step;
    });
    const auto [reason, message] = why(workflow, *entry, is_newest);
    lines += fmt::format("{} {}: {}{}{}\n", to_rfc3339(entry->time),
                         entry->step.empty() ? workflow.meta.name : entry->step, entry->state,
                         reason.empty() ? "" : fmt::format(" ({})", reason),
                         message.empty() ? "" : ": " + on_one_line(message));
  }
  return lines;
}

}  // namespace bootstrap::cli
