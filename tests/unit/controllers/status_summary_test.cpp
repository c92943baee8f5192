#include "controllers/status_summary.h"

#include <gtest/gtest.h>

#include "controllers/limits.h"
#include "tests/unit/controllers/specs.h"
#include "tests/unit/controllers/statuses.h"
#include "tests/unit/controllers/without_hint.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;
using namespace testing_specs;
using namespace testing_statuses;

TEST(Summary, OfPhases) {
  struct Row {
    std::vector<StepState> steps;
    PhaseState expected;
  };
  const std::vector<Row> rows{
      {{kPending, kPending}, PhaseState::Pending},
      {{kStarting, kPending}, PhaseState::Running},
      {{kRunning, kPending}, PhaseState::Running},
      {{kEnding, kPending}, PhaseState::Running},
      {{kSucceeded, kPending}, PhaseState::Running},  // between two steps
      {{kSucceeded, kRunning}, PhaseState::Running},
      {{kSucceeded, kSucceeded}, PhaseState::Succeeded},
      {{kSucceeded, kFailed}, PhaseState::Failed},
      {{kFailed, kPending}, PhaseState::Failed},
      {{kFailed, kRunning}, PhaseState::Running},  // at once, and one goes on
      {{kBackoff, kPending}, PhaseState::Running},
      {{kSkipped, kPending}, PhaseState::Running},
      {{kSkipped, kSucceeded}, PhaseState::Succeeded},
      {{kSkipped, kSkipped}, PhaseState::Skipped},
      {{kSkipped, kFailed}, PhaseState::Failed},
  };
  for (const Row& row : rows) {
    std::vector<StepRecord> steps;
    for (std::size_t i = 0; i < row.steps.size(); ++i)
      steps.push_back(step(i == 0 ? "s" : "t", row.steps[i]));
    EXPECT_EQ(summarized(running(steps)).phases[0].state, row.expected)
        << testing::PrintToString(steps.size()) << to_text(row.expected);
  }
}

TEST(Summary, APhaseLastsFromItsFirstStepToItsLast) {
  StepRecord first = step("a", kSucceeded), second = step("b", kSucceeded);
  first.start = kStart + 1s, first.completion = kStart + 5s;
  second.start = kStart + 6s, second.completion = kStart + 9s;
  const Status done = summarized(running({first, second}));
  EXPECT_EQ(done.phases[0].start, kStart + 1s);
  EXPECT_EQ(done.phases[0].completion, kStart + 9s);

  const Status half = summarized(running({first, step("b", kPending)}));
  EXPECT_EQ(half.phases[0].start, kStart + 1s);
  EXPECT_EQ(half.phases[0].completion, std::nullopt);
}

TEST(Summary, OfProgress) {
  struct Row {
    std::vector<StepRecord> steps;
    const char* text;
    const char* current;
  };
  const std::vector<Row> rows{
      {{step("a", kPending), step("b", kPending), step("c", kPending)}, "0/3 0%", "p/a"},
      {{step("a", kRunning), step("b", kPending), step("c", kPending)}, "0/3 0%", "p/a"},
      {{step("a", kSucceeded), step("b", kStarting), step("c", kPending)}, "1/3 33%", "p/b"},
      {{step("a", kSucceeded), step("b", kPending), step("c", kPending)}, "1/3 33%", "p/b"},
      {{step("a", kSucceeded), step("b", kSucceeded), step("c", kEnding)}, "2/3 66%", "p/c"},
      {{step("a", kSucceeded), step("b", kFailed), step("c", kPending)}, "1/3 33%", "p/b"},
      {{step("a", kFailed), step("b", kRunning), step("c", kPending)}, "0/3 0%", "p/b"},
      {{step("a", kRunning), step("b", kRunning), step("c", kStarting)}, "0/3 0%", "p/a +2"},
      {{step("a", kSucceeded), step("b", kSucceeded), step("c", kSucceeded)}, "3/3 100%", ""},
  };
  for (const Row& row : rows) {
    const Status status = summarized(running(row.steps));
    ASSERT_TRUE(status.progress);
    EXPECT_EQ(status.progress->text, row.text);
    EXPECT_EQ(status.progress->current, row.current) << row.text;
    EXPECT_EQ(status.progress->total, 3);
  }
}

