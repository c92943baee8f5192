// What releases have left behind (tests/upgrade), taken up by this version: nothing that ran is
// launched again, nothing that is on record is lost, and what goes on goes on to its end.

#include <filesystem>
#include <fstream>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/status.h"
#include "tests/unit/operator/small_cluster.h"

namespace bootstrap {
namespace {

using nlohmann::json;
using ::testing::IsEmpty;
using testing::SmallCluster;

std::vector<std::string> releases() {
  std::vector<std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator(SOURCE_DIR "/tests/upgrade"))
    if (entry.is_directory()) all.push_back(entry.path().filename().string());
  return all;
}

// As the API names the resources of a kind.
std::string plural_of(const std::string& kind) {
  std::string plural = kind + "s";
  for (char& c : plural) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return plural;
}

// Of all that is written in whole seconds there.
TimePoint newest_time(const json& objects) {
  TimePoint newest{};
  for (const json& object : objects)
    for (const json& entry : object.value("/status/history"_json_pointer, json::array()))
      newest = std::max(newest, *from_rfc3339(entry.at("time").get<std::string>()));
  return newest + std::chrono::seconds(5);
}

class Upgrade : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::ifstream file(SOURCE_DIR "/tests/upgrade/" + GetParam() + "/objects.json");
    const json objects = json::parse(file);
    ASSERT_GT(objects.size(), 20U);
    cluster_.objects.clear();
    for (const json& object : objects) {
      const std::string plural = plural_of(object.at("kind"));
      const std::string name = object.at("metadata").at("name");
      cluster_.objects[plural + "/" + name] = object;
      cluster_.version = std::max(
          cluster_.version,
          *parse_resource_version(object.at("metadata").at("resourceVersion").get<std::string>()));
      recorded_.insert(plural + "/" + name);
      if (plural == "bootstrapworkflows") workflows_.push_back(name);
    }
    cluster_.clock.advance(newest_time(objects) - cluster_.clock.now());
  }

  json status_of(const std::string& workflow) const {
    return cluster_.objects.at("bootstrapworkflows/" + workflow).at("status");
  }

  // Passes until nothing changes any more.
  void settle() {
    for (int pass = 0; pass < 10; ++pass) {
      const auto before = cluster_.version;
      for (const std::string& workflow : workflows_) {
        cluster_.see();
        cluster_.reconcile(workflow);
      }
      if (cluster_.version == before) return;
    }
    ADD_FAILURE() << "it does not come to rest";
  }

  // Every tool that runs, or whose Job is there, ends with success.
  void end_tools() {
    std::vector<std::string> jobs;
    for (const auto& [path, object] : cluster_.objects)
      if (path.starts_with("jobs/")) jobs.push_back(path.substr(5));
    for (const std::string& job : jobs) {
      json* pod = pod_of(job);
      if (pod == nullptr) {
        const json& meta = cluster_.objects.at("jobs/" + job).at("metadata");
        pod = &cluster_.objects["pods/" + job];
        *pod = {{"metadata",
                 {{"namespace", "ns"},
                  {"name", job},
                  {"uid", "pod-of-" + job},
                  {"labels", meta.at("labels")},
                  {"creationTimestamp", to_rfc3339(cluster_.clock.now())},
                  {"ownerReferences",
                   json::array({{{"controller", true}, {"uid", meta.at("uid")}}})}}}};
      }
      if (pod->value("/status/phase"_json_pointer, "") == "Failed") continue;
      (*pod)["status"] = {
          {"phase", "Succeeded"},
          {"containerStatuses",
           json::array({{{"name", "main"}, {"state", {{"terminated", {{"exitCode", 0}}}}}}})}};
      cluster_.touch("pods/" + (*pod)["metadata"]["name"].get<std::string>());
    }
  }
  json* pod_of(const std::string& job) {
    const json uid = cluster_.objects.at("jobs/" + job).at("metadata").at("uid");
    for (auto& [path, object] : cluster_.objects)
      if (path.starts_with("pods/") &&
          object.value("/metadata/ownerReferences/0/uid"_json_pointer, json()) == uid)
        return &object;
    return nullptr;
  }

  SmallCluster cluster_;
  std::set<std::string> recorded_;
  std::vector<std::string> workflows_;
};

TEST_P(Upgrade, WhatIsThereIsTakenUpAsItIs) {
  std::map<std::string, json> before;
  for (const std::string& workflow : workflows_) before[workflow] = status_of(workflow);
  settle();
  for (const std::string& workflow : workflows_) {
    SCOPED_TRACE(workflow);
    const json after = status_of(workflow);
    EXPECT_EQ(after.at("state"), before[workflow].at("state"));
    EXPECT_EQ(after.value("run", 0), before[workflow].value("run", 0));
    EXPECT_EQ(after.value("phases", json()), before[workflow].value("phases", json()));
  }
  for (const auto& [path, object] : cluster_.objects)
    EXPECT_TRUE(recorded_.contains(path)) << path << " was created";
  EXPECT_THAT(cluster_.problems, IsEmpty());
}

TEST_P(Upgrade, WhatGoesOnGoesOnToItsEnd) {
  settle();
  cluster_.take();
  std::vector<std::string> written;
  for (int round = 0; round < 6; ++round) {
    end_tools();
    settle();
    for (const std::string& write : cluster_.take_writes()) written.push_back(write);
  }
  for (const char* name : {"running", "waits-for-lock", "runs-a-child"})
    EXPECT_EQ(status_of(name).at("state"), "Succeeded") << status_of(name).dump(1);
  for (const auto& [name, state] : {std::pair("asks", "Waiting"),
                                    {"approves", "Waiting"},
                                    {"suspended", "Suspended"},
                                    {"succeeded", "Succeeded"},
                                    {"failed", "Failed"},
                                    {"cancelled", "Cancelled"},
                                    {"invalid", "Invalid"}})
    EXPECT_EQ(status_of(name).at("state"), state);
  // The last step of "running", its finally, and what waited for its lock; the child had all its
  // Jobs.
  EXPECT_EQ(std::ranges::count(written, "POST jobs"), 3);
  EXPECT_EQ(std::ranges::count(written, "POST bootstrapworkflows"), 0);
}

TEST_P(Upgrade, AFailureIsResumed) {
  settle();
  json& failed = cluster_.objects.at("bootstrapworkflows/failed");
  failed["spec"]["resume"]["run"] = failed["status"]["run"].get<int>() + 1;
  failed["metadata"]["generation"] = failed["metadata"]["generation"].get<int>() + 1;
  cluster_.touch("bootstrapworkflows/failed");
  for (int round = 0; round < 4; ++round) {
    settle();
    end_tools();
  }
  settle();
  EXPECT_EQ(status_of("failed").at("state"), "Succeeded") << status_of("failed").dump(1);
  EXPECT_EQ(status_of("failed").at("phases")[0]["steps"][0].at("attempts"), 1);
  EXPECT_EQ(status_of("failed").at("phases")[0]["steps"][1].at("attempts"), 2);
}

INSTANTIATE_TEST_SUITE_P(Releases, Upgrade, ::testing::ValuesIn(releases()),
                         [](const auto& release) {
                           std::string name = release.param;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

}  // namespace
}  // namespace bootstrap
