#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operator/kube/watcher.h"
#include "tests/unit/operator/kube/watch_text.h"

namespace bootstrap::kube {
namespace {

using namespace std::chrono_literals;
using namespace watch_text;
using Restart = Watcher::Restart;
using State = Watcher::State;

// --- the list as a stream ---

TEST(Watcher, BeginsWithAListAsAStream) {  // transition 1
  Watcher watcher(options());
  EXPECT_EQ(watcher.state(), State::Empty);
  const auto next = watcher.next(0);
  ASSERT_EQ(text(next), "stream");
  const auto& asked = std::get<Watcher::OpenWatch>(next).options;
  EXPECT_EQ(asked.label_selector, "l=v");
  EXPECT_EQ(asked.resource_version, "");
  EXPECT_EQ(asked.timeout, 290s);
  EXPECT_EQ(watcher.state(), State::Streaming);
}

TEST(Watcher, TheMarkedBookmarkEndsTheListAndTheStreamGoesOn) {  // 4, 9
  Watcher watcher(options());
  watcher.next(0);
  auto out = watcher.on_bytes(event("ADDED", "a", 30) + event("ADDED", "b", 5));
  EXPECT_EQ(text(out), "begin +a +b");
  EXPECT_EQ(watcher.version(), 0U) << "initial events do not move the version";
  out = watcher.on_bytes(bookmark(31));
  EXPECT_EQ(text(out), "") << "a bookmark without the mark ends nothing";
  out = watcher.on_bytes(event("DELETED", "b", 32) + bookmark(40, true));
  EXPECT_EQ(text(out), "-b complete@40");
  EXPECT_EQ(watcher.state(), State::Watching);
  EXPECT_EQ(watcher.version(), 40U);
  out = watcher.on_bytes(event("MODIFIED", "a", 41) + bookmark(45));
  EXPECT_EQ(text(out), "+a @45");
  EXPECT_EQ(watcher.version(), 45U);
}

TEST(Watcher, AnEmptyListIsAListToo) {
  Watcher watcher(options());
  watcher.next(0);
  EXPECT_EQ(text(watcher.on_bytes(bookmark(9, true))), "begin complete@9");
}

TEST(Watcher, KeepsOnlyTheNamedFieldsAndWhatItNeedsItself) {
  Watcher watcher({.fields = FieldFilter{"spec"}});
  watcher.next(0);
  const auto out = watcher.on_bytes(
      R"({"type":"ADDED","object":{"metadata":{"name":"a","uid":"u","resourceVersion":"1"},)"
      R"("spec":{"x":1},"status":{}}})"
      "\n");
  ASSERT_EQ(out.ops.size(), 2U);
  EXPECT_EQ(
      std::get<ops::Apply>(out.ops[1]).object,
      nlohmann::json::parse(R"({"metadata":{"name":"a","resourceVersion":"1"},"spec":{"x":1}})"));
}

struct InitialEnd {
  const char* what;
  std::optional<ApiError> error;
  Restart restart;
  std::vector<std::string> next;  // requests that follow; each stream fails with the same error
};

void PrintTo(const InitialEnd& one, std::ostream* out) {
  *out << one.what;
}

class InitialEndTable : public testing::TestWithParam<InitialEnd> {};

TEST_P(InitialEndTable, LeadsTo) {  // 2, 3
  Watcher watcher(options());
  watcher.next(0);
  const auto out = watcher.on_watch_ended(5s, GetParam().error);
  EXPECT_EQ(to_text(out.restart), to_text(GetParam().restart));
  EXPECT_EQ(watcher.state(), State::Empty);
  for (const std::string& expected : GetParam().next) {
    const std::string next = text(watcher.next(0));
    EXPECT_EQ(next, expected) << GetParam().what;
    if (next == "stream") watcher.on_watch_ended(5s, GetParam().error);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Watcher, InitialEndTable,
    testing::Values(
        InitialEnd{"422: the feature is off",
                   api_error(ApiError::Kind::Invalid, 422),
                   Restart::Refused,
                   {"page()"}},
        InitialEnd{"400", api_error(ApiError::Kind::Invalid, 400), Restart::Refused, {"page()"}},
        InitialEnd{
            "405", api_error(ApiError::Kind::Unavailable, 405), Restart::Refused, {"page()"}},
        InitialEnd{"down, then a list",
                   api_error(ApiError::Kind::NoAnswer, 0),
                   Restart::Failed,
                   {"pause 800", "stream", "pause 1600", "page()"}},
        InitialEnd{
            "a clean end without the mark", std::nullopt, Restart::Ended, {"pause 800", "page()"}},
        InitialEnd{"forbidden",
                   api_error(ApiError::Kind::Forbidden, 403),
                   Restart::Forbidden,
                   {"pause 800", "stream"}},
        InitialEnd{"429",
                   api_error(ApiError::Kind::TooManyRequests, 429),
                   Restart::Throttled,
                   {"pause 800", "stream"}},
        InitialEnd{"410",
                   api_error(ApiError::Kind::Expired, 410),
                   Restart::Expired,
                   {"pause 800", "stream"}},
        InitialEnd{"stopped", api_error(ApiError::Kind::Cancelled, 0), Restart::None, {"stream"}}));

TEST(Watcher, AStreamThatBrokeInTheMiddleBeginsAnew) {
  Watcher watcher(options());
  watcher.next(0);
  EXPECT_EQ(text(watcher.on_bytes(event("ADDED", "a", 1))), "begin +a");
  watcher.on_watch_ended(5s, api_error(ApiError::Kind::NoAnswer, 0));
  watcher.next(0);
  watcher.next(0);
  EXPECT_EQ(text(watcher.on_bytes(event("ADDED", "b", 2) + bookmark(3, true))),
            "begin +b complete@3")
      << "a second begin forgets what was collected";
}

TEST(Watcher, ARefusalIsRememberedAnOrdinaryFailureIsNot) {
  Watcher watcher(options());
  watcher.next(0);
  watcher.on_watch_ended(5s, api_error(ApiError::Kind::Invalid, 422));
  watcher.next(0);
  watcher.on_page(page({"a"}));
  watcher.next(0);
  watcher.on_bytes(event("ADDED", "b", 51));
  watcher.on_watch_ended(5s, api_error(ApiError::Kind::Expired, 410));
  EXPECT_EQ(text(watcher.next(0)), "page()");

  Watcher other = watching();
  other.on_bytes(bookmark(20));
  other.on_watch_ended(5s, api_error(ApiError::Kind::Expired, 410));
  EXPECT_EQ(text(other.next(0)), "stream");
}

// --- the list in pages ---

TEST(Watcher, ListsInPages) {  // 5, 6, 8
  auto with = options();
  with.stream_lists = false;
  Watcher watcher(with);
  const auto first = watcher.next(0);
  EXPECT_EQ(text(first), "page()");
  const auto& asked = std::get<Watcher::GetPage>(first).options;
  EXPECT_EQ(asked.resource_version, "") << "consistent";
  EXPECT_EQ(asked.label_selector, "l=v");
  EXPECT_EQ(asked.limit, 250);
  EXPECT_EQ(text(watcher.on_page(page({"a", "b"}, "more"))), "begin +a +b");
  EXPECT_EQ(text(watcher.next(0)), "page(more)");
  EXPECT_EQ(text(watcher.on_page(page({"c"}))), "+c complete@50");
  EXPECT_EQ(watcher.state(), State::Listed);
  EXPECT_EQ(text(watcher.next(0)), "watch@50");
}

TEST(Watcher, AListMayBeEmptyOrNull) {
  auto with = options();
  with.stream_lists = false;
  for (const char* list : {R"({"metadata":{"resourceVersion":"5"},"items":[]})",
                           R"({"metadata":{"resourceVersion":"5"},"items":null})"}) {
    Watcher watcher(with);
    watcher.next(0);
    EXPECT_EQ(text(watcher.on_page(list)), "begin complete@5");
  }
}

TEST(Watcher, APageThatFailsBeginsTheListAnewAfterAPause) {  // 7
  auto with = options();
  with.stream_lists = false;
  for (const auto kind : {ApiError::Kind::Expired, ApiError::Kind::NoAnswer,
                          ApiError::Kind::Forbidden, ApiError::Kind::NotFound}) {
    Watcher watcher(with);
    watcher.next(0);
    watcher.on_page(page({"a"}, "more"));
    watcher.next(0);
    const auto out = watcher.on_page_failed(api_error(kind, 0));
    EXPECT_EQ(out.restart == Restart::Expired, kind == ApiError::Kind::Expired);
    EXPECT_EQ(out.message, "why");
    EXPECT_EQ(text(watcher.next(0)), "pause 800");
    EXPECT_EQ(text(watcher.next(0)), "page()");
    EXPECT_EQ(text(watcher.on_page(page({"b"}))), "begin +b complete@50");
  }
}

TEST(Watcher, AThrottledPageIsAskedForAgain) {
  auto with = options();
  with.stream_lists = false;
  Watcher watcher(with);
  watcher.next(0);
  watcher.on_page(page({"a"}, "more"));
  watcher.next(0);
  auto error = api_error(ApiError::Kind::TooManyRequests, 429);
  error.retry_after = 9s;
  EXPECT_EQ(watcher.on_page_failed(error).restart, Restart::Throttled);
  EXPECT_EQ(text(watcher.next(0)), "pause 9000");
  EXPECT_EQ(text(watcher.next(0)), "page(more)");
  EXPECT_EQ(text(watcher.on_page(page({"c"}))), "+c complete@50");
}

TEST(Watcher, APageThatIsNoListIsAnError) {
  for (const char* text_of_page : {"<html>", "{}", R"({"metadata":{"resourceVersion":"x"}})"}) {
    auto with = options();
    with.stream_lists = false;
    Watcher watcher(with);
    watcher.next(0);
    const auto out = watcher.on_page(text_of_page);
    EXPECT_EQ(out.restart, Restart::Corrupt);
    EXPECT_TRUE(out.ops.empty());
    EXPECT_EQ(text(watcher.next(0)), "pause 800");
  }
}

}  // namespace
}  // namespace bootstrap::kube
