#include "operator/engine.h"

#include <fmt/format.h>

#include "operator/kube/store_writer.h"

namespace bootstrap {

Engine::Engine(kube::Client& client, const runtime::Clock& clock, Options options, Hooks hooks)
    : hooks_(std::move(hooks)),
      queue_(clock, std::move(options.queue)),
      locks_([this](const ObjectKey& workflow) { queue_.add(workflow); }),
      times_([this](const ObjectKey& workflow) { return workflows_.get(workflow); }),
      workflows_({.index = [](const Workflow& w) { return workflow_uid_of(w.meta); },
                  .on_change =
                      [this](const Workflow& w, bool deleted) {
                        queue_.add(w.meta.key());
                        locks_.changed(w, deleted);
                        times_.changed(w, deleted);
                        queue_owner(w.meta);  // of a child: its parent
                      },
                  .same = {},
                  .on_same = {},
                  .on_version = {}}),
      jobs_({.index = [](const JobView& job) { return workflow_uid_of(job.meta); },
             .on_change = [this](const JobView& job, bool) { queue_owner(job.meta); },
             .same = [](const JobView& a, const JobView& b) { return says_the_same(a, b); },
             .on_same = [this](const JobView& job) { queue_if_awaited(job.meta); },
             .on_version = {}}),
      pods_({.index = [](const PodView& pod) { return workflow_uid_of(pod.meta); },
             .on_change =
                 [this](const PodView& pod, bool deleted) {
                   if (has_ended(pod) && !deleted)
                     hand_offs_.pod_has_ended(workflow_key_of(pod.meta));
                   queue_owner(pod.meta);
                 },
             .same = [](const PodView& a, const PodView& b) { return says_the_same(a, b); },
             .on_same = {},
             .on_version = {}}),
      templates_({.index = {},
                  .on_change = [this](const TemplateView& t,
                                      bool) { watched_templates_.changed(t.meta.key()); },
                  .same = {},
                  .on_same = {},
                  .on_version = {}}),
      discovery_(client, clock),
      access_(client, clock, discovery_),
      event_looks_(clock),
      hand_offs_(clock),
      nodes_(client, clock, hooks_.disk,
             {.wake = [this](const ObjectKey& workflow) { queue_.add(workflow); },
              .on_sample = hooks_.on_node_sample,
              .on_end = hooks_.on_node_end}),
      subscriptions_(discovery_, options.subscriptions, hooks_.watches,
                     [this](const ObjectKey& workflow) { queue_.add(workflow); }),
      watched_templates_(templates_, [this](const ObjectKey& workflow) { queue_.add(workflow); }),
      reconciler_(client, {workflows_, jobs_, pods_},
                  {subscriptions_, access_, watched_templates_, locks_, times_, discovery_,
                   event_looks_, hand_offs_, nodes_},
                  clock, std::move(options.reconciler), hooks_.reconciler) {}

void Engine::queue_owner(const ObjectMeta& child) {
  const ObjectKey key = workflow_key_of(child);
  if (!key.name.empty()) queue_.add(key);
}

// What we wrote ourselves may say nothing new, and a pass may wait for having seen it.
void Engine::queue_if_awaited(const ObjectMeta& job) {
  const ObjectKey key = workflow_key_of(job);
  if (reconciler_.awaits_own_write(key)) queue_.add(key);
}

template <class T>
Engine::Watch Engine::watch(const kube::Resource& resource, kube::Store<T>& store,
                            const Projection<T>& projection, std::string selector) {
  kube::Watcher::Options watcher;
  watcher.fields = projection.fields;
  watcher.label_selector = std::move(selector);
  return {resource, std::move(watcher),
          kube::StoreWriter<T>(store, projection.read,
                               [this, resource](const ObjectKey& key, const std::string& why) {
                                 hooks_.on_unreadable(resource, key, why);
                               }),
          [&store] { return store.synced(); }, [&store] { return store.size(); }};
}

std::vector<Engine::Watch> Engine::watches() {
  const std::string ours = fmt::format("{}={}", labels::kManagedBy, labels::kManagedByValue);
  return {watch(kube::resources::kWorkflows, workflows_, kWorkflowProjection, ""),
          watch(kube::resources::kJobs, jobs_, kJobProjection, ours),
          watch(kube::resources::kPods, pods_, kPodProjection, ours),
          watch(kube::resources::kTemplates, templates_, kTemplateProjection, "")};
}

}  // namespace bootstrap
