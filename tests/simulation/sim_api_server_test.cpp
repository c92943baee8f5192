// What the real API server does and the operator relies on, asked of the simulated one.
#include "tests/simulation/sim_api_server.h"

#include <gtest/gtest.h>

namespace bootstrap::simulation {
namespace {

using namespace std::chrono_literals;
using kube::Method;
using namespace nlohmann::literals;

constexpr char kWorkflows[] =
    "/apis/bootstrap.openshift.io/v1alpha1/namespaces/ns/bootstrapworkflows";
constexpr char kJobs[] = "/apis/batch/v1/namespaces/ns/jobs";

struct Reply {
  int status;
  Json body;
};

class ApiServer : public ::testing::Test {
 protected:
  Reply send(Method method, const std::string& target, const Json& body = nullptr) {
    kube::Request request;
    request.method = method;
    request.target = target;
    if (!body.is_null()) request.body = body.dump();
    request.content_type =
        method == Method::Patch ? "application/merge-patch+json" : "application/json";
    const auto response = server.handle(request);
    return {response.status, Json::parse(response.body, nullptr, false)};
  }
  static Json workflow(const std::string& name, Json labels = Json::object()) {
    return {{"apiVersion", "bootstrap.openshift.io/v1alpha1"},
            {"kind", "BootstrapWorkflow"},
            {"metadata", {{"name", name}, {"labels", labels}}},
            {"spec", {{"suspend", false}}},
            {"status", {{"state", "Forged"}}}};
  }
  static Json job(const std::string& name) {
    return {{"apiVersion", "batch/v1"},
            {"kind", "Job"},
            {"metadata", {{"name", name}}},
            {"spec",
             {{"template",
               {{"spec",
                 {{"restartPolicy", "Never"},
                  {"containers", Json::array({{{"name", "main"}, {"image", "i"}}})}}}}}}}};
  }

  SimClock clock;
  Scheduler scheduler{clock, Random(1)};
  SimApiServer server{scheduler, Random(2)};
};

TEST_F(ApiServer, CreatesWithUidVersionTimeAndGeneration) {
  const auto a = send(Method::Post, kWorkflows, workflow("a"));
  const auto b = send(Method::Post, kWorkflows, workflow("b"));
  ASSERT_EQ(a.status, 201);
  const auto& metadata = a.body["metadata"];
  EXPECT_EQ(metadata["namespace"], "ns");
  EXPECT_EQ(metadata["creationTimestamp"], to_rfc3339(clock.now()));
  EXPECT_EQ(metadata["generation"], 1);
  EXPECT_FALSE(a.body.contains("status")) << "status is ignored at creation";
  EXPECT_NE(metadata["uid"], b.body["metadata"]["uid"]);
  EXPECT_LT(version_of(a.body), version_of(b.body));
  EXPECT_EQ(send(Method::Get, std::string(kWorkflows) + "/a").body, a.body);
}

TEST_F(ApiServer, SaysNoLikeTheRealOne) {
  const auto missing = send(Method::Get, std::string(kJobs) + "/x");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.body["kind"], "Status");
  EXPECT_EQ(missing.body["reason"], "NotFound");
  EXPECT_EQ(missing.body["message"], "jobs.batch \"x\" not found");
  EXPECT_EQ(missing.body["details"]["kind"], "jobs");

  ASSERT_EQ(send(Method::Post, kJobs, job("x")).status, 201);
  const auto again = send(Method::Post, kJobs, job("x"));
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.body["reason"], "AlreadyExists");

  Json bad = job("y");
  bad["metadata"]["labels"] = {{"a", "not a label"}};
  EXPECT_EQ(send(Method::Post, kJobs, bad).status, 422);
  EXPECT_EQ(send(Method::Post, kJobs, job(std::string(64, 'j'))).status, 422);
  Json other = job("z");
  other["kind"] = "Pod";
  EXPECT_EQ(send(Method::Post, kJobs, other).status, 400);
  EXPECT_EQ(send(Method::Get, "/apis/nobody.io/v1/namespaces/ns/things/x").status, 404);
}

