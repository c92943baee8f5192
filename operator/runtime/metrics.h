#pragma once
// What the operator counts, for Prometheus. Names begin with bootstrap_operator_; every series
// whose labels are known beforehand exists at 0 from the start, so that rate() sees the first
// event.
//
// Others may add families of their own to registry().
//
// Threads: safe from any.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/time.h"

namespace prometheus {
class Registry;
}

namespace bootstrap::runtime {

class Metrics {
 public:
  struct Options {
    std::string version{};
    std::vector<std::string> watched{};  // resources, e.g. "jobs"
  };

  explicit Metrics(const Options& options);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // reconcile_total{outcome}, reconcile_duration_seconds
  void reconciled(std::string_view outcome, std::chrono::microseconds took);
  // workqueue_depth, workqueue_wait_seconds
  void queue_depth(std::size_t depth);
  void queue_waited(Duration waited);
  // api_requests_total{verb,resource,code}, api_request_duration_seconds{verb,resource}. Watches
  // are counted but not timed: they last as long as they last.
  void api_request(std::string_view verb, std::string_view resource, int code,
                   std::chrono::microseconds took);
  // watch_restarts_total{resource,reason}
  void watch_restarted(std::string_view resource, std::string_view reason);
  // store_objects{resource}
  void store_objects(std::string_view resource, std::size_t count);
  // unreadable_objects_total{resource}
  void unreadable(std::string_view resource);

  // Called at the begin of each scrape, to set what is cheaper to ask then than to follow. Set
  // before the first scrape.
  void before_scrape(std::function<void()> refresh);

  prometheus::Registry& registry();

  // The text format of Prometheus, with what /proc/self says at this moment.
  std::string scrape() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
  std::function<void()> refresh_;
};

}  // namespace bootstrap::runtime
