#include "operator/kube/client.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/fakes/fake_transport.h"

namespace bootstrap::kube {
namespace {

using fakes::FakeTransport;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

constexpr Resource kPod = resources::kPods;

class FakeTokens final : public TokenSource {
 public:
  std::string token() override { return "token-" + std::to_string(rejections.size()); }
  void rejected(std::string_view token) override { rejections.emplace_back(token); }
  std::vector<std::string> rejections;
};

class Collector final : public Sink {
 public:
  bool on_bytes(std::string_view bytes) override {
    text += bytes;
    return true;
  }
  std::string text;
};

std::string status_json(int code, const std::string& reason, const std::string& message) {
  return nlohmann::json{
      {"kind", "Status"}, {"code", code}, {"reason", reason}, {"message", message}}
      .dump();
}

class ClientTest : public testing::Test {
 protected:
  Client client(TokenSource* tokens = nullptr) {
    Client::Options options;
    options.now = [this] { return now_; };
    options.stop = stop_.get_token();
    options.pause = [this](milliseconds wait, std::stop_token) {
      pauses_.push_back(wait);
      now_ += wait;
      return pause_result_;
    };
    options.observer = [this](std::string_view verb, std::string_view resource, int code,
                              std::chrono::microseconds) {
      observed_.push_back(std::string(verb) + " " + std::string(resource) + " " +
                          std::to_string(code));
    };
    return Client(transport_, tokens, options);
  }
  Request only_request() const {
    const auto seen = transport_.seen();
    EXPECT_EQ(seen.size(), 1U);
    return seen.empty() ? Request{} : seen.front().request;
  }

