#pragma once
// "Not known yet" is a value: what decide() needs and does not have, it asks for by naming a
// question. The runtime answers, and decide() runs again with the answer among its facts. So no
// rule does I/O.
//
// Most questions are look-ups: answered once, by a read of the live API, within one pass. Some are
// subscriptions, live while they are asked: the answer comes when it is known, and a change of it
// wakes the workflow. Whoever stops asking has unsubscribed.

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <tl/expected.hpp>

#include "controllers/node_load.h"
#include "controllers/plan.h"
#include "controllers/resource_finding.h"
#include "controllers/views.h"

namespace bootstrap {

// The plan that a run has stored, if it has. Answered through Observed::plan.
struct StoredPlan {
  std::string name;
  auto operator<=>(const StoredPlan&) const = default;
  using Answer = std::optional<PlanRecord>;
};

// All plans that this workflow has stored.
struct StoredPlans {
  auto operator<=>(const StoredPlans&) const = default;
  using Answer = std::vector<PlanView>;
};

// A Job that the store does not show: is it really gone?
struct LiveJob {
  std::string name;
  auto operator<=>(const LiveJob&) const = default;
  using Answer = std::optional<JobView>;
};

// A child that the store does not show: is it really gone?
struct LiveChild {
  std::string name;
  auto operator<=>(const LiveChild&) const = default;
  using Answer = std::optional<Workflow>;
};

// The pods of a workflow by its UID: of a child that is gone.
struct PodsOfWorkflow {
  std::string uid;
  auto operator<=>(const PodsOfWorkflow&) const = default;
  using Answer = std::vector<PodView>;
};

// The pods of one step of this workflow, of all attempts.
struct LivePods {
  StepRef step;
  auto operator<=>(const LivePods&) const = default;
  using Answer = std::vector<PodView>;
};

// Pods of other workflows of this name, deleted ones: they may still be at work.
struct FormerPods {
  auto operator<=>(const FormerPods&) const = default;
  using Answer = std::vector<PodView>;
};

struct ServiceAccountOf {
  std::string name;
  auto operator<=>(const ServiceAccountOf&) const = default;
  using Answer = std::optional<ServiceAccountView>;
};

// A PersistentVolumeClaim that the workflow names.
struct ClaimOf {
  std::string name;
  auto operator<=>(const ClaimOf&) const = default;
  using Answer = std::optional<ClaimView>;
};

// The Lease of a lock, as the live API has it.
struct LockNow {
  std::string lock;
  auto operator<=>(const LockNow&) const = default;
  using Answer = std::optional<LeaseView>;
};

// All pods that run under a lock.
struct PodsUnderLock {
  std::string lock;
  auto operator<=>(const PodsUnderLock&) const = default;
  using Answer = std::vector<PodView>;
};

// Whose status says that they hold or want a lock. A change of that wakes those that wait for it,
// without a subscription.
struct LockClaim {
  std::string workflow;
  TimePoint creation;
  bool runs = false;  // a run of it goes on
  auto operator<=>(const LockClaim&) const = default;
};
struct OtherClaims {
  std::string lock;
  auto operator<=>(const OtherClaims&) const = default;
  using Answer = std::vector<LockClaim>;
};

// What the steps of a family (step_times.h) have taken in the newest runs that have ended.
struct TimesOfFamily {
  std::string family;
  auto operator<=>(const TimesOfFamily&) const = default;
  using Answer = std::map<StepRef, Duration>;
};

// A template of the workflow's namespace, as the live API has it.
struct TemplateOf {
  std::string name;
  auto operator<=>(const TemplateOf&) const = default;
  using Answer = std::optional<TemplateView>;
};

// A subscription: the same as the watch of all templates has it; null: none of that name.
struct WatchedTemplate {
  std::string name;
  auto operator<=>(const WatchedTemplate&) const = default;
  using Answer = std::shared_ptr<const TemplateView>;
};

// What the cluster says about a Job or pod that makes no progress.
struct EventsAbout {
  std::string uid;
  auto operator<=>(const EventsAbout&) const = default;
  using Answer = std::vector<EventView>;
};

// A subscription: does this hold for these objects? Its references are replaced.
struct ResourceState {
  ResourceQuery query;
  auto operator<=>(const ResourceState&) const = default;
  using Answer = ResourceFinding;
};

// A look-up of the same: in this moment, by the live API.
struct ResourceNow {
  ResourceQuery query;
  auto operator<=>(const ResourceNow&) const = default;
  using Answer = ResourceFinding;
};

// A subscription: how loaded a node is, sampled so often. The workflow is woken when it first is
// known, and when its level (node_load.h) becomes another one.
struct NodeUsage {
  std::string node;
  Duration interval;
  LoadLimits limits;
  int run = 1;  // that asks: each has peaks of its own
  auto operator<=>(const NodeUsage&) const = default;
  struct Answer {
    NodeLoad now;
    NodeLoad peak;  // of each the most since this run has asked
  };
};

// May a ServiceAccount of the workflow's namespace read this: get one object, or list all? The
// answer may be some minutes old.
struct MayRead {
  std::string account;
  std::string api_version;
  std::string kind;
  std::string name;  // "": list
  auto operator<=>(const MayRead&) const = default;
  using Answer = bool;
};

using Question = std::variant<StoredPlan, LiveJob, LivePods, FormerPods, ServiceAccountOf, ClaimOf,
                              EventsAbout, ResourceState, ResourceNow, MayRead, TemplateOf,
                              WatchedTemplate, LiveChild, PodsOfWorkflow, LockNow, PodsUnderLock,
                              OtherClaims, StoredPlans, TimesOfFamily, NodeUsage>;

// A look-up that failed is an answer too.
struct Unavailable {
  std::string why;
  bool for_good = false;  // what is there cannot be read, now or later
};

template <class T>
using Found = tl::expected<T, Unavailable>;
using Answer =
    std::variant<Found<StoredPlan::Answer>, Found<LiveJob::Answer>, Found<LivePods::Answer>,
                 Found<ServiceAccountOf::Answer>, Found<ClaimOf::Answer>,
                 Found<EventsAbout::Answer>, Found<ResourceState::Answer>, Found<MayRead::Answer>,
                 Found<TemplateOf::Answer>, Found<WatchedTemplate::Answer>,
                 Found<LiveChild::Answer>, Found<LockNow::Answer>, Found<OtherClaims::Answer>,
                 Found<StoredPlans::Answer>, Found<TimesOfFamily::Answer>,
                 Found<NodeUsage::Answer>>;  // some questions have answers of the same type

using Facts = std::map<Question, Answer>;

// Asks, and remembers what was asked.
class Inquiry {
 public:
  explicit Inquiry(const Facts& facts) : facts_(&facts) {}

  // The answer, or null: then the decision rests on nothing here, and is made again when it is in.
  template <class Q>
  const Found<typename Q::Answer>* operator()(const Q& question) {
    asked_.insert(question);
    const auto found = facts_->find(question);
    return found == facts_->end() ? nullptr
                                  : std::get_if<Found<typename Q::Answer>>(&found->second);
  }

  const std::set<Question>& asked() const { return asked_; }
  // No answer will come that could change the decision.
  bool all_is_known() const {
    return std::ranges::all_of(asked_, [&](const Question& q) { return facts_->contains(q); });
  }

 private:
  const Facts* facts_;
  std::set<Question> asked_;
};

}  // namespace bootstrap
