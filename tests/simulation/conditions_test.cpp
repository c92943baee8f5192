// Conditions on resources and outputs, in the simulated world: a cluster that changes while a run
// goes on, kinds that come, rights that are missing, an API server that does not answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/world.h"

namespace bootstrap::simulation {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Tools take less than a second, so that nothing passes only because they are slow.
Fate quick() {
  Fate fate;
  fate.starts = 100ms;
  fate.runs = 300ms;
  return fate;
}

class Conditions : public ::testing::Test {
 protected:
  void add_kind() {
    world_.server().store().add_type({.group = "example.com",
                                      .version = "v1",
                                      .plural = "widgets",
                                      .kind = "Widget",
                                      .status_subresource = true,
                                      .generation = true,
                                      .custom = true});
  }
  void create(const std::string& name) {
    const ResourceType& kind = *world_.server().store().type("example.com", "v1", "widgets");
    ASSERT_TRUE(world_.server().verbs().create(
        kind, "ns",
        {{"apiVersion", "example.com/v1"}, {"kind", "Widget"}, {"metadata", {{"name", name}}}}));
  }
  static Json exists(const std::string& name, bool there = true) {
    return {{"resource", {{"apiVersion", "example.com/v1"}, {"kind", "Widget"}, {"name", name}}},
            {"exists", there}};
  }
  static Json tool(const std::string& name, const Json& when = nullptr) {
    Json step{{"name", name}, {"command", {"true"}}};
    if (!when.is_null()) step["when"] = Json::array({when});
    return step;
  }
  void start(const std::vector<Json>& steps) {
    world_.create_workflow(
        "w", {{"tools", {{"image", "x"}}}, {"phases", {{{"name", "p"}, {"steps", steps}}}}});
  }
  Json step(std::size_t index) { return world_.status_of("w")["phases"][0]["steps"].at(index); }
  bool run_for(Duration d) { return world_.scheduler().run_for(d); }
  std::size_t watches() { return world_.server().watches().open_handles().size() - 4; }

