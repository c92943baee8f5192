#include "operator/node_metrics.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace bootstrap {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(NodeMetrics, AreThoseOfTheNodesThatAreSampledNow) {
  prometheus::Registry registry;
  NodeMetrics metrics(registry);
  const auto scraped = [&] {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, registry.Collect());
    return out.str();
  };
  NodeLoad load;
  load.memory_percent = 91;
  load.cpu_percent = 150;
  metrics.sampled("worker-1", load);
  EXPECT_THAT(scraped(), HasSubstr("bootstrap_operator_node_memory_used_ratio{node=\"worker-1\"} "
                                   "0.91"));
  EXPECT_THAT(scraped(),
              HasSubstr("bootstrap_operator_node_cpu_used_ratio{node=\"worker-1\"} 1.5"));
  EXPECT_THAT(scraped(), Not(HasSubstr("disk_used_ratio{"))) << "nobody knows";
  load.disk_percent = 40;
  load.cpu_percent.reset();
  metrics.sampled("worker-1", load);
  metrics.sampled("worker-2", load);
  EXPECT_THAT(scraped(), HasSubstr("disk_used_ratio{node=\"worker-1\"} 0.4"));
  EXPECT_THAT(scraped(), Not(HasSubstr("cpu_used_ratio{"))) << "it is not known any more";
  metrics.ended("worker-1");
  EXPECT_THAT(scraped(), Not(HasSubstr("worker-1")));
  EXPECT_THAT(scraped(), HasSubstr("memory_used_ratio{node=\"worker-2\"}"));
}

}  // namespace
}  // namespace bootstrap
