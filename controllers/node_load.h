#pragma once
// How loaded a node is, and when that is worth telling.
//
// Memory and CPU are what metrics.k8s.io says is used, in percent of what pods may have there
// (status.allocatable, as `kubectl top node` shows it); disk is what its kubelet says of its own
// file system. MemoryPressure and DiskPressure are the node's own conditions: it begins to evict
// pods then.
//
// Pure values and functions. From 0; a node may use more than it may give: over 100.

#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace bootstrap {

struct NodeLoad {
  std::optional<int> memory_percent;
  std::optional<int> cpu_percent;
  std::optional<int> disk_percent;
  bool memory_pressure = false;
  bool disk_pressure = false;
  std::string unknown;  // why memory and CPU are not known
  bool operator==(const NodeLoad&) const = default;
};

// Above which a workflow says so; 1 to 100.
struct LoadLimits {
  int memory_percent = 85;
  int cpu_percent = 95;
  auto operator<=>(const LoadLimits&) const = default;
};

// So far below a limit it must fall before it is said to be over: one that moves around its limit
// would be told with every sample. In percent.
inline constexpr int kLoadSlack = 5;

enum class LoadLevel {
  Unknown,
  Calm,   // below all limits by the slack
  Near,   // between
  Above,  // a limit is reached, or the node says so itself
};
LoadLevel level_of(const NodeLoad&, const LoadLimits&);

// "uses 91 % of its memory (limit 85 %)"; of what makes it Above, or of what is Near.
std::string load_text(const NodeLoad&, const LoadLimits&);

// Of each the larger.
NodeLoad peak_of(const NodeLoad&, const NodeLoad&);

// --- what the API says ---

struct NodeView {
  std::string memory;  // status.allocatable, as it is written
  std::string cpu;
  bool memory_pressure = false;
  bool disk_pressure = false;
  std::string address;   // its InternalIP; empty: not said
  int kubelet_port = 0;  // 0: not said
};

// Of metrics.k8s.io.
struct NodeUsageView {
  std::string memory;
  std::string cpu;
};

// From the text of the object. Error: what is wrong with that text.
tl::expected<NodeView, std::string> read_node(std::string_view object);
tl::expected<NodeUsageView, std::string> read_node_usage(std::string_view object);

// Of what a node uses in percent of what it may give, rounded down. None: not known.
NodeLoad load_of(const NodeView&, const NodeUsageView&);

// Of a kubelet's /stats/summary: how full the file system of the node is, or that of its images,
// whichever is fuller. Empty: it does not say.
std::optional<int> disk_percent_in(std::string_view summary);

}  // namespace bootstrap
