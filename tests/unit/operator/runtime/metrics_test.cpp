#include "operator/runtime/metrics.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bootstrap::runtime {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

TEST(Metrics, EverySeriesWhoseLabelsAreKnownExistsFromTheStart) {
  const Metrics metrics({.version = "0.1.0", .watched = {"jobs", "pods"}});
  const std::string text = metrics.scrape();
  for (const char* line :
       {"bootstrap_operator_build_info{version=\"0.1.0\"} 1\n",
        "bootstrap_operator_reconcile_total{outcome=\"done\"} 0\n",
        "bootstrap_operator_reconcile_total{outcome=\"exception\"} 0\n",
        "bootstrap_operator_reconcile_duration_seconds_count 0\n",
        "bootstrap_operator_workqueue_depth 0\n",
        "bootstrap_operator_workqueue_wait_seconds_count 0\n",
        "bootstrap_operator_watch_restarts_total{reason=\"expired\",resource=\"pods\"} 0\n",
        "bootstrap_operator_store_objects{resource=\"jobs\"} 0\n",
        "bootstrap_operator_unreadable_objects_total{resource=\"jobs\"} 0\n",
        "# HELP bootstrap_operator_store_objects ",
        "# TYPE bootstrap_operator_reconcile_total counter\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(Metrics, CountsWhatItIsTold) {
  Metrics metrics({.watched = {"jobs"}});
  metrics.reconciled("done", 2ms);
  metrics.reconciled("done", 2s);
  metrics.queue_depth(3);
  metrics.queue_waited(20ms);
  metrics.api_request("create", "jobs", 201, 30ms);
  metrics.api_request("watch", "jobs", 200, 290s);
  metrics.watch_restarted("jobs", "ended");
  metrics.store_objects("jobs", 7);
  metrics.unreadable("jobs");
  const std::string text = metrics.scrape();
  for (const char* line :
       {"bootstrap_operator_reconcile_total{outcome=\"done\"} 2\n",
        "bootstrap_operator_reconcile_duration_seconds_bucket{le=\"0.0025\"} 1\n",
        "bootstrap_operator_reconcile_duration_seconds_sum 2.002\n",
        "bootstrap_operator_workqueue_depth 3\n",
        "bootstrap_operator_workqueue_wait_seconds_sum 0.02\n",
        "bootstrap_operator_api_requests_total{code=\"201\",resource=\"jobs\",verb=\"create\"} 1\n",
        "bootstrap_operator_api_requests_total{code=\"200\",resource=\"jobs\",verb=\"watch\"} 1\n",
        "bootstrap_operator_api_request_duration_seconds_count{resource=\"jobs\",verb=\"create\"} "
        "1\n",
        "bootstrap_operator_watch_restarts_total{reason=\"ended\",resource=\"jobs\"} 1\n",
        "bootstrap_operator_store_objects{resource=\"jobs\"} 7\n",
        "bootstrap_operator_unreadable_objects_total{resource=\"jobs\"} 1\n"})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_THAT(text, Not(HasSubstr("duration_seconds_count{resource=\"jobs\",verb=\"watch\"}")));
}

TEST(Metrics, AsksAtEachScrapeForWhatItIsNotTold) {
  Metrics metrics({.watched = {"jobs"}});
  std::size_t stored = 4;
  metrics.before_scrape([&] { metrics.store_objects("jobs", stored++); });
  EXPECT_THAT(metrics.scrape(), HasSubstr("store_objects{resource=\"jobs\"} 4\n"));
  EXPECT_THAT(metrics.scrape(), HasSubstr("store_objects{resource=\"jobs\"} 5\n"));
}

TEST(Metrics, TellsWhatTheProcessUses) {
  const std::string text = Metrics({}).scrape();
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes",
                           "process_virtual_memory_bytes", "process_start_time_seconds"})
    EXPECT_THAT(text, HasSubstr(std::string("# TYPE ") + name));
  EXPECT_THAT(text, Not(HasSubstr("process_resident_memory_bytes 0\n")));
}

}  // namespace
}  // namespace bootstrap::runtime
