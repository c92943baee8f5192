#pragma once
// Keeps a local copy of one resource in step with the API server: which request to make next, and
// what the answers mean for the store. A pure state machine: no I/O, no threads, no clock.
//
//            ┌───────1───────► Streaming ───────────4──────────┐
//            │ ◄─────2, 3────────┘                             ▼
//   ────► Empty ◄────────────────────12─────────────────── Watching ──9──┐
//            │ ◄─────7───────────┐                           ▲ │ ▲       │
//            └───────5───────► Paging ──6──► Listed ────8────┘ │ └───────┘
//                                              ▲               │
//                                              └────10, 11─────┘
//
//   1  A list as a stream (sendInitialEvents): ADDED for all there is, not older than now.
//   2  400, 405, 406, 415 or 422: the server cannot. LIST for the life of the watcher.
//   3  It failed or ended otherwise. Pause. After two of them in a row the next attempt is a LIST.
//   4  The bookmark annotated k8s.io/initial-events-end. The same stream goes on as the watch.
//   5  A consistent LIST (no resourceVersion), in pages.
//   6  The last page.
//   7  A page failed, or its continue token expired. Pause. (429: pause, the same page again.)
//   8  A watch from the last resourceVersion.
//   9  An event or a bookmark moves the resourceVersion.
//   10 A clean end, or a connection that broke or fell silent after it had lived: nothing is lost,
//      the watch goes on from the last resourceVersion, at once and without a list.
//   11 Any other failure, 429, or an end within a second without an event. Pause.
//   12 410, as an HTTP status or as an ERROR event in a 200 stream; a resourceVersion that the
//      server has not reached (a restored cluster); a stream that is not readable. A new list,
//      after a pause when the last list brought no progress: it would be a tight loop.
//
// While Streaming or Paging the resourceVersion to resume from does not move: the versions of
// initial objects are in no order.
//
// Pauses double from 0.8 s to 30 s, each spread over an interval as long as its lower end, and
// begin anew after an event or bookmark of a running watch. A Retry-After is obeyed up to two
// minutes.
//
//   Watcher watcher({.fields = …, .label_selector = …});
//   for (;;) std::visit(<do it, tell on_bytes/on_watch_ended/on_page/on_page_failed>,
//                       watcher.next(random));
//
// Threads: one at a time. Errors: inputs; nothing throws.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "controllers/object_meta.h"
#include "controllers/projection.h"
#include "operator/kube/client.h"
#include "operator/kube/line_splitter.h"

namespace bootstrap::kube {

// What a watch says to a store. Between Begin and Complete objects are collected beside it;
// Complete swaps them in at once, and what is not among them is gone. A second Begin starts the
// collection anew. Objects are what the filter kept.
namespace ops {
struct Begin {};
struct Apply {
  nlohmann::json object;
};
struct Delete {
  nlohmann::json object;
};
struct Complete {
  std::uint64_t version;
};
struct Bookmark {
  std::uint64_t version;
};
}  // namespace ops
using StoreOp = std::variant<ops::Begin, ops::Apply, ops::Delete, ops::Complete, ops::Bookmark>;

class Watcher {
 public:
  // A server that asks for a longer wait (Retry-After) is asked again after this one.
  static constexpr std::chrono::seconds kLongestRetryAfter{120};

  enum class State { Empty, Streaming, Paging, Listed, Watching };

  struct Options {
    FieldFilter fields{};  // what is kept of an object
    std::string label_selector{};
    std::string field_selector{};
    bool stream_lists = true;  // begin with WatchList
    int page_size = 250;
    std::chrono::seconds watch_timeout{290};  // the server ends a watch then
    std::chrono::milliseconds first_pause{800};
    std::chrono::milliseconds longest_pause{30'000};
    // A watch that ended cleanly before it lived this long, without an event, is an error. 0:
    // never.
    std::chrono::milliseconds short_watch{1'000};
    std::size_t max_line = std::size_t{8} << 20;
  };

  struct OpenWatch {
    WatchOptions options;
  };
  struct GetPage {
    ListOptions options;
  };
  struct Pause {
    std::chrono::milliseconds length;
  };
  using Next = std::variant<OpenWatch, GetPage, Pause>;

  // Why the watch did not simply go on.
  enum class Restart {
    None,
    Ended,
    Broken,
    Short,
    Expired,
    Throttled,
    Refused,
    Forbidden,  // 403: we may not read it
    NotFound,   // 404: the API server does not know this resource
    Failed,
    Corrupt
  };

  struct Output {
    std::vector<StoreOp> ops;
    bool go_on = true;                // false: end this stream, then call on_watch_ended
    Restart restart = Restart::None;  // something to count and to log
    std::string message;              // with it: why, for people
  };

  explicit Watcher(Options options);

  // What to do now. `random` is in [0, 1). Each call is one request or pause that the caller then
  // carries out: a pause is over when the caller asks again.
  Next next(double random);

  // A piece of the body of the watch that was opened.
  Output on_bytes(std::string_view bytes);
  // The watch is over after `lived`: cleanly (no error) or not.
  Output on_watch_ended(std::chrono::milliseconds lived, const std::optional<ApiError>& error);
  // The text of the page that was asked for.
  Output on_page(std::string_view text);
  Output on_page_failed(const ApiError& error);

  State state() const { return state_; }
  // To resume from; 0 before the first list.
  std::uint64_t version() const { return version_; }

 private:
  Pause take_pause(double random);
  void on_line(std::string_view line, Output& out);
  void on_bookmark(const nlohmann::json& object, std::uint64_t version, Output& out);
  Restart initial_stream_ended(const std::optional<ApiError>& error);
  Restart running_watch_ended(std::chrono::milliseconds lived,
                              const std::optional<ApiError>& error);
  void begin(Output& out);
  void complete(std::uint64_t version, State then, Output& out);
  void progressed(std::uint64_t version);
  void give_up(std::string why, Output& out);
  void start_over(bool with_pause, std::optional<std::chrono::seconds> at_least = {});
  void pause(std::optional<std::chrono::seconds> at_least = {});

  Options options_;
  FieldFilter event_fields_;
  FieldFilter page_fields_;
  LineSplitter lines_;
  State state_ = State::Empty;
  std::uint64_t version_ = 0;

  // Of the list that is being read.
  bool begun_ = false;
  std::string continue_token_;      // of the next page
  std::uint64_t list_version_ = 0;  // of the first page

  // Of the watch that is open.
  std::size_t events_ = 0;
  bool bytes_seen_ = false;
  std::optional<ApiError> in_stream_;  // an ERROR event
  std::string corrupt_;                // why the stream cannot be read; "" while it can

  int failed_streams_ = 0;   // initial streams, in a row
  bool progressed_ = false;  // an event or bookmark since the last list
  int pauses_ = 0;           // since the last progress
  bool pause_due_ = false;
  std::optional<std::chrono::seconds> pause_at_least_;
};

// Each reason there is, for metrics.
inline constexpr Watcher::Restart kRestarts[] = {
    Watcher::Restart::Ended,     Watcher::Restart::Broken,    Watcher::Restart::Short,
    Watcher::Restart::Expired,   Watcher::Restart::Throttled, Watcher::Restart::Refused,
    Watcher::Restart::Forbidden, Watcher::Restart::NotFound,  Watcher::Restart::Failed,
    Watcher::Restart::Corrupt};
std::string_view to_text(Watcher::Restart);  // "ended", "broken", …

}  // namespace bootstrap::kube
