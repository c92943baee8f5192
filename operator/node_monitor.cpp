#include "operator/node_monitor.h"

#include <algorithm>

#include <fmt/format.h>

namespace bootstrap {
namespace {

constexpr kube::Resource kNodes{"", "v1", "nodes"};
constexpr kube::Resource kNodeMetrics{"metrics.k8s.io", "v1beta1", "nodes"};
// What was sampled for somebody else is believed for so long when nobody has asked meanwhile.
constexpr Duration kBelievedFor{15'000};

NodeLoad not_known(std::string why) {
  NodeLoad load;
  load.unknown = std::move(why);
  return load;
}

}  // namespace

// --- asking ---

std::optional<Found<NodeUsage::Answer>> NodeMonitor::ask(const ObjectKey& workflow,
                                                         const NodeUsage& question) {
  const std::scoped_lock lock(mutex_);
  forget_stale_locked(clock_.steady_now());
  const auto [found, is_new] = nodes_.try_emplace(question.node);
  Node& node = found->second;
  const auto [known, asks_anew] = node.askers.try_emplace(workflow);
  Asker& asker = known->second;
  if (asks_anew || asker.interval != question.interval || asker.limits != question.limits) {
    asker.interval = question.interval;
    asker.limits = question.limits;
    has_news_ = true;
    asked_.notify_one();
  }
  if (!node.sampled) return std::nullopt;
  asker.level = level_of(node.load, asker.limits);
  asker.peak = peak_of(asker.peak, node.load);
  return NodeUsage::Answer{node.load, asker.peak};
}

void NodeMonitor::keep_only(const ObjectKey& workflow, const std::set<Question>& asked) {
  std::set<std::string> kept;
  for (const Question& question : asked)
    if (const auto* usage = std::get_if<NodeUsage>(&question)) kept.insert(usage->node);
  const std::scoped_lock lock(mutex_);
  for (auto& [name, node] : nodes_)
    if (!kept.contains(name) && node.askers.erase(workflow) > 0 && node.askers.empty() &&
        hooks_.on_end)
      hooks_.on_end(name);
}

// --- sampling ---

Duration NodeMonitor::Node::interval() const {
  Duration shortest = Duration::max();
  for (const auto& [workflow, asker] : askers) shortest = std::min(shortest, asker.interval);
  return shortest;
}

runtime::SteadyPoint NodeMonitor::due_of(const Node& node) {
  return node.sampled ? *node.sampled + node.interval() : runtime::SteadyPoint{};
}

std::vector<std::string> NodeMonitor::due_locked(runtime::SteadyPoint now) const {
  std::vector<std::string> due;
  for (const auto& [name, node] : nodes_)
    if (!node.askers.empty() && due_of(node) <= now) due.push_back(name);
  return due;
}

void NodeMonitor::forget_stale_locked(runtime::SteadyPoint now) {
  std::erase_if(nodes_, [&](const auto& entry) {
    const Node& node = entry.second;
    return node.askers.empty() && (!node.sampled || *node.sampled + kBelievedFor <= now);
  });
}

std::optional<runtime::SteadyPoint> NodeMonitor::next_due() const {
  const std::scoped_lock lock(mutex_);
  std::optional<runtime::SteadyPoint> next;
  for (const auto& [name, node] : nodes_)
    if (!node.askers.empty()) next = next ? std::min(*next, due_of(node)) : due_of(node);
  return next;
}

std::optional<runtime::SteadyPoint> NodeMonitor::sample_due() {
  std::vector<std::string> due;
  {
    const std::scoped_lock lock(mutex_);
    has_news_ = false;
    due = due_locked(clock_.steady_now());
  }
  for (const std::string& node : due) take(node, sample(node));
  return next_due();
}

void NodeMonitor::take(const std::string& name, NodeLoad load) {
  const std::scoped_lock lock(mutex_);
  const auto found = nodes_.find(name);
  if (found == nodes_.end()) return;
  Node& node = found->second;
  node.load = std::move(load);
  node.sampled = clock_.steady_now();
  if (!node.askers.empty() && hooks_.on_sample) hooks_.on_sample(name, node.load);
  for (auto& [workflow, asker] : node.askers) {
    asker.peak = peak_of(asker.peak, node.load);
    const LoadLevel level = level_of(node.load, asker.limits);
    if (asker.level == level) continue;
    asker.level = level;
    hooks_.wake(workflow);
  }
}

NodeLoad NodeMonitor::sample(const std::string& name) {
  const auto object = client_.get(kNodes, "", name);
  if (!object) return not_known("nodes cannot be read: " + object.error().message);
  const auto node = read_node(*object);
  if (!node) return not_known(fmt::format("node {} cannot be read: {}", name, node.error()));
  const auto metrics = client_.get(kNodeMetrics, "", name);
  const auto usage = metrics ? read_node_usage(*metrics) : NodeUsageView{};
  NodeLoad load = load_of(*node, usage.value_or(NodeUsageView{}));
  if (!metrics && metrics.error().kind == kube::ApiError::Kind::NotFound)
    load.unknown = fmt::format(
        "what nodes use is not known: metrics.k8s.io says nothing of node {} (it is served by "
        "metrics-server)",
        name);
  else if (!metrics)
    load.unknown = "what nodes use is not known: metrics.k8s.io: " + metrics.error().message;
  if (disk_) load.disk_percent = disk_(*node);
  return load;
}

void NodeMonitor::wait(std::optional<runtime::SteadyPoint> due, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto news = [this] { return has_news_; };
  if (!due)
    asked_.wait(lock, stop, news);
  else
    asked_.wait_for(lock, stop, *due - clock_.steady_now(), news);
}

}  // namespace bootstrap
