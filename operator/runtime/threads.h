#pragma once
// The only place where the operator itself makes threads and listens to signals. (The HTTP client's
// library and the health server have a few of their own.)
//
//   const SignalGuard signals;  // first in main: before any thread exists
//   Threads threads;
//   threads.spawn("watch-jobs", [&](std::stop_token stop) { loop.step(stop); });
//   signals.wait(threads.stop_token());        // until SIGTERM, SIGINT, or someone asks to stop
//   threads.request_stop();
//   const auto stuck = threads.join(5s);       // empty: everything has ended
//
// Threads: join from one, when nobody spawns any more; the rest from any. Errors: an exception that
// leaves a step stops everything and is told by failure(); a thread that does not end in time is
// named by join and left behind, so the process must exit at once then (std::_Exit).

#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "controllers/time.h"

namespace bootstrap::runtime {

class Threads {
 public:
  Threads();
  ~Threads();  // asks to stop and waits for all, without limit
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  // Calls `step` over and over until stop is requested. The name's first 15 characters are what the
  // kernel shows.
  void spawn(std::string name, std::function<void(std::stop_token)> step);

  void request_stop();
  std::stop_token stop_token() const;

  // Waits for the threads in the order they were made, for `limit` in all. Returns the names of
  // those that have not ended. Call after request_stop.
  std::vector<std::string> join(Duration limit);

  // "name: what" of the first step that threw.
  std::optional<std::string> failure() const;

 private:
  struct Shared;
  struct Running;
  static void run(Shared&, Running&, const std::function<void(std::stop_token)>& step);

  std::shared_ptr<Shared> shared_;
  std::vector<std::shared_ptr<Running>> running_;  // guarded by Shared::mutex
};

// SIGTERM and SIGINT as something to wait for. SIGPIPE is ignored: a peer that hangs up is an error
// of that write only.
class SignalGuard {
 public:
  // Blocks the signals in this thread and in all that are made from it.
  SignalGuard();
  // Lets them through again: a second Ctrl-C during a slow stop ends the process.
  ~SignalGuard();
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;

  // The signal that came, or 0 when `stop` was requested.
  int wait(std::stop_token stop) const;
  // The same, or 0 when `limit` has passed.
  int wait_for(std::stop_token stop, Duration limit) const;

 private:
  int wait(std::stop_token stop, int milliseconds) const;  // negative: without limit

  sigset_t before_;
};

}  // namespace bootstrap::runtime
