#include "operator/kube/watcher.h"

#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bootstrap::kube {
namespace {

using namespace std::chrono_literals;
using Restart = Watcher::Restart;
using State = Watcher::State;
using Ms = std::chrono::milliseconds;

// --- what goes in and what comes out, as short text ---

std::string event(const std::string& type, const std::string& name, int version) {
  return R"({"type":")" + type + R"(","object":{"metadata":{"name":")" + name +
         R"(","resourceVersion":")" + std::to_string(version) + R"("},"skipped":{"x":1}}})" + "\n";
}
std::string bookmark(int version, bool initial_end = false) {
  const std::string note =
      initial_end ? R"(,"annotations":{"k8s.io/initial-events-end":"true"})" : "";
  return R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":")" +
         std::to_string(version) + '"' + note + "}}}\n";
}
std::string error_event(int code, const std::string& message = "m") {
  return R"({"type":"ERROR","object":{"kind":"Status","code":)" + std::to_string(code) +
         R"(,"message":")" + message + R"(","details":{"retryAfterSeconds":7}}})" + "\n";
}
std::string page(const std::vector<std::string>& names, const std::string& continue_token = "") {
  std::string items;
  for (const std::string& name : names)
    items += (items.empty() ? "" : ",") + std::string(R"({"metadata":{"name":")") + name +
             R"(","resourceVersion":"3"}})";
  return R"({"metadata":{"resourceVersion":"50","continue":")" + continue_token +
         R"("},"items":[)" + items + "]}";
}
ApiError api_error(ApiError::Kind kind, int code, std::string message = "why") {
  ApiError error;
  error.kind = kind;
  error.code = code;
  error.message = std::move(message);
  return error;
}

struct Short {
  std::string operator()(const ops::Begin&) const { return "begin"; }
  std::string operator()(const ops::Apply& op) const { return "+" + name(op.object); }
  std::string operator()(const ops::Delete& op) const { return "-" + name(op.object); }
  std::string operator()(const ops::Complete& op) const {
    return "complete@" + std::to_string(op.version);
  }
  std::string operator()(const ops::Bookmark& op) const { return "@" + std::to_string(op.version); }
  static std::string name(const nlohmann::json& object) { return object["metadata"]["name"]; }
};
std::string text(const Watcher::Output& out) {
  std::string all;
  for (const StoreOp& op : out.ops) all += (all.empty() ? "" : " ") + std::visit(Short{}, op);
  return all;
}
std::string text(const Watcher::Next& next) {
  if (const auto* watch = std::get_if<Watcher::OpenWatch>(&next))
    return watch->options.send_initial_events ? "stream"
                                              : "watch@" + watch->options.resource_version;
  if (const auto* get = std::get_if<Watcher::GetPage>(&next))
    return "page(" + get->options.continue_token + ")";
  return "pause " + std::to_string(std::get<Watcher::Pause>(next).length.count());
}

Watcher::Options options() {
  return {.fields = FieldFilter{"metadata"}, .label_selector = "l=v"};
}

// A watcher that has listed by stream and runs its watch.
Watcher watching(Watcher::Options with = options()) {
  Watcher watcher(std::move(with));
  watcher.next(0);
  watcher.on_bytes(event("ADDED", "a", 7) + bookmark(10, true));
  EXPECT_EQ(watcher.state(), State::Watching);
  return watcher;
}

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
                   Restart::Failed,
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

// --- the running watch ---

struct WatchEnd {
  const char* what;
  std::string bytes;  // before the end
  Ms lived;
  std::optional<ApiError> error;
  Restart restart;
  std::vector<std::string> next;
};

void PrintTo(const WatchEnd& one, std::ostream* out) {
  *out << one.what;
}

class WatchEndTable : public testing::TestWithParam<WatchEnd> {};

TEST_P(WatchEndTable, LeadsTo) {  // 10, 11, 12
  Watcher watcher = watching();
  watcher.on_watch_ended(290s, std::nullopt);
  EXPECT_EQ(text(watcher.next(0)), "watch@10");
  watcher.on_bytes(GetParam().bytes);
  const auto out = watcher.on_watch_ended(GetParam().lived, GetParam().error);
  EXPECT_EQ(to_text(out.restart), to_text(GetParam().restart)) << GetParam().what;
  for (const std::string& expected : GetParam().next)
    EXPECT_EQ(text(watcher.next(0)), expected) << GetParam().what;
}

