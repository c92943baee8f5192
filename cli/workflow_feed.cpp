#include "cli/workflow_feed.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace bootstrap::cli {
namespace {

using kube::Watcher;
using nlohmann::json;

Watcher::Options options_for(Watcher::Options options, const std::string& name) {
  options.fields = FieldFilter::everything();
  options.field_selector = "metadata.name=" + name;
  return options;
}

bool is_hopeless(Watcher::Restart restart) {
  return restart == Watcher::Restart::Forbidden || restart == Watcher::Restart::NotFound;
}

// An end that a watch has every few minutes, or that nothing was lost by.
bool is_usual(Watcher::Restart restart) {
  return restart == Watcher::Restart::Ended || restart == Watcher::Restart::Expired ||
         restart == Watcher::Restart::Short;
}

}  // namespace

WorkflowFeed::WorkflowFeed(Cluster& cluster, const runtime::Clock& clock, const SeenWorkflow& first,
                           const Watcher::Options& watcher)
    : name_(first.meta.name),
      uid_(first.meta.uid),
      loop_(cluster.client(), clock,
            {.resource = kube::resources::kWorkflows,
             .ns = first.meta.ns,
             .watcher = options_for(watcher, name_)},
            {.write = [this](const kube::StoreOp& op) { take(op); },
             .on_restart = [this](Watcher::Restart why,
                                  const std::string& message) { restarted(why, message); }}),
      thread_([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) loop_.step(stop);
      }) {}

WorkflowFeed::~WorkflowFeed() = default;

std::optional<News> WorkflowFeed::next(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [this] { return !news_.empty() || woken_; });
  woken_ = false;
  if (news_.empty()) return std::nullopt;
  News oldest = std::move(news_.front());
  news_.pop_front();
  return oldest;
}

void WorkflowFeed::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

void WorkflowFeed::tell(News news) {
  const std::lock_guard lock(mutex_);
  news_.push_back(std::move(news));
  changed_.notify_all();
}

void WorkflowFeed::take(const kube::StoreOp& op) {
  if (std::holds_alternative<kube::ops::Begin>(op)) {
    in_list_ = true;
    listed_ = false;
  } else if (const auto* apply = std::get_if<kube::ops::Apply>(&op)) {
    take_object(apply->object);
  } else if (std::holds_alternative<kube::ops::Delete>(op)) {
    tell(news::Deleted{});
  } else if (std::holds_alternative<kube::ops::Complete>(op)) {
    if (in_list_ && !listed_) tell(news::Deleted{});
    in_list_ = false;
  }
}

void WorkflowFeed::take_object(const json& object) {
  auto workflow = seen_workflow(object);
  if (!workflow)
    return tell(news::Over{{Exit::Failed, fmt::format("{}: {}", name_, workflow.error())}});
  if (workflow->meta.uid != uid_) return tell(news::Deleted{});
  listed_ = true;
  tell(news::Changed{std::move(*workflow)});
}

void WorkflowFeed::restarted(Watcher::Restart why, const std::string& message) {
  if (is_hopeless(why))
    return tell(
        news::Over{{Exit::Failed, fmt::format("{} cannot be watched: {}", name_, message)}});
  if (!is_usual(why)) tell(news::Trouble{message});
}

}  // namespace bootstrap::cli
