#include "operator/lookups.h"

#include <fmt/format.h>

#include "controllers/lineage.h"
#include "operator/resource_lookup.h"

namespace bootstrap {

using nlohmann::json;

namespace {

Unavailable unavailable(const kube::ApiError& error) {
  return {fmt::format("the API server does not answer a look-up: {}", error.message)};
}

}  // namespace

Answer Lookups::answer(const Question& question) const {
  return std::visit([this](const auto& q) -> Answer { return find(q); }, question);
}

template <class T>
Found<std::optional<T>> Lookups::object(const kube::Resource& resource, const std::string& name,
                                        const Projection<T>& projection) const {
  const auto text = client_.get(resource, workflow_.ns, name);
  if (!text && text.error().kind == kube::ApiError::Kind::NotFound) return std::optional<T>();
  if (!text) return tl::unexpected(unavailable(text.error()));
  const auto kept = parse_kept(*text, projection.fields);
  if (!kept) return tl::unexpected(Unavailable{kept.error()});
  auto object = projection.read(*kept);
  if (!object) return tl::unexpected(Unavailable{object.error()});
  return std::optional<T>(std::move(*object));
}

template <class T>
Found<std::vector<T>> Lookups::objects(const kube::Resource& resource,
                                       const kube::ListOptions& options,
                                       const Projection<T>& projection) const {
  std::vector<T> all;
  const FieldFilter fields =
      projection.fields.below("items").with(FieldFilter({"metadata.continue"}));
  kube::ListOptions page = options;
  do {
    const auto text = client_.list(resource, workflow_.ns, page);
    if (!text) return tl::unexpected(unavailable(text.error()));
    const auto kept = parse_kept(*text, fields);
    if (!kept) return tl::unexpected(Unavailable{kept.error()});
    for (const json& item : kept->value("items", json::array()))
      if (auto object = projection.read(item)) all.push_back(std::move(*object));
    page.continue_token = kept->value("/metadata/continue"_json_pointer, std::string());
  } while (!page.continue_token.empty());
  return all;
}

Found<StoredPlan::Answer> Lookups::find(const StoredPlan& q) const {
  const auto text = client_.get(kube::resources::kControllerRevisions, workflow_.ns, q.name);
  if (!text && text.error().kind == kube::ApiError::Kind::NotFound) return StoredPlan::Answer();
  if (!text) return tl::unexpected(unavailable(text.error()));
  const json revision = json::parse(*text, nullptr, false);
  // Somebody else's object under our name is as good as none: it holds no plan of ours.
  if (read_meta(revision).controller_uid != workflow_.uid) return StoredPlan::Answer();
  auto record = read_revision(revision);
  if (!record) return tl::unexpected(Unavailable{record.error(), true});
  return StoredPlan::Answer(std::move(*record));
}

Found<StoredPlans::Answer> Lookups::find(const StoredPlans&) const {
  auto plans =
      objects(kube::resources::kControllerRevisions,
              {.label_selector = fmt::format("{}={}", labels::kWorkflowUid, workflow_.uid)},
              kPlanProjection);
  if (plans)
    std::erase_if(*plans,
                  [&](const PlanView& plan) { return plan.meta.controller_uid != workflow_.uid; });
  return plans;
}

Found<LiveJob::Answer> Lookups::find(const LiveJob& q) const {
  return object(kube::resources::kJobs, q.name, kJobProjection);
}

Found<LivePods::Answer> Lookups::find(const LivePods& q) const {
  return objects(
      kube::resources::kPods,
      {.label_selector = fmt::format("{}={},{}={},{}={}", labels::kWorkflowUid, workflow_.uid,
                                     labels::kPhase, q.step.phase, labels::kStep, q.step.step)},
      kPodProjection);
}

Found<FormerPods::Answer> Lookups::find(const FormerPods&) const {
  return objects(kube::resources::kPods,
                 {.label_selector = fmt::format("{}={},{}!={}", labels::kRoot, workflow_.name,
                                                labels::kRootUid, workflow_.uid)},
                 kPodProjection);
}

Found<ServiceAccountOf::Answer> Lookups::find(const ServiceAccountOf& q) const {
  return object(kube::resources::kServiceAccounts, q.name, kServiceAccountProjection);
}

Found<ClaimOf::Answer> Lookups::find(const ClaimOf& q) const {
  return object(kube::resources::kClaims, q.name, kClaimProjection);
}

Found<ResourceState::Answer> Lookups::find(const ResourceState&) const {
  return tl::unexpected(Unavailable{"the state of a resource is no look-up"});
}

Found<ResourceNow::Answer> Lookups::find(const ResourceNow& q) const {
  return look_up(client_, discovery_, workflow_.ns, q.query);
}

Found<MayRead::Answer> Lookups::find(const MayRead&) const {
  return tl::unexpected(Unavailable{"a right is no look-up"});
}

Found<LockNow::Answer> Lookups::find(const LockNow& q) const {
  return object(kube::resources::kLeases, lease_name(q.lock), kLeaseProjection);
}

Found<PodsUnderLock::Answer> Lookups::find(const PodsUnderLock& q) const {
  return objects(kube::resources::kPods, {.label_selector = label_of_lock(q.lock)}, kPodProjection);
}

Found<OtherClaims::Answer> Lookups::find(const OtherClaims&) const {
  return tl::unexpected(Unavailable{"what the store has is no look-up"});
}

Found<TimesOfFamily::Answer> Lookups::find(const TimesOfFamily&) const {
  return tl::unexpected(Unavailable{"what the store has is no look-up"});
}

Found<NodeUsage::Answer> Lookups::find(const NodeUsage&) const {
  return tl::unexpected(Unavailable{"the load of a node is no look-up"});
}

Found<TemplateOf::Answer> Lookups::find(const TemplateOf& q) const {
  return object(kube::resources::kTemplates, q.name, kTemplateProjection);
}

Found<WatchedTemplate::Answer> Lookups::find(const WatchedTemplate&) const {
  return tl::unexpected(Unavailable{"what a watch has is no look-up"});
}

Found<LiveChild::Answer> Lookups::find(const LiveChild& q) const {
  return object(kube::resources::kWorkflows, q.name, kWorkflowProjection);
}

Found<PodsOfWorkflow::Answer> Lookups::find(const PodsOfWorkflow& q) const {
  return objects(kube::resources::kPods, {.label_selector = label_within(q.uid)}, kPodProjection);
}

Found<EventsAbout::Answer> Lookups::find(const EventsAbout& q) const {
  return objects(kube::resources::kEvents, {.field_selector = "involvedObject.uid=" + q.uid},
                 kEventProjection);
}

}  // namespace bootstrap
