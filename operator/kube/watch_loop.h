#pragma once
// Carries out what a Watcher asks for, with a Client: the thread of one watched resource calls
// step() over and over.
//
//   WatchLoop loop(client, clock, {.resource = resources::kJobs, .watcher = {.fields = …}},
//                  {.write = StoreWriter<Job>(jobs, &read_job, report), .beat = [&] { heart.beat();
//                  }});
//   while (!stop.stop_requested()) loop.step(stop);
//
// Threads: step() from one thread at a time; it blocks for as long as a watch lives. The hooks run
// on that thread. Errors: reported through on_restart, then tried again for ever.

#include <algorithm>
#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "operator/kube/client.h"
#include "operator/kube/watcher.h"
#include "operator/runtime/clock.h"

namespace bootstrap::kube {

// A loop that has not beaten for this long is wedged: a silent watch is given up earlier, by the
// client, and pauses are shorter.
inline std::chrono::milliseconds longest_silence(const Watcher::Options& options) {
  return std::max(options.watch_timeout, Watcher::kLongestRetryAfter) + std::chrono::seconds(60);
}

class WatchLoop {
 public:
  struct Options {
    Resource resource;
    std::string ns{};  // "" means all
    Watcher::Options watcher{};
  };

  struct Hooks {
    std::function<void(const StoreOp&)> write;  // e.g. a StoreWriter; the only one that is needed
    std::function<void()> beat{};               // alive: a request begins or ends, bytes arrived
    std::function<void(Watcher::Restart, const std::string& message)> on_restart{};
    // Spreads pauses: in [0, 1). Default: a generator of its own.
    std::function<double()> random{};
    // Waits; false when stopped meanwhile. Default: blocks this thread.
    std::function<bool(std::chrono::milliseconds, std::stop_token)> pause{};
  };

  // `client` and `clock` must outlive the loop.
  WatchLoop(Client& client, const runtime::Clock& clock, Options options, Hooks hooks);

  // One request (a whole watch, or a page) or one pause.
  void step(std::stop_token stop);

  Watcher::State state() const { return watcher_.state(); }

 private:
  void run(const Watcher::OpenWatch& watch, std::stop_token stop);
  void run(const Watcher::GetPage& page, std::stop_token stop);
  void run(const Watcher::Pause& pause, std::stop_token stop);
  bool take(const Watcher::Output& output);

  Client* client_;
  const runtime::Clock* clock_;
  Options options_;
  Hooks hooks_;
  Watcher watcher_;
};

}  // namespace bootstrap::kube