TEST_F(ApiServer, PatchesStatusAndSpecApart) {
  const std::string path = std::string(kWorkflows) + "/a";
  const auto created = send(Method::Post, kWorkflows, workflow("a")).body;

  const auto status = send(Method::Patch, path + "/status",
                           {{"status", {{"state", "Running"}, {"run", 1}}},
                            {"spec", {{"suspend", true}}},
                            {"metadata", {{"labels", {{"x", "y"}}}}}});
  EXPECT_EQ(status.status, 200);
  EXPECT_EQ(status.body["status"]["state"], "Running");
  EXPECT_EQ(status.body["spec"], created["spec"]);
  EXPECT_EQ(status.body["metadata"]["labels"], created["metadata"]["labels"]);
  EXPECT_EQ(status.body["metadata"]["generation"], 1);
  EXPECT_GT(version_of(status.body), version_of(created));

  const auto spec =
      send(Method::Patch, path, {{"spec", {{"suspend", true}}}, {"status", {{"state", "Forged"}}}});
  EXPECT_EQ(spec.body["status"]["state"], "Running");
  EXPECT_EQ(spec.body["spec"]["suspend"], true);
  EXPECT_EQ(spec.body["metadata"]["generation"], 2);

  const auto removed = send(Method::Patch, path + "/status", R"({"status": {"run": null}})"_json);
  EXPECT_FALSE(removed.body["status"].contains("run"));
}

TEST_F(ApiServer, TheResourceVersionOfAPatchIsAPrecondition) {
  const std::string path = std::string(kWorkflows) + "/a";
  const auto created = send(Method::Post, kWorkflows, workflow("a")).body;
  const Json patch{{"metadata", {{"resourceVersion", created["metadata"]["resourceVersion"]}}},
                   {"status", {{"state", "Running"}}}};
  EXPECT_EQ(send(Method::Patch, path + "/status", patch).status, 200);
  const auto late = send(Method::Patch, path + "/status", patch);
  EXPECT_EQ(late.status, 409);
  EXPECT_EQ(late.body["reason"], "Conflict");
}

TEST_F(ApiServer, AWriteThatChangesNothingIsNoWrite) {
  const std::string path = std::string(kWorkflows) + "/a";
  send(Method::Post, kWorkflows, workflow("a"));
  const auto first =
      send(Method::Patch, path + "/status", R"({"status": {"state": "Running"}})"_json);
  const auto second =
      send(Method::Patch, path + "/status", R"({"status": {"state": "Running"}})"_json);
  EXPECT_EQ(version_of(first.body), version_of(second.body));
  EXPECT_EQ(server.store().version(), version_of(first.body));
}

TEST_F(ApiServer, AJobIsFilledInAndItsTemplateIsFixed) {
  const auto created = send(Method::Post, kJobs, job("x")).body;
  const auto& labels = created["spec"]["template"]["metadata"]["labels"];
  EXPECT_EQ(labels["batch.kubernetes.io/job-name"], "x");
  EXPECT_EQ(labels["batch.kubernetes.io/controller-uid"], created["metadata"]["uid"]);
  const std::string path = std::string(kJobs) + "/x";
  EXPECT_EQ(send(Method::Patch, path, R"({"spec": {"suspend": true}})"_json)
                .body["metadata"]["generation"],
            2);
  EXPECT_EQ(send(Method::Patch, path,
                 R"({"spec": {"template": {"spec": {"restartPolicy": "OnFailure"}}}})"_json)
                .status,
            422);
}

TEST_F(ApiServer, DeletesOnlyTheUidAskedFor) {
  const auto created = send(Method::Post, kJobs, job("x")).body;
  const std::string path = std::string(kJobs) + "/x";
  EXPECT_EQ(send(Method::Delete, path, R"({"preconditions": {"uid": "other"}})"_json).status, 409);
  EXPECT_EQ(
      send(Method::Delete, path, R"({"preconditions": {"resourceVersion": "1"}})"_json).status,
      409);
  const auto gone = send(Method::Delete, path,
                         Json::object({{"preconditions", {{"uid", created["metadata"]["uid"]}}}}));
  EXPECT_EQ(gone.status, 200);
  EXPECT_EQ(gone.body["status"], "Success");
  EXPECT_EQ(send(Method::Delete, path).status, 404);
  const auto anew = send(Method::Post, kJobs, job("x")).body;
  EXPECT_NE(anew["metadata"]["uid"], created["metadata"]["uid"]);
}