  FakeTransport transport_;
  std::stop_source stop_;
  std::chrono::steady_clock::time_point now_{};
  std::vector<milliseconds> pauses_;
  std::vector<std::string> observed_;
  bool pause_result_ = true;
};

TEST_F(ClientTest, GetsFromTheCoreGroup) {
  transport_.will_answer({.status = 200, .body = "{\"a\":1}"});
  const auto got = client().get(kPod, "team-a", "web-0");
  ASSERT_TRUE(got);
  EXPECT_EQ(*got, "{\"a\":1}");
  EXPECT_EQ(only_request().target, "/api/v1/namespaces/team-a/pods/web-0");
  EXPECT_EQ(only_request().method, Method::Get);
  EXPECT_EQ(only_request().bearer_token, "");
  EXPECT_THAT(observed_, ElementsAre("get pods 200"));
}

TEST_F(ClientTest, GetsFromANamedGroupAndEncodesEveryPlace) {
  transport_.will_answer({.status = 200});
  ASSERT_TRUE(client().get(resources::kJobs, "a/b?", "ü #%"));
  EXPECT_EQ(only_request().target, "/apis/batch/v1/namespaces/a%2Fb%3F/jobs/%C3%BC%20%23%25");
}

TEST_F(ClientTest, ListsAllNamespacesWithEveryOption) {
  transport_.will_answer({.status = 200});
  ASSERT_TRUE(client().list(resources::kJobs, "",
                            {.label_selector = "a in (b,c),d!=e",
                             .field_selector = "involvedObject.uid=1&2",
                             .limit = 50,
                             .continue_token = "x+/=",
                             .resource_version = "7"}));
  EXPECT_EQ(only_request().target,
            "/apis/batch/v1/jobs?limit=50&continue=x%2B%2F%3D"
            "&labelSelector=a%20in%20%28b%2Cc%29%2Cd%21%3De"
            "&fieldSelector=involvedObject.uid%3D1%262&resourceVersion=7");
}

TEST_F(ClientTest, CreatesPatchesAndRemoves) {
  for (int i = 0; i < 4; ++i) transport_.will_answer({.status = 201, .body = "{}"});
  Client tested = client();
  ASSERT_TRUE(tested.create(resources::kJobs, "ns", "{1}"));
  ASSERT_TRUE(tested.merge_patch(resources::kJobs, "ns", "j", "{2}"));
  ASSERT_TRUE(tested.merge_patch_status(resources::kWorkflows, "ns", "w", "{3}"));
  ASSERT_TRUE(tested.remove(resources::kJobs, "ns", "j", {"uid-1"}));
  const auto seen = transport_.seen();
  ASSERT_EQ(seen.size(), 4U);
  EXPECT_EQ(seen[0].request.method, Method::Post);
  EXPECT_EQ(seen[0].request.target, "/apis/batch/v1/namespaces/ns/jobs");
  EXPECT_EQ(seen[0].request.body, "{1}");
  EXPECT_EQ(seen[0].request.content_type, "application/json");
  EXPECT_EQ(seen[1].request.method, Method::Patch);
  EXPECT_EQ(seen[1].request.target, "/apis/batch/v1/namespaces/ns/jobs/j");
  EXPECT_EQ(seen[1].request.content_type, "application/merge-patch+json");
  EXPECT_EQ(seen[2].request.target,
            "/apis/bootstrap.openshift.io/v1alpha1/namespaces/ns/bootstrapworkflows/w/status");
  EXPECT_EQ(seen[3].request.method, Method::Delete);
  const auto how = nlohmann::json::parse(seen[3].request.body);
  EXPECT_EQ(how.at("preconditions").at("uid"), "uid-1");
  EXPECT_EQ(how.at("propagationPolicy"), "Background");
  EXPECT_THAT(observed_, ElementsAre("create jobs 201", "patch jobs 201",
                                     "patch bootstrapworkflows/status 201", "delete jobs 201"));
}

// What a write answers is not read, but a review is nothing else than its answer.
TEST_F(ClientTest, TakesTheMetadataOfWritesAndAllOfAReview) {
  for (int i = 0; i < 2; ++i) transport_.will_answer({.status = 201, .body = "{}"});
  Client tested = client();
  ASSERT_TRUE(tested.create(resources::kJobs, "ns", "{}"));
  ASSERT_TRUE(tested.review(resources::kSubjectAccessReviews, "{1}"));
  const auto seen = transport_.seen();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_NE(seen[0].request.accept.find("as=PartialObjectMetadata"), std::string_view::npos);
  EXPECT_EQ(seen[1].request.accept, "application/json");
  EXPECT_EQ(seen[1].request.target, "/apis/authorization.k8s.io/v1/subjectaccessreviews");
  EXPECT_EQ(seen[1].request.body, "{1}");
}

TEST_F(ClientTest, RemovesWhicheverWithoutUid) {
  transport_.will_answer({.status = 200});
  ASSERT_TRUE(client().remove(kPod, "ns", "p", {}));
  EXPECT_FALSE(nlohmann::json::parse(only_request().body).contains("preconditions"));
}

struct KindRow {
  int code;
  const char* reason;
  ApiError::Kind kind;
};
void PrintTo(const KindRow& row, std::ostream* out) {
  *out << row.code << " " << row.reason;
}

class KindOfAnswer : public testing::TestWithParam<KindRow> {};

TEST_P(KindOfAnswer, IsReadFromCodeAndReason) {
  const auto error =
      error_from_status(GetParam().code, status_json(GetParam().code, GetParam().reason, "why"));
  EXPECT_EQ(error.kind, GetParam().kind);
  EXPECT_EQ(error.code, GetParam().code);
  EXPECT_EQ(error.reason, GetParam().reason);
  EXPECT_EQ(error.message, "why");
}

INSTANTIATE_TEST_SUITE_P(
    Client, KindOfAnswer,
    testing::Values(KindRow{400, "BadRequest", ApiError::Kind::Invalid},
                    KindRow{401, "Unauthorized", ApiError::Kind::Unauthorized},
                    KindRow{403, "Forbidden", ApiError::Kind::Forbidden},
                    KindRow{404, "NotFound", ApiError::Kind::NotFound},
                    KindRow{409, "AlreadyExists", ApiError::Kind::AlreadyExists},
                    KindRow{409, "Conflict", ApiError::Kind::Conflict},
                    KindRow{410, "Expired", ApiError::Kind::Expired},
                    KindRow{422, "Invalid", ApiError::Kind::Invalid},
                    KindRow{429, "TooManyRequests", ApiError::Kind::TooManyRequests},
                    KindRow{500, "InternalError", ApiError::Kind::Unavailable},
                    KindRow{504, "Timeout", ApiError::Kind::Unavailable},
                    KindRow{302, "", ApiError::Kind::Invalid}));

TEST(ErrorFromStatus, TakesTheCodeOfAWatchErrorFromTheStatus) {
  const auto error = error_from_status(200, status_json(410, "Expired", "too old"));
  EXPECT_EQ(error.kind, ApiError::Kind::Expired);
  EXPECT_EQ(error.code, 410);
}

TEST(ErrorFromStatus, QuotesTheBeginningOfWhatIsNoStatus) {
  const auto error = error_from_status(502, "<html>" + std::string(1000, 'x'));
  EXPECT_EQ(error.kind, ApiError::Kind::Unavailable);
  EXPECT_EQ(error.reason, "");
  EXPECT_THAT(error.message, testing::StartsWith("HTTP 502: <html>xxx"));
  EXPECT_LT(error.message.size(), 300U);
}

TEST(ErrorFromStatus, ReadsRetryAfterFromTheDetails) {
  const auto error =
      error_from_status(504, R"({"reason":"Timeout","message":"Too large resource version",
               "details":{"retryAfterSeconds":1,"causes":[{"reason":"ResourceVersionTooLarge"}]}})");
  EXPECT_EQ(error.retry_after, seconds(1));
}

TEST(ErrorFromStatus, SurvivesFieldsOfTheWrongType) {
  const auto error =
      error_from_status(404, R"({"reason":5,"message":[],"code":"x","details":"no"})");
  EXPECT_EQ(error.kind, ApiError::Kind::NotFound);
  EXPECT_EQ(error.message.substr(0, 8), "HTTP 404");
  EXPECT_EQ(error_from_status(404, R"(["a"])").kind, ApiError::Kind::NotFound);
}

TEST_F(ClientTest, WaitsAsLongAsTheServerAsksAndRepeatsEvenAPost) {
  transport_.will_answer({.status = 429, .body = "", .retry_after = seconds(2)});
  transport_.will_answer({.status = 503, .body = "", .retry_after = seconds(0)});
  transport_.will_answer({.status = 201, .body = "{}"});
  ASSERT_TRUE(client().create(kPod, "ns", "{}"));
  EXPECT_THAT(pauses_, ElementsAre(milliseconds(2000), milliseconds(500)));
  const auto seen = transport_.seen();
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].deadline, milliseconds(15'000));
  EXPECT_EQ(seen[2].deadline, milliseconds(12'500));  // what is left of it
}

TEST_F(ClientTest, GivesUpWhenTheWaitIsLongerThanTheDeadline) {
  transport_.will_answer({.status = 429, .body = "", .retry_after = seconds(16)});
  const auto got = client().get(kPod, "ns", "p");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ApiError::Kind::TooManyRequests);
  EXPECT_EQ(got.error().retry_after, seconds(16));
  EXPECT_TRUE(pauses_.empty());
}

TEST_F(ClientTest, GivesUpWhenStoppedDuringThePause) {
  pause_result_ = false;
  transport_.will_answer({.status = 429, .body = "", .retry_after = seconds(1)});
  EXPECT_FALSE(client().get(kPod, "ns", "p"));
  EXPECT_EQ(transport_.seen().size(), 1U);
}

TEST_F(ClientTest, NeverRepeatsAPostThatMayHaveBeenDone) {
  transport_.will_answer({.status = 504, .body = "", .retry_after = seconds(1)});
  const auto got = client().create(kPod, "ns", "{}");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ApiError::Kind::Unavailable);
  EXPECT_TRUE(got.error().maybe_applied);
  EXPECT_EQ(transport_.seen().size(), 1U);
}

TEST_F(ClientTest, RepeatsAReadAfterAny5xxThatInvitesIt) {
  transport_.will_answer({.status = 504, .body = "", .retry_after = seconds(1)});
  transport_.will_answer({.status = 200, .body = "x"});
  EXPECT_TRUE(client().get(kPod, "ns", "p"));
}

TEST_F(ClientTest, A500WithoutRetryAfterIsNotRepeated) {
  transport_.will_answer({.status = 500});
  const auto got = client().get(kPod, "ns", "p");
  ASSERT_FALSE(got);
  EXPECT_FALSE(got.error().maybe_applied);  // a read
  EXPECT_EQ(transport_.seen().size(), 1U);
}

TEST_F(ClientTest, RenewsTheTokenOnceAfter401) {
  FakeTokens tokens;
  transport_.will_answer({.status = 401});
  transport_.will_answer({.status = 200, .body = "ok"});
  ASSERT_TRUE(client(&tokens).get(kPod, "ns", "p"));
  EXPECT_THAT(tokens.rejections, ElementsAre("token-0"));
  EXPECT_EQ(transport_.seen()[0].request.bearer_token, "token-0");
  EXPECT_EQ(transport_.seen()[1].request.bearer_token, "token-1");
}

TEST_F(ClientTest, ASecond401IsAnError) {
  FakeTokens tokens;
  transport_.will_answer({.status = 401});
  transport_.will_answer({.status = 401});
  const auto got = client(&tokens).get(kPod, "ns", "p");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ApiError::Kind::Unauthorized);
  EXPECT_EQ(transport_.seen().size(), 2U);
}

