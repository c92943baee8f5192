#pragma once
// The glue between the world and the domain: observe → decide → answer or act, again, then one
// status patch. Every rule is in controllers/; here is only the order of things.
//
// Threads: reconcile may be called from many, never for one key at the same time (the queue sees to
// that). Errors: outcomes for the queue; what matters to users is in the status.

#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "controllers/decide.h"
#include "controllers/job_builder.h"
#include "operator/access_reviews.h"
#include "operator/event_looks.h"
#include "operator/event_recorder.h"
#include "operator/family_times.h"
#include "operator/hand_offs.h"
#include "operator/kube/client.h"
#include "operator/kube/store.h"
#include "operator/lock_claims.h"
#include "operator/node_monitor.h"
#include "operator/own_writes.h"
#include "operator/runtime/clock.h"
#include "operator/runtime/workers.h"
#include "operator/subscriptions.h"
#include "operator/watched_templates.h"

namespace bootstrap {

class Reconciler {
 public:
  struct Stores {
    const kube::Store<Workflow>& workflows;  // children are indexed by the UID of their parent,
    const kube::Store<JobView>& jobs;        // Jobs and pods by that of their workflow
    const kube::Store<PodView>& pods;
  };

  // What is asked for as long as it matters.
  struct Live {
    Subscriptions& subscriptions;
    AccessReviews& access;
    WatchedTemplates& templates;
    LockClaims& locks;
    FamilyTimes& times;
    Discovery& discovery;
    EventLooks& events;
    HandOffs& hand_offs;
    NodeMonitor& nodes;
  };

  struct Options {
    Platform platform;
    std::string instance;  // who reports Events: the pod's name
    bool approvals_are_verified = false;
    std::vector<std::string> restore_labels{};
  };

  struct Hooks {
    // What users should know of has happened and is in the status now.
    std::function<void(const ObjectMeta& workflow, const Transition&)> on_transition;
    // A Job was created, so long after the news that a pod of the workflow had ended.
    std::function<void(std::chrono::microseconds)> on_hand_off = [](std::chrono::microseconds) {};
    // Something went wrong that no status can say.
    std::function<void(const ObjectKey&, const std::string& what)> on_problem;
  };

  // All references must outlive the reconciler.
  Reconciler(kube::Client& client, Stores stores, Live live, const runtime::Clock& clock,
             Options options, Hooks hooks)
      : client_(client),
        stores_(stores),
        live_(live),
        clock_(clock),
        options_(std::move(options)),
        hooks_(std::move(hooks)),
        events_(client, clock, options_.instance) {}

  runtime::Outcome reconcile(const ObjectKey&);

  // The next pass needs stores that have seen what the last one wrote.
  bool awaits_own_write(const ObjectKey& key) const { return own_writes_.awaited(key); }

 private:
  // What one pass knows, and learns as its rounds go on.
  struct Pass {
    std::shared_ptr<const Workflow> workflow;
    std::shared_ptr<const Plan> plan;
    Observed observed;
    std::optional<runtime::SteadyPoint> pod_has_ended{};  // since then it is known
  };

  Pass observe(std::shared_ptr<const Workflow>) const;
  void perform(const std::vector<Action>&, Pass&);
  bool answer_open(const std::set<Question>&, Pass&);
  std::optional<Answer> answer(const Question&, const ObjectMeta& workflow);
  void take_plan(const PlanRecord&, Pass&);
  runtime::Outcome run_out_of_rounds(const Decision&, const Pass&);
  runtime::Outcome conclude(const Decision&, const Pass&);
  void forget_looked_at_strays(const Decision&, const ObjectKey&);
  runtime::Outcome patch_status(const Decision&, const Pass&);
  void publish(const Decision&, const ObjectMeta& workflow, std::uint64_t version);
  void forget(const ObjectKey&);

  std::shared_ptr<const Plan> plan_of(const Workflow&) const;
  void drop_plan(const std::string& uid);

  kube::Client& client_;
  const Stores stores_;
  const Live live_;
  const runtime::Clock& clock_;
  const Options options_;
  const Hooks hooks_;
  OwnWrites own_writes_;
  EventRecorder events_;

  mutable std::mutex plans_mutex_;
  std::unordered_map<std::string, std::shared_ptr<const Plan>> plans_;  // by workflow UID
};

// Which workflow a Job or pod belongs to, by its labels; an empty name when it is none of ours.
ObjectKey workflow_key_of(const ObjectMeta& child);

// Index of the job and pod stores.
std::string workflow_uid_of(const ObjectMeta& child);

}  // namespace bootstrap
