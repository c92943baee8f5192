#pragma once
// Answers the questions of the domain by reads of the live API.
//
// Threads: as the Client. Errors: an answer of its own (Unavailable).

#include "controllers/questions.h"
#include "operator/discovery.h"
#include "operator/kube/client.h"

namespace bootstrap {

// About one workflow.
class Lookups {
 public:
  Lookups(kube::Client& client, Discovery& discovery, const ObjectMeta& workflow)
      : client_(client), discovery_(discovery), workflow_(workflow) {}

  // Of a look-up; subscriptions have their own.
  Answer answer(const Question&) const;

 private:
  Found<StoredPlan::Answer> find(const StoredPlan&) const;
  Found<StoredPlans::Answer> find(const StoredPlans&) const;
  Found<LiveJob::Answer> find(const LiveJob&) const;
  Found<LivePods::Answer> find(const LivePods&) const;
  Found<FormerPods::Answer> find(const FormerPods&) const;
  Found<ServiceAccountOf::Answer> find(const ServiceAccountOf&) const;
  Found<ClaimOf::Answer> find(const ClaimOf&) const;
  Found<EventsAbout::Answer> find(const EventsAbout&) const;
  Found<ResourceState::Answer> find(const ResourceState&) const;
  Found<ResourceNow::Answer> find(const ResourceNow&) const;
  Found<MayRead::Answer> find(const MayRead&) const;
  Found<LockNow::Answer> find(const LockNow&) const;
  Found<PodsUnderLock::Answer> find(const PodsUnderLock&) const;
  Found<OtherClaims::Answer> find(const OtherClaims&) const;
  Found<TimesOfFamily::Answer> find(const TimesOfFamily&) const;
  Found<NodeUsage::Answer> find(const NodeUsage&) const;
  Found<TemplateOf::Answer> find(const TemplateOf&) const;
  Found<WatchedTemplate::Answer> find(const WatchedTemplate&) const;
  Found<LiveChild::Answer> find(const LiveChild&) const;
  Found<PodsOfWorkflow::Answer> find(const PodsOfWorkflow&) const;

  template <class T>
  Found<std::optional<T>> object(const kube::Resource&, const std::string& name,
                                 const Projection<T>&) const;
  template <class T>
  Found<std::vector<T>> objects(const kube::Resource&, const kube::ListOptions&,
                                const Projection<T>&) const;

  kube::Client& client_;
  Discovery& discovery_;
  const ObjectMeta& workflow_;
};

}  // namespace bootstrap
