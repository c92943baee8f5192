// Outputs from one step to the next: given, not given, lost, dangerous.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controllers/scenario.h"

namespace bootstrap::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
  s.answer_pods("one", "a");
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

// --- into what is waited for ---

json with_wait() {
  json spec = three_steps();
  spec["phases"][0]["steps"][1] = {
      {"name", "b"},
      {"waitFor",
       {{"resource",
         {{"apiVersion", "v1"}, {"kind", "Node"}, {"name", "n-$(steps.one.a.outputs.id)"}}},
        {"jsonPath", "{.spec.x}"},
        {"value", "$(steps.one.a.outputs.value)"}}}};
  return spec;
}

TEST(DecideOutputs, NameWhatIsWaitedFor) {
  Scenario s(with_wait());
  const ResourceQuery query{{"v1", "Node", "n-7", {}, ResourceRef::Match::All},
                            JsonPathTest{"{.spec.x}", "$(params.x)"}};
  const auto find = [&](const char* value, bool holds) {
    s.facts.insert_or_assign(ResourceState{query}, Found<ResourceFinding>(finding_of(
                                                       query, {{"n-7", {holds, value, {}}}})));
  };
  s.facts.insert_or_assign(MayRead{"default", "v1", "Node", "n-7"}, Found<bool>(true));
  find("other", false);
  s.pass(at(0));
  s.end_container("one", "a", 0, "id=7\nvalue=$(params.x)\n");
  EXPECT_EQ(s.pass(at(10)).message,
            "one/b waits for Node n-7: {.spec.x} is \"other\", not \"$(params.x)\"")
      << "a value is replaced once";
  s.remove_pod("one", "a");
  s.restart();
  find("$(params.x)", true);
  s.pass(at(20));
  EXPECT_EQ(s.step("one", "b").state, StepState::Succeeded);
}

TEST(DecideOutputs, ThatAreMissingOrNoNameFailTheWaitBeforeItBegins) {
  struct Row {
    const char* gave;
    const char* reason;
    const char* says;
  };
  for (const Row& row :
       {Row{"value=1\n", "OutputMissing", "needs $(steps.one.a.outputs.id), but one/a gave only"},
        Row{"id=a/b\nvalue=1\n", "OutputRefused",
            "waitFor.resource.name: \"n-a/b\" cannot be the name of an object: at most 253 "
            "characters, without '/' and '%'"}}) {
    Scenario s(with_wait());
    s.pass(at(0));
    s.end_container("one", "a", 0, row.gave);
    s.pass(at(10));
    EXPECT_EQ(s.step("one", "b").state, StepState::Failed);
    EXPECT_EQ(s.step("one", "b").reason, row.reason);
    EXPECT_EQ(s.step("one", "b").attempts, 0);
    EXPECT_THAT(s.step("one", "b").message, HasSubstr(row.says));
  }
}

// --- into conditions ---

TEST(DecideOutputs, DecideWhatIsRun) {
  json spec = three_steps();
  spec["phases"][0]["steps"][1]["when"] =
      json::array({{{"output", "one.a.todo"}, {"operator", "In"}, {"values", {"b"}}}});
  spec["phases"][1]["when"] =
      json::array({{{"output", "one.b.done"}, {"operator", "DoesNotExist"}}});
  for (const bool both : {false, true}) {
    Scenario s(spec);
    s.pass(at(0));
    s.end_container("one", "a", 0, both ? "todo=b\n" : "todo=nothing\n");
    s.pass(at(10));
    EXPECT_EQ(s.step("one", "b").state, both ? StepState::Running : StepState::Skipped);
    if (!both) {
      EXPECT_EQ(s.step("one", "b").message,
                "output one.a.todo is \"nothing\", and must be one of [b]");
      EXPECT_EQ(s.step("two", "c").state, StepState::Running) << "a skipped step gave nothing";
      continue;
    }
    s.end_container("one", "b", 0, "done=yes\n");
    s.pass(at(20));
    EXPECT_EQ(s.step("two", "c").state, StepState::Skipped);
  }
}

TEST(DecideOutputs, ThatAreLostFailWhatTheyWouldDecide) {
  json spec = three_steps();
  spec["phases"][0]["steps"][1]["continueOnFailure"] = true;
  const json lost =
      json::array({{{"output", "one.a.x"}, {"operator", "NotIn"}, {"values", {"x"}}}});
  for (const bool phase : {false, true}) {
    json this_one = spec;
    (phase ? this_one["phases"][1] : this_one["phases"][0]["steps"][1])["when"] = lost;
    this_one["phases"][1]["steps"].push_back({{"name", "d"}, {"command", {"true"}}});
    Scenario s(this_one);
    s.pass(at(0));
    s.answer_pods("one", "a");
    s.job_view("one", "a").conditions.push_back({"Complete", "True", "", ""});
    s.pass(at(10));
    if (phase) {
      s.end_container("one", "b", 0);
      EXPECT_EQ(s.pass(at(20)).state, WorkflowState::Failed);
      EXPECT_EQ(s.step("two", "c").reason, "OutputMissing");
      EXPECT_EQ(s.step("two", "d").reason, "OutputMissing") << "the phase as a whole";
    } else {
      EXPECT_EQ(s.step("one", "b").state, StepState::Failed);
      EXPECT_EQ(s.step("one", "b").reason, "OutputMissing");
      EXPECT_EQ(s.step("two", "c").state, StepState::Running) << "it is tolerated";
    }
  }
}

}  // namespace
}  // namespace bootstrap::testing
