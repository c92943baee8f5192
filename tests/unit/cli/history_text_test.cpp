#include "cli/history_text.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/cli/seen.h"

namespace bootstrap::cli {
namespace {

using testing::seen;
using Entries = std::vector<HistoryEntry>;

HistoryEntry entry(int second, const std::string& step, const std::string& state,
                   const std::string& reason = "R") {
  return {TimePoint(std::chrono::seconds(second)), 1, step, state, reason};
}

TEST(HistoryText, IsATable) {
  EXPECT_EQ(history_text({entry(0, "", "Running", "WorkflowStarted"),
                          entry(61, "p/a", "Running", "StepLaunched")}),
            R"(TIME                  RUN  STEP  STATE    REASON
1970-01-01T00:00:00Z  1          Running  WorkflowStarted
1970-01-01T00:01:01Z  1    p/a   Running  StepLaunched
)");
  EXPECT_EQ(history_json({entry(0, "", "Running")}), nlohmann::json::parse(R"([{"run": 1,
      "time": "1970-01-01T00:00:00Z", "step": "", "state": "Running", "reason": "R"}])"));
}

TEST(NewEntries, AreThoseThatWereNotThere) {
  const HistoryEntry a = entry(1, "p/a", "Running"), b = entry(1, "p/a", "Backoff"),
                     c = entry(2, "p/a", "Running"), d = entry(3, "p/a", "Failed");
  EXPECT_EQ(new_entries({}, {a, b}), (Entries{a, b}));
  EXPECT_EQ(new_entries({a, b}, {a, b}), Entries{});
  EXPECT_EQ(new_entries({a, b}, {a, b, c}), Entries{c});
  EXPECT_EQ(new_entries({a, b, c}, {b, c, d}), Entries{d});
  EXPECT_EQ(new_entries({a}, {c, d}), (Entries{c, d}));  // all that was shown is forgotten
  EXPECT_EQ(new_entries({a, b, a}, {a, b, a, b}), Entries{b});
}

TEST(TransitionLines, SayWhyWhereItIsKnown) {
  const SeenWorkflow workflow = seen(R"({"state": "Failed", "reason": "StepFailed", "run": 1,
    "message": "p/a failed; to resume: kubectl patch bwf w -n ns --type merge -p '{}'",
    "phases": [{"name": "p", "state": "Failed", "steps": [
      {"name": "a", "state": "Failed", "reason": "ToolFailed", "message": "exit code 3:\nno"}]}]})");
  EXPECT_EQ(transition_lines(
                workflow, {entry(0, "", "Running", "WorkflowStarted"),
                           entry(0, "p/a", "Running", "StepLaunched"),
                           entry(1, "p/a", "Backoff", "StepRetry"),
                           entry(2, "p/a", "Failed", "StepFailed"), entry(2, "", "Failed", "X")}),
            R"(1970-01-01T00:00:00Z w: Running (WorkflowStarted)
1970-01-01T00:00:00Z p/a: Running (StepLaunched)
1970-01-01T00:00:01Z p/a: Backoff (StepRetry)
1970-01-01T00:00:02Z p/a: Failed (ToolFailed): exit code 3: no
1970-01-01T00:00:02Z w: Failed (StepFailed): p/a failed; to resume: kubectl bootstrap resume w -n ns
)");
}

}  // namespace
}  // namespace bootstrap::cli
