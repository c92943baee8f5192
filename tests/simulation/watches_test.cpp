#include "tests/simulation/watches.h"

#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/simulation/sim_api_server.h"

namespace bootstrap::simulation {
namespace {

using namespace std::chrono_literals;
using namespace nlohmann::literals;

constexpr char kEverywhere[] = "/apis/batch/v1/jobs?watch=true&allowWatchBookmarks=true";

class WatchOfJobs : public ::testing::Test {
 protected:
  void create(const std::string& name, Json labels = Json::object()) {
    const Json object{
        {"apiVersion", "batch/v1"},
        {"kind", "Job"},
        {"metadata", {{"name", name}, {"labels", std::move(labels)}}},
        {"spec",
         {{"template",
           {{"spec",
             {{"restartPolicy", "Never"},
              {"containers", Json::array({{{"name", "main"}, {"image", "i"}}})}}}}}}}};
    ASSERT_TRUE(server.verbs().create(jobs, "ns", object));
  }
  void patch(const std::string& name, const Json& change) {
    ASSERT_TRUE(server.verbs().patch(jobs, {"ns", name}, change, Verbs::Part::Main));
  }
  Watches::Handle open(const std::string& query) {
    const auto opened = server.open_watch(kEverywhere + query);
    EXPECT_EQ(opened.head.status, 200) << opened.head.body;
    return opened.handle;
  }
  // "ADDED a" for every event that has arrived; "ERROR 410", "BOOKMARK", "BOOKMARK end".
  std::vector<std::string> taken(Watches::Handle handle) {
    std::vector<std::string> events;
    std::istringstream lines(server.watches().take_available(handle));
    for (std::string line; std::getline(lines, line);) {
      const Json event = Json::parse(line);
      const std::string type = event["type"];
      const auto& object = event["object"];
      std::string text = type;
      if (type == "ERROR")
        text += " " + std::to_string(object["code"].get<int>());
      else if (type != "BOOKMARK")
        text += " " + object["metadata"]["name"].get<std::string>();
      else if (object["metadata"].contains("annotations"))
        text += " end";
      if (type != "ERROR") last_version = version_of(object);
      events.push_back(text);
    }
    return events;
  }
  using Events = std::vector<std::string>;

  SimClock clock;
  Scheduler scheduler{clock, Random(1)};
  SimApiServer server{scheduler, Random(2), WatchSettings{.slow_chance = 0}};
  const ResourceType& jobs = *server.store().type("batch", "v1", "jobs");
  std::uint64_t last_version = 0;
};

TEST_F(WatchOfJobs, BeginsWithWhatThereIsAndGoesOn) {
  create("a");
  create("b");
  const auto watch = open("&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
  EXPECT_EQ(taken(watch), Events{}) << "nothing has arrived yet";
  scheduler.run_for(1s);
  EXPECT_EQ(taken(watch), (Events{"ADDED a", "ADDED b", "BOOKMARK end"}));
  EXPECT_EQ(last_version, server.store().version());
  patch("a", R"({"spec": {"suspend": true}})"_json);
  ASSERT_TRUE(server.verbs().remove(jobs, {"ns", "b"}, {}));
  scheduler.run_for(1s);
  EXPECT_EQ(taken(watch), (Events{"MODIFIED a", "DELETED b"}));
  EXPECT_EQ(last_version, server.store().version()) << "a deletion carries its own version";
}

TEST_F(WatchOfJobs, GoesOnFromAVersion) {
  create("a");
  const auto from = std::to_string(server.store().version());
  create("b");
  patch("b", R"({"spec": {"suspend": true}})"_json);
  const auto watch = open("&resourceVersion=" + from);
  scheduler.run_for(1s);
  EXPECT_EQ(taken(watch), (Events{"ADDED b", "MODIFIED b"}));
}

TEST_F(WatchOfJobs, SeesASelectorsObjectsComeAndGo) {
  const auto watch = open("&labelSelector=mine&resourceVersion=1");
  create("a");
  patch("a", R"({"metadata": {"labels": {"mine": "yes"}}})"_json);
  patch("a", R"({"metadata": {"labels": {"mine": null}}})"_json);
  scheduler.run_for(1s);
  EXPECT_EQ(taken(watch), (Events{"ADDED a", "DELETED a"}));
  EXPECT_EQ(last_version, server.store().version());
}

TEST_F(WatchOfJobs, TooOldAVersionIsAnErrorInsideTheStream) {
  create("a");
  create("b");
  server.store().compact(server.store().version());
  const auto watch = open("&resourceVersion=50");
  scheduler.run_for(1s);
  EXPECT_EQ(taken(watch), Events{"ERROR 410"});
  EXPECT_EQ(server.watches().state(watch), Watches::State::Ended);
}

TEST_F(WatchOfJobs, SendsBookmarksAndEndsInTime) {
  const auto watch = open("&resourceVersion=100&timeoutSeconds=90");
  scheduler.run_for(89s);
  EXPECT_EQ(taken(watch), (Events{"BOOKMARK", "BOOKMARK"})) << "each minute, and before the end";
  EXPECT_EQ(server.watches().state(watch), Watches::State::Open);
  scheduler.run_for(2s);
  EXPECT_EQ(taken(watch), Events{});
  EXPECT_EQ(server.watches().state(watch), Watches::State::Ended);
}

TEST_F(WatchOfJobs, ABrokenConnectionLosesWhatWasOnItsWay) {
  int called = 0;
  const auto opened =
      server.open_watch(std::string(kEverywhere) + "&resourceVersion=100", [&] { ++called; });
  create("a");
  server.watches().break_connection(opened.handle);
  scheduler.run_for(1s);
  EXPECT_EQ(taken(opened.handle), Events{});
  EXPECT_EQ(server.watches().state(opened.handle), Watches::State::Broken);
  EXPECT_GE(called, 1) << "the client is told";
}

TEST_F(WatchOfJobs, EachWatchLagsOnItsOwnButKeepsTheOrder) {
  server.watches().settings().most_lag = 500ms;
  const auto one = open("&resourceVersion=100");
  const auto other = open("&resourceVersion=100");
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) create(name);
  Events from_one, from_other;
  bool differed = false;
  for (int i = 0; i < 100; ++i) {
    scheduler.run_for(10ms);
    for (auto& e : taken(one)) from_one.push_back(e);
    for (auto& e : taken(other)) from_other.push_back(e);
    differed = differed || from_one.size() != from_other.size();
  }
  EXPECT_EQ(from_one, (Events{"ADDED a", "ADDED b", "ADDED c", "ADDED d", "ADDED e", "ADDED f"}));
  EXPECT_EQ(from_other, from_one);
  EXPECT_TRUE(differed);
}

TEST_F(WatchOfJobs, RefusesInitialEventsWhereTheServerIsOlder) {
  server.watches().settings().initial_events = false;
  const auto opened = server.open_watch(
      std::string(kEverywhere) + "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
  EXPECT_EQ(opened.head.status, 422);
}

}  // namespace
}  // namespace bootstrap::simulation
