#include "cli/log_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/log_tail.h"
#include "tests/unit/cli/seen.h"

namespace bootstrap::cli {
namespace {

using ::testing::HasSubstr;
using testing::seen;

constexpr const char* kStatus = R"({"state": "Running", "run": 1, "phases": [
  {"name": "p", "state": "Running", "steps": [
    {"name": "done", "state": "Succeeded", "job": "j1", "attempts": 1},
    {"name": "bad", "state": "Failed", "job": "j2", "attempts": 3},
    {"name": "works", "state": "STATE", "job": "j3", "attempts": 2},
    {"name": "wait", "state": "Running", "attempts": 1},
    {"name": "kid", "state": "Running", "attempts": 1, "child": "w-kid"},
    {"name": "later", "state": "Pending"}]}]})";

SeenWorkflow working_in(const std::string& state) {
  std::string status = kStatus;
  status.replace(status.find("STATE"), 5, state);
  return seen(status);
}

TEST(LogTarget, IsWhatRunsElseWhatHasFailed) {
  EXPECT_EQ(*log_target(working_in("Running"), "", 0), (LogTarget{{"p", "works"}, 2}));
  EXPECT_EQ(*log_target(working_in("Ending"), "", 0), (LogTarget{{"p", "works"}, 2}));
  EXPECT_EQ(*log_target(working_in("Succeeded"), "", 0), (LogTarget{{"p", "bad"}, 3}));
  EXPECT_EQ(*log_target(working_in("Running"), "p/bad", 2), (LogTarget{{"p", "bad"}, 2}));
  EXPECT_EQ(*running_target(working_in("Starting")), (LogTarget{{"p", "works"}, 2}));
  EXPECT_FALSE(running_target(working_in("Succeeded")));
}

TEST(LogTarget, SaysWhatThereIs) {
  const auto message = [](const char* step, int attempt = 0) {
    const auto target = log_target(working_in("Running"), step, attempt);
    EXPECT_FALSE(target);
    return target ? "" : target.error().message;
  };
  EXPECT_EQ(message("p/wrks"), "w: there is no step p/wrks; did you mean p/works?");
  EXPECT_THAT(message("x"), HasSubstr("there are p/done, p/bad, "));
  EXPECT_EQ(message("p/bad", 4), "p/bad has no attempt 4: there are 1 to 3");
  EXPECT_EQ(message("p/done", 2), "p/done has no attempt 2: there is 1");
  EXPECT_EQ(message("p/later"), "p/later was not launched: it is Pending");
  EXPECT_EQ(message("p/wait"), "p/wait has no pod: it waits, and runs nothing");
  EXPECT_EQ(message("p/kid"), "p/kid runs workflow w-kid: kubectl bootstrap logs w-kid -n ns");
  EXPECT_EQ(log_target(seen("{}"), "", 0).error().message,
            "w: nothing runs and nothing has failed; it has no steps yet");
}

TEST(LogTarget, WithoutAStepSaysWhatElseGoesOn) {
  const auto message = [](const std::string& step) {
    return log_target(
               seen(
                   R"({"state": "Running", "run": 1, "phases": [{"name": "p", "state": "Running", "steps": [)" +
                   step + "]}]}"),
               "", 0)
        .error()
        .message;
  };
  EXPECT_EQ(message(R"({"name": "kid", "state": "Running", "attempts": 1, "child": "w-kid"})"),
            "p/kid runs workflow w-kid: kubectl bootstrap logs w-kid -n ns");
  EXPECT_EQ(message(R"({"name": "gate", "state": "Waiting", "attempts": 1})"),
            "p/gate has no pod: it waits, and runs nothing");
}

// Their pods may still be there, though their names are on record no more.
TEST(LogTarget, KnowsAttemptsOfFormerRuns) {
  const SeenWorkflow resumed =
      seen(R"({"state": "Running", "run": 2, "phases": [{"name": "p", "state": "Running",
      "steps": [{"name": "a", "state": "Pending", "attempts": 2, "formerAttempts": 2}]}]})");
  EXPECT_EQ(*log_target(resumed, "p/a", 0), (LogTarget{{"p", "a"}, 2}));
  EXPECT_EQ(*log_target(resumed, "p/a", 1), (LogTarget{{"p", "a"}, 1}));
  EXPECT_EQ(log_target(resumed, "p/a", 3).error().message,
            "p/a has no attempt 3: there are 1 to 2");
}

TEST(ContainerOf, IsTheToolsUnlessItsSourceDidNotCome) {
  PodView pod;
  EXPECT_EQ(container_of(pod), "main");
  pod.init_containers.push_back({"source", ContainerState::Running, "", "", 0, {}, {}});
  EXPECT_EQ(container_of(pod), "source");
  pod.init_containers[0].state = ContainerState::Terminated;
  EXPECT_EQ(container_of(pod), "main");
  pod.init_containers[0].exit_code = 1;
  EXPECT_EQ(container_of(pod), "source");
}

TEST(NewestLine, IsTheLastThatIsNotBlank) {
  NewestLine line;
  EXPECT_EQ(line.text(), "");
  line.feed("one\ntw");
  EXPECT_EQ(line.text(), "tw");
  line.feed("o\n\n");
  EXPECT_EQ(line.text(), "two");
  line.feed("\x1b[31mred\x1b[0m\tend\n");
  EXPECT_EQ(line.text(), "red end");
  line.feed("10%\r20%\r");
  EXPECT_EQ(line.text(), "20%");
  line.feed(std::string(10'000, 'x'));
  EXPECT_LE(line.text().size(), 4096U);
}

}  // namespace
}  // namespace bootstrap::cli