  World world_{{.lag = {.slow_chance = 0}, .watch = {.slow_chance = 0}},
               [](const AttemptName&) { return quick(); }};
};

TEST_F(Conditions, DecideByWhatIsThereWhenTheirTurnHasCome) {
  add_kind();
  start({tool("a"), tool("b", exists("x")), tool("c", exists("y"))});
  world_.scheduler().after(500ms, [this] { create("x"); });
  ASSERT_TRUE(world_.run_to_the_end(1min)) << world_.story();
  EXPECT_EQ(step(1)["state"], "Succeeded");
  EXPECT_EQ(step(2)["state"], "Skipped");
  EXPECT_EQ(step(2)["message"], "Widget y: it does not exist");
  EXPECT_THAT(world_.violations(), IsEmpty()) << world_.story();
  run_for(1s);
  EXPECT_EQ(watches(), 0U);
}

// The kind is made by the step before: that there was none a second ago is not believed any more.
TEST_F(Conditions, SeeAKindThatTheStepBeforeHasMade) {
  start({tool("make", exists("x", false)), tool("use", exists("x"))});
  world_.scheduler().after(400ms, [this] {
    add_kind();
    create("x");
  });
  ASSERT_TRUE(world_.run_to_the_end(1min)) << world_.story();
  EXPECT_EQ(step(0)["state"], "Succeeded") << "of no kind there is no object";
  EXPECT_EQ(step(1)["state"], "Succeeded");
}

TEST_F(Conditions, CostNoWriteOfStatus) {
  add_kind();
  create("x");
  const auto writes_of = [this](const std::vector<Json>& steps) {
    const std::size_t before = world_.writes();
    start(steps);
    EXPECT_TRUE(world_.run_to_the_end(1min)) << world_.story();
    const std::size_t done = world_.writes() - before;
    world_.delete_workflow("w");
    run_for(1min);
    return done;
  };
  const std::size_t plain = writes_of({tool("a"), tool("b")});
  EXPECT_EQ(writes_of({tool("a"), tool("b", exists("x"))}), plain + 1) << "the access review";
}

// Each is decided only when the one before is: more than one pass can look up.
TEST_F(Conditions, OfALongChainAreDecidedInSeveralPasses) {
  for (const bool there_is_the_kind : {false, true}) {
    if (there_is_the_kind) add_kind();
    std::vector<Json> steps{tool("first")};
    for (int i = 0; i < 30; ++i)
      steps.push_back(tool("s" + std::to_string(i), exists("w" + std::to_string(i))));
    start(steps);
    ASSERT_TRUE(world_.run_to_the_end(1min)) << world_.story();
    EXPECT_EQ(step(30)["state"], "Skipped");
    EXPECT_EQ(world_.status_of("w")["state"], "Succeeded");
    world_.delete_workflow("w");
    run_for(1min);
  }
}

TEST_F(Conditions, WaitForARightAndSayWhose) {
  add_kind();
  create("x");
  bool operator_may = false, account_may = true;
  world_.server().may_read = [&](const ResourceType& type) {
    return operator_may || type.plural != "widgets";
  };
  world_.server().allows = [&](const Json&) { return account_may; };
  start({tool("a", exists("x"))});
  run_for(30s);
  EXPECT_EQ(step(0)["state"], "Pending");
  EXPECT_EQ(step(0)["reason"], "OperatorMayNotRead");
  EXPECT_THAT(world_.status_of("w")["message"].get<std::string>(),
              HasSubstr("p/a waits: Widget x: the operator may not read widgets.example.com"));
  operator_may = true;
  ASSERT_TRUE(world_.run_to_the_end(2min)) << world_.story();
  EXPECT_EQ(step(0)["state"], "Succeeded");
}

TEST_F(Conditions, WriteNothingWhileNothingChanges) {
  add_kind();
  world_.server().allows = [](const Json&) { return false; };
  start({tool("a", exists("x"))});
  run_for(2min);
  EXPECT_EQ(step(0)["reason"], "ServiceAccountMayNotRead");
  const auto patches = [this] {
    return std::count_if(world_.requests().begin(), world_.requests().end(), [](const auto& r) {
      return r.method == kube::Method::Patch || r.target.ends_with("/events");
    });
  };
  const auto before = patches();
  run_for(24h);
  EXPECT_EQ(patches(), before);
}

TEST_F(Conditions, AreTakenUpByTheNextOperator) {
  add_kind();
  world_.server().allows = [](const Json&) { return false; };
  start({tool("a", exists("x")), tool("b")});
  run_for(30s);
  world_.kill_operator();
  world_.server().allows = nullptr;
  ASSERT_TRUE(world_.run_to_the_end(3min)) << world_.story();
  EXPECT_EQ(step(0)["state"], "Skipped");
  EXPECT_EQ(step(1)["state"], "Succeeded");
}

TEST_F(Conditions, OnOutputsFollowWhatTheToolsGave) {
  const auto output = [](const char* path, const char* op) {
    return Json{{"output", path}, {"operator", op}, {"values", {"t"}}};
  };
  start({tool("a"), tool("b", output("p.a.tag", "NotIn")), tool("c", output("p.a.tag", "In")),
         tool("d", output("p.b.tag", "NotIn"))});
  ASSERT_TRUE(world_.run_to_the_end(1min)) << world_.story();
  EXPECT_EQ(step(1)["state"], "Skipped");
  EXPECT_EQ(step(1)["message"], "output p.a.tag is \"t\", and must not be one of [t]");
  EXPECT_EQ(step(2)["state"], "Succeeded");
  EXPECT_EQ(step(3)["state"], "Succeeded") << "what was skipped gave nothing";
  EXPECT_THAT(world_.violations(), IsEmpty()) << world_.story();
}

}  // namespace
}  // namespace bootstrap::simulation
