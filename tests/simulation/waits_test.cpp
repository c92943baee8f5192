// Steps that wait for resources, in the simulated world: resources that come, change and go, kinds
// that come later, rights that are missing, an API server and an operator that are away.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/world.h"

namespace bootstrap::simulation {
namespace {

using namespace std::chrono_literals;
using namespace nlohmann::literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ResourceType widgets() {
  return {.group = "example.com",
          .version = "v1",
          .plural = "widgets",
          .kind = "Widget",
          .status_subresource = true,
          .generation = true,
          .custom = true};
}

// A world where a kind Widget of example.com/v1 may exist, without pods.
class Waits : public ::testing::Test {
 protected:
  void add_kind() { world_.server().store().add_type(widgets()); }
  const ResourceType& kind() {
    return *world_.server().store().type("example.com", "v1", "widgets");
  }
  void create(const std::string& name, const Json& labels = Json::object()) {
    const auto made =
        world_.server().verbs().create(kind(), "ns",
                                       {{"apiVersion", "example.com/v1"},
                                        {"kind", "Widget"},
                                        {"metadata", {{"name", name}, {"labels", labels}}}});
    ASSERT_TRUE(made) << made.error().message;
  }
  void set_status(const std::string& name, const Json& status) {
    const auto set = world_.server().verbs().patch(kind(), {"ns", name}, {{"status", status}},
                                                   Verbs::Part::Status);
    ASSERT_TRUE(set) << set.error().message;
  }
  void set_ready(const std::string& name, const std::string& status) {
    set_status(name, {{"conditions", {{{"type", "Ready"}, {"status", status}}}}});
  }
  void remove(const std::string& name) {
    ASSERT_TRUE(world_.server().verbs().remove(kind(), {"ns", name}, {}));
  }
  void after(Duration delay, std::function<void()> what) {
    world_.scheduler().after(delay, std::move(what));
  }

  // One step that waits, with the query's fields.
  static Json spec(const Json& wait, const std::string& timeout = "1h") {
    return {{"phases",
             {{{"name", "p"},
               {"steps", {{{"name", "wait"}, {"waitFor", wait}, {"timeout", timeout}}}}}}}};
  }
  static Json widget(const std::string& name) {
    return {{"apiVersion", "example.com/v1"}, {"kind", "Widget"}, {"name", name}};
  }
  static Json ready(const std::string& name) {
    return {{"resource", widget(name)}, {"condition", {{"type", "Ready"}}}};
  }

  void start(const Json& wait, const std::string& timeout = "1h") {
    world_.create_workflow("w", spec(wait, timeout));
  }
  Json step() { return world_.status_of("w")["phases"][0]["steps"][0]; }
  std::string message() { return world_.status_of("w").value("message", ""); }
  bool run_for(Duration d) { return world_.scheduler().run_for(d); }
  bool ends_within(Duration limit) {
    return world_.scheduler().run_until(world_.scheduler().clock().now() + limit, [this] {
      const std::string state = world_.status_of("w").value("state", "");
      return state == "Succeeded" || state == "Failed";
    });
  }