const auto kBroken = api_error(ApiError::Kind::NoAnswer, 0);
const auto kGone = api_error(ApiError::Kind::Expired, 410);
const auto kAhead =
    api_error(ApiError::Kind::Unavailable, 504, "Too large resource version: 9, current: 5");

INSTANTIATE_TEST_SUITE_P(
    Watcher, WatchEndTable,
    testing::Values(
        WatchEnd{"the server's timeout", "", 290s, {}, Restart::Ended, {"watch@10"}},
        WatchEnd{"short but with an event",
                 event("ADDED", "b", 11),
                 0ms,
                 {},
                 Restart::Ended,
                 {"watch@11"}},
        WatchEnd{"short and silent", "", 999ms, {}, Restart::Short, {"pause 800", "watch@10"}},
        WatchEnd{"short, only a bookmark",
                 bookmark(12),
                 10ms,
                 {},
                 Restart::Short,
                 {"pause 800", "watch@12"}},
        WatchEnd{"broke after life",
                 event("ADDED", "b", 11),
                 60s,
                 kBroken,
                 Restart::Broken,
                 {"watch@11"}},
        WatchEnd{"never connected", "", 15s, kBroken, Restart::Failed, {"pause 800", "watch@10"}},
        WatchEnd{"410 at once", "", 1ms, kGone, Restart::Expired, {"pause 800", "stream"}},
        WatchEnd{"410 after progress", bookmark(12), 1s, kGone, Restart::Expired, {"stream"}},
        WatchEnd{"410 in the stream",
                 bookmark(12) + error_event(410),
                 1s,
                 kBroken,
                 Restart::Expired,
                 {"stream"}},
        WatchEnd{"500 in the stream",
                 error_event(500),
                 1s,
                 kBroken,
                 Restart::Failed,
                 {"pause 7000", "watch@10"}},
        WatchEnd{"429",
                 "",
                 1ms,
                 api_error(ApiError::Kind::TooManyRequests, 429),
                 Restart::Throttled,
                 {"pause 800", "watch@10"}},
        WatchEnd{"429 in the stream",
                 error_event(429),
                 1s,
                 kBroken,
                 Restart::Throttled,
                 {"pause 7000", "watch@10"}},
        WatchEnd{
            "restored from a backup", "", 3s, kAhead, Restart::Expired, {"pause 800", "stream"}},
        WatchEnd{"403",
                 "",
                 1s,
                 api_error(ApiError::Kind::Forbidden, 403),
                 Restart::Failed,
                 {"pause 800", "watch@10"}},
        WatchEnd{"stopped",
                 "",
                 1ms,
                 api_error(ApiError::Kind::Cancelled, 0),
                 Restart::None,
                 {"watch@10"}},
        WatchEnd{"no JSON", "<html>\n", 1s, kBroken, Restart::Corrupt, {"pause 800", "stream"}},
        WatchEnd{"no object",
                 "{\"type\":\"ADDED\"}\n",
                 1s,
                 kBroken,
                 Restart::Corrupt,
                 {"pause 800", "stream"}}));

TEST(Watcher, StopsTheStreamAtAnErrorAndSaysWhy) {
  Watcher watcher = watching();
  auto out = watcher.on_bytes(event("ADDED", "b", 11) + error_event(500, "no leader") +
                              event("ADDED", "c", 12));
  EXPECT_EQ(text(out), "+b") << "nothing after the error counts";
  EXPECT_FALSE(out.go_on);
  out = watcher.on_watch_ended(1s, kBroken);
  EXPECT_EQ(out.message, "no leader");
}

TEST(Watcher, AnUnknownTypeOfEventIsPassedOver) {
  Watcher watcher = watching();
  const auto out = watcher.on_bytes(event("SNAPSHOT", "b", 99) + event("ADDED", "c", 12));
  EXPECT_EQ(text(out), "+c");
  EXPECT_TRUE(out.go_on);
  EXPECT_EQ(watcher.version(), 12U);
}

