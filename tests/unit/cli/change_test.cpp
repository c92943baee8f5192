// Reading and changing objects, with the real client before a scripted server.

#include "cli/change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/fakes/fake_transport.h"

namespace bootstrap::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

json stored_workflow(const std::string& name, int version) {
  return {{"metadata",
           {{"name", name},
            {"namespace", "ns"},
            {"uid", "u"},
            {"resourceVersion", std::to_string(version)}}},
          {"spec", json::object()}};
}

std::string failure(int code, const std::string& reason, const std::string& message) {
  return json{{"kind", "Status"}, {"code", code}, {"reason", reason}, {"message", message}}.dump();
}

class ClusterTest : public ::testing::Test {
 protected:
  ClusterTest() {
    auto transport = std::make_unique<fakes::FakeTransport>();
    transport_ = transport.get();
    cluster_ = std::make_unique<Cluster>(std::move(transport), nullptr, "ns");
  }
  void answer(int status, const std::string& body) {
    transport_->will_answer({.status = status, .body = body});
  }
  std::string body_of(std::size_t call) { return transport_->seen().at(call).request.body; }

  fakes::FakeTransport* transport_ = nullptr;
  std::unique_ptr<Cluster> cluster_;
};

Result<Change> suspends(const SeenWorkflow&) {
  return Change{{{"suspend", true}}, "is suspended"};
}

TEST_F(ClusterTest, WritesOnlyOverWhatItHasSeen) {
  answer(200, stored_workflow("w", 5).dump());
  answer(409, failure(409, "Conflict", "modified"));
  answer(200, stored_workflow("w", 6).dump());
  answer(200, "{}");
  int decisions = 0;
  const auto done = change_workflow(*cluster_, "w", [&](const SeenWorkflow& w) {
    ++decisions;
    return suspends(w);
  });
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(decisions, 2);
  EXPECT_EQ(json::parse(body_of(1)), json::parse(R"({"spec": {"suspend": true},
      "metadata": {"uid": "u", "resourceVersion": "5"}})"));
  EXPECT_EQ(json::parse(body_of(3))["metadata"]["resourceVersion"], "6");
}

TEST_F(ClusterTest, WritesNothingWhenAllIsAsItWasAskedFor) {
  answer(200, stored_workflow("w", 5).dump());
  ASSERT_TRUE(change_workflow(*cluster_, "w", [](const SeenWorkflow&) {
    return Change{{}, "is so already"};
  }));
  EXPECT_EQ(transport_->seen().size(), 1U);
}

TEST_F(ClusterTest, GivesUpWhenOthersAreAlwaysFaster) {
  for (int i = 0; i < 40; ++i) {
    answer(200, stored_workflow("w", i).dump());
    answer(409, failure(409, "Conflict", "modified"));
  }
  const auto done = change_workflow(*cluster_, "w", suspends);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().exit, Exit::Failed);
  EXPECT_EQ(done.error().message, "w: others change it all the time; try again");
}

TEST_F(ClusterTest, TellsARefusalFromAFailure) {
  answer(200, stored_workflow("w", 5).dump());
  answer(403, failure(403, "Forbidden", "by must be bob"));
  auto done = change_workflow(*cluster_, "w", suspends);
  EXPECT_EQ(done.error().exit, Exit::Problems);
  EXPECT_EQ(done.error().message, "w: by must be bob");
  answer(200, stored_workflow("w", 5).dump());
  transport_->will_fail({kube::TransportError::Kind::Broken, "broken", true});
  done = change_workflow(*cluster_, "w", suspends);
  EXPECT_EQ(done.error().exit, Exit::Failed);
  EXPECT_EQ(done.error().message, "w: broken (nobody knows whether it was done: look)");
  answer(200, stored_workflow("w", 5).dump());
  done = change_workflow(
      *cluster_, "w", [](const SeenWorkflow&) -> Result<Change> { return refused("has nothing"); });
  EXPECT_EQ(done.error().message, "w: has nothing");
}

TEST_F(ClusterTest, NamesWhatThereIsInsteadOfWhatIsNot) {
  const auto message = [&](const json& items) {
    answer(404, failure(404, "NotFound", "not found"));
    answer(200, json{{"items", items}}.dump());
    const auto found = cluster_->workflow("full-stup");
    EXPECT_EQ(found.error().exit, Exit::Failed);
    return found.error().message;
  };
  EXPECT_EQ(message(json::array({stored_workflow("full-setup", 1), stored_workflow("x", 1)})),
            "there is no workflow full-stup in namespace ns; did you mean full-setup?");
  EXPECT_EQ(message(json::array({stored_workflow("b", 1), stored_workflow("a", 1)})),
            "there is no workflow full-stup in namespace ns; there are a, b");
  EXPECT_EQ(
      message(json::array()),
      "there is no workflow full-stup in namespace ns, nor any other; another namespace? -n NAME");
  // A server without the operator.
  answer(404, "404 page not found");
  EXPECT_THAT(cluster_->workflow("w").error().message,
              HasSubstr("workflow w in namespace ns: HTTP 404"));
}

TEST_F(ClusterTest, ListsAllPages) {
  answer(200,
         json{{"metadata", {{"continue", "more"}}}, {"items", {stored_workflow("b", 1)}}}.dump());
  answer(200, json{{"items", {stored_workflow("a", 1)}}}.dump());
  const auto all = cluster_->workflows(true);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].meta.name, "a");
  EXPECT_THAT(transport_->seen()[1].request.target, HasSubstr("continue=more"));
  EXPECT_EQ(transport_->seen()[0].request.target.find("/namespaces/"), std::string::npos);
}

TEST_F(ClusterTest, AsksTheServerWhoWeAre) {
  answer(201, R"({"status": {"userInfo": {"username": "alice"}}})");
  EXPECT_EQ(*cluster_->user_name(), "alice");
  EXPECT_EQ(transport_->seen()[0].request.target,
            "/apis/authentication.k8s.io/v1/selfsubjectreviews");
  answer(404, "");
  EXPECT_FALSE(cluster_->user_name());
}

TEST(ChangeText, IsForPeopleOrPrograms) {
  const Change change{{{"suspend", true}}, "is suspended"};
  EXPECT_EQ(change_text("ns", "w", change, Format::Text), "w: is suspended\n");
  EXPECT_EQ(json::parse(change_text("ns", "w", change, Format::Json)), json::parse(R"({
      "name": "w", "namespace": "ns", "changed": true, "spec": {"suspend": true},
      "message": "is suspended"})"));
  EXPECT_EQ(change_text("ns", "w", {{}, "so already"}, Format::Yaml), R"(changed: false
message: "so already"
name: "w"
namespace: "ns"
spec: {}
)");
}

}  // namespace
}  // namespace bootstrap::cli