struct MessageRow {
  std::vector<StepRecord> steps;
  WorkflowState state;
  const char* reason;
  const char* message;
};

TEST(Summary, SaysInOneSentenceWhatIsGoingOn) {
  const std::vector<MessageRow> rows{
      {{step("a", kPending)}, WorkflowState::Pending, "StepPending", "p/a waits"},
      {{step("a", kPending, "ServiceAccountNotFound", "ServiceAccount x does not exist")},
       WorkflowState::Pending,
       "ServiceAccountNotFound",
       "p/a waits: ServiceAccount x does not exist"},
      {{step("a", kRunning)}, WorkflowState::Running, "StepRunning", "p/a is running"},
      {{step("a", kSucceeded), step("b", kPending)},
       WorkflowState::Running,
       "StepPending",
       "p/b waits"},
      {{step("a", kStarting, "ImagePullFailed", "ErrImagePull: not found")},
       WorkflowState::Running,
       "ImagePullFailed",
       "p/a is starting, but nothing runs yet: ErrImagePull: not found"},
      {{step("a", kRunning, "NodeLost", "node n does not answer")},
       WorkflowState::Running,
       "NodeLost",
       "p/a is running, but: node n does not answer"},
      {{step("a", kEnding, "NotStarted", "did not start within 15m0s")},
       WorkflowState::Running,
       "NotStarted",
       "p/a is being stopped: did not start within 15m0s"},
      {{step("a", kFailed, "ToolFailed", "exit code 3: no such region"), step("b", kPending)},
       WorkflowState::Failed,
       "StepFailed",
       "p/a failed (ToolFailed): exit code 3: no such region"},
      {{step("a", kSucceeded), step("b", kSucceeded)},
       WorkflowState::Succeeded,
       "Completed",
       "all 2 steps succeeded in 1m30s"},
      // A failure beside which something still runs: that has to end first.
      {{step("a", kFailed, "ToolFailed", "exit code 3"), step("b", kRunning)},
       WorkflowState::Running,
       "StepFailed",
       "p/a failed (ToolFailed): exit code 3; p/b is running"},
      {{step("a", kRunning), step("b", kRunning)},
       WorkflowState::Running,
       "StepRunning",
       "p/a and p/b are running"},
      {{step("a", kRunning), step("b", kRunning), step("c", kRunning), step("d", kRunning)},
       WorkflowState::Running,
       "StepRunning",
       "p/a, p/b and 2 more are running"},
      {{step("a", kRunning), step("b", kStarting, "Unschedulable", "no room"), step("c", kRunning)},
       WorkflowState::Running,
       "Unschedulable",
       "p/b is starting, but nothing runs yet: no room; p/a and p/c are running"},
      {{step("a", kSucceeded), step("b", kSkipped), step("c", kSucceeded)},
       WorkflowState::Succeeded,
       "Completed",
       "all 2 steps succeeded in 1m30s, 1 was skipped"},
      {{step("a", kSkipped), step("b", kSkipped)},
       WorkflowState::Succeeded,
       "Completed",
       "nothing had to be done: all 2 steps were skipped"},
  };
  for (const MessageRow& row : rows) {
    const Status status = summarized(running(row.steps));
    EXPECT_EQ(status.state, row.state) << row.message;
    EXPECT_EQ(status.reason, row.reason) << row.message;
    EXPECT_EQ(without_hint(status.message), row.message);
    EXPECT_EQ(status.completion.has_value(), is_final(row.state)) << row.message;
    EXPECT_EQ(status.duration, is_final(row.state) ? "1m30s" : "") << row.message;
  }
}

