#include "controllers/node_load.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "controllers/projection.h"
#include "controllers/quantity.h"

namespace bootstrap {

using nlohmann::json;

namespace {

// Part of the whole. Empty: one of them is not known.
std::optional<int> percent(std::optional<double> part, std::optional<double> whole) {
  if (!part || !whole || *part < 0 || *whole <= 0) return std::nullopt;
  return static_cast<int>(std::min(std::floor(*part * 100 / *whole), 1e6));
}

std::optional<int> larger(std::optional<int> a, std::optional<int> b) {
  return std::max(a, b);  // none is less than any
}

using Path = std::initializer_list<const char*>;

// Null: it is not there, or not where it should be.
const json& at(const json& object, Path path) {
  static const json kNothing;
  const json* here = &object;
  for (const char* key : path) {
    const auto found = here->is_object() ? here->find(key) : here->end();
    if (found == here->end()) return kNothing;
    here = &*found;
  }
  return *here;
}

std::string text_at(const json& object, Path path) {
  const json& value = at(object, path);
  return value.is_string() ? value.get<std::string>() : "";
}

std::optional<double> number_at(const json& object, Path path) {
  const json& value = at(object, path);
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

// Of a file system.
std::optional<int> used_percent(const json& fs) {
  const auto available = number_at(fs, {"availableBytes"});
  const auto capacity = number_at(fs, {"capacityBytes"});
  if (!available || !capacity) return std::nullopt;
  return percent(*capacity - *available, capacity);
}

bool has_true(const json& conditions, std::string_view type) {
  return std::ranges::any_of(conditions, [&](const json& condition) {
    return text_at(condition, {"type"}) == type && text_at(condition, {"status"}) == "True";
  });
}

// The lowest percentage that is not far enough below a limit.
int first_near(int limit) {
  return limit - std::min(kLoadSlack, limit) + 1;
}

}  // namespace

LoadLevel level_of(const NodeLoad& load, const LoadLimits& limits) {
  const std::array<std::pair<std::optional<int>, int>, 2> measured{
      {{load.memory_percent, limits.memory_percent}, {load.cpu_percent, limits.cpu_percent}}};
  const auto is_any = [&](auto&& limit_of) {
    return std::ranges::any_of(
        measured, [&](const auto& m) { return m.first && *m.first >= limit_of(m.second); });
  };
  const auto itself = [](int limit) { return limit; };
  if (load.memory_pressure || load.disk_pressure || is_any(itself)) return LoadLevel::Above;
  if (!load.memory_percent && !load.cpu_percent) return LoadLevel::Unknown;
  return is_any(first_near) ? LoadLevel::Near : LoadLevel::Calm;
}

std::string load_text(const NodeLoad& load, const LoadLimits& limits) {
  std::vector<std::string> parts;
  const auto measured = [&](std::optional<int> percent, int limit, const char* what) {
    if (percent && *percent >= first_near(limit))
      parts.push_back(fmt::format("uses {} % of its {} (limit {} %)", *percent, what, limit));
  };
  measured(load.memory_percent, limits.memory_percent, "memory");
  measured(load.cpu_percent, limits.cpu_percent, "CPU");
  if (load.memory_pressure) parts.emplace_back("reports MemoryPressure");
  if (load.disk_pressure) parts.emplace_back("reports DiskPressure");
  return fmt::format("{}", fmt::join(parts, " and "));
}

NodeLoad peak_of(const NodeLoad& a, const NodeLoad& b) {
  NodeLoad peak = b;
  peak.memory_percent = larger(a.memory_percent, b.memory_percent);
  peak.cpu_percent = larger(a.cpu_percent, b.cpu_percent);
  peak.disk_percent = larger(a.disk_percent, b.disk_percent);
  return peak;
}

tl::expected<NodeView, std::string> read_node(std::string_view object) {
  static const FieldFilter kFields({"status.allocatable.memory", "status.allocatable.cpu",
                                    "status.conditions.type", "status.conditions.status",
                                    "status.addresses.type", "status.addresses.address",
                                    "status.daemonEndpoints.kubeletEndpoint.Port"});
  const auto kept = parse_kept(object, kFields);
  if (!kept) return tl::unexpected(kept.error());
  NodeView node;
  node.memory = text_at(*kept, {"status", "allocatable", "memory"});
  node.cpu = text_at(*kept, {"status", "allocatable", "cpu"});
  const json& conditions = at(*kept, {"status", "conditions"});
  node.memory_pressure = has_true(conditions, "MemoryPressure");
  node.disk_pressure = has_true(conditions, "DiskPressure");
  for (const json& address : at(*kept, {"status", "addresses"}))
    if (node.address.empty() && text_at(address, {"type"}) == "InternalIP")
      node.address = text_at(address, {"address"});
  const json& port = at(*kept, {"status", "daemonEndpoints", "kubeletEndpoint", "Port"});
  if (port.is_number_integer()) node.kubelet_port = port.get<int>();
  return node;
}

tl::expected<NodeUsageView, std::string> read_node_usage(std::string_view object) {
  static const FieldFilter kFields({"usage.memory", "usage.cpu"});
  const auto kept = parse_kept(object, kFields);
  if (!kept) return tl::unexpected(kept.error());
  return NodeUsageView{text_at(*kept, {"usage", "memory"}), text_at(*kept, {"usage", "cpu"})};
}

NodeLoad load_of(const NodeView& node, const NodeUsageView& usage) {
  NodeLoad load;
  load.memory_percent = percent(quantity_from_text(usage.memory), quantity_from_text(node.memory));
  load.cpu_percent = percent(quantity_from_text(usage.cpu), quantity_from_text(node.cpu));
  load.memory_pressure = node.memory_pressure;
  load.disk_pressure = node.disk_pressure;
  return load;
}

std::optional<int> disk_percent_in(std::string_view summary) {
  static const FieldFilter kFields({"node.fs.availableBytes", "node.fs.capacityBytes",
                                    "node.runtime.imageFs.availableBytes",
                                    "node.runtime.imageFs.capacityBytes"});
  const auto kept = parse_kept(summary, kFields);
  if (!kept) return std::nullopt;
  return larger(used_percent(at(*kept, {"node", "fs"})),
                used_percent(at(*kept, {"node", "runtime", "imageFs"})));
}

}  // namespace bootstrap
