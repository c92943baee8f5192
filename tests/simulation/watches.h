#pragma once
// The watches of the simulated API server: who follows which kind of object, and what is on its way
// to them.
//
// Each watch has a delay of its own that changes from event to event: a client's caches lag behind
// the store and behind each other, but within one watch the order of the store is kept, as in the
// real one. Bytes are on their way until their time has come; a broken connection loses them.
//
// Instead of blocking a thread, a watch is opened, and read when its `on_ready` was called (from an
// event of the scheduler, World lane).
//
// Threads: one thread.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>

#include "tests/simulation/api_status.h"
#include "tests/simulation/object_store.h"
#include "tests/simulation/request_target.h"
#include "tests/simulation/scheduler.h"
#include "tests/simulation/selectors.h"

namespace bootstrap::simulation {

struct WatchSettings {
  bool initial_events = true;  // false: a server without WatchList
  Duration least_lag{1};
  Duration most_lag{30};
  double slow_chance = 0.02;  // that an event takes up to slow_lag instead
  Duration slow_lag{5'000};
  Duration bookmark_interval{std::chrono::minutes(1)};
  Duration longest{std::chrono::minutes(10)};
};

class Watches {
 public:
  using Handle = std::uint64_t;
  enum class State {
    Open,
    Ended,   // the server has closed it cleanly, and all it sent has been taken
    Broken,  // the connection is gone, with all that was on its way
    Gone     // never opened, or closed by the client
  };

  Watches(ObjectStore& store, Scheduler& scheduler, Random random, WatchSettings settings);

  Answer<Handle> open(const ResourceType&, const RequestTarget&, std::function<void()> on_ready);
  // Whole lines that have arrived by now.
  std::string take_available(Handle);
  State state(Handle) const;
  void close(Handle);

  // Trouble. All of these are noticed by the client as it would notice the real thing.
  void break_connection(Handle);
  void expire(Handle);  // an ERROR event 410 inside the stream, which then ends
  void mute(Handle);    // nothing arrives any more, not even the end
  std::vector<Handle> open_handles() const;

  WatchSettings& settings() { return settings_; }

 private:
  struct Line {
    TimePoint arrives;
    std::string text;
    bool end = false;
  };
  struct Stream {
    const ResourceType* type = nullptr;
    std::string ns;
    Selector labels;
    Selector fields;
    bool bookmarks = false;
    bool muted = false;
    State state = State::Open;
    std::deque<Line> lines;
    TimePoint last_arrival;
    std::function<void()> on_ready;
  };

  Answer<std::uint64_t> starting_version(const RequestTarget&) const;
  void send_initial_events(Handle, Stream&, const RequestTarget&);
  void on_change(const Change&);
  void send_change(Handle, Stream&, const Change&);
  void send_bookmark(Handle, bool end_of_initial_events, std::uint64_t version);
  void send(Handle, std::string text, bool end = false);
  void schedule_bookmarks(Handle);
  bool selects(const Stream&, const Object&) const;
  Stream* find(Handle);

  ObjectStore& store_;
  Scheduler& scheduler_;
  Random random_;
  WatchSettings settings_;
  std::map<Handle, Stream> streams_;
  Handle last_handle_ = 0;
};

}  // namespace bootstrap::simulation