TEST(Summary, AStepThatNeverHadAJobHasNoLogToPointTo) {
  StepRecord refused = step("a", kFailed, "JobInvalid", "spec is not valid");
  refused.job.clear();
  EXPECT_EQ(without_hint(summarized(running({refused})).message),
            "p/a failed (JobInvalid): spec is not valid");
}

TEST(Summary, NotesAreAddedWithTheirReferencesReplaced) {
  Status good = running({step("a", kSucceeded)});
  Plan with_notes = plan_of(good);
  with_notes.notes = {"open $(params.region)/$(workflow.name)", "call $(params.region)"};
  summarize(good, with_notes, kNow);
  EXPECT_EQ(good.message, "its step succeeded in 1m30s. open us-east-1/full-setup");
  StepRecord failed = step("a", kFailed, "ToolFailed", "exit code 3");
  failed.job.clear();
  Status bad = running({failed});
  summarize(bad, with_notes, kNow);
  EXPECT_EQ(without_hint(bad.message), "p/a failed (ToolFailed): exit code 3. call us-east-1");
}

TEST(Summary, NotesWithAnUnknownReferenceAreToldAsTheyAre) {
  Status status = running({step("a", kSucceeded)});
  Plan with_notes = plan_of(status);
  with_notes.notes.success = "open $(params.gone)";
  summarize(status, with_notes, kNow);
  EXPECT_EQ(status.message, "its step succeeded in 1m30s. open $(params.gone)");
}

