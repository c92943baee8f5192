// The operator is killed right before and right after each of its writes, and again soon after its
// restart. Whoever looks at the end must not be able to tell: the same states, the same attempts,
// the same Jobs, and every step ran exactly once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/world.h"

namespace bootstrap::simulation {
namespace {

using namespace std::chrono_literals;
using namespace nlohmann::literals;
using ::testing::IsEmpty;
using When = CrashPoint::When;

const Json kCrashSpec = R"({
  "tools": {"image": "tools:1"},
  "phases": [
    {"name": "hub", "steps": [{"name": "install", "command": ["true"]},
                              {"name": "configure", "command": ["true"]}]},
    {"name": "vault", "steps": [{"name": "connect", "command": ["true"]}]},
    {"name": "cluster", "steps": [{"name": "create", "command": ["true"]},
                                  {"name": "check", "command": ["true"]}]},
    {"name": "docs", "steps": [{"name": "write", "command": ["true"]}]}
  ]})"_json;

// What everything else in this file is compared with.
struct End {
  Json steps = Json::array();  // [phase/step, state, attempts, exit code, reason, job]
  Json workflow;               // [state, reason, completed]
  std::map<std::string, int> starts;
  std::size_t writes = 0;
  std::size_t deaths = 0;
};

// `told`: what is patched into its spec after ten minutes.
End run(const Oracle& oracle, const Json& spec, const std::vector<CrashPoint>& crashes,
        const Json& told = {}) {
  World world(
      {.seed = 5, .lag = {.slow_chance = 0}, .watch = {.slow_chance = 0}, .crashes = crashes},
      oracle);
  world.create_workflow("setup", spec);
  bool is_told = told.is_null();
  if (!is_told)
    world.scheduler().after(10min, [&] {
      world.patch_workflow("setup", {{"spec", told}});
      is_told = true;
    });
  const bool ended = world.run_to_the_end(6h, [&] { return is_told; });
  world.scheduler().run_for(10min);  // a dead operator's heirs, Events, the Job controller
  EXPECT_TRUE(ended) << world.story();
  world.judge_locks();
  EXPECT_THAT(world.violations(), IsEmpty()) << world.story();
  const Json status = world.status_of("setup");
  End end{.workflow = {status["state"], status["reason"], status["progress"]["completed"]},
          .starts = {},
          .writes = world.writes(),
          .deaths = world.deaths()};
  for (const auto& phase : status["phases"])
    for (const auto& step : phase["steps"])
      end.steps.push_back({phase["name"].get<std::string>() + "/" + step["name"].get<std::string>(),
                           step["state"], step.value("attempts", 0), step.value("exitCode", -1),
                           step.value("reason", ""), step.value("job", "")});
  for (const PodRun& pod : world.nodes().runs())
    if (pod.started) ++end.starts[pod.attempt.step];
  return end;
}

void expect_same(const End& end, const End& undisturbed, const std::string& when) {
  EXPECT_EQ(end.steps, undisturbed.steps) << when;
  EXPECT_EQ(end.workflow, undisturbed.workflow) << when;
  EXPECT_EQ(end.starts, undisturbed.starts) << when;
}

std::string to_text(const CrashPoint& crash) {
  return (crash.when == When::BeforeIsDone ? "before write " : "after write ") +
         std::to_string(crash.write);
}

void crash_everywhere(const Oracle& oracle, const Json& spec = kCrashSpec, const Json& told = {}) {
  const End undisturbed = run(oracle, spec, {}, told);
  ASSERT_GE(undisturbed.writes, 5U);
  for (std::size_t write = 1; write <= undisturbed.writes; ++write)
    for (const When when : {When::BeforeIsDone, When::AfterIsDone}) {
      const CrashPoint crash{write, when};
      const End end = run(oracle, spec, {crash}, told);
      EXPECT_EQ(end.deaths, 1U) << "no crash " << to_text(crash);
      expect_same(end, undisturbed, "killed " + to_text(crash));
      if (::testing::Test::HasFailure()) return;
    }
}

TEST(CrashAfterEveryWrite, OfAWorkflowThatSucceeds) {
  crash_everywhere([](const AttemptName&) { return Fate{}; });
}

TEST(CrashAfterEveryWrite, OfAWorkflowThatFails) {
  crash_everywhere(
      [](const AttemptName& name) { return Fate{.exit_code = name.step == "check" ? 3 : 0}; });
}

