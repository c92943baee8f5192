#pragma once
// One workflow, seen again whenever it changes, for as long as it lives: over broken connections,
// restarted API servers and watches that have expired.
//
//   WorkflowFeed feed(cluster, clock, workflow);
//   while (auto news = feed.next(1s)) …
//
// Threads: it has one of its own, which watches; next() from one other. Errors: what the watch gets
// over is told as news and tried again for ever; only that it may not be watched at all ends it.

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>

#include "cli/cluster.h"
#include "operator/kube/watch_loop.h"

namespace bootstrap::cli {

namespace news {
struct Changed {
  SeenWorkflow workflow;
};
struct Deleted {};  // or another one has taken its name
struct Trouble {    // the watch is tried again
  std::string message;
};
struct Over {  // it is not
  Failure failure;
};
}  // namespace news
using News = std::variant<news::Changed, news::Deleted, news::Trouble, news::Over>;

class WorkflowFeed {
 public:
  // `first`: as it was found. Cluster and clock must outlive the feed.
  WorkflowFeed(Cluster& cluster, const runtime::Clock& clock, const SeenWorkflow& first,
               const kube::Watcher::Options& watcher = {});
  ~WorkflowFeed();  // ends the watch
  WorkflowFeed(const WorkflowFeed&) = delete;
  WorkflowFeed& operator=(const WorkflowFeed&) = delete;

  // The oldest that was not taken yet; empty: none came in this time, or wake() was called.
  std::optional<News> next(std::chrono::milliseconds limit);
  void wake();

 private:
  void take(const kube::StoreOp&);
  void take_object(const nlohmann::json& object);
  void restarted(kube::Watcher::Restart, const std::string& message);
  void tell(News);

  const std::string name_;
  const std::string uid_;
  bool in_list_ = false;  // objects are those of a list that is being read
  bool listed_ = false;   // and ours is among them

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<News> news_;  // guarded by mutex_
  bool woken_ = false;     // likewise

  kube::WatchLoop loop_;
  std::jthread thread_;  // last: the rest outlives it
};

}  // namespace bootstrap::cli
