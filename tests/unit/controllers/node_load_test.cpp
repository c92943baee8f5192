#include "controllers/node_load.h"

#include <gtest/gtest.h>

namespace bootstrap {
namespace {

// As `kubectl get --raw /api/v1/nodes/worker-1` and …/apis/metrics.k8s.io/v1beta1/nodes/worker-1
// print them, cut down.
constexpr const char* kNode = R"({
  "kind": "Node", "metadata": {"name": "worker-1"},
  "status": {
    "allocatable": {"cpu": "3500m", "memory": "15384272Ki", "pods": "250"},
    "capacity": {"cpu": "4", "memory": "16384272Ki"},
    "addresses": [{"type": "Hostname", "address": "worker-1"},
                  {"type": "InternalIP", "address": "10.0.0.7"},
                  {"type": "InternalIP", "address": "fd00::7"}],
    "conditions": [{"type": "MemoryPressure", "status": "False"},
                   {"type": "DiskPressure", "status": "True"},
                   {"type": "Ready", "status": "True"}],
    "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
    "images": [{"names": ["a"], "sizeBytes": 1}]}})";
constexpr const char* kUsage = R"({
  "kind": "NodeMetrics", "metadata": {"name": "worker-1"}, "timestamp": "2026-01-02T15:04:05Z",
  "window": "20.04s", "usage": {"cpu": "1751203551n", "memory": "7692136Ki"}})";

NodeLoad used(std::optional<int> memory, std::optional<int> cpu) {
  NodeLoad load;
  load.memory_percent = memory;
  load.cpu_percent = cpu;
  return load;
}

TEST(NodeLoad, IsReadFromWhatTheApiSays) {
  const auto node = read_node(kNode);
  ASSERT_TRUE(node) << node.error();
  EXPECT_EQ(node->address, "10.0.0.7");
  EXPECT_EQ(node->kubelet_port, 10250);
  EXPECT_FALSE(node->memory_pressure);
  EXPECT_TRUE(node->disk_pressure);
  const auto usage = read_node_usage(kUsage);
  ASSERT_TRUE(usage) << usage.error();
  const NodeLoad load = load_of(*node, *usage);
  EXPECT_EQ(load.memory_percent, 50) << "of what pods may have, not of all there is";
  EXPECT_EQ(load.cpu_percent, 50);
  EXPECT_TRUE(load.disk_pressure);
}

TEST(NodeLoad, WhatIsMissingOrNoAmountIsNotKnown) {
  const NodeView node{"16Gi", "4", false, false, "", 0};
  EXPECT_EQ(load_of(node, {}), NodeLoad{});
  EXPECT_EQ(load_of(node, {"much", "1"}), used(std::nullopt, 25));
  EXPECT_EQ(load_of({"0", "", false, false, "", 0}, {"1Gi", "1"}), NodeLoad{});
  const auto bare = read_node("{}");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->address, "");
  EXPECT_EQ(load_of(*bare, {"1Gi", "1"}), NodeLoad{});
  for (const char* text : {R"({"status": 5})", R"({"status": {"conditions": {"type": "x"}}})",
                           R"({"status": {"conditions": [7], "addresses": ["a"]}})", "5", "[]"})
    EXPECT_TRUE(read_node(text)) << text;
  EXPECT_FALSE(read_node("{"));
  EXPECT_FALSE(read_node_usage("404 page not found"));
}

struct LevelRow {
  const char* what;
  NodeLoad load;
  LoadLevel level;
};

TEST(NodeLoad, HasALevelForItsLimits) {
  NodeLoad evicts = used(10, 10);
  evicts.disk_pressure = true;
  NodeLoad evicts_unmeasured;
  evicts_unmeasured.memory_pressure = true;
  const LevelRow rows[] = {
      {"nothing is known", {}, LoadLevel::Unknown},
      {"below both", used(80, 90), LoadLevel::Calm},
      {"memory is not 5 below", used(81, 10), LoadLevel::Near},
      {"nor is CPU", used(10, 91), LoadLevel::Near},
      {"just below the limit", used(84, 10), LoadLevel::Near},
      {"memory at its limit", used(85, 10), LoadLevel::Above},
      {"CPU at its limit", used(10, 95), LoadLevel::Above},
      {"only one is known", used(std::nullopt, 10), LoadLevel::Calm},
      {"the node says so itself", evicts, LoadLevel::Above},
      {"and nothing else is known", evicts_unmeasured, LoadLevel::Above},
  };
  for (const LevelRow& row : rows) EXPECT_EQ(level_of(row.load, {}), row.level) << row.what;
  EXPECT_EQ(level_of(used(50, 10), {50, 95}), LoadLevel::Above) << "limits of one's own";
  EXPECT_EQ(level_of(used(0, 0), {1, 1}), LoadLevel::Calm) << "it cannot be 5 below 1";
  EXPECT_EQ(level_of(used(1, 0), {5, 5}), LoadLevel::Near);
}

TEST(NodeLoad, SaysWhatIsWrong) {
  NodeLoad load = used(91, 99);
  EXPECT_EQ(load_text(load, {}),
            "uses 91 % of its memory (limit 85 %) and uses 99 % of its CPU (limit 95 %)");
  load = used(20, 20);
  EXPECT_EQ(load_text(load, {}), "");
  load.memory_pressure = load.disk_pressure = true;
  EXPECT_EQ(load_text(load, {}), "reports MemoryPressure and reports DiskPressure");
}

TEST(NodeLoad, PeaksAreTakenOneByOne) {
  NodeLoad first = used(20, 80);
  NodeLoad second = used(40, std::nullopt);
  second.disk_percent = 7;
  const NodeLoad peak = peak_of(first, second);
  EXPECT_EQ(peak.memory_percent, 40);
  EXPECT_EQ(peak.cpu_percent, 80);
  EXPECT_EQ(peak.disk_percent, 7);
}

TEST(DiskPercent, IsThatOfTheFullerFileSystem) {
  EXPECT_EQ(disk_percent_in(R"({"node": {"nodeName": "worker-1",
      "fs": {"availableBytes": 25, "capacityBytes": 100, "usedBytes": 70},
      "runtime": {"imageFs": {"availableBytes": 60, "capacityBytes": 100}}},
    "pods": [{"podRef": {"name": "a"}}]})"),
            75)
      << "what is not available, as people see it: reserved blocks are used";
  EXPECT_EQ(disk_percent_in(R"({"node": {"runtime": {"imageFs":
      {"availableBytes": 10, "capacityBytes": 100}}}})"),
            90);
  EXPECT_FALSE(disk_percent_in(R"({"node": {"fs": {"availableBytes": 25}}})"));
  EXPECT_FALSE(disk_percent_in(R"({"node": {"fs": {"availableBytes": 0, "capacityBytes": 0}}})"));
  EXPECT_FALSE(disk_percent_in("Unauthorized"));
}

}  // namespace
}  // namespace bootstrap
