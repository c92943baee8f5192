// Steps that ask people, in the simulated world: answers that come, change and are taken out while
// operators are killed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/world.h"

namespace bootstrap::simulation {
namespace {

using namespace std::chrono_literals;
using namespace nlohmann::literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using When = CrashPoint::When;

const Json kAsks = R"json({
  "tools": {"image": "tools:1"},
  "phases": [
    {"name": "cluster", "steps": [
      {"name": "ask", "ask": {"parameters": [{"name": "go", "allowed": ["yes", "no"]}]}},
      {"name": "create", "command": ["create", "$(params.go)"]}]},
    {"name": "docs", "steps": [{"name": "write", "command": ["true"]}]}
  ]})json"_json;

struct Story {
  explicit Story(std::vector<CrashPoint> crashes = {})
      : world({.seed = 5,
               .lag = {.slow_chance = 0},
               .watch = {.slow_chance = 0},
               .crashes = std::move(crashes)},
              [](const AttemptName&) { return Fate{}; }) {
    world.create_workflow("w", kAsks);
  }

  void answer(const Json& answers) {
    world.patch_workflow("w", {{"spec", {{"answers", answers}}}});
  }
  void answer_after(Duration delay, const Json& answers) {
    world.scheduler().after(delay, [this, answers] { answer(answers); });
  }
  Json step() { return world.status_of("w")["phases"][0]["steps"][0]; }
  std::string text(const char* field) { return world.status_of("w").value(field, ""); }

  World world;
};

Json go(const char* value) {
  return Json::array({{{"name", "go"}, {"value", value}}});
}

TEST(Asks, AreOverAtOnceWhenTheAnswerIsThere) {
  Story story;
  story.world.scheduler().run_for(1h);
  EXPECT_EQ(story.text("state"), "Waiting");
  EXPECT_THAT(story.text("message"), HasSubstr("cluster/ask waits for an answer: go (one of yes"));
  EXPECT_EQ(story.world.nodes().runs().size(), 0U) << "no pod";
  const std::size_t writes = story.world.writes();
  story.answer(go("yes"));
  story.world.scheduler().run_for(200ms);
  EXPECT_EQ(story.step()["state"], "Succeeded");
  EXPECT_EQ(story.step()["outputs"], R"({"go": "yes"})"_json);
  EXPECT_EQ(story.world.invariants().jobs(), 1U) << "the next step is launched";
  EXPECT_EQ(story.world.writes() - writes, 4U)
      << "the answer, its Event, the Job, the status with the Job";
  EXPECT_TRUE(story.world.run_to_the_end(1h));
  EXPECT_THAT(story.world.violations(), IsEmpty()) << story.world.story();
}

TEST(Asks, NothingIsWrittenWhileNobodyAnswers) {
  Story story;
  story.world.scheduler().run_for(1min);
  const std::size_t writes = story.world.writes();
  story.world.scheduler().run_for(100min);
  EXPECT_EQ(story.world.writes(), writes);
}

TEST(Asks, AnAnswerThatIsGivenWhileNoOperatorRunsCounts) {
  Story story;
  story.world.scheduler().run_for(10s);
  story.world.kill_operator();
  story.answer(go("no"));
  EXPECT_TRUE(story.world.run_to_the_end(1h)) << story.world.story();
  EXPECT_EQ(story.step()["outputs"]["go"], "no");
  EXPECT_THAT(story.world.violations(), IsEmpty()) << story.world.story();
}

// What a Job was told is what is recorded, wherever the operator is killed: people change their
// mind right after their answer was seen.
TEST(Asks, NobodyIsToldWhatIsNotRecorded) {
  const auto tell = [](std::vector<CrashPoint> crashes) {
    Story story(std::move(crashes));
    story.answer_after(3s, go("maybe"));
    story.answer_after(5s, go("yes"));
    story.answer_after(5s + 60ms, go("no"));
    story.answer_after(5s + 90ms, Json::array());
    story.answer_after(10min, go("no"));
    EXPECT_TRUE(story.world.run_to_the_end(1h)) << story.world.story();
    EXPECT_THAT(story.world.violations(), IsEmpty()) << story.world.story();
    EXPECT_EQ(story.text("state"), "Succeeded");
    return story.world.writes();
  };
  const std::size_t writes = tell({});
  for (std::size_t write = 1; write <= writes; ++write)
    for (const When when : {When::BeforeIsDone, When::AfterIsDone}) {
      tell({{write, when}});
      if (::testing::Test::HasFailure()) return;
    }
}

TEST(Asks, TimeInWhichNobodyAnswersCountsForTheirOwnTimeoutOnly) {
  Json spec = kAsks;
  spec["timeout"] = "5m";
  spec["phases"][0]["timeout"] = "4m";
  spec["phases"][0]["steps"][0]["timeout"] = "30m";
  World world({.lag = {.slow_chance = 0}, .watch = {.slow_chance = 0}},
              [](const AttemptName&) { return Fate{}; });
  world.create_workflow("answered", spec);
  world.create_workflow("not-answered", spec);
  world.scheduler().after(20min, [&] {
    world.patch_workflow("answered", {{"spec", {{"answers", go("yes")}}}});
  });
  ASSERT_TRUE(world.run_to_the_end(2h)) << world.story();
  const Json answered = world.status_of("answered");
  EXPECT_EQ(answered["state"], "Succeeded") << answered.dump(1);
  EXPECT_THAT(answered["pausedDuration"].get<std::string>(), HasSubstr("20m"));
  EXPECT_EQ(answered["phases"][0]["pausedDuration"], answered["pausedDuration"]);
  EXPECT_FALSE(answered.contains("pausedSince"));
  const Json ended = world.status_of("not-answered");
  EXPECT_EQ(ended["state"], "Failed");
  EXPECT_EQ(
      ended["message"],
      "cluster/ask failed (TimedOut): within its timeout of 30m0s nobody gave an answer: go; to "
      "resume: kubectl patch bwf not-answered -n ns --type merge -p "
      "'{\"spec\":{\"resume\":{\"run\":2}}}'");
  EXPECT_THAT(world.violations(), IsEmpty()) << world.story();
}

}  // namespace
}  // namespace bootstrap::simulation
