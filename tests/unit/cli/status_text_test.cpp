#include "cli/status_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/seen.h"

namespace bootstrap::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::seen;

const TimePoint kNow = *from_rfc3339("2026-03-01T10:14:10Z");

constexpr const char* kRunning = R"({
  "state": "Running", "reason": "StepRetrying", "run": 2, "startTime": "2026-03-01T10:00:00Z",
  "message": "cluster/new-cluster failed attempt 1 of 3 (ToolFailed): exit code 2: no such region",
  "progress": {"text": "1/3 33%", "completed": 1, "total": 3, "percent": 33},
  "phases": [
    {"name": "infrastructure", "state": "Succeeded", "startTime": "2026-03-01T10:00:00Z",
     "completionTime": "2026-03-01T10:00:08Z", "steps": [
       {"name": "bootstrap", "state": "Succeeded", "attempts": 1,
        "startTime": "2026-03-01T10:00:00Z", "completionTime": "2026-03-01T10:00:08Z"}]},
    {"name": "cluster", "state": "Running", "startTime": "2026-03-01T10:00:08Z", "steps": [
       {"name": "new-cluster", "state": "Backoff", "attempts": 1, "reason": "ToolFailed",
        "message": "exit code 2: no such region", "nextRetryTime": "2026-03-01T10:14:15Z",
        "startTime": "2026-03-01T10:00:08Z", "completionTime": "2026-03-01T10:14:05Z"},
       {"name": "docs", "state": "Running", "attempts": 2, "startTime": "2026-03-01T10:14:00Z",
        "lastFailure": "ToolFailed: exit code 1"}]},
    {"name": "end", "state": "Pending", "steps": [{"name": "report", "state": "Pending"}]}]})";

TEST(StatusText, ShowsWhereItIsAndWhatIsWrong) {
  EXPECT_EQ(status_text(seen(kRunning), kNow), R"(w: Running, 1/3 33%, run 2, 14m10s
cluster/new-cluster failed attempt 1 of 3 (ToolFailed): exit code 2: no such region

infrastructure   Succeeded     8s
└── bootstrap    Succeeded  1  8s
cluster          Running       14m2s
├── new-cluster  Backoff    1  13m57s
│     ToolFailed: exit code 2: no such region
│     the next attempt comes in 5s
└── docs         Running    2  10s
      the attempt before failed with ToolFailed: exit code 1
end              Pending
└── report       Pending
)");
}

TEST(StatusText, SaysWhatNodesHaveUsedAndWhichUsesTooMuch) {
  EXPECT_THAT(status_text(seen(R"_({
    "state": "Running", "run": 1, "startTime": "2026-03-01T10:00:00Z",
    "resources": {"memory": {"peakPercent": 91, "node": "worker-1"},
                  "disk": {"peakPercent": 40, "node": "worker-2"}},
    "conditions": [{"type": "ResourcePressure", "status": "True", "reason": "AboveLimits",
                    "message": "node worker-1 uses 91 % of its memory (limit 85 %)"}]})_"),
                          kNow),
              HasSubstr("\nwarning: node worker-1 uses 91 % of its memory (limit 85 %)\n"
                        "nodes used up to: memory 91 % on worker-1, disk 40 % on worker-2\n"));
  EXPECT_THAT(status_text(seen(R"({"state": "Running", "conditions": [
    {"type": "ResourcePressure", "status": "False", "reason": "BelowLimits", "message": "calm"}]})"),
                          kNow),
              Not(HasSubstr("calm")))
      << "nothing is wrong";
}

TEST(StatusText, FitsATerminal) {
  StatusLook look;
  look.width = 40;
  look.is_short = true;
  look.log_step = "cluster/docs";
  look.log_line = "writing page 7";
  EXPECT_EQ(status_text(seen(kRunning), kNow, look), R"(w: Running, 1/3 33%, run 2, 14m10s
cluster/new-cluster failed attempt 1 of
3 (ToolFailed): exit code 2: no such
region

infrastructure   Succeeded     8s
cluster          Running       14m2s
├── new-cluster  Backoff    1  13m57s
│     ToolFailed: exit code 2: no such
│     region
│     the next attempt comes in 5s
└── docs         Running    2  10s
      the attempt before failed with
      ToolFailed: exit code 1
      > writing page 7
end              Pending
)");
}