  World world_{{.lag = {.slow_chance = 0}, .watch = {.slow_chance = 0}},
               [](const AttemptName&) { return Fate{}; }};
};

TEST_F(Waits, AreOverWhenTheConditionHolds) {
  add_kind();
  start(ready("x"));
  run_for(5s);
  EXPECT_EQ(step()["state"], "Running");
  EXPECT_EQ(step()["reason"], "WaitingForResource");
  EXPECT_EQ(message(), "p/wait waits for Widget x: it does not exist yet");
  EXPECT_EQ(world_.status_of("w")["reason"], "WaitingForResource");
  create("x");
  run_for(20s);
  EXPECT_EQ(message(), "p/wait waits for Widget x: condition Ready is not there yet");
  set_ready("x", "False");
  run_for(20s);
  EXPECT_EQ(message(), "p/wait waits for Widget x: condition Ready is \"False\"");
  set_ready("x", "True");
  const TimePoint held = world_.scheduler().clock().now();
  ASSERT_TRUE(ends_within(1s)) << world_.story();
  EXPECT_LT(world_.scheduler().clock().now() - held, 100ms) << "at once";
  EXPECT_EQ(world_.status_of("w")["state"], "Succeeded");
  EXPECT_EQ(step().value("reason", ""), "");
  EXPECT_EQ(world_.nodes().runs().size(), 0U) << "no pod";
}

TEST_F(Waits, ForWhatIsThereAlreadyTakeOneWriteOfStatus) {
  add_kind();
  create("x");
  set_ready("x", "True");
  start(ready("x"));
  ASSERT_TRUE(ends_within(2s)) << world_.story();
  EXPECT_EQ(step()["attempts"], 1);
}

TEST_F(Waits, ForDeletion) {
  add_kind();
  create("x");
  start({{"resource", widget("x")}, {"exists", false}});
  run_for(1min);
  EXPECT_EQ(message(), "p/wait waits for Widget x: it still exists");
  remove("x");
  ASSERT_TRUE(ends_within(1s)) << world_.story();
  EXPECT_EQ(world_.status_of("w")["state"], "Succeeded");
}

TEST_F(Waits, ForAKindThatComesLater) {
  start(ready("x"));
  run_for(2min);
  EXPECT_EQ(message(), "p/wait waits for Widget x: there is no kind Widget in example.com/v1 yet");
  add_kind();
  create("x");
  set_ready("x", "True");
  ASSERT_TRUE(ends_within(35s)) << world_.story();
  EXPECT_EQ(world_.status_of("w")["state"], "Succeeded");
}

TEST_F(Waits, ForTheAbsenceOfAKindThatDoesNotExistAreOver) {
  start({{"resource", widget("x")}, {"exists", false}});
  ASSERT_TRUE(ends_within(2s)) << world_.story();
  EXPECT_EQ(world_.status_of("w")["state"], "Succeeded");
}

TEST_F(Waits, FailWhenTheirTimeoutHasPassed) {
  add_kind();
  create("x");
  set_ready("x", "False");
  start(ready("x"), "5m");
  ASSERT_TRUE(ends_within(5min + 2s)) << world_.story();
  EXPECT_EQ(step()["state"], "Failed");
  EXPECT_EQ(step()["reason"], "TimedOut");
  EXPECT_EQ(step()["message"],
            "did not come within its timeout of 5m0s: Widget x: condition Ready is \"False\"");
  EXPECT_THAT(message(), HasSubstr("p/wait failed (TimedOut)"));
}

TEST_F(Waits, ForAValueOfAPath) {
  add_kind();
  create("x");
  set_status("x", {{"phase", "Pending"}});
  start({{"resource", widget("x")}, {"jsonPath", "{.status.phase}"}, {"value", "Bound"}});
  run_for(1min);
  EXPECT_EQ(message(), "p/wait waits for Widget x: {.status.phase} is \"Pending\", not \"Bound\"");
  set_status("x", {{"phase", "Bound"}});
  ASSERT_TRUE(ends_within(1s)) << world_.story();
}

TEST_F(Waits, ForAllOrAnyOfThoseWithALabel) {
  add_kind();
  Json some{{"apiVersion", "example.com/v1"},
            {"kind", "Widget"},
            {"labelSelector", {{"matchLabels", {{"app", "web"}}}}}};
  start({{"resource", some}, {"condition", {{"type", "Ready"}}}});
  some["match"] = "Any";
  world_.create_workflow("any", spec({{"resource", some}, {"condition", {{"type", "Ready"}}}}));
  run_for(5s);
  EXPECT_EQ(message(), "p/wait waits for every Widget with app=web: there is none yet");
  for (const char* name : {"a", "b"}) create(name, {{"app", "web"}});
  create("other", {{"app", "db"}});
  set_ready("other", "True");
  run_for(20s);
  EXPECT_EQ(
      message(),
      "p/wait waits for every Widget with app=web: 0 of 2; a: condition Ready is not there yet");
  EXPECT_EQ(world_.status_of("any")["message"],
            "p/wait waits for a Widget with app=web: 0 of 2; a: condition Ready is not there yet");
  set_ready("b", "True");
  run_for(20s);
  EXPECT_EQ(world_.status_of("any")["state"], "Succeeded");
  EXPECT_EQ(
      message(),
      "p/wait waits for every Widget with app=web: 1 of 2; a: condition Ready is not there yet");
  set_ready("a", "True");
  ASSERT_TRUE(ends_within(1s)) << world_.story();
}

TEST_F(Waits, SayWhoseRightIsMissing) {
  add_kind();
  create("x");
  set_ready("x", "True");
  bool operator_may = false, account_may = true;
  Json review;
  world_.server().may_read = [&](const ResourceType& type) {
    return operator_may || type.plural != "widgets";
  };
  world_.server().allows = [&](const Json& asked) {
    review = asked["spec"];
    return account_may;
  };
  start(ready("x"));
  run_for(30s);
  EXPECT_EQ(step()["reason"], "OperatorMayNotRead");
  EXPECT_THAT(message(), HasSubstr("the operator may not read widgets.example.com"));
  EXPECT_THAT(message(), HasSubstr("bootstrap.openshift.io/aggregate-to-operator=true"));
  account_may = false;
  operator_may = true;
  run_for(6min);  // what was allowed is believed for five minutes, so it may have succeeded before
  EXPECT_EQ(review["user"], "system:serviceaccount:ns:default");
  EXPECT_EQ(review["groups"], R"(["system:serviceaccounts", "system:serviceaccounts:ns",
                                  "system:authenticated"])"_json);
  EXPECT_EQ(review["resourceAttributes"],
            R"({"verb": "get", "group": "example.com", "version": "v1", "resource": "widgets",
                "namespace": "ns", "name": "x"})"_json);
}

