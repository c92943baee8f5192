// When a run will have ended: what counts for a step, and the longest way through the graph.

#include "controllers/eta.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controllers/scenario.h"

namespace bootstrap::testing {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

struct EtaRow {
  const char* what;
  json spec;
  StepTimes former;
  std::function<void(Scenario&)> then;
  std::optional<int> seconds_left;
};

StepTimes all(Duration a, Duration b, Duration c) {
  return {{{"one", "a"}, a}, {{"one", "b"}, b}, {{"two", "c"}, c}};
}

json with(json spec, const char* field, const json& value) {
  spec["phases"][0][field] = value;
  return spec;
}

json with_end() {
  json spec = three_steps();
  spec["finally"] =
      json::array({{{"name", "end"}, {"steps", json::array({spec["phases"][1]["steps"][0]})}}});
  return spec;
}

json estimated() {
  json spec = three_steps();
  spec["phases"][0]["steps"][0]["estimate"] = "2m";
  return spec;
}

std::optional<int> seconds_left(const Scenario& s, TimePoint now) {
  const auto& end = s.workflow.status.estimated_end;
  if (!end) return std::nullopt;
  return static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(*end - now).count());
}

// No pass in between writes anything.
std::vector<int> writes_until(Scenario& s, int last) {
  std::vector<int> writes;
  for (int second = 1; second <= last; ++second) {
    const Status before = s.workflow.status;
    s.pass(at(second));
    if (!same_when_stored(before, s.workflow.status)) writes.push_back(second);
  }
  return writes;
}

// The first pass is at 0, the one that counts at 100.
TEST(Eta, IsNowAndTheLongestWayThroughWhatIsLeft) {
  const auto nothing = [](Scenario& s) { s.workflow.meta.generation = 2; };  // written anyway
  const EtaRow rows[] = {
      {"in a row", three_steps(), all(150s, 30s, 20s), nothing, 50 + 30 + 20},
      {"of parallel steps the longest", with(three_steps(), "parallel", true), all(150s, 170s, 20s),
       nothing, 70 + 20},
      {"a step that takes too long takes as long again as it is over", three_steps(),
       all(80s, 30s, 20s), nothing, 20 + 30 + 20},
      {"finally is included", with_end(), all(150s, 30s, 20s), nothing, std::nullopt},
      {"as the definition says", estimated(), {}, nothing, 20 + 120 + 120},
      {"what it took before counts more", estimated(), all(150s, 30s, 20s), nothing, 100},
      {"nothing is known", three_steps(), {}, nothing, std::nullopt},
      {"of this run the average",
       three_steps(),
       {},
       [](Scenario& s) { s.end_container("one", "a", 0); },
       8 + 8},
  };
  for (const EtaRow& row : rows) {
    SCOPED_TRACE(row.what);
    Scenario s(row.spec);
    s.times = row.former;
    if (row.spec.contains("finally")) s.times[{"end", "c"}] = 7s;
    s.pass(at(0));
    row.then(s);
    s.pass(at(100));
    const auto expected = row.spec.contains("finally") ? std::optional(107) : row.seconds_left;
    EXPECT_EQ(seconds_left(s, at(100)), expected) << s.workflow.status.message;
  }
}

TEST(Eta, CountsThePauseBeforeARetry) {
  json spec = three_steps();
  spec["phases"][0]["steps"][0]["retry"] = {{"attempts", 3}, {"delay", "40s"}};
  Scenario s(spec);
  s.times = all(60s, 30s, 20s);
  s.pass(at(0));
  s.end_pod("one", "a", 3);
  s.pass(at(10));
  ASSERT_EQ(s.step("one", "a").state, StepState::Backoff);
  EXPECT_EQ(seconds_left(s, at(10)), 40 + 60 + 30 + 20);
}

TEST(Eta, LeavesOutWhatWillNotRunAnyMore) {
  json spec = with_end();
  spec["phases"][0]["parallel"] = true;
  Scenario s(spec);
  s.times = all(60s, 90s, 200s);
  s.times[{"end", "c"}] = 7s;
  s.pass(at(0));
  s.end_pod("one", "a", 3);
  s.pass(at(10));
  EXPECT_EQ(seconds_left(s, at(10)), 80 + 7) << "one/b goes on, two/c is not launched any more";
}