TEST(Watcher, ALineTooLongEndsTheStream) {
  auto with = options();
  with.max_line = 300;
  Watcher watcher = watching(with);
  EXPECT_FALSE(watcher.on_bytes(std::string(301, 'x')).go_on);
  EXPECT_EQ(watcher.on_watch_ended(1s, kBroken).restart, Restart::Corrupt);
}

TEST(Watcher, PausesDoubleAreSpreadAndBeginAnewAfterProgress) {
  Watcher watcher = watching();
  watcher.on_watch_ended(290s, std::nullopt);
  const auto fail_and_pause = [&](double random) {
    watcher.next(0);
    watcher.on_watch_ended(0ms, kBroken);
    return text(watcher.next(random));
  };
  const std::vector<std::string> lowest{"pause 800",   "pause 1600",  "pause 3200", "pause 6400",
                                        "pause 12800", "pause 15000", "pause 15000"};
  for (const std::string& expected : lowest) EXPECT_EQ(fail_and_pause(0), expected);
  EXPECT_EQ(fail_and_pause(0.999999), "pause 29999");
  watcher.next(0);
  watcher.on_bytes(bookmark(20));
  watcher.on_watch_ended(2s, kBroken);
  EXPECT_EQ(fail_and_pause(0), "pause 800");
  EXPECT_EQ(fail_and_pause(0.5), "pause 2400");
}

TEST(Watcher, AListAloneIsNoProgress) {
  // Otherwise a server that lists well and expires every watch would be listed in a tight loop.
  Watcher watcher = watching();
  std::vector<std::string> pauses;
  for (int i = 0; i < 3; ++i) {
    watcher.on_watch_ended(1ms, kGone);
    pauses.push_back(text(watcher.next(0)));
    EXPECT_EQ(text(watcher.next(0)), "stream");
    watcher.on_bytes(bookmark(20, true));
  }
  EXPECT_EQ(pauses, (std::vector<std::string>{"pause 800", "pause 1600", "pause 3200"}));
}

TEST(Watcher, BelievesAnOlderListAfterARestore) {
  Watcher watcher = watching();
  watcher.on_watch_ended(1s, kAhead);
  watcher.next(0);
  watcher.next(0);
  EXPECT_EQ(text(watcher.on_bytes(bookmark(5, true))), "begin complete@5");
  EXPECT_EQ(watcher.version(), 5U);
}

// --- lines ---

TEST(LineSplitter, FindsTheSameLinesHoweverTheBytesAreCut) {
  const std::string text_in = "one\n\nzwölf 🚀\nthree\nrest";
  for (std::size_t size = 1; size <= text_in.size(); ++size) {
    LineSplitter lines(100);
    std::vector<std::string> found;
    for (std::size_t at = 0; at < text_in.size(); at += size)
      ASSERT_TRUE(
          lines.feed(std::string_view(text_in).substr(at, size), [&](std::string_view line) {
            found.emplace_back(line);
            return true;
          }));
    EXPECT_EQ(found, (std::vector<std::string>{"one", "zwölf 🚀", "three"})) << size;
  }
}

TEST(LineSplitter, RefusesWhatIsTooLong) {
  const auto any = [](std::string_view) { return true; };
  EXPECT_TRUE(LineSplitter(4).feed("abcd\nabcd\nabcd", any));
  EXPECT_FALSE(LineSplitter(4).feed("abcde\n", any));
  EXPECT_FALSE(LineSplitter(4).feed("abcde", any));
  LineSplitter lines(4);
  EXPECT_TRUE(lines.feed("abc", any));
  EXPECT_FALSE(lines.feed("de", any)) << "over two pieces";
  EXPECT_TRUE(lines.feed("abcd\n", any)) << "afterwards it begins anew";
}

TEST(LineSplitter, StopsWhenAsked) {
  LineSplitter lines(100);
  int seen = 0;
  EXPECT_FALSE(lines.feed("a\nb\nc\n", [&](std::string_view) { return ++seen < 2; }));
  EXPECT_EQ(seen, 2);
}

}  // namespace
}  // namespace bootstrap::kube