// With a claim to make and a commit to find out.
TEST(CrashAfterEveryWrite, OfAWorkflowWithASourceAndAWorkspace) {
  Json spec = kCrashSpec;
  spec["workspace"]["size"] = "1Gi";
  spec["tools"]["source"]["git"]["repository"] = "https://h/x.git";
  crash_everywhere([](const AttemptName&) { return Fate{}; }, spec);
}

TEST(CrashAfterEveryWrite, OfAStepThatNeverStarts) {
  Json spec = kCrashSpec;
  spec["phases"][1]["steps"][0]["startTimeout"] = "1m";
  crash_everywhere(
      [](const AttemptName& name) {
        return name.step == "connect" ? Fate{.kind = Fate::Kind::NeverPulls} : Fate{};
      },
      spec);
}

TEST(CrashAfterEveryWrite, OfAStepThatIsTriedAgain) {
  Json spec = kCrashSpec;
  spec["phases"][1]["steps"][0]["retry"] = {{"attempts", 3}, {"delay", "2s"}, {"jitter", 50}};
  crash_everywhere(
      [](const AttemptName& name) {
        return Fate{.exit_code = name.step == "connect" && name.attempt < 3 ? 1 : 0};
      },
      spec);
}

TEST(CrashAfterEveryWrite, OfFinallyAfterAFailure) {
  Json spec = kCrashSpec;
  spec["phases"][2]["steps"][1]["retry"] = {{"attempts", 2}};
  spec["finally"] = {
      {{"name", "end"},
       {"parallel", true},
       {"steps",
        {{{"name", "clean"}, {"command", {"true"}}}, {{"name", "tell"}, {"command", {"true"}}}}}}};
  crash_everywhere(
      [](const AttemptName& name) { return Fate{.exit_code = name.step == "check" ? 3 : 0}; },
      spec);
}

TEST(CrashAfterEveryWrite, OfPhasesSideBySide) {
  Json spec = kCrashSpec;
  spec["order"] = "Graph";
  spec["phases"][0]["parallel"] = true;
  spec["phases"][2]["dependsOn"] = {"hub", "vault"};
  spec["phases"][3]["dependsOn"] = {"cluster"};
  crash_everywhere([](const AttemptName&) { return Fate{}; }, spec);
}

// What is left of it is deleted while it is still looked at.
TEST(CrashAfterEveryWrite, OfAWorkflowUnderALockAndOfWhatItLeavesBehind) {
  Json spec = kCrashSpec;
  spec["lock"] = "l";
  spec["jobRetention"] = "5m";
  crash_everywhere([](const AttemptName&) { return Fate{}; }, spec);
}

void crash_everywhere_in_a_resume(const char* from) {
  Json spec = kCrashSpec;
  spec["finally"] = {{{"name", "end"}, {"steps", {{{"name", "clean"}, {"command", {"true"}}}}}}};
  crash_everywhere(
      [](const AttemptName& name) {
        return Fate{.exit_code = name.step == "check" && name.attempt == 1 ? 3 : 0};
      },
      spec, {{"resume", {{"run", 2}, {"from", from}}}});
}

TEST(CrashAfterEveryWrite, OfAResume) {
  crash_everywhere_in_a_resume("");
}

TEST(CrashAfterEveryWrite, OfAResumeFromAPhase) {
  crash_everywhere_in_a_resume("vault");
}

TEST(CrashAfterEveryWrite, OfACancel) {
  crash_everywhere(
      [](const AttemptName& name) {
        return Fate{.runs = name.step == "create" ? Duration(30min) : Duration(1s)};
      },
      kCrashSpec, {{"cancel", true}});
}

// The heir is killed as well, in the middle of what it repairs.
class CrashOfTheHeir : public ::testing::TestWithParam<std::size_t> {};

TEST_P(CrashOfTheHeir, AfterEveryWriteIsTheSame) {
  const Oracle oracle = [](const AttemptName& name) {
    return Fate{.exit_code = name.step == "check" ? 3 : 0};
  };
  const End undisturbed = run(oracle, kCrashSpec, {});
  for (std::size_t write = 1; write <= undisturbed.writes; ++write)
    for (const When when : {When::BeforeIsDone, When::AfterIsDone}) {
      const std::vector<CrashPoint> crashes{{write, When::AfterIsDone}, {GetParam(), when}};
      const End end = run(oracle, kCrashSpec, crashes);
      expect_same(end, undisturbed,
                  "killed " + to_text(crashes[0]) + ", then " + to_text(crashes[1]));
      if (HasFailure()) return;
    }
}

INSTANTIATE_TEST_SUITE_P(Write, CrashOfTheHeir, ::testing::Values(1U, 2U));

}  // namespace
}  // namespace bootstrap::simulation
