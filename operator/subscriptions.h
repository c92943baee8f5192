#pragma once
// Live answers to ResourceState questions, for as long as somebody asks them.
//
//   subscriptions.ask(workflow, question);         // subscribes; the answer, if it is known
//   already subscriptions.keep_only(workflow, asked);      // what is not among these is
//   unsubscribed
//
// A change of an answer wakes every workflow that asks. Watches are shared: by all who ask about
// the same objects, and beyond `of_one_resource` different objects of one resource in one namespace
// a single watch of all of them takes over. There are at most `watches`; who comes too late is told
// so (WatchLimit) and woken when one ends.
//
// The watches are run by whoever provides the Driver: the process gives each a thread of a pool
// (watch_pool.h), so that at most `watches` connections and threads exist; the simulation steps
// them. When another query joins a watch, it is opened anew, because nothing is kept of the objects
// that the new test could run on; until then the former answers stand.
//
// Threads: ask and keep_only from any; they may block for a request about the kind. Orders are
// written by one thread each. The driver and `wake` are called with a lock held, or may be: they
// must be quick and must not call back. Errors: answers.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "controllers/object_meta.h"
#include "controllers/questions.h"
#include "operator/discovery.h"
#include "operator/kube/watcher.h"
#include "operator/resource_watch.h"

namespace bootstrap {

// A watch that is to be run until it is closed.
struct WatchOrder {
  std::uint64_t id = 0;
  ApiResource resource;
  std::string ns;  // "": all, or a kind without namespaces
  kube::Watcher::Options watcher;
  std::function<void(const kube::StoreOp&)> write;
  std::function<void(kube::Watcher::Restart)> on_restart;
};

struct WatchDriver {
  std::function<void(std::shared_ptr<const WatchOrder>)> open;
  std::function<void(std::uint64_t id)> close;  // what it still writes is ignored
};

class Subscriptions {
 public:
  struct Options {
    std::size_t watches = 64;
    std::size_t of_one_resource = 8;
  };

  // All must outlive it, and the driver's watches must have ended before.
  Subscriptions(Discovery& discovery, Options options, WatchDriver driver,
                std::function<void(const ObjectKey& workflow)> wake)
      : discovery_(discovery),
        options_(options),
        driver_(std::move(driver)),
        wake_(std::move(wake)) {}

  // Empty: not known yet; the workflow is woken when it is.
  std::optional<Found<ResourceFinding>> ask(const ObjectKey& workflow, const ResourceState&);
  void keep_only(const ObjectKey& workflow, const std::set<Question>& asked);

  std::size_t watches() const;

 private:
  // One resource in one namespace.
  struct Place {
    ApiResource resource;
    std::string ns;
    auto operator<=>(const Place&) const = default;
  };
  struct Watch {
    std::uint64_t id = 0;
    ResourceWatch results;
  };
  struct Group {
    bool all_in_one = false;
    std::map<Selection, Watch> watches;
  };
  struct Subscription {
    Place place;
    std::set<ObjectKey> workflows;
  };
  using Asked = std::pair<std::string, ResourceQuery>;  // the workflow's namespace, the query

  const Watch* watch_of(const Place&, const ResourceQuery&) const;

  bool subscribe(const Place&, const ResourceQuery&);  // false: no watch is left
  void join(Group&, const Place&, const Selection&, const ResourceQuery&);
  void merge(Group&, const Place&);
  void open(Group&, const Place&, const Selection&, const ResourceWatch::Queries&);
  void close(Watch&);
  void unsubscribe(const Place&, const ResourceQuery&);
  void leave(const ObjectKey& workflow, const Asked&);

  void write(std::uint64_t id, const kube::StoreOp&);
  void restarted(std::uint64_t id, kube::Watcher::Restart);
  void changed(std::uint64_t id, const std::function<ResourceWatch::Queries(ResourceWatch&)>&);

  Discovery& discovery_;
  const Options options_;
  const WatchDriver driver_;
  const std::function<void(const ObjectKey&)> wake_;

  mutable std::mutex mutex_;
  std::map<Place, Group> groups_;
  std::map<Asked, Subscription> subscriptions_;
  std::map<ObjectKey, std::set<Asked>> asked_by_;
  std::set<ObjectKey> refused_;                                // there was no watch left for them
  std::map<std::uint64_t, std::pair<Place, Selection>> open_;  // by the id of the order
  std::uint64_t last_id_ = 0;
};

}  // namespace bootstrap
