#pragma once
// The whole machine without threads and without sockets: stores, queue and reconciler, wired so
// that every change of an object queues the workflow it belongs to.
//
// The process (application.h) drives it with threads; the simulation with one hand. Whoever drives
// it feeds each of `watches()` what a Watcher says, and reconciles keys from `queue()` once
// `synced()` is true: before that the absence of an object would mean nothing.
//
// Waits ask for watches of their own, as they are needed: Hooks::watches runs those. Nodes on which
// steps run are sampled by whoever drives nodes().
//
// Threads: each watch's write from one thread; everything else from any.

#include <functional>
#include <string>
#include <vector>

#include "operator/kube/store.h"
#include "operator/kube/watcher.h"
#include "operator/lock_claims.h"
#include "operator/node_monitor.h"
#include "operator/reconciler.h"
#include "operator/runtime/work_queue.h"
#include "operator/subscriptions.h"
#include "operator/watched_templates.h"

namespace bootstrap {

class Engine {
 public:
  struct Options {
    Reconciler::Options reconciler;
    runtime::WorkQueue::Options queue;
    Subscriptions::Options subscriptions = {};
  };

  struct Hooks {
    Reconciler::Hooks reconciler;
    // An object that this version cannot read; it is left alone.
    std::function<void(const kube::Resource&, const ObjectKey&, const std::string& why)>
        on_unreadable;
    // Runs the watches of subscriptions, which come and go.
    WatchDriver watches = {};
    // What was sampled of a node while steps run there, and that it is sampled no more.
    std::function<void(const std::string& node, const NodeLoad&)> on_node_sample = {};
    std::function<void(const std::string& node)> on_node_end = {};
    NodeMonitor::DiskReader disk = {};
  };

  struct Watch {
    kube::Resource resource;
    kube::Watcher::Options watcher;
    std::function<void(const kube::StoreOp&)> write;
    std::function<bool()> synced;
    std::function<std::size_t()> size;
  };

  // All must outlive the engine.
  Engine(kube::Client& client, const runtime::Clock& clock, Options options, Hooks hooks);

  // Workflows, Jobs, pods and templates. Each call makes new writers; use one set.
  std::vector<Watch> watches();

  runtime::WorkQueue& queue() { return queue_; }
  NodeMonitor& nodes() { return nodes_; }
  bool synced() const {
    return workflows_.synced() && jobs_.synced() && pods_.synced() && templates_.synced();
  }
  runtime::Outcome reconcile(const ObjectKey& key) { return reconciler_.reconcile(key); }
  std::vector<std::shared_ptr<const Workflow>> workflows() const { return workflows_.all(); }

 private:
  template <class T>
  Watch watch(const kube::Resource&, kube::Store<T>&, const Projection<T>&, std::string selector);
  void queue_owner(const ObjectMeta& child);
  void queue_if_awaited(const ObjectMeta& job);

  Hooks hooks_;
  runtime::WorkQueue queue_;
  LockClaims locks_;
  FamilyTimes times_;
  kube::Store<Workflow> workflows_;
  kube::Store<JobView> jobs_;
  kube::Store<PodView> pods_;
  kube::Store<TemplateView> templates_;
  Discovery discovery_;
  AccessReviews access_;
  EventLooks event_looks_;
  HandOffs hand_offs_;
  NodeMonitor nodes_;
  Subscriptions subscriptions_;
  WatchedTemplates watched_templates_;
  Reconciler reconciler_;
};

}  // namespace bootstrap
