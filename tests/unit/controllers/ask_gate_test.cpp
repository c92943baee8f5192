// The gate `ask`: which answers do, and what people are told.

#include "controllers/ask_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/limits.h"
#include "tests/unit/controllers/specs.h"

namespace bootstrap {
namespace {

using namespace testing_specs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

// A plan whose step cluster/ask asks for these.
struct Question {
  explicit Question(const json& asked) {
    const json spec{{"phases",
                     {{{"name", "cluster"},
                       {"steps", {{{"name", "ask"}, {"ask", {{"parameters", asked}}}}}}}}}};
    PlanRecord pinned;
    pinned.definition = spec;
    plan = *compile(workflow_meta(), pinned);
  }

  GateFinding find(const GivenAnswers& answers = {}) const {
    const PlanStep& step = plan.steps[0];
    return ask_gate(plan, step, std::get<AskWork>(step.definition.work), record, answers);
  }

  Plan plan;
  StepRecord record;
};

const json kName{{"name", "clusterName"}, {"description", "Name of the cluster"}};
const json kRegion{{"name", "region"}, {"allowed", {"us-east-1", "eu-west-1"}}};

TEST(AskGate, OpensWhenEverythingIsAnswered) {
  const Question q({kName, kRegion});
  EXPECT_FALSE(q.find().open);
  EXPECT_FALSE(q.find({{"clusterName", "a"}}).open);
  const GateFinding all = q.find({{"region", "eu-west-1"}, {"clusterName", "a"}, {"other", "b"}});
  EXPECT_TRUE(all.open);
  EXPECT_THAT(all.given, ElementsAre(Pair("clusterName", "a"), Pair("region", "eu-west-1")));
}

TEST(AskGate, DefaultsAndWhatIsNotRequiredAreNotWaitedFor) {
  const Question q(
      {{{"name", "kind"}, {"default", "eks"}}, {{"name", "note"}, {"required", false}}});
  EXPECT_TRUE(q.find().open);
  EXPECT_THAT(q.find().given, ElementsAre(Pair("kind", "eks")));
  EXPECT_THAT(q.find({{"kind", "hosted"}, {"note", ""}}).given,
              ElementsAre(Pair("kind", "hosted"), Pair("note", "")));
}

TEST(AskGate, ADefaultIsNotRecordedBeforeItOpens) {
  const Question q({{{"name", "kind"}, {"default", "eks"}}, kName});
  EXPECT_THAT(q.find().given, IsEmpty());
  EXPECT_THAT(q.find({{"clusterName", "a"}}).given,
              ElementsAre(Pair("clusterName", "a"), Pair("kind", "eks")));
}

TEST(AskGate, WhatIsRecordedNeedsNoAnswerAnyMore) {
  Question q({kName, kRegion});
  q.record.outputs = q.find({{"clusterName", "a"}}).given;
  EXPECT_THAT(q.find().message, HasSubstr("waits for an answer: region"));
  EXPECT_TRUE(q.find({{"region", "eu-west-1"}}).open);
  EXPECT_THAT(q.find({{"region", "eu-west-1"}, {"clusterName", "b"}}).given,
              ElementsAre(Pair("clusterName", "b"), Pair("region", "eu-west-1")))
      << "another one takes its place";
}

TEST(AskGate, AWrongAnswerKeepsItShut) {
  Question q(json::array({kRegion}));
  q.record.outputs = {{"region", "eu-west-1"}};
  const GateFinding wrong = q.find({{"region", "mars-1"}});
  EXPECT_FALSE(wrong.open) << "whoever gives another one means it";
  EXPECT_EQ(wrong.reason, "AnswerRefused");
  EXPECT_THAT(wrong.given, ElementsAre(Pair("region", "eu-west-1"))) << "until it is taken back";
  EXPECT_TRUE(q.find().open);
}

TEST(AskGate, SaysWhyAnAnswerIsWrong) {
  struct Row {
    json asked;
    const char* value;
    const char* why;
  };
  const json pattern{{"name", "x"}, {"pattern", "[a-z]+"}};
  const std::vector<Row> rows{
      {kRegion, "mars-1", "region must be one of us-east-1, eu-west-1, not \"mars-1\""},
      {kRegion, "", "region must not be empty"},
      {pattern, "East_1", "x must match [a-z]+, not be \"East_1\""},
      {pattern, "ab\nc", "x must match [a-z]+, not be \"ab\nc\""},
      {kName, "<clusterName>", "clusterName must be a value in place of \"<clusterName>\""},
  };
  for (const Row& row : rows) {
    const Question q(json::array({row.asked}));
    const GateFinding found = q.find({{row.asked["name"], row.value}});
    EXPECT_EQ(found.reason, "AnswerRefused") << row.value;
    EXPECT_THAT(found.message, StartsWith(std::string("waits for an answer: ") + row.why + "."));
    EXPECT_EQ(found.missing, std::string("an answer: ") + row.why);
    EXPECT_THAT(found.given, IsEmpty());
  }
}

TEST(AskGate, AnswersThatAreTooLongTogetherAreRefused) {
  Question q({{{"name", "a"}}, {{"name", "b"}}});
  const std::string half(510, 'x');
  EXPECT_TRUE(q.find({{"a", half}, {"b", half.substr(2)}}).open);
  const GateFinding long_ones = q.find({{"a", half}, {"b", half}});
  EXPECT_FALSE(long_ones.open);
  EXPECT_THAT(long_ones.given, IsEmpty());
  EXPECT_THAT(long_ones.message,
              HasSubstr("b must be shorter: all answers of the step have 1026 bytes, 1024 are"));
}

TEST(AskGate, SaysWhatIsMissingAndHowToGiveIt) {
  EXPECT_EQ(Question({kName, kRegion}).find().message,
            "waits for 2 answers: clusterName (Name of the cluster), region (one of us-east-1, "
            "eu-west-1). Answer with: kubectl patch bwf full-setup -n bootstrap --type merge -p "
            R"('{"spec":{"answers":[{"name":"clusterName","value":"<clusterName>"},)"
            R"({"name":"region","value":"<region>"}]}}')");
}

TEST(AskGate, TheCommandKeepsTheAnswersThatAreThere) {
  EXPECT_EQ(Question({kName, kRegion}).find({{"x", "y"}, {"region", "mars-1"}}).message,
            "waits for 2 answers: clusterName (Name of the cluster), region must be one of "
            "us-east-1, eu-west-1, not \"mars-1\"; \"x\" is answered, but nobody asks for it. "
            "Answer with: kubectl patch bwf full-setup -n bootstrap --type json -p "
            R"('[{"op":"add","path":"/spec/answers/-",)"
            R"("value":{"name":"clusterName","value":"<clusterName>"}},)"
            R"({"op":"replace","path":"/spec/answers/1",)"
            R"("value":{"name":"region","value":"<region>"}}]')");
}

TEST(AskGate, AMessageNeverLosesItsCommand) {
  json asked = json::array();
  for (int i = 0; i < 16; ++i)
    asked.push_back({{"name", std::string(50, 'a') + std::to_string(i)},
                     {"description", std::string(250, 'd')},
                     {"allowed", json::array({std::string(60, 'v'), std::string(60, 'w')})}});
  for (std::size_t count = 1; count <= asked.size(); ++count) {
    const Question q(json(asked.begin(), asked.begin() + static_cast<std::ptrdiff_t>(count)));
    const std::string message = q.find().message;
    EXPECT_LE(message.size(), limits::kMessage - std::string("cluster/ask ").size());
    EXPECT_THAT(message, HasSubstr(R"("value":"<)"));
    EXPECT_EQ(message.substr(message.size() - 4), "]}}'") << message;
  }
  const Question many(asked);
  EXPECT_THAT(many.find().message, StartsWith("waits for 16 answers: "));
  EXPECT_THAT(many.find().message, HasSubstr(" more. Answer with: "));
  EXPECT_THAT(many.find().message, Not(HasSubstr("ddd")));
}

TEST(AskGate, ALongRefusalLeavesRoomForTheCommand) {
  json region{{"name", "region"}};
  for (int i = 0; i < 32; ++i)
    region["allowed"].push_back(std::string(60, 'r') + std::to_string(i));
  const std::string message =
      Question(json::array({region})).find({{"region", std::string(1000, 'x')}}).message;
  EXPECT_LE(message.size(), limits::kMessage - std::string("cluster/ask ").size());
  EXPECT_THAT(message, StartsWith("waits for an answer: region must be one of rrr"));
  EXPECT_EQ(message.substr(message.size() - 3), "}]'") << message;
}

}  // namespace
}  // namespace bootstrap