TEST(Eta, IsNotToldWhilePeopleAreWaitedForNorAfterTheEnd) {
  json spec = three_steps();
  spec["phases"][0]["steps"][1] =
      json::parse(R"({"name": "b", "ask": {"parameters": [{"name": "x"}]}})");
  Scenario s(spec);
  s.times = all(60s, 1s, 20s);
  s.pass(at(0));
  EXPECT_EQ(seconds_left(s, at(0)), 60 + 1 + 20) << "what the gate took before";
  EXPECT_EQ(s.workflow.status.progress->eta, "1m30s");
  EXPECT_EQ(s.workflow.status.progress->eta_clock, "00:01Z");
  succeed(s, "one", "a", 50);
  ASSERT_EQ(s.workflow.status.state, WorkflowState::Waiting);
  EXPECT_EQ(seconds_left(s, at(50)), std::nullopt);
  EXPECT_EQ(s.workflow.status.progress->eta, "");
  EXPECT_EQ(s.workflow.status.progress->eta_clock, "");
  s.workflow.answers = {{"x", "1"}};
  s.pass(at(500));
  EXPECT_EQ(seconds_left(s, at(500)), 20);
  s.pass(at(501));  // the answer is on record
  s.end_pod("two", "c", 0);
  s.pass(at(510));
  ASSERT_EQ(s.workflow.status.state, WorkflowState::Succeeded) << s.workflow.status.message;
  EXPECT_EQ(seconds_left(s, at(510)), std::nullopt);
}

TEST(Eta, IsNotToldWhileNobodyKnowsHowLongSomethingLasts) {
  Scenario ending;
  ending.times = all(60s, 30s, 20s);
  ending.pass(at(0));
  ending.workflow.steering.cancel = true;
  ending.pass(at(10));
  ASSERT_EQ(ending.step("one", "a").state, StepState::Ending);
  EXPECT_EQ(seconds_left(ending, at(10)), std::nullopt);

  Scenario suspended;
  suspended.times = all(60s, 30s, 20s);
  suspended.pass(at(0));
  suspended.workflow.steering.suspend = true;
  suspended.pass(at(10));
  ASSERT_EQ(suspended.workflow.status.reason, "Suspending");
  EXPECT_EQ(seconds_left(suspended, at(10)), std::nullopt);

  Scenario unpulled;
  unpulled.times = all(60s, 30s, 20s);
  unpulled.pass(at(0));
  PodView& pod = unpulled.pod("one", "a");
  pod.containers[0].reason = "ErrImagePull";
  pod.containers[0].message = "no such image";
  unpulled.pass(at(10));
  ASSERT_EQ(unpulled.step("one", "a").reason, "ImagePullFailed");
  EXPECT_EQ(seconds_left(unpulled, at(10)), std::nullopt);

  Scenario refused;
  refused.times = all(60s, 30s, 20s);
  refused.refuse["job/" + Scenario::job("one", "a")] = Refused{"Forbidden", "exceeded quota", true};
  refused.pass(at(0));
  ASSERT_EQ(refused.step("one", "a").reason, "LaunchRefused");
  EXPECT_EQ(seconds_left(refused, at(0)), std::nullopt);
  EXPECT_THAT(writes_until(refused, 600), IsEmpty()) << "it would always have passed";
}

TEST(Eta, IsOfAMedianSoThatALittleLongerIsNotOverdue) {
  Scenario s(with(three_steps(), "parallel", true));
  s.times = all(100s, 100s, 20s);
  s.pass(at(0));
  s.end_container("one", "b", 0);
  s.pass(at(130));
  ASSERT_EQ(s.step("one", "b").state, StepState::Succeeded);
  EXPECT_EQ(s.workflow.status.progress->overdue, "");
  s.pass(at(200));
  EXPECT_EQ(s.workflow.status.progress->overdue, "one/a");
}

TEST(Eta, SaysWhatWasExpectedOfAStepFromItsLaunchOn) {
  Scenario s;
  s.times = all(60s, 400ms, 20s);
  s.pass(at(0));
  EXPECT_EQ(s.step("one", "a").expected, 60s);
  EXPECT_EQ(s.step("one", "b").expected, std::nullopt);
  s.times.clear();
  succeed(s, "one", "a", 50);
  EXPECT_EQ(s.step("one", "a").expected, 60s) << "to be compared with what it took";
  EXPECT_EQ(s.step("one", "b").expected, std::nullopt) << "nothing is known of it by now";
}

