// What comes of a watch that ends, breaks, or shows that its workflow is gone.

#include "cli/workflow_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/fakes/fake_transport.h"
#include "tests/unit/cli/seen.h"

namespace bootstrap::cli {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::seen;

std::string event(const std::string& type, int version, const std::string& uid = "u") {
  return json{{"type", type},
              {"object",
               {{"kind", "BootstrapWorkflow"},
                {"metadata",
                 {{"name", "w"},
                  {"namespace", "ns"},
                  {"uid", uid},
                  {"resourceVersion", std::to_string(version)}}},
                {"status", {{"state", "Running"}, {"run", version}}}}}}
             .dump() +
         "\n";
}
std::string list_end(int version) {
  return json{{"type", "BOOKMARK"},
              {"object",
               {{"kind", "BootstrapWorkflow"},
                {"metadata",
                 {{"resourceVersion", std::to_string(version)},
                  {"annotations", {{"k8s.io/initial-events-end", "true"}}}}}}}}
             .dump() +
         "\n";
}

class Feed : public ::testing::Test {
 protected:
  Feed() {
    auto transport = std::make_unique<fakes::FakeTransport>();
    transport_ = transport.get();
    cluster_ = std::make_unique<Cluster>(std::move(transport), nullptr, "ns");
  }
  void begin() {
    kube::Watcher::Options options;
    options.first_pause = 1ms;
    options.longest_pause = 1ms;
    options.short_watch = 0ms;
    feed_.emplace(*cluster_, clock_, seen("{}"), options);
  }
  // "changed RUN", "deleted", "trouble TEXT", "over TEXT".
  std::string next() {
    const auto news = feed_->next(30s);
    if (!news) return "nothing";
    if (const auto* changed = std::get_if<news::Changed>(&*news))
      return "changed " + std::to_string(changed->workflow.status.run);
    if (const auto* trouble = std::get_if<news::Trouble>(&*news))
      return "trouble " + trouble->message;
    if (const auto* over = std::get_if<news::Over>(&*news)) return "over " + over->failure.message;
    return "deleted";
  }

  fakes::FakeTransport* transport_ = nullptr;
  std::unique_ptr<Cluster> cluster_;
  runtime::SystemClock clock_;
  std::optional<WorkflowFeed> feed_;
};

TEST_F(Feed, TellsOfEachChange) {
  transport_->will_stream_until_stopped(
      {event("ADDED", 1) + list_end(1), event("MODIFIED", 2), event("DELETED", 3)});
  begin();
  EXPECT_EQ(next(), "changed 1");
  EXPECT_EQ(next(), "changed 2");
  EXPECT_EQ(next(), "deleted");
  EXPECT_THAT(transport_->seen()[0].request.target, HasSubstr("fieldSelector=metadata.name%3Dw"));
}

TEST_F(Feed, GoesOnAfterABrokenWatch) {
  transport_->will_stream({event("ADDED", 1) + list_end(1)});
  transport_->will_fail({kube::TransportError::Kind::Unreachable, "connection refused", false});
  transport_->will_stream_until_stopped({event("MODIFIED", 2)});
  begin();
  EXPECT_EQ(next(), "changed 1");
  EXPECT_THAT(next(), HasSubstr("trouble connection refused"));
  EXPECT_EQ(next(), "changed 2");
}

TEST_F(Feed, NoticesThatItIsGoneAfterANewList) {
  transport_->will_stream({event("ADDED", 1) + list_end(1)});
  transport_->will_answer({.status = 410, .body = R"({"reason": "Expired", "message": "old"})"});
  transport_->will_stream_until_stopped({list_end(9)});
  begin();
  EXPECT_EQ(next(), "changed 1");
  EXPECT_EQ(next(), "deleted");
}

TEST_F(Feed, TakesNoOtherForIt) {
  transport_->will_stream_until_stopped({event("ADDED", 9, "other") + list_end(9)});
  begin();
  EXPECT_EQ(next(), "deleted");
}

TEST_F(Feed, EndsWhereItMayNotBeWatched) {
  transport_->will_answer({.status = 403, .body = R"({"reason": "Forbidden", "message": "no"})"});
  begin();
  EXPECT_THAT(next(), HasSubstr("over w cannot be watched: "));
}

TEST_F(Feed, CanBeWoken) {
  transport_->will_stream_until_stopped({});
  begin();
  feed_->wake();
  EXPECT_FALSE(feed_->next(30s));
}

}  // namespace
}  // namespace bootstrap::cli