TEST(Summary, MessagesKeepTheirLimit) {
  Status status = running({step("a", kSucceeded)});
  Plan with_notes = plan_of(status);
  with_notes.notes.success = std::string(2'000, 'x');
  summarize(status, with_notes, kNow);
  EXPECT_EQ(status.message.size(), limits::kMessage);
  EXPECT_TRUE(status.message.ends_with("…"));
}

// The first failure, of which the message speaks, and the newest: eleven that are tolerated, the
// one that is not is the oldest of all.
TEST(Summary, KeepsTheEndsOfTheNewestLogs) {
  const int tolerated = static_cast<int>(limits::kLogTails) + 1;
  const auto failed = [](int i) {
    StepRecord record = step(i == 0 ? "first" : "t", kFailed, "ToolFailed", "exit code 2");
    record.name += i == 0 ? "" : std::to_string(i);
    record.completion = kStart + std::chrono::seconds(i);
    record.log_tail = "log";
    return record;
  };
  std::vector<StepRecord> steps;
  for (int i = tolerated; i >= 0; --i) steps.push_back(failed(i));
  Status status = running(steps);
  Plan plan = plan_of(status);
  for (PlanStep& planned : plan.steps)
    planned.definition.continue_on_failure = planned.ref.step != "first";
  keep_newest_log_tails(status, plan, Standing(plan, status, kNow));
  summarize(status, plan, kNow);
  for (const StepRecord& record : status.phases[0].steps)
    EXPECT_EQ(record.log_tail.empty(), record.name == "t1" || record.name == "t2") << record.name;
  EXPECT_TRUE(
      without_hint(status.message).ends_with("; its log: kubectl logs -n bootstrap job/job-first"))
      << status.message;
}

// --- conditions ---

std::string condition_text(const Status& status, const char* type) {
  for (const Condition& c : status.conditions)
    if (c.type == type)
      return c.status + " " + c.reason + (c.message.empty() ? "" : ": ") + c.message;
  return "none";
}

TEST(Conditions, FollowTheState) {
  struct Row {
    WorkflowState state;
    const char* valid;
    const char* progressing;
    const char* succeeded;
  };
  const std::vector<Row> rows{
      {WorkflowState::Pending, "True SpecValid", "True Pending", "Unknown Pending"},
      {WorkflowState::Running, "True SpecValid", "True Running", "Unknown Running"},
      {WorkflowState::Suspended, "True SpecValid", "False Suspended", "Unknown Suspended"},
      {WorkflowState::Invalid, "False InvalidSpec: told", "False Invalid", "False Why: told"},
      {WorkflowState::Failed, "True SpecValid", "False Failed", "False Why: told"},
      {WorkflowState::Succeeded, "True SpecValid", "False Succeeded", "True Why: told"},
  };
  for (const Row& row : rows) {
    Status status;
    hold(status, {row.state, "Why", "told"}, 7, kNow);
    EXPECT_EQ(status.state, row.state);
    EXPECT_EQ(status.reason, "Why");
    EXPECT_EQ(status.message, "told");
    EXPECT_EQ(condition_text(status, "Valid"), row.valid) << to_text(row.state);
    EXPECT_EQ(condition_text(status, "Progressing"), row.progressing) << to_text(row.state);
    EXPECT_EQ(condition_text(status, "Succeeded"), row.succeeded) << to_text(row.state);
    for (const Condition& c : status.conditions) EXPECT_EQ(c.observed_generation, 7) << c.type;
  }
}

TEST(Conditions, ATransitionIsAChangeOfStatusOnly) {
  struct Row {
    const char* what;
    Condition second;
    TimePoint expected;
  };
  const std::vector<Row> rows{
      {"nothing new", {"T", "True", "R", "m", 1, {}}, kStart},
      {"another reason", {"T", "True", "Other", "m", 1, {}}, kStart},
      {"another message", {"T", "True", "R", "other", 1, {}}, kStart},
      {"another generation", {"T", "True", "R", "m", 2, {}}, kStart},
      {"another status", {"T", "False", "R", "m", 1, {}}, kNow},
  };
  for (const Row& row : rows) {
    Status status;
    set_condition(status, {"T", "True", "R", "m", 1, {}}, kStart);
    set_condition(status, row.second, kNow);
    ASSERT_EQ(status.conditions.size(), 1U);
    EXPECT_EQ(status.conditions[0].last_transition, row.expected) << row.what;
    EXPECT_EQ(status.conditions[0].reason, row.second.reason) << row.what;
    EXPECT_EQ(status.conditions[0].message, row.second.message) << row.what;
    EXPECT_EQ(status.conditions[0].observed_generation, row.second.observed_generation);
  }
}

TEST(Conditions, DifferentTypesStandSideBySide) {
  Status status;
  set_condition(status, {"A", "True", "R", "", 1, {}}, kStart);
  set_condition(status, {"B", "True", "R", "", 1, {}}, kNow);
  ASSERT_EQ(status.conditions.size(), 2U);
  EXPECT_EQ(status.conditions[0].last_transition, kStart);
  EXPECT_EQ(status.conditions[1].last_transition, kNow);
}

TEST(Conditions, DoNotMoveWhileStepsComeAndGo) {
  Status status = summarized(running({step("a", kRunning), step("b", kPending)}));
  const json before = to_json(status)["conditions"];
  status.phases[0].steps = {step("a", kSucceeded), step("b", kRunning)};
  summarize(status, plan_of(status), kNow + 1h);
  EXPECT_EQ(to_json(status)["conditions"], before);
}

TEST(Conditions, PlanCurrentSaysWhatAChangedDefinitionMeans) {
  Status status;
  set_plan_current(status, "", 1, kStart);
  EXPECT_EQ(condition_text(status, "PlanCurrent"), "True PlanCurrent");
  set_plan_current(status, kDefinitionEdited, 2, kNow);
  EXPECT_EQ(condition_text(status, "PlanCurrent"),
            "False DefinitionChanged: the definition was changed after this run had started; the "
            "run goes on with the one it started with, a resume takes the new one");
  EXPECT_EQ(status.conditions[0].last_transition, kNow);
}

}  // namespace
}  // namespace bootstrap