TEST_F(ClientTest, A401WithoutATokenIsNotRepeated) {
  transport_.will_answer({.status = 401});
  EXPECT_FALSE(client().get(kPod, "ns", "p"));
  EXPECT_EQ(transport_.seen().size(), 1U);
}

TEST_F(ClientTest, SaysWhetherALostWriteMayHaveBeenDone) {
  using T = TransportError::Kind;
  transport_.will_fail({T::Broken, "gone", true});
  transport_.will_fail({T::Unreachable, "no route", false});
  transport_.will_fail({T::Broken, "gone", true});
  transport_.will_fail({T::Cancelled, "stopped", true});
  Client tested = client();
  const auto lost = tested.create(kPod, "ns", "{}");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ApiError::Kind::NoAnswer);
  EXPECT_EQ(lost.error().message, "gone");
  EXPECT_TRUE(lost.error().maybe_applied);
  EXPECT_FALSE(tested.create(kPod, "ns", "{}").error().maybe_applied);
  EXPECT_FALSE(tested.get(kPod, "ns", "p").error().maybe_applied);
  EXPECT_EQ(tested.get(kPod, "ns", "p").error().kind, ApiError::Kind::Cancelled);
  EXPECT_EQ(observed_.back(), "get pods 0");
}

TEST_F(ClientTest, WatchesWithInitialEvents) {
  transport_.will_stream({"{\"type\":", "\"ADDED\"}\n"});
  Collector sink;
  ASSERT_TRUE(client().watch(resources::kJobs, "ns",
                             {.label_selector = "a=b",
                              .resource_version = "",
                              .send_initial_events = true,
                              .timeout = seconds(290)},
                             sink, {}));
  EXPECT_EQ(sink.text, "{\"type\":\"ADDED\"}\n");
  const auto seen = transport_.seen();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].request.target,
            "/apis/batch/v1/namespaces/ns/jobs?watch=1&allowWatchBookmarks=true"
            "&labelSelector=a%3Db&timeoutSeconds=290&sendInitialEvents=true"
            "&resourceVersionMatch=NotOlderThan");
  EXPECT_EQ(seen[0].limits.idle, seconds(150));
}