TEST_F(Waits, GoOnWhenTheAccountIsAllowed) {
  add_kind();
  create("x");
  set_ready("x", "True");
  bool account_may = false;
  world_.server().allows = [&](const Json&) { return account_may; };
  start(ready("x"));
  run_for(2min);
  EXPECT_EQ(step()["reason"], "ServiceAccountMayNotRead");
  EXPECT_THAT(message(), HasSubstr("ServiceAccount default may not get Widget x"));
  account_may = true;
  ASSERT_TRUE(ends_within(31s)) << world_.story();
  EXPECT_EQ(world_.status_of("w")["state"], "Succeeded");
}

TEST_F(Waits, SurviveTheAbsenceOfTheApiServer) {
  add_kind();
  create("x");
  start(ready("x"));
  run_for(10s);
  world_.set_faults({.refused = 1});
  for (const auto watch : world_.server().watches().open_handles())
    world_.server().watches().break_connection(watch);
  run_for(5min);
  set_ready("x", "True");
  run_for(1min);
  world_.set_faults(FaultRates::none());
  ASSERT_TRUE(ends_within(2min)) << world_.story();
  EXPECT_EQ(world_.status_of("w")["state"], "Succeeded");
}

TEST_F(Waits, GoOnUnderTheNextOperator) {
  add_kind();
  create("x");
  start(ready("x"));
  run_for(10s);
  const Json start_time = step()["startTime"];
  world_.kill_operator();
  run_for(100ms);
  set_ready("x", "True");
  ASSERT_TRUE(ends_within(1min)) << world_.story();
  EXPECT_EQ(step()["startTime"], start_time);
  EXPECT_EQ(step()["attempts"], 1);
}

// A value that flips all the time must not make a write each time.
TEST_F(Waits, WriteRarelyWhateverTheResourceDoes) {
  add_kind();
  create("x");
  start(ready("x"), "2h");
  run_for(5s);
  const auto before = world_.writes();
  for (int i = 0; i < 3'600; ++i)
    after(i * 1s, [this, i] { set_ready("x", i % 2 == 0 ? "False" : "Unknown"); });
  run_for(1h);
  EXPECT_LE(world_.writes() - before, 130U);
  EXPECT_GE(world_.writes() - before, 20U);
}

TEST_F(Waits, WriteNothingWhileNothingHappens) {
  add_kind();
  start(ready("x"), "160h");
  run_for(1min);
  const auto reviews = [this] {
    return std::count_if(world_.requests().begin(), world_.requests().end(), [](const auto& r) {
      return r.target.find("subjectaccessreviews") != std::string::npos;
    });
  };
  const auto before = world_.writes() - static_cast<std::size_t>(reviews());
  run_for(24h);
  const auto asked = static_cast<std::size_t>(reviews());
  EXPECT_EQ(world_.writes() - asked, before) << "only rights are asked for";
  EXPECT_LE(asked, 24U * 12 + 5);
}

// Twelve waits for one resource each are one watch; when they are over there is none.
TEST_F(Waits, ShareWatchesAndLeaveNone) {
  add_kind();
  const auto watches = [this] {
    return world_.server().watches().open_handles().size() - 4;  // workflows, Jobs, pods, templates
  };
  for (int i = 0; i < 12; ++i)
    world_.create_workflow("w" + std::to_string(i), spec(ready("x" + std::to_string(i))));
  run_for(20s);
  EXPECT_EQ(watches(), 1U);
  for (int i = 0; i < 12; ++i) {
    create("x" + std::to_string(i));
    set_ready("x" + std::to_string(i), "True");
  }
  run_for(10s);
  for (int i = 0; i < 12; ++i)
    EXPECT_EQ(world_.status_of("w" + std::to_string(i))["state"], "Succeeded") << i;
  EXPECT_EQ(watches(), 0U);
}

TEST_F(Waits, OfADeletedWorkflowLeaveNoWatch) {
  add_kind();
  start(ready("x"));
  run_for(10s);
  EXPECT_EQ(world_.server().watches().open_handles().size(), 5U);
  world_.delete_workflow("w");
  run_for(10s);
  EXPECT_EQ(world_.server().watches().open_handles().size(), 4U);
}

}  // namespace
}  // namespace bootstrap::simulation