TEST(StatusText, TheMessageOfAStepIsSaidOnceAndItsCommandIsShort) {
  const SeenWorkflow workflow = seen(R"({
    "state": "Waiting", "reason": "WaitingForApproval", "run": 1,
    "startTime": "2026-03-01T10:14:00Z",
    "message": "p/a waits for approval. Approve with: kubectl patch bwf w -n ns --type merge -p '{\"x\":1}'",
    "phases": [{"name": "p", "state": "Running", "steps": [{"name": "a", "state": "Waiting",
      "attempts": 1, "startTime": "2026-03-01T10:14:00Z", "reason": "WaitingForApproval",
      "message": "waits for approval. Approve with: kubectl patch bwf w -n ns --type merge -p '{\"x\":1}'"}]}]})");
  EXPECT_EQ(status_text(workflow, kNow), R"(w: Waiting, run 1, 10s

p      Running
└── a  Waiting  1  10s
      WaitingForApproval: waits for approval. Approve with: kubectl bootstrap approve w p/a -n ns
)");
}

TEST(StatusText, SaysOfAnEstimateHowFarThatIsByNow) {
  const auto first_line = [](const std::string& more) {
    const std::string text =
        status_text(seen(R"({"state": "Running", "run": 1, "startTime": "2026-03-01T10:14:00Z", )" +
                         more + R"("progress": {"text": "0/1 0%"}})"),
                    kNow);
    return text.substr(0, text.find('\n'));
  };
  EXPECT_EQ(first_line(""), "w: Running, 0/1 0%, run 1, 10s");
  EXPECT_EQ(first_line(R"("estimatedCompletionTime": "2026-03-01T10:45:00Z", )"),
            "w: Running, 0/1 0%, run 1, 10s, done in about 31m (10:45Z)");
  EXPECT_EQ(first_line(R"("estimatedCompletionTime": "2026-03-01T10:14:05Z", )"),
            "w: Running, 0/1 0%, run 1, 10s, should have been done at 10:14Z");
  EXPECT_EQ(first_line(R"("estimatedCompletionTime": "2026-03-01T10:45:00Z",
                          "completionTime": "2026-03-01T10:14:09Z", "duration": "9s", )"),
            "w: Running, 0/1 0%, run 1, 9s");
}

TEST(StatusText, SaysOfAStepWhatWasExpected) {
  const std::pair<std::string, std::string> expectations[] = {
      {"1h0m0s", "3m30s of about 1h"},
      {"3m0s", "3m30s of about 3m"},  // neither twice as long nor a minute longer
      {"1m40s", "3m30s of about 2m, overdue"}};
  for (const auto& [expected, says] : expectations) {
    const std::string text = status_text(
        seen(R"({"state": "Running", "run": 1, "phases": [{"name": "p", "state": "Running",
                 "steps": [{"name": "a", "state": "Running", "attempts": 1,
                            "startTime": "2026-03-01T10:10:40Z", "expectedDuration": ")" +
             expected + R"("}]}]})"),
        kNow);
    EXPECT_NE(text.find("a  Running  1  " + says + "\n"), std::string::npos) << text;
  }
}

TEST(StatusText, OfWhatHasNotBegunThereIsLittle) {
  EXPECT_EQ(status_text(seen("{}"), kNow), "w: Pending\n");
  // A clock that goes before the operator's.
  EXPECT_THAT(
      status_text(seen(R"({"state": "Running", "startTime": "2026-03-01T10:15:00Z"})"), kNow),
      HasSubstr("w: Running, 0s\n"));
  EXPECT_THAT(status_text(seen(R"({"state": "Failed", "message": "m", "conditions": [{"type":
      "ResumeAccepted", "status": "False", "reason": "CancelIsSet", "message": "cancel is set"}]})"),
                          kNow),
              HasSubstr("\nm\nresume: cancel is set\n"));
}

TEST(ListText, IsATable) {
  const SeenWorkflow one = seen(kRunning);
  EXPECT_EQ(list_text({one, seen("{}")}, false, kNow), R"(NAME  STATUS   PROGRESS  CURRENT  DURATION
w     Running  1/3 33%            14m10s
w     Pending
)");
  EXPECT_EQ(list_text({one}, true, kNow), R"(NAMESPACE  NAME  STATUS   PROGRESS  CURRENT  DURATION
ns         w     Running  1/3 33%            14m10s
)");
}

}  // namespace
}  // namespace bootstrap::cli
