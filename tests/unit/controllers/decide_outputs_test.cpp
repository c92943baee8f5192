// Outputs from one step to the next: given, not given, lost, dangerous.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controllers/scenario.h"

namespace bootstrap {
namespace {

using nlohmann::json;
using testing::at;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Scenario;
using testing::three_steps;

// Step b takes "url" of step a.
json with_reference() {
  json spec = three_steps();
  spec["phases"][0]["steps"][1]["args"] = {"$(steps.one.a.outputs.url)"};
  return spec;
}

TEST(DecideOutputs, GoFromStatusIntoTheNextJob) {
  Scenario s(with_reference());
  s.pass(at(0));
  s.end_container("one", "a", 0, "url=https://x/$(HOME)\nmore=1\n");
  CreateJob job;
  s.on_action = [&](const Action& action) {
    if (const auto* create = std::get_if<CreateJob>(&action)) job = *create;
  };
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").outputs, (Outputs{{"url", "https://x/$(HOME)"}, {"more", "1"}}));
  EXPECT_EQ(job.name, Scenario::job("one", "b"));
  EXPECT_EQ(job.values.outputs,
            (std::map<std::string, std::string>{{"steps.one.a.outputs.url", "https://x/$(HOME)"}}));
}

// The crash is after the status was written, or after the next Job was created and before that.
TEST(DecideOutputs, AreTheSameAfterACrash) {
  for (const bool recorded : {false, true}) {
    Scenario s(with_reference());
    s.pass(at(0));
    s.end_container("one", "a", 0, "url=1\n");
    if (recorded) {
      s.refuse["job/" + Scenario::job("one", "b")] = Refused{"Forbidden", "quota", true};
      s.pass(at(10));
      s.refuse.clear();
      s.remove_pod("one", "a");  // it is not needed any more
    } else {
      s.add_job("one", "b");
    }
    s.restart();
    s.pass(at(20));
    EXPECT_EQ(s.step("one", "a").outputs, (Outputs{{"url", "1"}})) << recorded;
    EXPECT_EQ(s.step("one", "b").state, StepState::Running) << recorded;
  }
}

TEST(DecideOutputs, ThatAreMissingFailTheStepThatNeedsThemAndNothingIsLaunched) {
  struct Row {
    const char* gave;
    const char* says;
  };
  for (const Row& row :
       {Row{"", "needs $(steps.one.a.outputs.url), but one/a wrote nothing to $BOOTSTRAP_OUTPUTS"},
        Row{"a=1\nURL=2\n", "but one/a gave only: URL, a"}}) {
    Scenario s(with_reference());
    s.pass(at(0));
    s.end_container("one", "a", 0, row.gave);
    const Status& status = s.pass(at(10));
    EXPECT_EQ(s.step("one", "b").state, StepState::Failed);
    EXPECT_EQ(s.step("one", "b").reason, "OutputMissing");
    EXPECT_THAT(s.step("one", "b").message, HasSubstr(row.says));
    EXPECT_EQ(s.step("one", "b").attempts, 0);
    EXPECT_EQ(status.state, WorkflowState::Failed);
    EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "a")));
  }
}

TEST(DecideOutputs, OfAPodThatIsGoneAreLostAndSaidToBe) {
  Scenario s(with_reference());
  s.pass(at(0));
  s.job_view("one", "a").conditions.push_back({"Complete", "True", "", ""});
  s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").state, StepState::Succeeded);
  EXPECT_EQ(s.step("one", "a").reason, "PodGone");
  EXPECT_EQ(s.step("one", "b").reason, "OutputMissing");
  EXPECT_THAT(s.step("one", "b").message,
              HasSubstr("the pod of one/a was gone before its outputs were read"));
}

TEST(DecideOutputs, ThatCannotBeReadAreTheFailureOfTheirStep) {
  Scenario s;
  s.pass(at(0));
  s.end_container("one", "a", 0, "url: x\n");
  const Status& status = s.pass(at(10));
  EXPECT_EQ(s.step("one", "a").state, StepState::Failed);
  EXPECT_EQ(s.step("one", "a").reason, "OutputsInvalid");
  EXPECT_EQ(s.step("one", "a").exit_code, 0);
  EXPECT_EQ(status.state, WorkflowState::Failed);
  EXPECT_THAT(s.created(), ElementsAre(Scenario::job("one", "a")));
}

// "$(steps…) -c $(params…)": harmless until the output is "sh".
TEST(DecideOutputs, ThatNameAnInterpreterMakeNoProgramOfAParameter) {
  for (const bool shell : {false, true}) {
    json spec = three_steps();
    spec["parameters"] = json::parse(R"([{"name": "x", "value": "1"}])");
    spec["phases"][0]["steps"][1]["command"] = {"env", "$(steps.one.a.outputs.tool)", "-c",
                                                "$(params.x)"};
    Scenario s(spec);
    s.pass(at(0));
    s.end_container("one", "a", 0, shell ? "tool=/bin/sh\n" : "tool=curl\n");
    s.pass(at(10));
    EXPECT_EQ(s.step("one", "b").state, shell ? StepState::Failed : StepState::Running);
    EXPECT_EQ(s.step("one", "b").reason, shell ? "OutputRefused" : "");
    EXPECT_EQ(s.created().size(), shell ? 1U : 2U);
  }
}

TEST(DecideOutputs, ANoteShowsThoseThatAreThere) {
  json spec = three_steps();
  spec["notes"]["success"] = "open $(steps.one.a.outputs.url), $(steps.two.c.outputs.none)";
  Scenario s(spec);
  s.pass(at(0));
  s.end_container("one", "a", 0, "url=https://x\n");
  s.pass(at(1));
  s.end_container("one", "b", 0);
  s.pass(at(2));
  s.end_container("two", "c", 0);
  EXPECT_THAT(s.pass(at(3)).message, HasSubstr(". open https://x, (none)"));
}

}  // namespace
}  // namespace bootstrap
