#include "operator/node_monitor.h"

#include <algorithm>

#include <fmt/format.h>

namespace bootstrap {
namespace {

constexpr kube::Resource kNodes{"", "v1", "nodes"};
constexpr kube::Resource kNodeMetrics{"metrics.k8s.io", "v1beta1", "nodes"};

constexpr runtime::SteadyPoint::duration kLongestWait = std::chrono::minutes(1);

NodeLoad not_known(std::string why) {
  NodeLoad load;
  load.unknown = std::move(why);
  return load;
}

// What it used a while ago, with what else is known of it now.
void keep_usage(const NodeLoad& former, NodeLoad& now) {
  now.memory_percent = former.memory_percent;
  now.cpu_percent = former.cpu_percent;
  now.unknown = former.unknown;
}

}  // namespace

// --- asking ---

std::optional<Found<NodeUsage::Answer>> NodeMonitor::ask(const ObjectKey& workflow,
                                                         const NodeUsage& question) {
  const std::scoped_lock lock(mutex_);
  Node& node = nodes_[question.node];
  const bool is_sooner = node.askers.empty() || question.interval < node.interval();
  Asker& asker = node.askers[workflow];
  if (asker.question != question) {
    asker = {question, node.is_believed(clock_.steady_now())};
    node.wanted = node.wanted || !asker.answered;
    if (!asker.answered || is_sooner) call_locked();
  }
  if (!asker.answered) return std::nullopt;
  asker.level = level_of(node.load, question.limits);
  asker.peak = peak_of(asker.peak, node.load);
  return NodeUsage::Answer{node.load, asker.peak};
}

void NodeMonitor::keep_only(const ObjectKey& workflow, const std::set<Question>& asked) {
  std::set<std::string> kept;
  for (const Question& question : asked)
    if (const auto* usage = std::get_if<NodeUsage>(&question)) kept.insert(usage->node);
  const std::scoped_lock lock(mutex_);
  for (auto& [name, node] : nodes_)
    if (!kept.contains(name)) node.askers.erase(workflow);
}

void NodeMonitor::call_locked() {
  has_news_ = true;
  asked_.notify_one();
}

// --- sampling ---

Duration NodeMonitor::Node::interval() const {
  Duration shortest = Duration::max();
  for (const auto& [workflow, asker] : askers)
    shortest = std::min(shortest, asker.question.interval);
  return shortest;
}

runtime::SteadyPoint NodeMonitor::Node::due() const {
  if (askers.empty()) return sampled ? *sampled + kBelievedFor : runtime::SteadyPoint{};
  return looked && !wanted ? *looked + interval() : runtime::SteadyPoint{};
}

std::optional<runtime::SteadyPoint> NodeMonitor::next_due() const {
  const std::scoped_lock lock(mutex_);
  std::optional<runtime::SteadyPoint> next;
  for (const auto& [name, node] : nodes_) next = next ? std::min(*next, node.due()) : node.due();
  return next;
}

// Those to be sampled; those to be forgotten are.
std::vector<std::string> NodeMonitor::take_due() {
  const std::scoped_lock lock(mutex_);
  has_news_ = false;
  const runtime::SteadyPoint now = clock_.steady_now();
  std::vector<std::string> due;
  std::erase_if(nodes_, [&](const auto& entry) {
    const auto& [name, node] = entry;
    if (node.due() > now) return false;
    if (!node.askers.empty())
      due.push_back(name);
    else if (hooks_.on_end)
      hooks_.on_end(name);
    return node.askers.empty();
  });
  return due;
}

std::optional<runtime::SteadyPoint> NodeMonitor::sample_due(const std::stop_token& stop) {
  for (const std::string& node : take_due())
    if (!stop.stop_requested()) take(node, sample(node, stop));
  return next_due();
}

void NodeMonitor::take(const std::string& name, Sample sampled) {
  const std::scoped_lock lock(mutex_);
  const auto found = nodes_.find(name);
  if (found == nodes_.end()) return;
  Node& node = found->second;
  const runtime::SteadyPoint now = clock_.steady_now();
  node.looked = now;
  node.wanted = false;
  const bool stands =
      sampled.missing != Missing::Nothing && node.sampled && *node.sampled + kStandsFor > now;
  if (!stands)
    node.sampled = now;
  else if (sampled.missing == Missing::Usage)
    keep_usage(node.load, sampled.load);
  else
    sampled.load = node.load;
  node.load = std::move(sampled.load);
  if (hooks_.on_sample) hooks_.on_sample(name, node.load);
  for (auto& [workflow, asker] : node.askers) {
    asker.answered = true;
    asker.peak = peak_of(asker.peak, node.load);
    const LoadLevel level = level_of(node.load, asker.question.limits);
    if (asker.level == level) continue;
    asker.level = level;
    hooks_.wake(workflow);
  }
}

NodeMonitor::Sample NodeMonitor::sample(const std::string& name, const std::stop_token& stop) {
  using Kind = kube::ApiError::Kind;
  const auto object = client_.get(kNodes, "", name);
  if (!object && object.error().kind == Kind::NotFound)
    return {not_known(fmt::format("there is no node {}", name))};
  if (!object) return {not_known("nodes cannot be read: " + object.error().message), Missing::All};
  const auto node = read_node(*object);
  if (!node)
    return {not_known(fmt::format("node {} cannot be read: {}", name, node.error())), Missing::All};
  const auto metrics = client_.get(kNodeMetrics, "", name);
  const auto usage = metrics ? read_node_usage(*metrics) : NodeUsageView{};
  Sample sampled{load_of(*node, usage.value_or(NodeUsageView{}))};
  if (disk_) sampled.load.disk_percent = disk_(*node, stop);
  if (metrics) return sampled;
  const bool says_nothing = metrics.error().kind == Kind::NotFound;
  sampled.missing = says_nothing ? Missing::Nothing : Missing::Usage;
  sampled.load.unknown =
      "what nodes use is not known: metrics.k8s.io" +
      (says_nothing ? fmt::format(" says nothing of node {} (it is served by metrics-server)", name)
                    : ": " + metrics.error().message);
  return sampled;
}

void NodeMonitor::wait(std::optional<runtime::SteadyPoint> due, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto news = [this] { return has_news_; };
  if (!due)
    asked_.wait(lock, stop, news);
  else  // not longer: a node about which nobody asks any more is to be forgotten
    asked_.wait_for(lock, stop, std::min(*due - clock_.steady_now(), kLongestWait), news);
}

}  // namespace bootstrap