TEST_F(ApiServer, APodEndsInItsOwnTimeAndWaitsForItsFinalizers) {
  const ResourceType& pods = *server.store().type("", "v1", "pods");
  const Json pod{
      {"apiVersion", "v1"},
      {"kind", "Pod"},
      {"metadata", {{"name", "p"}, {"finalizers", {"batch.kubernetes.io/job-tracking"}}}},
      {"spec",
       {{"nodeName", "n"}, {"containers", Json::array({{{"name", "main"}, {"image", "i"}}})}}}};
  ASSERT_TRUE(server.verbs().create(pods, "ns", pod));
  const std::string path = "/api/v1/namespaces/ns/pods/p";
  EXPECT_EQ(send(Method::Delete, path).status, 200);
  const auto ending = send(Method::Get, path);
  ASSERT_EQ(ending.status, 200);
  EXPECT_EQ(ending.body["metadata"]["deletionGracePeriodSeconds"], 30);
  EXPECT_EQ(send(Method::Delete, path, R"({"gracePeriodSeconds": 0})"_json).status, 200);
  EXPECT_EQ(send(Method::Get, path).status, 200) << "its finalizer holds it";
  EXPECT_EQ(send(Method::Patch, path, R"({"metadata": {"finalizers": null}})"_json).status, 200);
  EXPECT_EQ(send(Method::Get, path).status, 404);
}

TEST_F(ApiServer, ListsBySelectorInConsistentPages) {
  for (const char* name : {"a", "b", "c", "d"})
    send(Method::Post, kWorkflows,
         workflow(name, Json::object({{"half", name[0] < 'c' ? "one" : "two"}})));
  const auto half = send(Method::Get, std::string(kWorkflows) + "?labelSelector=half%3Done");
  EXPECT_EQ(half.body["items"].size(), 2U);
  EXPECT_EQ(half.body["kind"], "BootstrapWorkflowList");

  const std::string everywhere = "/apis/bootstrap.openshift.io/v1alpha1/bootstrapworkflows?limit=3";
  const auto first = send(Method::Get, everywhere);
  ASSERT_EQ(first.body["items"].size(), 3U);
  send(Method::Delete, std::string(kWorkflows) + "/d");
  const std::string token = first.body["metadata"]["continue"];
  const auto rest = send(Method::Get, everywhere + "&continue=" + token);
  ASSERT_EQ(rest.body["items"].size(), 1U) << "as of the first page";
  EXPECT_EQ(rest.body["items"][0]["metadata"]["name"], "d");
  EXPECT_EQ(rest.body["metadata"]["resourceVersion"], first.body["metadata"]["resourceVersion"]);
  EXPECT_FALSE(rest.body["metadata"].contains("continue"));

  server.store().compact(server.store().version());
  EXPECT_EQ(send(Method::Get, everywhere + "&continue=" + token).status, 410);
}

TEST_F(ApiServer, ItemsOfBuiltInListsHaveNoKind) {
  send(Method::Post, kJobs, job("x"));
  const auto jobs = send(Method::Get, "/apis/batch/v1/jobs").body;
  EXPECT_FALSE(jobs["items"][0].contains("kind"));
  send(Method::Post, kWorkflows, workflow("a"));
  EXPECT_TRUE(send(Method::Get, kWorkflows).body["items"][0].contains("kind"));
}

TEST_F(ApiServer, AQuotaRefusesACreate) {
  server.verbs().admission = [](const ResourceType& type, const Json&) -> std::optional<ApiStatus> {
    if (type.plural != "jobs") return std::nullopt;
    return refusals::forbidden(type, "x", "exceeded quota: jobs");
  };
  const auto refused = send(Method::Post, kJobs, job("x"));
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.body["reason"], "Forbidden");
  EXPECT_EQ(send(Method::Get, std::string(kJobs) + "/x").status, 404);
}

TEST_F(ApiServer, AnswersAccessReviews) {
  server.allows = [](const Json& review) { return review["spec"]["user"] == "friend"; };
  const std::string path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
  EXPECT_EQ(
      send(Method::Post, path, R"({"spec": {"user": "friend"}})"_json).body["status"]["allowed"],
      true);
  EXPECT_EQ(send(Method::Post, path, R"({"spec": {"user": "foe"}})"_json).body["status"]["allowed"],
            false);
}

}  // namespace
}  // namespace bootstrap::simulation
