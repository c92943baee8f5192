#include "operator/runtime/metrics.h"

#include <map>
#include <sstream>
#include <utility>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "operator/kube/watcher.h"
#include "operator/runtime/process_metrics.h"
#include "operator/runtime/workers.h"

namespace bootstrap::runtime {

namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using Labels = std::map<std::string, std::string>;

// Seconds. From a store look-up to a call that hits its deadline.
const Histogram::BucketBoundaries kDurations{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                             0.25,  0.5,    1,     2.5,  5,     10,   30};

Family<Counter>& counters(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
Family<Gauge>& gauges(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}
Family<Histogram>& histograms(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

double seconds(std::chrono::duration<double> d) {
  return d.count();
}

}  // namespace

struct Metrics::Families {
  prometheus::Registry registry;
  Family<Counter>& reconciles = counters(registry, "bootstrap_operator_reconcile_total",
                                         "Passes over a workflow, by what came of them.");
  Histogram& reconcile_duration =
      histograms(registry, "bootstrap_operator_reconcile_duration_seconds",
                 "Duration of a pass over a workflow.")
          .Add({}, kDurations);
  Gauge& depth = gauges(registry, "bootstrap_operator_workqueue_depth",
                        "Workflows that are due and wait for a worker.")
                     .Add({});
  Histogram& wait = histograms(registry, "bootstrap_operator_workqueue_wait_seconds",
                               "Time a workflow that was due waited for a worker.")
                        .Add({}, kDurations);
  Family<Counter>& requests = counters(registry, "bootstrap_operator_api_requests_total",
                                       "Requests to the API server; code 0 is no answer.");
  Family<Histogram>& request_duration =
      histograms(registry, "bootstrap_operator_api_request_duration_seconds",
                 "Duration of requests to the API server, watches excepted.");
  Family<Counter>& restarts =
      counters(registry, "bootstrap_operator_watch_restarts_total",
               "Watches that had to be opened again, by the reason; ended and broken are normal.");
  Family<Gauge>& objects =
      gauges(registry, "bootstrap_operator_store_objects", "Objects known from a watch.");
  Family<Counter>& unreadables =
      counters(registry, "bootstrap_operator_unreadable_objects_total",
               "Objects of a watch that could not be read and were left out.");
};

Metrics::Metrics(const Options& options) : families_(std::make_unique<Families>()) {
  gauges(families_->registry, "bootstrap_operator_build_info", "Always 1; what was built.")
      .Add({{"version", options.version}})
      .Set(1);
  for (const std::string_view outcome : kOutcomeNames)
    families_->reconciles.Add({{"outcome", std::string(outcome)}});
  for (const std::string& resource : options.watched) {
    families_->objects.Add({{"resource", resource}});
    families_->unreadables.Add({{"resource", resource}});
    for (const kube::Watcher::Restart reason : kube::kRestarts)
      families_->restarts.Add({{"resource", resource}, {"reason", std::string(to_text(reason))}});
  }
}

Metrics::~Metrics() = default;

void Metrics::reconciled(std::string_view outcome, std::chrono::microseconds took) {
  families_->reconciles.Add({{"outcome", std::string(outcome)}}).Increment();
  families_->reconcile_duration.Observe(seconds(took));
}

void Metrics::queue_depth(std::size_t depth) {
  families_->depth.Set(static_cast<double>(depth));
}

void Metrics::queue_waited(Duration waited) {
  families_->wait.Observe(seconds(waited));
}

void Metrics::api_request(std::string_view verb, std::string_view resource, int code,
                          std::chrono::microseconds took) {
  Labels labels{{"verb", std::string(verb)}, {"resource", std::string(resource)}};
  if (verb != "watch") families_->request_duration.Add(labels, kDurations).Observe(seconds(took));
  labels.emplace("code", std::to_string(code));
  families_->requests.Add(labels).Increment();
}

void Metrics::watch_restarted(std::string_view resource, std::string_view reason) {
  families_->restarts.Add({{"resource", std::string(resource)}, {"reason", std::string(reason)}})
      .Increment();
}

void Metrics::store_objects(std::string_view resource, std::size_t count) {
  families_->objects.Add({{"resource", std::string(resource)}}).Set(static_cast<double>(count));
}

void Metrics::unreadable(std::string_view resource) {
  families_->unreadables.Add({{"resource", std::string(resource)}}).Increment();
}

void Metrics::before_scrape(std::function<void()> refresh) {
  refresh_ = std::move(refresh);
}

prometheus::Registry& Metrics::registry() {
  return families_->registry;
}

std::string Metrics::scrape() const {
  if (refresh_) refresh_();
  std::ostringstream out;
  const prometheus::TextSerializer serializer;
  serializer.Serialize(out, families_->registry.Collect());
  serializer.Serialize(out, process_metrics());
  return out.str();
}

}  // namespace bootstrap::runtime