TEST_F(ClientTest, AWatchPassesExpiredOn) {
  transport_.will_answer({.status = 410, .body = status_json(410, "Expired", "too old")});
  Collector sink;
  const auto got =
      client().watch(kPod, "", {.label_selector = "", .resource_version = "5"}, sink, {});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ApiError::Kind::Expired);
  EXPECT_EQ(transport_.seen()[0].request.target,
            "/api/v1/pods?watch=1&allowWatchBookmarks=true&resourceVersion=5&timeoutSeconds=290");
  EXPECT_EQ(sink.text, "");
}

TEST_F(ClientTest, AWatchRenewsItsTokenOnce) {
  FakeTokens tokens;
  transport_.will_answer({.status = 401});
  transport_.will_stream({"x\n"});
  Collector sink;
  ASSERT_TRUE(client(&tokens).watch(kPod, "", {}, sink, {}));
  EXPECT_EQ(transport_.seen()[1].request.bearer_token, "token-1");
}

TEST_F(ClientTest, ReadsALogAsItIs) {
  transport_.will_stream({"one\n\ntw", "o"});
  Collector sink;
  ASSERT_TRUE(client().read_log("ns", "web-0", {.container = "main"}, sink, {}));
  EXPECT_EQ(sink.text, "one\n\ntwo");
  const auto seen = transport_.seen();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].request.target, "/api/v1/namespaces/ns/pods/web-0/log?container=main");
  EXPECT_EQ(seen[0].request.accept, "*/*");
  EXPECT_EQ(observed_.back(), "get pods/log 200");
}

TEST_F(ClientTest, FollowsALogThatIsSilentForHours) {
  transport_.will_stream({"end\n"});
  transport_.will_answer({.status = 400, .body = status_json(400, "BadRequest", "is waiting")});
  Collector sink;
  Client tested = client();
  ASSERT_TRUE(
      tested.read_log("ns", "p", {.container = "c", .follow = true, .tail_lines = 1}, sink, {}));
  EXPECT_EQ(transport_.seen()[0].request.target,
            "/api/v1/namespaces/ns/pods/p/log?container=c&follow=true&tailLines=1");
  EXPECT_EQ(transport_.seen()[0].limits.idle, std::chrono::hours(24));
  const auto refused = tested.read_log("ns", "p", {}, sink, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ApiError::Kind::Invalid);
  EXPECT_EQ(refused.error().message, "is waiting");
}

TEST_F(ClientTest, AWatchEndsByItsOwnTokenOrByTheClients) {
  Collector sink;
  std::stop_source own;
  own.request_stop();
  transport_.will_stream_until_stopped({});
  EXPECT_EQ(client().watch(kPod, "", {}, sink, own.get_token()).error().kind,
            ApiError::Kind::Cancelled);
  stop_.request_stop();
  transport_.will_stream_until_stopped({});
  EXPECT_EQ(client().watch(kPod, "", {}, sink, {}).error().kind, ApiError::Kind::Cancelled);
}

}  // namespace
}  // namespace bootstrap::kube