TEST(Eta, IsToldAnewOnlyWhenItHasPassedOrAStepIsOverdue) {
  Scenario s;
  s.times = all(100s, 1000s, 1000s);
  s.pass(at(0));
  ASSERT_EQ(seconds_left(s, at(0)), 2100);
  s.run_container("one", "a");  // at 1
  s.pass(at(1));
  EXPECT_EQ(s.last.wake, at(200)) << "then one/a takes twice as long";
  EXPECT_THAT(writes_until(s, 2000), ElementsAre(200, 300, 500, 900, 1700));
  EXPECT_EQ(s.workflow.status.progress->overdue, "one/a");
  EXPECT_EQ(s.workflow.status.estimated_end, at(1700 + 1600 + 2000));
  EXPECT_THAT(s.last.transitions, IsEmpty()) << "nothing has happened";
}

TEST(Eta, ThatHasPassedIsMovedEachTimeTheOverrunHasDoubled) {
  json spec = three_steps();
  spec["phases"].erase(1);
  spec["phases"][0]["steps"].erase(1);
  Scenario s(spec);
  s.times = {{{"one", "a"}, 1000s}};
  s.pass(at(0));
  s.run_container("one", "a");  // at 1
  s.pass(at(1));
  EXPECT_THAT(writes_until(s, 2400), ElementsAre(1030, 1090, 1210, 1450, 1930, 2000));
  EXPECT_EQ(s.workflow.status.progress->overdue, "one/a");
}

TEST(Eta, OfShortStepsIsNotWrittenForItself) {
  Scenario s;
  s.times = all(1s, 1s, 1s);
  s.pass(at(0));
  EXPECT_THAT(writes_until(s, 32), IsEmpty());
}

TEST(Eta, ReadsAsPeopleSayIt) {
  const std::pair<Duration, const char*> texts[] = {
      {0s, "0s"},     {1ms, "5s"},      {4s, "5s"},          {41s, "45s"},   {59s, "1m"},
      {61s, "1m30s"}, {2min, "2m"},     {9min + 31s, "10m"}, {10min, "10m"}, {30min + 1s, "31m"},
      {60min, "1h"},  {95min, "1h35m"}, {119min + 1s, "2h"}, {26h, "26h"}};
  for (const auto& [left, text] : texts) EXPECT_EQ(rough_text(left), text) << left.count();
  EXPECT_EQ(clock_text(at(14 * 3600 + 31 * 60 + 59), at(0)), "14:31Z");
  EXPECT_EQ(clock_text(at(38 * 3600), at(0)), "01-03 14:00Z");
}

TEST(StepTimes, AreMediansOfTheAttemptsThatSucceeded) {
  Scenario s;
  s.pass(at(0));
  succeed(s, "one", "a", 50);
  s.end_pod("one", "b", 3);
  s.pass(at(60));
  ASSERT_EQ(s.workflow.status.state, WorkflowState::Failed);
  EXPECT_THAT(times_of(s.workflow.status), ElementsAre(Pair(StepRef{"one", "a"}, 8s)));
  const StepRef a{"one", "a"};
  EXPECT_THAT(expected_times({{{a, 10s}}, {{a, 1000s}}, {{a, 12s}}}), ElementsAre(Pair(a, 12s)));
  EXPECT_THAT(expected_times({{{a, 10s}}, {{a, 20s}}}), ElementsAre(Pair(a, 15s)));
  EXPECT_THAT(expected_times({}), IsEmpty());
}

TEST(StepTimes, AreThoseOfTheSameTemplateOrTheSameSteps) {
  Scenario one;
  one.pass(at(0));
  Scenario same(with(three_steps(), "title", "other words"));
  same.pass(at(0));
  EXPECT_EQ(family_of(one.workflow), family_of(same.workflow));
  json renamed = three_steps();
  renamed["phases"][0]["steps"][0]["name"] = "z";
  Scenario other(renamed);
  other.pass(at(0));
  EXPECT_NE(family_of(one.workflow), family_of(other.workflow));
  other.workflow.template_name = one.workflow.template_name = "t";
  EXPECT_EQ(family_of(one.workflow), family_of(other.workflow));
}

}  // namespace
}  // namespace bootstrap::testing
