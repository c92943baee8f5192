#pragma once
// The newest line that a running step has printed, kept up to date beside whatever else goes on.
//
// That a log cannot be read is no error here: there is no line then.
//
// Threads: it has one of its own, which reads; the calls from any other. `on_line` is called on the
// thread that reads.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "cli/cluster.h"
#include "cli/log_target.h"

namespace bootstrap::cli {

// The newest line of what was fed to it, without what would speak to a terminal; one whose end has
// not come is one, too.
class NewestLine {
 public:
  void feed(std::string_view bytes);
  std::string text() const;

 private:
  std::string end_;  // of all that was fed
};

class LogTail {
 public:
  LogTail(Cluster& cluster, std::function<void()> on_line);
  ~LogTail();
  LogTail(const LogTail&) = delete;
  LogTail& operator=(const LogTail&) = delete;

  // From now on this one's; empty: nobody's.
  void follow(const SeenWorkflow&, const std::optional<LogTarget>&);
  std::string line() const;  // empty: there is none

 private:
  struct Followed {
    SeenWorkflow workflow;
    LogTarget target;
  };

  void run(const std::stop_token& stop);
  // False: it is of no use to try again.
  bool read(const Followed&, const std::stop_token& stop);

  Cluster& cluster_;
  const std::function<void()> on_line_;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<Followed> followed_;  // these are guarded by mutex_
  int turn_ = 0;                      // goes up with each new target
  NewestLine newest_;
  std::stop_source reading_;

  std::jthread thread_;  // last: the rest outlives it
};

}  // namespace bootstrap::cli
